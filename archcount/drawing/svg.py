"""A picture as SVG: text as text, colours by a style sheet, nothing that runs."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from html import escape as escaped_html
from math import hypot

from archcount.control_characters import visible
from archcount.drawing.colouring import legend
from archcount.drawing.layout import LINE, SMALL, box_lines, group_header
from archcount.drawing.picture import Picture
from archcount.drawing.placed import Line, PlacedBox, PlacedGroup, Point, Rect
from archcount.drawing.placing import placed
from archcount.drawing.style import ROOT, style_sheet
from archcount.drawing.text_width import text_width, wrapped

_TITLE, _NOTE = 20.0, 16.0
_LEGEND = 24.0
_CORNER = 9.0
"""The radius of a line's corners."""
_TIP = 5.0


def svg(picture: Picture, *, down: bool = True, theme: str = "auto") -> str:
    """Return a picture as the text of an `svg` element, to be a file or a part of a page.

    Args:
        picture: the picture.
        down: from top to bottom, else from left to right.
        theme: one of `THEMES`.

    >>> from archcount.api.tables import load
    >>> from archcount.drawing.table_picture import table_picture
    >>> svg(table_picture(load("googlenet").architecture())).startswith("<svg ")
    True
    """
    found = placed(picture, down=down)
    rows = _legend_rows([*legend(picture)], max(found.width, 320.0))
    room = max(found.width, 420.0) - 32
    titles = wrapped(picture.title, 15.0, room, bold=True)
    notes = wrapped(picture.note, SMALL, room)
    widths = [text_width(line, 15.0, bold=True) for line in titles]
    heading = max([0.0, *widths, *(text_width(line, SMALL) for line in notes)]) + 32
    top = 14.0 + _TITLE * len(titles) + _NOTE * len(notes)
    widest = max((sum(_item_width(item) for item in row) + 32 for row in rows), default=0)
    width = max(found.width, heading, widest)
    height = top + found.height + len(rows) * _LEGEND + (8 if rows else 0)
    shift = (width - found.width) / 2
    body = [
        *map(_group, found.groups),
        *map(_line, found.lines),
        *map(_box, found.boxes),
        *(_label(line) for line in found.lines if line.label),
    ]
    name = sha256(
        "".join([*body, picture.title, picture.note]).encode(errors="surrogatepass")
    ).hexdigest()[:10]
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{ROOT}" role="img" '
        f'aria-labelledby="{ROOT}-{name}-title {ROOT}-{name}-desc" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}">',
        f'<title id="{ROOT}-{name}-title">{_escaped(picture.title)}</title>',
        f'<desc id="{ROOT}-{name}-desc">{_escaped(picture.description)}</desc>',
        f"<style>{style_sheet(theme)}</style>",
        f'<rect class="{ROOT}-back" width="100%" height="100%"/>',
        *(
            _text((16, 24 + _TITLE * place), line, f"{ROOT}-heading")
            for place, line in enumerate(titles)
        ),
        *(
            _text(
                (16, 23 + _TITLE * len(titles) + _NOTE * place), line, f"{ROOT}-small {ROOT}-lesser"
            )
            for place, line in enumerate(notes)
        ),
        f'<g transform="translate({shift:.1f} {top:.0f})">',
        *body,
        "</g>",
        *_legend(rows, top + found.height),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    """Return a text that may stand in an element or an attribute."""
    return escaped_html(visible(text))


def _text(at: Point, text: str, kind: str = "", *, anchor: str = "start") -> str:
    where = "" if anchor == "start" else f' text-anchor="{anchor}"'
    style = f' class="{kind}"' if kind else ""
    return f'<text x="{at[0]:.1f}" y="{at[1]:.1f}"{where}{style}>{_escaped(text)}</text>'


def _rect(rect: Rect, kind: str, radius: float) -> str:
    return (
        f'<rect x="{rect.x:.1f}" y="{rect.y:.1f}" width="{rect.width:.1f}" '
        f'height="{rect.height:.1f}" rx="{radius:g}" class="{kind}"/>'
    )


