"""What a pass does with each weight: looks rows of it up, multiplies by it, or neither."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from torch import Tensor

from archcount.operators.operation import Operation, Origin, TensorSpec
from archcount.tracing.forward_pass import Call, ForwardPass

_LOOKUPS = frozenset({"aten.embedding", "aten._embedding_bag", "aten._embedding_bag_forward_only"})
_GATHERS = frozenset({"aten.index", "aten.index_select", "aten.gather"})


@dataclass(slots=True)
class ParameterUsage:
    """What a pass does with one memory of parameters.

    Attributes:
        numbers: parameters.
        shape: of the largest tensor in it.
        macs: multiply-accumulates of linear layers and convolutions with it.
        linear: those of them that are no convolution's.
        is_looked_up: whether rows of it are looked up, as in an embedding.
    """

    numbers: int
    shape: tuple[int, ...]
    macs: int = 0
    linear: int = 0
    is_looked_up: bool = False


@dataclass(slots=True)
class _Sources:
    """Which weights the memories of a pass were made from alone, and which rows were taken of."""

    weights: dict[int, frozenset[int]]
    gathered: dict[int, int] = field(default_factory=dict)

    def within(self, memories: Iterable[int]) -> frozenset[int]:
        return frozenset().union(*(self.weights.get(memory, ()) for memory in memories))


def parameter_usage(parameters: Iterable[Tensor], traced: ForwardPass) -> dict[int, ParameterUsage]:
    """Return what a pass did with every memory of parameters, by its number."""
    uses: dict[int, ParameterUsage] = {}
    for tensor in parameters:
        use = uses.setdefault(id(tensor.untyped_storage()), ParameterUsage(0, ()))
        if tensor.numel() >= use.numbers:
            use.shape = tuple(tensor.shape)
        use.numbers += tensor.numel()
    sources = _Sources({memory: frozenset([memory]) for memory in uses})
    for call in traced.calls:
        _note(call, uses, sources)
    return uses


def _note(call: Call, uses: Mapping[int, ParameterUsage], sources: _Sources) -> None:
    pattern = call.pattern
    found = sources.within(call.read)
    if pattern.operation.name in _LOOKUPS:
        for memory in found:
            uses[memory].is_looked_up = True
    elif pattern.charge is not None and pattern.charge.cost.macs:
        _add_product(call, uses, sources)
    elif found and pattern.origin is Origin.WEIGHT:
        for memory in call.memories[pattern.reads :]:
            sources.weights.setdefault(memory, found)
    elif pattern.operation.name in _GATHERS:
        for memory in found:
            if len(uses[memory].shape) > 2:
                sources.gathered.update(dict.fromkeys(call.memories[pattern.reads :], memory))
            else:
                uses[memory].is_looked_up = True
    elif len(call.read) == 1 and call.read[0] in sources.gathered:  # a copy in another order
        gathered = sources.gathered[call.read[0]]
        sources.gathered.update(dict.fromkeys(call.memories[pattern.reads :], gathered))


def _add_product(call: Call, uses: Mapping[int, ParameterUsage], sources: _Sources) -> None:
    """Add the multiply-accumulates of a product to the weights that it multiplies by."""
    cost = call.pattern.charge.cost if call.pattern.charge else None
    assert cost is not None
    operation = call.pattern.operation
    weight = max(_weights(operation), key=lambda spec: spec.elements, default=None)
    if weight is not None and cost.linear + cost.conv:
        found = sources.within([call.memories[weight.storage]])
        if found:
            use = uses[max(found, key=lambda memory: uses[memory].numbers)]
            use.macs += cost.linear + cost.conv
            use.linear += cost.linear
            return
    for memory in call.read:
        if memory in sources.gathered:
            use = uses[sources.gathered[memory]]
            use.macs += cost.macs
            use.linear += cost.macs
            return


def _weights(operation: Operation) -> Iterator[TensorSpec]:
    return (spec for spec in operation.tensors() if spec.origin is Origin.WEIGHT)
