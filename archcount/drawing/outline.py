"""A picture as lines of text: a line a box, branches below one another."""

from __future__ import annotations

from collections.abc import Iterator

from archcount.control_characters import visible
from archcount.drawing.picture import Box, Branching, Chain, Group, Picture, parts_of


def outline(picture: Picture) -> str:
    """Return a picture as text.

    >>> from archcount.api.tables import load
    >>> from archcount.drawing.table_picture import table_picture
    >>> print(outline(table_picture(load("lenet5").architecture(), detail="rows")).strip()[:6])
    lenet5
    """
    lines = [(visible(left), visible(shape)) for left, shape in _Outline(picture).lines()]
    width = max(len(left) for left, shape in lines if shape)
    return "\n".join(f"{left:<{width}}  {shape}".rstrip() for left, shape in lines) + "\n"


_Lines = Iterator[tuple[str, str]]
"""What stands to the left of each line, and the shape to the right."""


class _Outline:
    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        titles = {part.path: part.title for chain in picture.chains for part in parts_of(chain)
                  if not isinstance(part, Branching)}  # fmt: skip
        self._read: dict[str, list[str]] = {}
        self._apart = {link.target for link in picture.links if link.is_only}
        for link in picture.links:
            found = self._read.setdefault(link.target, [])
            if link.source:
                found.append(titles.get(link.source) or link.source)

    def lines(self) -> _Lines:
        """Yield the lines."""
        picture = self._picture
        yield picture.title, ""
        if picture.note:
            yield picture.note, ""
        yield "", ""
        heads: dict[str, list[Group]] = {}
        for side in picture.sides:
            heads.setdefault(side.at, []).append(side.group)
        for stream in picture.streams:
            yield from self._chain((stream.input,), "")
            for part in stream.body:
                yield from self._chain((part,), "")
                yield from self._chain(tuple(heads.get(part.path, ())), "    ")

    def _chain(self, chain: Chain, indent: str) -> _Lines:
        for part in chain:
            if part.path in self._read:
                yield indent + self._reads(part.path), ""
            match part:
                case Box():
                    yield indent + "  ".join(part.lines), part.output
                case Group():
                    yield indent + "  ".join(part.lines), part.output
                    yield from self._chain(part.body, f"{indent}  ")
                case Branching():
                    yield from self._branches(part, indent)

    def _reads(self, path: str) -> str:
        """Write what a part reads of others that do not stand before it."""
        read = ", ".join(self._read[path])
        if path in self._apart:
            return f"from {read or 'elsewhere'}:"
        return f"│ and from {read}"

    def _branches(self, part: Branching, indent: str) -> _Lines:
        for branch in part.branches:
            if not branch:
                yield f"{indent}├ (skip)", ""
                continue
            for place, (left, shape) in enumerate(self._chain(branch, "")):
                yield f"{indent}{'│ ' if place else '├ '}{left}", shape
        yield f"{indent}└ {'  '.join(part.join.lines)}", part.join.output
