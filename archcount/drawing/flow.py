"""Things that read one another, put in order: one after another, or branches beside one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SeriesStep:
    """One thing of a series, with the branches that lead to it.

    Attributes:
        branches: those that lead from the thing before, empty ones included; none where it reads
            that alone.
        place: of the thing; None for the end, where several are given.
        follows: whether it reads the one before it.
    """

    branches: tuple[tuple[SeriesStep, ...], ...]
    place: int | None
    follows: bool = True


Crossing = tuple[int, int]
"""A line that cannot be drawn between branches: from one thing, or from -1, to another."""


def series(reads: Sequence[frozenset[int]]) -> tuple[tuple[SeriesStep, ...], list[Crossing]]:
    """Put things in series and in branches.

    Args:
        reads: of each, the places of those before it that it reads; -1 is what is given at first,
            and what is less is no line.

    Returns:
        The series; and the lines of what cannot be drawn so, which stands in it in its order.

    >>> steps, crossings = series([frozenset({-1}), frozenset({0}), frozenset({0, 1})])
    >>> [step.place for step in steps], len(steps[-1].branches), crossings
    ([0, 2], 2, [])
    """
    crossings: list[Crossing] = []
    known = [frozenset(read for read in each if read >= -1) for each in reads]
    return tuple(_steps([*range(len(reads))], known, crossings)), crossings


def _steps(
    places: Sequence[int],
    reads: Sequence[frozenset[int]],
    crossings: list[Crossing],
    ends: frozenset[int] = frozenset(),
) -> Iterator[SeriesStep]:
    """Yield the steps of some of the things: those that all lines run through.

    What nothing reads is given at the end, and so are the `ends`, which another thing reads.
    """
    at = {place: number for number, place in enumerate(places, 1)}
    end = len(places) + 1
    lines = {(at.get(read, 0), at[place]) for place in places for read in reads[place] or {-1}}
    read = {source for source, _ in lines}
    lines |= {(each, end) for place, each in at.items() if each not in read or place in ends}
    farthest = [0] * (end + 1)
    for source, target in lines:
        farthest[source] = max(farthest[source], target)
    before, reach = 0, farthest[0]
    for number in range(1, end + 1):
        if reach <= number:
            place = places[number - 1] if number < end else None
            inside = range(before + 1, number)
            groups = [[places[each - 1] for each in group] for group in _groups(inside, lines)]
            is_passed = bool(groups) and (before, number) in lines
            follows = True
            if len(groups) + is_passed == 1:
                (order,) = groups
                yield from _tangled(order, reads, crossings)
                groups = []
                if place is not None:
                    follows = order[-1] in reads[place]
                    crossings += [
                        (each, place) for each in sorted(reads[place]) if each != order[-1]
                    ]
            leads = frozenset() if place is None else reads[place]
            branches = tuple(tuple(_steps(each, reads, crossings, leads)) for each in groups)
            branches += ((),) if is_passed else ()
            if branches or place is not None:
                yield SeriesStep(branches, place, follows=follows)
            before = number
        reach = max(reach, farthest[number])


def _tangled(
    places: Sequence[int], reads: Sequence[frozenset[int]], crossings: list[Crossing]
) -> Iterator[SeriesStep]:
    """Yield things that are no branches one after another; note the lines past others."""
    for number, place in enumerate(places):
        before = places[number - 1] if number else None
        if before is not None:
            crossings += [(read, place) for read in sorted(reads[place]) if read != before]
        follows = before is None or before in reads[place]
        yield SeriesStep((), place, follows=follows)


def _groups(inside: range, lines: set[tuple[int, int]]) -> list[list[int]]:
    """Return the things between two that lines lead between, each group one branch."""
    group = {number: number for number in inside}

    def first(number: int) -> int:
        while group[number] != number:
            number = group[number]
        return number

    for source, target in lines:
        if source in group and target in group:
            one, other = sorted((first(source), first(target)))
            group[other] = one
    found: dict[int, list[int]] = {}
    for number in inside:
        found.setdefault(first(number), []).append(number)
    return [*found.values()]
