"""The recorder: every operation of a pass, met at dispatch, noted with its module."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from archcount.tracing.answers import answer
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
        self._is_meta: set[bool] = set()
        self._hollow: set[int] = set()
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
        if torch.is_inference_mode_enabled() and func._can_decompose():
            with self:
                whole = func.decompose(*args, **kwargs)
            if whole is not NotImplemented:
                return whole
        facts = _FACTS.get(func)
        if facts is None:
            facts = _FACTS[func] = _Facts(func)
        read: list[TensorSpec] = []
        arguments = {}
        for number, (name, default) in enumerate(facts.arguments):
            value = args[number] if number < len(args) else kwargs.get(name, default)
            arguments[name] = self._spec(value, read) if type(value) not in _PLAIN else value
        is_mixed = len(self._is_meta) > 1
        self._is_meta.clear()
        hollow = bool(self._hollow) and not is_mixed
        hollow = hollow and any(spec.storage in self._hollow for spec in read)
        if hollow and facts.name in _LOOKS:
            raise RuntimeError(
                f"{facts.name} looks at the numbers of a tensor that was filled with tensors "
                "on the meta device, which have none"
            )
        if is_mixed:  # take away the numbers of constants that meet tensors without
            given = func(
                *map(_to_meta, args), **{name: _to_meta(item) for name, item in kwargs.items()}
            )
            if facts.changed:
                # What is changed in place stays the tensor that it is; its numbers are no more.
                changed = [_at(place, name, args, kwargs) for place, name in facts.changed]
                self._hollow.update([_storage(tensor) for tensor in changed])
                given = changed[0] if len(changed) == 1 else tuple(changed)
        else:
            given = answer(func, facts.is_fresh, args, kwargs)
        origin = max([spec.origin for spec in read], default=Origin.CONSTANT)
        with_grad = torch.is_grad_enabled()
        operation = Operation(
            facts.name,
            arguments,
            tuple([self._made(item, origin) for item in _flat(given) if isinstance(item, Tensor)]),
            is_view=facts.is_view,
            is_pointwise=facts.is_pointwise,
        )
        made = [spec.storage for spec in operation.outputs]
        if hollow:
            self._hollow.update(made)
        if not with_grad and not facts.is_view:
            self._blind.update(made)
        self.calls.append(
            Call(
                operation=operation,
                place=self.place,
                charge=charge(operation),
                learns=with_grad and any(spec.requires_grad for spec in read),
                is_blind=not with_grad,
            )
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

    def _spec(self, value: Any, read: list[TensorSpec]) -> Any:
        """Describe an argument; add the tensors in it to what was read."""
        if isinstance(value, Tensor):
            storage = self.look(value)
            self._is_meta.add(value.is_meta)
            known = self._origins.get(storage)
            if known is None:  # a constant that the model holds, or a parameter that it hides
                known = Origin.WEIGHT if isinstance(value, nn.Parameter) else Origin.CONSTANT
                self._origins[storage] = known
            read.append(_described(value, known, storage))
            return read[-1]
        if isinstance(value, list | tuple):
            return [self._spec(item, read) for item in value]
        return value


class _Facts:
    """What is true of an operation whenever it is met."""

    def __init__(self, func: Any) -> None:
        schema = func._schema
        self.name = str(func.overloadpacket)
        self.arguments = [(item.name, item.default_value) for item in schema.arguments]
        self.is_view = bool(func.is_view)
        self.is_pointwise = torch.Tag.pointwise in func.tags
        self.changed = [
            (place, item.name)
            for place, item in enumerate(schema.arguments)
            if item.alias_info is not None and item.alias_info.is_write
        ]
        items = (*schema.arguments, *schema.returns)
        self.is_fresh = not schema.is_mutable and all(item.alias_info is None for item in items)


_FACTS: dict[Any, _Facts] = {}


def _storage(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


def _described(tensor: Tensor, origin: Origin, storage: int) -> TensorSpec:
    dtype = _DTYPES.get(tensor.dtype)
    if dtype is None:
        dtype = _DTYPES[tensor.dtype] = str(tensor.dtype).removeprefix("torch.")
    layout = (int(tensor.storage_offset()), *map(int, tensor.stride()))
    return TensorSpec(tuple(tensor.shape), dtype, origin, tensor.requires_grad, storage, layout)


_DTYPES: dict[torch.dtype, str] = {}


def _at(place: int, name: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    return args[place] if place < len(args) else kwargs[name]


_LOOKS = frozenset(
    {"aten._local_scalar_dense", "aten.nonzero", "aten.equal", "aten.is_nonzero"},
)
"""Operations whose answer is in the numbers, not in the shapes."""

_PLAIN = frozenset((int, bool, float, str, type(None), torch.dtype, torch.device))


def _to_meta(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_to_meta(item) for item in value]
    return value.to("meta") if isinstance(value, Tensor) else value


def _flat(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else (value,)
