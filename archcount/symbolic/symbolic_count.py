"""A network counted once over symbols: the counts as expressions, and where they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from archcount.architecture.nodes import Tally
from archcount.layers import Shape
from archcount.spec.variant import Variant
from archcount.symbolic.guards import Guard, PathCondition
from archcount.symbolic.polynomial import Atom, Name, Point, Polynomial
from archcount.symbolic.symbolic_number import Symbolic
from archcount.symbolic.symbols import axes_of, sides_of


@dataclass(frozen=True, kw_only=True, slots=True)
class RowFormula:
    """One row's counts, or the whole network's.

    Attributes:
        id: the row's name; `total` for all.
        weights: parameters of kernels.
        macs: multiply-accumulates of the batch.
    """

    id: str
    output: tuple[Polynomial, ...]
    weights: Polynomial
    params: Polynomial
    macs: Polynomial

    def quantities(self) -> dict[str, Polynomial]:
        """Return the counts by name."""
        return {"params": self.params, "weights": self.weights, "macs": self.macs}

    @property
    def numbers(self) -> tuple[Polynomial, ...]:
        """Counts and output together."""
        return (*self.quantities().values(), *self.output)

    @property
    def names(self) -> frozenset[str]:
        """The names that any of its numbers reads."""
        return frozenset(name for number in self.numbers for name in number.names)

    def replaced(self, instead: Mapping[Atom, Polynomial]) -> RowFormula:
        """Return the same with some atoms written as polynomials."""
        if not instead:
            return self
        return RowFormula(
            id=self.id,
            output=tuple(side.replaced(instead) for side in self.output),
            weights=self.weights.replaced(instead),
            params=self.params.replaced(instead),
            macs=self.macs.replaced(instead),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class SymbolicCount:
    """What one run over symbols counted.

    Attributes:
        total: the whole network, heads left out.
        guards: what the run decided: where all of it holds, the expressions do.
    """

    rows: tuple[RowFormula, ...]
    total: RowFormula
    guards: tuple[Guard, ...]


def count_symbolically(
    network: Variant,
    size: tuple[int, ...] | None,
    point: Point,
    fixed: Mapping[str, Fraction] | None = None,
) -> SymbolicCount:
    """Count a network with symbols for numbers.

    Args:
        network: the network.
        size: the sizes of the input that are no symbols; None for the network's own.
        point: the symbols, of `sides_of` and the network's `let` names, each with a value by
            which the run decides.
        fixed: numbers of other `let` names, where they are not the network's own.

    Raises:
        UsageError: the expressions grow too long.
        InvalidTableError: the rows are incompatible at this point.
    """
    condition = PathCondition(point)
    sides = sides_of(network.input)
    symbols = {
        name: Symbolic(Polynomial.of(Name(name, whole=name in sides)), condition) for name in point
    }
    numbers: Any = {name: number for name, number in symbols.items() if name not in sides}
    numbers = {**(fixed or {}), **numbers}
    start = network.input_with(numbers)
    square = {name: symbols["size"] for name in "HW" if "size" in symbols}
    lengths = {**symbols, **square}
    axes = axes_of(start)
    dims: Any = None
    if size or lengths.keys() & {*axes}:
        sizes = zip(axes, size or start.dims, strict=True)
        dims = tuple(lengths.get(name, side) for name, side in sizes)
    expanded = network.expand_numbers(dims, numbers)
    batch = Polynomial.of(Name("batch", whole=True) if "batch" in symbols else 1)
    return SymbolicCount(
        rows=tuple(
            _formula(row.id, row.node.output, row.node.tally, batch) for row in expanded.rows
        ),
        total=_formula(
            "total", expanded.output, Tally.total(row.node.tally for row in expanded.rows), batch
        ),
        guards=tuple(condition.guards),
    )


def _formula(name: str, output: Shape, tally: Tally, batch: Polynomial) -> RowFormula:
    def read(number: Any) -> Polynomial:
        return number.polynomial if isinstance(number, Symbolic) else Polynomial.of(number)

    return RowFormula(
        id=name,
        output=tuple(read(side) for side in output.printed),
        weights=read(tally.weights),
        params=read(tally.params),
        macs=read(tally.cost.macs) * batch,
    )
