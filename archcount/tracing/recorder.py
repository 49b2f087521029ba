"""The recorder: every operation of a pass, met at dispatch, charged to the module it is in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from archcount.layers import Cost
from archcount.tracing.costs import charge
from archcount.tracing.records import Charge, Operation, Origin, TensorSpec


class Recorder(TorchDispatchMode):
    """Charges operations to the module that is being run.

    Args:
        module: the model.
        weights: the model's parameters and buffers.
        inputs: the tensors that the model is given.

    Attributes:
        place: the module that is being run.
        costs: the operations met in each module itself, by category.
        backward: the multiply-accumulates of their backward pass.
        missed: the operations that no rule counts, by module and name.
    """

    def __init__(
        self, module: nn.Module, weights: Sequence[Tensor], inputs: Sequence[Tensor]
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.place = module
        self.costs: dict[nn.Module, list[Cost]] = {}
        self.backward: Counter[nn.Module] = Counter()
        self.missed: Counter[tuple[nn.Module, str]] = Counter()
        # A view has the storage of what it shows, so an origin belongs to a storage. Everything
        # met is kept, which takes no memory on the meta device: no storage is used twice.
        self._kept: list[Tensor] = [*weights, *inputs]
        self._origins = {_storage(tensor): Origin.WEIGHT for tensor in weights}
        self._origins |= {_storage(tensor): Origin.INPUT for tensor in inputs}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Do an operation, and charge it."""
        kwargs = kwargs or {}
        named = _arguments(func, args, kwargs)
        arguments = {name: self._spec(value) for name, value in named.items()}
        given = func(*args, **kwargs)
        made = [item for item in _flat(given) if isinstance(item, Tensor)]
        name = str(func.overloadpacket)
        read = Operation(name, arguments, ()).tensors()
        origin = max((spec.origin for spec in read), default=Origin.CONSTANT)
        for tensor in made:
            self._kept.append(tensor)
            known = self._origins.get(_storage(tensor), Origin.CONSTANT)
            self._origins[_storage(tensor)] = max(known, origin)
        outputs = tuple(_described(tensor, origin) for tensor in made)
        self._charge(Operation(name, arguments, outputs))
        return given

    def _charge(self, operation: Operation) -> None:
        found: Charge | None = charge(operation)
        if found is None:
            self.missed[self.place, operation.name] += 1
            return
        self.costs.setdefault(self.place, []).append(found.cost)
        if torch.is_grad_enabled():
            self.backward[self.place] += found.backward

    def _spec(self, value: Any) -> Any:
        if isinstance(value, Tensor):
            return _described(value, self._origins.get(_storage(value), Origin.CONSTANT))
        if isinstance(value, list | tuple):
            return [self._spec(item) for item in value]
        return value


def _storage(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


def _described(tensor: Tensor, origin: Origin) -> TensorSpec:
    dtype = str(tensor.dtype).removeprefix("torch.")
    return TensorSpec(tuple(tensor.shape), dtype, origin, tensor.requires_grad)


def _arguments(func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Name every argument as the operation's schema does, defaults filled in."""
    found = {}
    for number, argument in enumerate(func._schema.arguments):
        if number < len(args):
            found[argument.name] = args[number]
        else:
            found[argument.name] = kwargs.get(argument.name, argument.default_value)
    return found


def _flat(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else (value,)
