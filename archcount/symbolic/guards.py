"""Guards: what a run over symbols decided, and what must hold for another run to be the same."""

from __future__ import annotations

from dataclasses import dataclass, field

from archcount.exact import is_beyond
from archcount.symbolic.floor_rules import canonical, is_integral
from archcount.symbolic.polynomial import Number, Point, Polynomial


@dataclass(frozen=True, slots=True)
class Guard:
    """Something that holds of a number: `== 0`, `!= 0`, `> 0`, `>= 0`, `whole`, or `small`.

    Attributes:
        of: the number.
        relation: what holds.
        limit: for `small` the most that numerator and denominator may be.
    """

    of: Polynomial
    relation: str
    limit: int = 0

    def holds(self, point: Point) -> bool:
        """Return whether it holds at a point."""
        value = self.of.at(point)
        match self.relation:
            case "whole":
                return value.denominator == 1
            case "small":
                return not is_beyond(value, self.limit)
        return compare(value, self.relation)


def compare(value: Number, relation: str) -> bool:
    """Return whether a value is in a relation to 0.

    >>> compare(0, ">"), compare(0, ">=")
    (False, True)
    """
    match relation:
        case "==":
            return value == 0
        case "!=":
            return value != 0
        case ">":
            return value > 0
    return value >= 0


_OPPOSITE = {"==": "!=", "!=": "=="}


@dataclass
class PathCondition:
    """The guards of one run, each once, in the order in which they were decided.

    Attributes:
        point: the example values of the symbols, by which the run decides.
        guards: what was decided.
        whole: numbers known to be whole.
    """

    point: Point
    guards: dict[Guard, None] = field(default_factory=dict)
    whole: dict[Polynomial, None] = field(default_factory=dict)

    def decide(self, of: Polynomial, relation: str) -> bool:
        """Return whether `of` is in a relation to 0, and note it where it is not so everywhere."""
        of = canonical(of)
        number = of.number
        if number is not None:
            return compare(number, relation)
        truth = compare(of.at(self.point), relation)
        if truth:
            self._note(Guard(of, relation))
        elif relation in _OPPOSITE:
            self._note(Guard(of, _OPPOSITE[relation]))
        else:  # not > 0 is -of >= 0, and not >= 0 is -of > 0
            self._note(Guard(-of, ">=" if relation == ">" else ">"))
        return truth

    def require_whole(self, of: Polynomial) -> None:
        """Note that a number is whole, which it is at the point."""
        if not self.knows_whole(of):
            self._note(Guard(canonical(of), "whole"))
            self.whole[of] = None

    def require_small(self, of: Polynomial, limit: int) -> bool:
        """Return whether a number is beyond a limit, and note it where it is not."""
        beyond = is_beyond(of.at(self.point), limit)
        if not beyond and of.number is None:
            self._note(Guard(canonical(of), "small", limit))
        return beyond

    def knows_whole(self, of: Polynomial) -> bool:
        """Return whether a number is known to be whole: a sum of whole multiples of what is."""
        if is_integral(of) or of in self.whole:
            return True
        return all(
            is_integral(term) or any(_is_multiple(term, known) for known in self.whole)
            for term in (Polynomial({m: factor}) for m, factor in of.terms.items())
        )

    def _note(self, guard: Guard) -> None:
        assert guard.holds(self.point), f"{guard} does not hold where it was met"
        self.guards[guard] = None


def _is_multiple(term: Polynomial, known: Polynomial) -> bool:
    """Return whether a term is a known whole number times another whole number."""
    if len(known.terms) != 1:
        return False
    return is_integral(term.over(known))