def _box(item: PlacedBox) -> str:
    box, rect = item.box, item.rect
    middle = rect.x + rect.width / 2
    tone = f"{ROOT}-{box.mark.tone if box.mark else box.family}"
    if box.is_sign:
        centre = rect.y + rect.height / 2
        shape = (
            f'<circle cx="{middle:.1f}" cy="{centre:.1f}" r="{rect.width / 2:g}" class="{tone}"/>'
        )
        return shape + _text((middle, centre + 4.5), box.title, anchor="middle")
    radius = rect.height / 2 if box.family in ("join", "copy", "input") else 5
    title, *rest = box_lines(box)
    marked = len(rest) - bool(box.mark and box.mark.text)
    lines = [(title, f"{ROOT}-bold" if rest else "")]
    lines += [(line, f"{ROOT}-small {ROOT}-lesser") for line in rest[:marked]]
    lines += [(line, f"{ROOT}-small {ROOT}-bold") for line in rest[marked:]]
    first = rect.y + (rect.height - LINE * len(lines)) / 2 + 11.5
    texts = (
        _text((middle, first + LINE * number), text, kind, anchor="middle")
        for number, (text, kind) in enumerate(lines)
    )
    return _rect(rect, tone, min(radius, 14)) + "".join(texts)


def _group(item: PlacedGroup) -> str:
    group, rect = item.group, item.rect
    tone = group.mark.tone if group.mark else "frame"
    kind = f"{ROOT}-{tone}" + ("" if tone == "frame" else f" {ROOT}-soft")
    parts = [_rect(rect, kind, 9)]
    said = group_header(group)
    if said:
        parts.append(_text((rect.x + 10, rect.y + 17), said, f"{ROOT}-bold"))
    if group.mark and group.mark.text:
        at = (rect.right - 10, rect.y + 17)
        parts.append(_text(at, group.mark.text, f"{ROOT}-small {ROOT}-bold", anchor="end"))
    return "".join(parts)


def _line(line: Line) -> str:
    points = [*line.points]
    tip = ""
    if line.has_arrow:
        tip, points[-1] = _arrow(points[-2], points[-1])
    return f'<path d="{_rounded(points)}" class="{ROOT}-line"/>{tip}'


def _rounded(points: list[Point]) -> str:
    """Return the path along points, its corners round."""
    steps = [f"M{_pair(points[0])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(_CORNER, _length(before, corner) / 2, _length(corner, after) / 2)
        if radius < 0.1:
            continue
        start, end = _toward(corner, before, radius), _toward(corner, after, radius)
        steps.append(f"L{_pair(start)}Q{_pair(corner)} {_pair(end)}")
    return "".join([*steps, f"L{_pair(points[-1])}"])


def _pair(point: Point) -> str:
    return f"{point[0]:.1f} {point[1]:.1f}"


def _length(one: Point, other: Point) -> float:
    return hypot(other[0] - one[0], other[1] - one[1])


def _toward(start: Point, end: Point, far: float) -> Point:
    whole = _length(start, end) or 1.0
    return (
        start[0] + (end[0] - start[0]) * far / whole,
        start[1] + (end[1] - start[1]) * far / whole,
    )


def _arrow(before: Point, end: Point) -> tuple[str, Point]:
    """Return the tip of an arrow, and where its line ends."""
    base = _toward(end, before, _TIP + 1)
    across = ((end[1] - base[1]) * 0.5, (base[0] - end[0]) * 0.5)
    one = (base[0] + across[0], base[1] + across[1])
    other = (base[0] - across[0], base[1] - across[1])
    path = f"M{_pair(end)}L{_pair(one)}L{_pair(other)}Z"
    return f'<path d="{path}" class="{ROOT}-tip"/>', base


def _label(line: Line) -> str:
    kind = f"{ROOT}-tiny {ROOT}-lesser"
    return "".join(_text(at, text, kind, anchor=line.anchor) for text, at in line.label)


def _item_width(item: tuple[str, str]) -> float:
    return 12 + 6 + text_width(item[1], SMALL) + 14


def _legend_rows(items: list[tuple[str, str]], width: float) -> list[list[tuple[str, str]]]:
    rows: list[list[tuple[str, str]]] = []
    left = 0.0
    for item in items:
        wide = _item_width(item)
        if not rows or left < wide:
            rows.append([])
            left = width - 32
        rows[-1].append(item)
        left -= wide
    return rows


def _legend(rows: list[list[tuple[str, str]]], top: float) -> Iterator[str]:
    for number, row in enumerate(rows):
        x, y = 16.0, top + number * _LEGEND
        for item in row:
            yield _rect(Rect(x, y, 12, 12), f"{ROOT}-{item[0]}", 3)
            yield _text((x + 18, y + 10), item[1], f"{ROOT}-small {ROOT}-lesser")
            x += _item_width(item)
