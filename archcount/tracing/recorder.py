"""The recorder: every operation of a pass, met at dispatch, noted with its module."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from archcount.tracing.costs import charge
from archcount.tracing.records import Call, Operation, Origin, TensorSpec


class Recorder(TorchDispatchMode):
    """Notes what is done, and in which module.

    Args:
        weights: the model's parameters and buffers.
        inputs: the tensors that the model is given.

    Attributes:
        place: the path of the module that is being run.
        calls: what was done.
        sizes: the bytes of every memory met but the weights', by its number.
        unlearnt: the backward passes that cannot be seen, by module and name.
    """

    def __init__(self, weights: Iterable[Tensor], inputs: Iterable[Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.place = ""
        self.calls: list[Call] = []
        self.sizes: dict[int, int] = {}
        self.unlearnt: Counter[tuple[str, str]] = Counter()
        # A view has the storage of what it shows, so an origin belongs to a storage. Everything
        # met is kept, which takes no memory on the meta device: no storage is used twice.
        self._kept: list[Tensor] = []
        self._origins: dict[int, Origin] = {}
        self._blind: set[int] = set()
        for tensor in weights:
            self._origins[self._keep(tensor)] = Origin.WEIGHT
        self._weights = set(self._origins)
        for tensor in inputs:
            storage = self._keep(tensor)
            self._origins[storage] = Origin.INPUT
            self.sizes[storage] = tensor.untyped_storage().nbytes()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Do an operation, and note it."""
        kwargs = kwargs or {}
        args, kwargs = _on_one_device(args, kwargs)
        if func._can_decompose() and torch.is_inference_mode_enabled():
            with self:
                whole = func.decompose(*args, **kwargs)
            if whole is not NotImplemented:
                return whole
        named = _arguments(func, args, kwargs)
        arguments = {name: self._spec(value) for name, value in named.items()}
        given = func(*args, **kwargs)
        made = [item for item in _flat(given) if isinstance(item, Tensor)]
        read = list(Operation("", arguments, ()).tensors())
        origin = max((spec.origin for spec in read), default=Origin.CONSTANT)
        learns = torch.is_grad_enabled() and any(spec.requires_grad for spec in read)
        operation = Operation(
            str(func.overloadpacket),
            arguments,
            tuple(self._made(tensor, origin) for tensor in made),
            is_view=bool(func.is_view),
            is_pointwise=torch.Tag.pointwise in func.tags,
        )
        if not torch.is_grad_enabled():
            self._blind.update(spec.storage for spec in operation.outputs)
        self.calls.append(
            Call(operation=operation, place=self.place, charge=charge(operation), learns=learns)
        )
        return given

    def look(self, tensor: Tensor) -> int:
        """Give the memory of a tensor; note a backward pass that goes where nothing was seen.

        What a custom function of autograd computes is done without a gradient, and yet its
        result has one: what it does on the way back is its own.
        """
        storage = self._keep(tensor)
        if storage in self._blind and tensor.requires_grad and tensor.grad_fn is not None:
            name = tensor.grad_fn.name().removesuffix("Backward")
            self.unlearnt[self.place, f"backward of {name}"] += 1
            self._blind.discard(storage)
        return storage

    def _keep(self, tensor: Tensor) -> int:
        self._kept.append(tensor)
        return _storage(tensor)

    def _made(self, tensor: Tensor, origin: Origin) -> TensorSpec:
        storage = self._keep(tensor)
        known = self._origins.get(storage, Origin.CONSTANT)
        self._origins[storage] = max(known, origin)
        if storage not in self._weights:
            self.sizes.setdefault(storage, tensor.untyped_storage().nbytes())
        return _described(tensor, origin, storage)

    def _spec(self, value: Any) -> Any:
        if isinstance(value, Tensor):
            storage = self.look(value)
            known = self._origins.get(storage)
            if known is None:  # a constant that the model holds, or a parameter that it hides
                known = Origin.WEIGHT if isinstance(value, nn.Parameter) else Origin.CONSTANT
                self._origins[storage] = known
            return _described(value, known, storage)
        if isinstance(value, list | tuple):
            return [self._spec(item) for item in value]
        return value


def _storage(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


def _described(tensor: Tensor, origin: Origin, storage: int) -> TensorSpec:
    dtype = str(tensor.dtype).removeprefix("torch.")
    return TensorSpec(tuple(tensor.shape), dtype, origin, tensor.requires_grad, storage)


def _arguments(func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Name every argument as the operation's schema does, defaults filled in."""
    found = {}
    for number, argument in enumerate(func._schema.arguments):
        if number < len(args):
            found[argument.name] = args[number]
        else:
            found[argument.name] = kwargs.get(argument.name, argument.default_value)
    return found


def _on_one_device(args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Take away the numbers of constants where they meet tensors that have none."""
    kinds = {tensor.is_meta for tensor in _tensors((*args, *kwargs.values()))}
    if len(kinds) < 2:
        return args, kwargs
    return tuple(map(_to_meta, args)), {name: _to_meta(item) for name, item in kwargs.items()}


def _tensors(values: Iterable[Any]) -> Iterator[Tensor]:
    for value in values:
        for item in _flat(value):
            if isinstance(item, Tensor):
                yield item


def _to_meta(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_to_meta(item) for item in value]
    return value.to("meta") if isinstance(value, Tensor) else value


def _flat(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else (value,)
