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
    """

    branches: tuple[tuple[SeriesStep, ...], ...]
    place: int | None


@dataclass(frozen=True, slots=True)
class Tangle:
    """Things that are no branches beside one another, in their order, with what they read else."""

    places: tuple[int, ...]
    reads: tuple[tuple[int, int], ...]


def series(reads: Sequence[frozenset[int]]) -> tuple[tuple[SeriesStep, ...], list[Tangle]]:
    """Put things in series and in branches.

    Args:
        reads: of each, the places of those before it that it reads; negative ones are from outside.

    Returns:
        The series, and the parts of it that cannot be drawn so: they stand in it in their order.

    >>> steps, tangles = series([frozenset({-1}), frozenset({0}), frozenset({0, 1})])
    >>> [step.place for step in steps], steps[-1].branches, tangles
    ([0, 2], ((SeriesStep(branches=(), place=1),), ()), [])
    """
    tangles: list[Tangle] = []
    return tuple(_steps([*range(len(reads))], reads, tangles)), tangles


def _steps(
    places: Sequence[int],
    reads: Sequence[frozenset[int]],
    tangles: list[Tangle],
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
            if len(groups) + is_passed == 1:
                yield from _tangled(groups[0], reads, tangles)
                groups = []
            leads = frozenset() if place is None else reads[place]
            branches = tuple(tuple(_steps(each, reads, tangles, leads)) for each in groups)
            branches += ((),) if is_passed else ()
            if branches or place is not None:
                yield SeriesStep(branches, place)
            before = number
        reach = max(reach, farthest[number])


def _tangled(
    places: Sequence[int], reads: Sequence[frozenset[int]], tangles: list[Tangle]
) -> Iterator[SeriesStep]:
    """Yield things that are no branches one after another; note what else they read."""
    also = tuple(
        (read, place)
        for number, place in enumerate(places)
        for read in sorted(reads[place])
        if number and read != places[number - 1] and read in places
    )
    tangles.append(Tangle(tuple(places), also))
    yield from (SeriesStep((), place) for place in places)


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
