"""Equal neighbours folded to one with a number: what a paper writes as x6."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import replace

from archcount.drawing.picture import Amount, Box, Branching, Chain, Group, Part, boxes_of

_LONGEST = 4
"""The most units that are repeated together, such as a local and a global layer in turn."""


def folded(units: Sequence[Chain], apart: Collection[str] = ()) -> Chain:
    """Return units one after another, equal neighbours once.

    Units are equal where the same is drawn of them, so that layers whose inputs alone grow, as
    those of a dense block, are folded too. What is folded stands for all: its amounts are sums.

    Args:
        units: each one part, or a few that stay together.
        apart: the paths of parts that a line of their own leads to or from.
    """
    keys = [
        tuple((drawn(part), part.path if part.path in apart else "") for part in unit)
        for unit in units
    ]
    found: list[Part] = []
    place = 0
    while place < len(units):
        period, times = _best(keys, units, place)
        if times == 1:
            found += units[place]
            place += 1
            continue
        runs = [
            [part for unit in units[start : start + period] for part in unit]
            for start in range(place, place + period * times, period)
        ]
        body = tuple(_summed(parts) for parts in zip(*runs, strict=True))
        found.append(_repeat(body, times, runs[-1][-1].output))
        place += period * times
    return tuple(found)


def _repeat(body: Chain, times: int, output: str) -> Group:
    only = body[0]
    if len(body) == 1 and isinstance(only, Group) and only.times == 1:
        return replace(only, title=only.key or only.title, times=times, output=output)
    return Group(path=f"{only.path}#{times}", times=times, body=body, output=output)


def _best(keys: Sequence[Hashable], units: Sequence[Chain], place: int) -> tuple[int, int]:
    """Return how many units are repeated from a place on, and how often, to draw the fewest."""
    best, saved = (1, 1), 0
    for period in range(1, _LONGEST + 1):
        first = keys[place : place + period]
        times = 1
        while keys[(at := place + times * period) : at + period] == first:
            times += 1
        boxes = sum(len([*boxes_of(unit)]) for unit in units[place : place + period])
        worth = (times - 1) * boxes
        if (times > 2 or boxes > 1) and times > 1 and worth > saved:
            best, saved = (period, times), worth
    return best


def drawn(part: Part) -> Hashable:
    """Return what is seen of a part: equal for those that can be folded."""
    match part:
        case Box():
            return (part.title, part.details, part.family, part.reads)
        case Branching():
            return (tuple(tuple(map(drawn, chain)) for chain in part.branches), drawn(part.join))
        case Group():
            return (part.key or part.title, part.times, tuple(map(drawn, part.body)))


def _summed(parts: Sequence[Part]) -> Part:
    """Return the first of parts of which the same is drawn, with the amounts of all.

    A shape that they do not have in common is left out.
    """
    first = parts[0]
    if isinstance(first, Branching):
        splits = [part for part in parts if isinstance(part, Branching)]
        chains = zip(*(split.branches for split in splits), strict=True)
        join = _summed([split.join for split in splits])
        assert isinstance(join, Box)
        return replace(first, branches=tuple(map(_summed_chain, chains)), join=join)
    amount = sum((part.amount for part in parts if not isinstance(part, Branching)), Amount())
    output = first.output if len({part.output for part in parts}) == 1 else ""
    if isinstance(first, Box):
        return replace(first, amount=amount, output=output)
    body = _summed_chain([part.body for part in parts if isinstance(part, Group)])
    return replace(first, amount=amount, output=output, body=body)


def _summed_chain(chains: Sequence[Chain]) -> Chain:
    return tuple(_summed(parts) for parts in zip(*chains, strict=True))


def side_by_side(branches: Sequence[Chain], name: str) -> tuple[Chain, ...]:
    """Return branches beside one another, equal neighbours as one with their name and number."""
    found: list[Chain] = []
    place = 0
    while place < len(branches):
        key = tuple(map(drawn, branches[place]))
        end = place
        while end < len(branches) and tuple(map(drawn, branches[end])) == key:
            end += 1
        run = branches[place:end]
        if len(run) > 1 and run[0]:
            body = _summed_chain(run)
            path, output = f"{body[0].path}#of", body[-1].output
            found.append((Group(path=path, title=name, times=len(run), body=body, output=output),))
        else:
            found += run
        place = end
    return tuple(found)
