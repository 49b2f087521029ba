"""A table's counts as expressions in its input size, a batch and its `let` names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from archcount.architecture import parse_expression
from archcount.errors import InvalidTableError, UsageError
from archcount.layers import Shape
from archcount.spec.variant import Variant
from archcount.symbolic.domain import Domain, domain_of
from archcount.symbolic.guards import Guard
from archcount.symbolic.integer_set import IntegerSet
from archcount.symbolic.polynomial import Atom, Length, Name, Polynomial, Ratio
from archcount.symbolic.symbolic_count import RowFormula, count_symbolically
from archcount.symbolic.symbols import (
    check_symbols,
    following,
    multiples,
    own_sizes,
    side_values,
    sides_of,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Formulas:
    """A table's counts as expressions, and where they hold.

    Attributes:
        name: the table's name.
        variant: the variant's name, or empty.
        input: the table's own.
        sizes: the sizes of the input but channels, by name, that are no `let` names.
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
    input: Shape
    sizes: Mapping[str, int]
    symbols: tuple[str, ...]
    fixed: Mapping[str, Fraction]
    ties: tuple[Guard, ...]
    rows: tuple[RowFormula, ...]
    total: RowFormula
    domain: Domain
    guards: tuple[Guard, ...]
    point: Mapping[str, int | Fraction]

    @property
    def lengths(self) -> tuple[str, ...]:
        """The names of sizes of the input."""
        return tuple(name for name in sides_of(self.input) if name != "batch")

    @property
    def lets(self) -> tuple[str, ...]:
        """The `let` names that are symbols."""
        return tuple(item.name for item in self.domain.ranges)


def formulas(network: Variant, symbols: Sequence[str] = (), multiple: int = 1) -> Formulas:
    """Count a network with symbols for numbers.

    Args:
        network: the network.
        symbols: what stays a symbol, of `sides_of` and the table's `let` names; where there is
            none the sizes of the input but its channels, unless they are `let` names, and every
            `let` name that is a plain number and that nothing ties to a value.
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
        check_symbols(network.table, symbols, lets, network.input)
        found = _run(network, tuple(symbols), multiple)
        _check_untied(found)
        return found
    texts = network.let
    known = sides_of(network.input)
    free = [name for name in lets if name not in known and not parse_expression(texts[name]).names]
    lengths = own_sizes(network)
    ties: list[Guard] = []
    while True:
        found = _run(network, (*lengths, *free), multiple)
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
        raise UsageError.of(
            f"which layers {found.name} has, or their strides, depends on {name}: "
            "there is no one expression for all its values",
            remedy=f"leave {name} out" + (f": --in {','.join(rest)}" if rest else ""),
        )


def _run(network: Variant, symbols: tuple[str, ...], multiple: int) -> Formulas:
    lets = network.numbers
    sides = side_values(symbols, network.input, multiple)
    point = {name: sides[name] if name in sides else lets[name] for name in symbols}
    try:
        counted = count_symbolically(network, None, point)
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
        row.replaced(_merged_lengths(row.numbers, domain.sides))
        for row in (*counted.rows, counted.total)
    )
    return Formulas(
        name=network.table,
        variant=network.name,
        input=network.input,
        sizes=own_sizes(network),
        symbols=symbols,
        fixed={name: value for name, value in lets.items() if name not in (*numbers, *moved)},
        ties=(),
        rows=tuple(rows),
        total=total,
        domain=domain,
        guards=guards,
        point=point,
    )


def _merged_lengths(
    polynomials: Collection[Polynomial], sides: Iterable[IntegerSet]
) -> dict[Atom, Polynomial]:
    """Return what stands for lengths where the domain lets each say the same by another.

    Where 32 divides H or H + 1, ceil(H/2) is 16 ceil(H/32); where 32 divides H, it is H/2.
    """
    instead: dict[Atom, Polynomial] = {}
    for side in sides:
        lengths = {
            atom
            for polynomial in polynomials
            for atom in polynomial.atoms()
            if isinstance(atom, Length) and atom.name == side.name
        }
        instead |= _instead(side, lengths)
    return instead


def _instead(side: IntegerSet, lengths: set[Length]) -> dict[Atom, Polynomial]:
    """Return the replacement of each length of one name; none for those that stay."""
    divisible = [length for length in lengths if side.modulus % length.divisor == 0]
    if len(side.remainders) == 1:
        return {length: _exactly(length, side.remainders[0]) for length in divisible}
    largest = max((length.divisor for length in lengths), default=1)
    best: dict[Atom, Polynomial] = {}
    for base in (Length(side.name, largest - 1, largest), Length(side.name, 0, largest)):
        found: dict[Atom, Polynomial] = {
            length: Polynomial.of(base) * (largest // length.divisor)
            for length in divisible
            if length != base and _is_multiple(length, base, side)
        }
        best = max(best, found, key=len)
    plainer = {length: Polynomial.of(_plainer(length, side)) for length in divisible}
    return plainer | best


def _plainer(length: Length, side: IntegerSet) -> Length:
    """Return the length as a ceil of whole divisors taken off, where it is the same."""
    whole = -(-length.shift // length.divisor) * length.divisor
    for shift in (whole - 1, whole + length.divisor - 1):
        other = Length(length.name, shift, length.divisor)
        if all(other.at({side.name: r}) == length.at({side.name: r}) for r in side.remainders):
            return other
    return length


def _exactly(length: Length, remainder: int) -> Polynomial:
    """Return a length without rounding, where sizes have one remainder."""
    over = (remainder + length.shift) % length.divisor
    shift = length.shift - over
    if shift == 0:
        return Polynomial.of(Name(length.name, whole=True)) * Fraction(1, length.divisor)
    return Polynomial.of(Ratio(length.name, shift, length.divisor))


def _is_multiple(length: Length, base: Length, side: IntegerSet) -> bool:
    """Return whether a length is as many times another as their divisors say, over one period.

    Both grow by whole numbers in this ratio from period to period, so that one period tells.
    """
    if side.modulus % base.divisor or base.divisor % length.divisor:
        return False
    times = base.divisor // length.divisor
    return all(
        length.at({side.name: remainder}) == times * base.at({side.name: remainder})
        for remainder in side.remainders
    )
