"""A table's counts as expressions in its input size, a batch and its `let` names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from archcount.counting.formula import count
from archcount.counting.records import RowCount
from archcount.counting.symbolic.domain import Domain, domain_of
from archcount.counting.symbolic.guards import Guard, Trace
from archcount.counting.symbolic.number import Symbolic
from archcount.counting.symbolic.polynomial import Name, Polynomial
from archcount.errors import Problem, UsageError, quote, suggestion
from archcount.layers import Shape
from archcount.spec.loaded import LoadedTable

SIDES = ("C", "H", "W", "size", "batch")
"""The names that are not the table's: input channels, height, width, height = width, images."""


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Formulas:
    """What a table's counts are as expressions, and where.

    Attributes:
        name: the table's name.
        variant: the variant's name, or empty.
        input: the table's own (channels, height, width).
        symbols: the names that stay symbols, in order.
        fixed: the `let` names that have their number in the expressions.
        told: of those, the ones that could have been symbols by what was asked, with the reason.
        rows: the rows.
        total: the whole network, heads left out.
        domain: where they hold.
        guards: what the run decided; the domain says it in short.
        point: the table's own values of the symbols.
    """

    name: str
    variant: str
    input: tuple[int, int, int]
    symbols: tuple[str, ...]
    fixed: Mapping[str, Fraction]
    told: Mapping[str, str]
    rows: tuple[RowFormula, ...]
    total: RowFormula
    domain: Domain
    guards: tuple[Guard, ...]
    point: Mapping[str, int | Fraction]


def formulas(table: LoadedTable, variant: str = "", symbols: Sequence[str] = ()) -> Formulas:
    """Count a table with symbols for numbers.

    Args:
        table: the table.
        variant: of the table.
        symbols: what stays a symbol, of `SIDES` and the table's `let` names; where there is none
            H, W and every `let` name that nothing ties to a value.

    Raises:
        UsageError: there is no such variant or name, two do not go together, or the network is
            made differently for each value of one.

    >>> from archcount.spec.catalogue import find_table
    >>> from archcount.spec.load import load_table
    >>> found = formulas(load_table(*find_table("googlenet")), symbols=["H", "W"])
    >>> found.total.macs.at({"H": 224, "W": 224})
    Fraction(1582671872, 1)
    """
    lets = table.numbers(variant)
    if symbols:
        _check(table.name, symbols, lets)
        found = _run(table, variant, tuple(symbols), {})
        _check_untied(found)
        return found
    told: dict[str, str] = {name: "the name is the input's" for name in lets if name in SIDES}
    while True:
        free = [name for name in lets if name not in told]
        found = _run(table, variant, ("H", "W", *free), told)
        tied = [name for name in found.domain.tied if name in free]
        if not tied:
            return found
        told |= dict.fromkeys(
            tied, "the table has these layers, and they go together, only while it stays what it is"
        )


def _check(table: str, symbols: Sequence[str], lets: Mapping[str, Fraction]) -> None:
    known = [*SIDES, *(name for name in lets if name not in SIDES)]
    for number, name in enumerate(symbols):
        if name not in known:
            raise UsageError(
                Problem(
                    what=f"table {table} has no number {quote(name)} to keep as a symbol",
                    allowed=", ".join(known),
                    remedy=suggestion(name, known),
                )
            )
        if name in symbols[:number]:
            raise UsageError(
                Problem(what=f"the symbol {name} is given twice", remedy="name it once")
            )
    if "size" in symbols and {"H", "W"} & {*symbols}:
        raise UsageError(
            Problem(
                what="size is the side of a square, and does not go with H or W",
                allowed="size, or H and W",
            )
        )


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
                what=f"{found.name} has these layers, and they go together, only while {name} "
                "stays what it is: there is no one expression for its values",
                remedy=f"leave {name} out" + (f": --in {','.join(rest)}" if rest else ""),
            )
        )


def _run(
    table: LoadedTable,
    variant: str,
    symbols: tuple[str, ...],
    told: Mapping[str, str],
) -> Formulas:
    channels, height, width = table.input(variant).chw
    lets = table.numbers(variant)
    own = {"C": channels, "H": height, "W": width, "size": height, "batch": 1}
    sides = {name: own[name] for name in symbols if name in SIDES}
    _check_square(sides, (height, width))
    point: dict[str, int | Fraction] = {n: sides[n] if n in sides else lets[n] for n in symbols}
    trace = Trace(point)
    made = {
        name: Symbolic(Polynomial.of(Name(name, whole=name in sides)), trace) for name in symbols
    }
    given: dict[str, Any] = {"C": channels, "H": height, "W": width, **made}
    square = "size" in made
    shape = (given["C"], *(given["size" if square else side] for side in ("H", "W")))
    numbers: Any = {name: made[name] for name in symbols if name not in sides}
    architecture = table.with_numbers(variant, Shape(shape), numbers)
    counted = count(architecture)
    guards = tuple(trace.guards)
    batch = Polynomial.of(Name("batch", whole=True) if "batch" in symbols else 1)
    return Formulas(
        name=table.name,
        variant=architecture.variant,
        input=(channels, height, width),
        symbols=symbols,
        fixed={name: value for name, value in lets.items() if name not in numbers},
        told=told,
        rows=tuple(_formula(row, batch) for row in counted.rows),
        total=_formula(counted.total, batch),
        domain=domain_of(guards, sides, list(numbers)),
        guards=guards,
        point=point,
    )


def _check_square(sides: Mapping[str, int], own: tuple[int, int]) -> None:
    """Refuse the side of a square where the table's own input is none."""
    if "size" in sides and own[0] != own[1]:
        raise UsageError(
            Problem(what=f"the table's own input is no square: {own[0]}x{own[1]}", allowed="H, W")
        )


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
