"""A table's counts as expressions in its input size, a batch and its `let` names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from archcount.errors import InvalidTableError, Problem, UsageError
from archcount.spec.variant import Variant
from archcount.symbolic.common_lengths import merged_lengths
from archcount.symbolic.domain import Domain, domain_of
from archcount.symbolic.guards import Guard
from archcount.symbolic.symbolic_count import RowFormula, count_symbolically
from archcount.symbolic.symbols import (
    TAKEN,
    check_symbols,
    following,
    is_own,
    multiples,
    sides_of,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Formulas:
    """A table's counts as expressions, and where they hold.

    Attributes:
        name: the table's name.
        variant: the variant's name, or empty.
        input: the table's own (channels, height, width).
        symbols: the names that stay symbols, in order.
        fixed: the `let` names that are numbers in the expressions.
        ties: equations that would tie `let` names to one another, so that they kept their numbers.
        rows: the rows.
        total: the whole network, heads left out.
        domain: where they hold.
        guards: what the run decided; the domain summarises it.
        point: values of the symbols by which the run decided: the table's own, sizes raised to
            the multiple that was asked for.
    """

    name: str
    variant: str
    input: tuple[int, ...]
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


def formulas(network: Variant, symbols: Sequence[str] = (), multiple: int = 1) -> Formulas:
    """Count a network with symbols for numbers.

    Args:
        network: the network.
        symbols: what stays a symbol, of `SIDES` and the table's `let` names; where there is none
            H, W and every `let` name that is a plain number and that nothing ties to a value.
        multiple: sides are taken for multiples of this.

    Raises:
        UsageError: a name is unknown, two cannot be combined, or the layers differ for each
            value of one.

    >>> from archcount.spec.catalogue import find_table
    >>> from archcount.spec.load import load_table
    >>> mobilenet = formulas(load_table(*find_table("mobilenet_v1")).variant())
    >>> mobilenet.total.macs.at({"H": 224, "W": 224, "alpha": Fraction(1, 2), "classes": 1000})
    Fraction(149497088, 1)
    """
    lets = network.numbers
    if symbols:
        check_symbols(network.table, symbols, lets)
        found = _run(network, tuple(symbols), multiple)
        _check_untied(found)
        return found
    texts = network.let
    free = [name for name in lets if name not in TAKEN and is_own(texts[name])]
    ties: list[Guard] = []
    while True:
        found = _run(network, ("H", "W", *free), multiple)
        tied = [guard for guard in found.domain.others if guard.relation == "=="]
        if not {*free} & {name for guard in tied for name in guard.of.names}:
            return replace(found, ties=tuple(ties))
        ties += tied
        free = [name for name in free if name not in found.domain.tied]


def _check_untied(found: Formulas) -> None:
    """Refuse names that can have one value only."""
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
    network: Variant,
    symbols: tuple[str, ...],
    multiple: int,
) -> Formulas:
    own = network.input.printed
    lets = network.numbers
    sides = sides_of(symbols, own, multiple)
    point = {name: sides[name] if name in sides else lets[name] for name in symbols}
    try:
        counted = count_symbolically(network, own, point)
    except InvalidTableError as error:
        # The rows are compatible with the table's own numbers; a multiple is not in its file.
        tried = " and ".join(f"{name} = {value}" for name, value in sides.items())
        problem = replace(error.problems[0], where=None)
        raise UsageError(replace(problem, what=f"with {tried}: {problem.what}")) from None
    guards = (*counted.guards, *multiples(sides, multiple))
    numbers = [name for name in symbols if name not in sides]
    domain = domain_of(guards, sides, numbers)
    moved = following(network.let, numbers)
    *rows, total = (
        row.replaced(merged_lengths(row.numbers, domain.sides))
        for row in (*counted.rows, counted.total)
    )
    return Formulas(
        name=network.table,
        variant=network.name,
        input=own,
        symbols=symbols,
        fixed={name: value for name, value in lets.items() if name not in (*numbers, *moved)},
        ties=(),
        rows=tuple(rows),
        total=total,
        domain=domain,
        guards=guards,
        point=point,
    )
