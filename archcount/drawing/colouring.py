"""What the colours of a picture mean: kinds of layers, verdicts, or shares of the whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from archcount.drawing.picture import (
    FAMILIES,
    Box,
    Branching,
    Chain,
    Group,
    Mark,
    Part,
    Picture,
    amount_of,
)

COLOURS = ("kind", "verdict", "macs", "params", "none")
"""What colours can mean."""
_VERDICTS = {
    "good": "match",
    "explained": "explained",
    "wrong": "wrong",
    "silent": "nothing printed to judge",
}
_SHARES = ("under 1%", "1 to 5%", "5 to 10%", "10 to 20%", "20% or more")
_PLAIN = Mark("", "plain")


def coloured(picture: Picture, colour: str, marks: Mapping[str, Mark]) -> Picture:
    """Return a picture with what is said of its parts.

    Args:
        picture: the picture.
        colour: one of `COLOURS`.
        marks: the verdicts on rows by their names, which other colours do not show.
    """
    if colour == "kind":
        return picture

    def of_row(part: Part) -> Part:
        if colour in ("macs", "params"):
            return _shared(part, colour, getattr(picture.total, colour))
        mark = marks.get(part.path, Mark("", "silent")) if colour == "verdict" else None
        if isinstance(part, Box):
            return replace(part, mark=mark or _PLAIN)
        plain = _plain(part)
        return replace(plain, mark=mark) if isinstance(plain, Group) else plain

    streams = tuple(
        replace(stream, body=tuple(map(of_row, stream.body))) for stream in picture.streams
    )
    sides = []
    for side in picture.sides:
        group = of_row(side.group)
        assert isinstance(group, Group)
        sides.append(replace(side, group=group))
    return replace(picture, streams=streams, sides=tuple(sides), colour=colour)


def _plain(part: Part) -> Part:
    """Return a part without colours."""
    match part:
        case Box():
            return part if part.family in ("copy", "join") else replace(part, mark=_PLAIN)
        case Group():
            return replace(part, body=tuple(map(_plain, part.body)))
        case Branching():
            branches = tuple(tuple(map(_plain, branch)) for branch in part.branches)
            join = _plain(part.join)
            assert isinstance(join, Box)
            return replace(part, branches=branches, join=join)


def _shared(part: Part, what: str, whole: int) -> Part:
    """Return a part with the share of each box and frame."""

    def chain(parts: Chain) -> Chain:
        return tuple(_shared(each, what, whole) for each in parts)

    amount: int = getattr(amount_of((part,)), what)
    share = amount / whole if whole else 0.0
    match part:
        case Box():
            if not amount:
                return part if part.family in ("copy", "join") else replace(part, mark=_PLAIN)
            return replace(part, mark=share_mark(share))
        case Group():
            said = Mark(share_mark(share).text, "frame") if amount else None
            return replace(part, body=chain(part.body), mark=said)
        case Branching():
            (join,) = chain((part.join,))
            assert isinstance(join, Box)
            return replace(part, branches=tuple(map(chain, part.branches)), join=join)


def share_mark(share: float) -> Mark:
    """Return the mark of a part of the whole.

    >>> share_mark(0.123)
    Mark(text='12.3%', tone='share3')
    """
    tone = sum(share >= limit for limit in (0.01, 0.05, 0.1, 0.2))
    text = f"{100 * share:.1f}%" if share >= 0.0005 else "under 0.1%"
    return Mark(text, f"share{tone}")


def legend(picture: Picture) -> Iterator[tuple[str, str]]:
    """Yield the families or tones that a picture shows, and what they mean."""
    if picture.colour == "kind":
        used = {box.family for box in picture.boxes}
        yield from ((family, words) for family, words in FAMILIES.items() if family in used)
    elif picture.colour == "verdict":
        yield from _VERDICTS.items()
    elif picture.colour in ("macs", "params"):
        what = "MACs" if picture.colour == "macs" else "params"
        yield from (
            (f"share{place}", f"{words} of the {what}") for place, words in enumerate(_SHARES)
        )
