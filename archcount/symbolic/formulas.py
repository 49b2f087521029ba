"""A table's counts as expressions in its input size, a batch and its `let` names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from archcount.engines.counts import Count, RowCount
from archcount.engines.formula import count
from archcount.errors import InvalidTableError, Problem, UsageError
from archcount.layers import Shape
from archcount.spec.loaded import LoadedTable
from archcount.symbolic.domain import Domain, domain_of
from archcount.symbolic.guards import Guard, Trace
from archcount.symbolic.merging import merged
from archcount.symbolic.number import Symbolic
from archcount.symbolic.polynomial import Name, Polynomial
from archcount.symbolic.symbols import (
    TAKEN,
    check_symbols,
    following,
    is_own,
    multiples,
    sides_of,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class RowFormula:
    """One row's counts, or the whole network's.

    Attributes:
        id: the row's name; `total` for all.
        output: channels, height and width.
        weights: parameters of kernels.
        params: all trained numbers.
        macs: multiply-accumulates of the batch.
    """

    id: str
    output: tuple[Polynomial, ...]
    weights: Polynomial
    params: Polynomial
    macs: Polynomial

    def quantities(self) -> dict[str, Polynomial]:
        """Give the counts by name."""
        return {"params": self.params, "weights": self.weights, "macs": self.macs}

    @property
    def names(self) -> frozenset[str]:
        """The names that any of its numbers reads."""
        numbers = (*self.output, *self.quantities().values())
        return frozenset(name for number in numbers for name in number.names)


@dataclass(frozen=True, kw_only=True, slots=True)
class Formulas:
    """What a table's counts are as expressions, and where.

    Attributes:
        name: the table's name.
        variant: the variant's name, or empty.
        input: the table's own (channels, height, width).
        symbols: the names that stay symbols, in order.
        fixed: the `let` names that have their number in the expressions.
        ties: equations that would tie `let` names to one another, so that they kept their numbers.
        rows: the rows.
        total: the whole network, heads left out.
        domain: where they hold.
        guards: what the run decided; the domain says it in short.
        point: values of the symbols that led the run: the table's own, sides raised to the
            multiple that was asked for.
    """

    name: str
    variant: str
    input: tuple[int, int, int]
    symbols: tuple[str, ...]
    fixed: Mapping[str, Fraction]
    ties: tuple[Guard, ...]
    rows: tuple[RowFormula, ...]
    total: RowFormula
    domain: Domain
    guards: tuple[Guard, ...]
    point: Mapping[str, int | Fraction]

    @property
    def lets(self) -> tuple[str, ...]:
        """The `let` names that are symbols."""
        return tuple(item.name for item in self.domain.ranges)


def formulas(
    table: LoadedTable, variant: str = "", symbols: Sequence[str] = (), multiple: int = 1
) -> Formulas:
    """Count a table with symbols for numbers.

    Args:
        table: the table.
        variant: of the table.
        symbols: what stays a symbol, of `SIDES` and the table's `let` names; where there is none
            H, W and every `let` name that is a plain number and that nothing ties to a value.
        multiple: sides are taken for multiples of this.

    Raises:
        UsageError: there is no such variant or name, two do not go together, or the network is
            made differently for each value of one.

    >>> from archcount.spec.catalogue import find_table
    >>> from archcount.spec.load import load_table
    >>> mobilenet = formulas(load_table(*find_table("mobilenet_v1")))
    >>> mobilenet.total.macs.at({"H": 224, "W": 224, "alpha": Fraction(1, 2), "classes": 1000})
    Fraction(149497088, 1)
    """
    lets = table.numbers(variant)
    if symbols:
        check_symbols(table.name, symbols, lets)
        found = _run(table, variant, tuple(symbols), multiple)
        _check_untied(found)
        return found
    texts = table.lets(variant)
    free = [name for name in lets if name not in TAKEN and is_own(texts[name])]
    ties: list[Guard] = []
    while True:
        found = _run(table, variant, ("H", "W", *free), multiple)
        tied = [guard for guard in found.domain.others if guard.relation == "=="]
        if not {*free} & {name for guard in tied for name in guard.of.names}:
            return replace(found, ties=tuple(ties))
        ties += tied
        free = [name for name in free if name not in found.domain.tied]


def _check_untied(found: Formulas) -> None:
    """Refuse names that have one value only in the expressions."""
    pinned = sorted(
        name
        for guard in found.domain.others
        if guard.relation == "==" and len(guard.of.names) == 1
        for name in guard.of.names
    )
    sides = [side.name for side in found.domain.sides if side.least == side.most]
    for name in [*dict.fromkeys(pinned), *sides]:
        rest = [other for other in found.symbols if other != name]
        raise UsageError(
            Problem(
                what=f"which layers {found.name} has, or their strides, depends on {name}: "
                "there is no one expression for all its values",
                remedy=f"leave {name} out" + (f": --in {','.join(rest)}" if rest else ""),
            )
        )


def _run(
    table: LoadedTable,
    variant: str,
    symbols: tuple[str, ...],
    multiple: int,
) -> Formulas:
    channels, height, width = table.input(variant).chw
    lets = table.numbers(variant)
    sides = sides_of(symbols, (channels, height, width), multiple)
    point: dict[str, int | Fraction] = {n: sides[n] if n in sides else lets[n] for n in symbols}
    trace = Trace(point)
    made = {
        name: Symbolic(Polynomial.of(Name(name, whole=name in sides)), trace) for name in symbols
    }
    own: dict[str, Any] = {
        "C": channels,
        "H": made.get("size", height),
        "W": made.get("size", width),
    }
    numbers: Any = {name: made[name] for name in symbols if name not in sides}
    shape = Shape(tuple(made.get(name, side) for name, side in own.items()))
    try:
        counted = count(architecture := table.with_numbers(variant, shape, numbers))
    except InvalidTableError as error:
        # The table's own numbers go together; those of a multiple are not in its file.
        tried = " and ".join(f"{name} = {value}" for name, value in sides.items())
        problem = replace(error.problems[0], where=None)
        raise UsageError(replace(problem, what=f"with {tried}: {problem.what}")) from None
    guards = (*trace.guards, *multiples(sides, multiple))
    batch = Polynomial.of(Name("batch", whole=True) if "batch" in symbols else 1)
    domain = domain_of(guards, sides, list(numbers))
    moved = following(table.lets(variant), numbers)
    return Formulas(
        name=table.name,
        variant=architecture.variant,
        input=(channels, height, width),
        symbols=symbols,
        fixed={name: value for name, value in lets.items() if name not in (*numbers, *moved)},
        ties=(),
        rows=tuple(merged(_formula(row, batch), domain.sides) for row in counted.rows),
        total=merged(_formula(_named(counted), batch), domain.sides),
        domain=domain,
        guards=guards,
        point=point,
    )


def _named(counted: Count) -> RowCount:
    """Give the whole network's sums by a name that no row has."""
    taken = any(row.id == "total" for row in counted.rows)
    return replace(counted.total, id="whole network") if taken else counted.total


def _formula(row: RowCount, batch: Polynomial) -> RowFormula:
    def read(number: Any) -> Polynomial:
        return number.polynomial if isinstance(number, Symbolic) else Polynomial.of(number)

    return RowFormula(
        id=row.id,
        output=tuple(read(side) for side in row.output),
        weights=read(row.weights),
        params=read(row.params),
        macs=read(row.cost.macs) * batch,
    )
