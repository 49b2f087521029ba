"""What is known of an operator of torch: its cost, its name as a layer, the shape of its result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from archcount.layers import Cost
from archcount.operators.operation import FREE, Charge, Operation, TensorSpec

CostRule = Callable[[Operation], Charge | None]
"""Returns what an operation costs; None where its sizes do not tell."""
LayerName = tuple[str, dict[str, Any]]
"""The kind of a layer, such as `conv`, and its settings."""
LayerRule = Callable[[Operation], LayerName | None]
"""Returns what an operation is called as a layer; None where it gives the numbers that it reads."""
ShapeRule = Callable[[Operation], tuple[TensorSpec, ...] | None]
"""Returns what an operation on dense tensors gives, in new memory; None where torch must say."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Operator:
    """An operator of torch.

    Attributes:
        cost: what it costs, forward and backward; None to judge by what it gives.
        layer: its name as a layer, for `diff`; None for its own name with all its settings.
        shape: the shape of its result, where that is faster than asking torch.
    """

    cost: CostRule | None = None
    layer: LayerRule | None = None
    shape: ShapeRule | None = None


def aten(names: str, operator: Operator) -> dict[str, Operator]:
    """Return an operator under each of some names of torch's own.

    >>> list(aten("relu relu6", Operator(cost=free)))
    ['aten.relu', 'aten.relu6']
    """
    return {f"aten.{name}": operator for name in names.split()}


def free(operation: Operation) -> Charge:
    """Return the cost of what moves, makes or compares numbers without arithmetic."""
    return FREE


def each(category: str, times: int = 1) -> CostRule:
    """Return a rule that counts `times` operations per output element."""

    def rule(operation: Operation) -> Charge:
        if not operation.output.is_floating:
            return FREE  # indices and masks are no floating point arithmetic
        return Charge(Cost(**{category: times * operation.output.elements}))

    return rule


def called(kind: str) -> LayerRule:
    """Return a rule that calls an operation by a kind, without settings."""
    return lambda operation: (kind, {})


def moved(operation: Operation) -> LayerName | None:
    """Return None: the operation gives the numbers that it reads, and is no layer."""
    return None


def named_by_itself(operation: Operation) -> LayerName:
    """Return an operation's own name, with all settings that can change a number."""
    name = operation.name.removeprefix("aten.").strip("_").replace("_", " ")
    dims = max((len(spec.shape) for spec in operation.tensors()), default=1)
    # A roll pairs its axes with its shifts, a Fourier transform halves its last.
    sort = tuple if name.startswith(("roll", "fft")) else sorted
    settings = {
        key: _from_the_end(value, dims, sort) if key in _AXES else _as_tuple(value)
        for key, value in operation.arguments.items()
        if key not in _SILENT and _is_constant(value)
    }
    return name, settings


def _is_constant(value: Any) -> bool:
    if isinstance(value, list | tuple) and not isinstance(value, TensorSpec):
        return bool(value) and all(map(_is_constant, value))
    return isinstance(value, int | float | str)


def _as_tuple(value: Any) -> Any:
    return tuple(map(_as_tuple, value)) if isinstance(value, list | tuple) else value


def _from_the_end(value: Any, dims: int, sort: Callable[[Any], Any]) -> Any:
    if isinstance(value, list | tuple):
        return tuple(sort([_from_the_end(item, dims, sort) for item in value]))
    return value % max(dims, 1) - dims if isinstance(value, int) else value


_AXES = frozenset({"dim", "dims", "dim0", "dim1"})
_SILENT = frozenset(
    "eps momentum keepdim half_to_float pin_memory non_blocking implicit size output_size "
    "input_size cudnn_enabled sparse scale_grad_by_freq".split()
)
"""Arguments that change no number, are told by the shapes, or are constants of a norm."""
