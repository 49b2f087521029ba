"""A picture as lines of text: a line a box, branches below one another."""

from __future__ import annotations

from collections.abc import Iterator

from archcount.control_characters import visible
from archcount.drawing.layout import group_header
from archcount.drawing.picture import Box, Branching, Chain, Group, Picture


def outline(picture: Picture) -> str:
    """Return a picture as text.

    >>> from archcount.api.tables import load
    >>> from archcount.drawing.table_picture import table_picture
    >>> print(outline(table_picture(load("lenet5").architecture(), detail="rows")).strip()[:6])
    lenet5
    """
    lines = [(picture.title, "")]
    lines += [(picture.note, "")] if picture.note else []
    lines.append(("", ""))
    heads: dict[str, list[Group]] = {}
    for side in picture.sides:
        heads.setdefault(side.at, []).append(side.group)
    beside: dict[str, list[str]] = {}
    for link in picture.links:
        beside.setdefault(link.target, []).append(link.source)
    for stream in picture.streams:
        lines += _chain((stream.input,), "")
        for part in stream.body:
            for source in beside.get(part.path, ()):
                lines.append((f"│ from {source}", ""))
            lines += _chain((part,), "")
            for head in heads.get(part.path, ()):
                lines += _chain((head,), "    ")
    lines = [(visible(left), visible(shape)) for left, shape in lines]
    width = max(len(left) for left, shape in lines if shape)
    return "\n".join(f"{left:<{width}}  {shape}".rstrip() for left, shape in lines) + "\n"


def _chain(chain: Chain, indent: str) -> Iterator[tuple[str, str]]:
    """Yield what stands to the left of each line, and the shape to the right."""
    for part in chain:
        match part:
            case Box():
                yield indent + _box(part), part.output
            case Group():
                said = [group_header(part), part.mark.text if part.mark else ""]
                yield indent + "  ".join(filter(None, said)), part.output
                yield from _chain(part.body, f"{indent}  ")
            case Branching():
                yield from _branches(part, indent)


def _branches(part: Branching, indent: str) -> Iterator[tuple[str, str]]:
    for branch in part.branches:
        if not branch:
            yield f"{indent}├ (skip)", ""
            continue
        for place, (left, shape) in enumerate(_chain(branch, "")):
            yield f"{indent}{'│ ' if place else '├ '}{left}", shape
    yield f"{indent}└ {_box(part.join)}", part.join.output


def _box(box: Box) -> str:
    mark = [box.mark.text] if box.mark and box.mark.text else []
    return "  ".join([box.title, *box.details, *mark])
