"""A sweep as text, a line a combination as they come, so that any number takes little memory."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from archcount.reporting.exports import Value
from archcount.symbolic.sweeps import Point

SCHEMA = "archcount.sweep/1"
FORMATS = ("plain", "csv", "md", "json")
"""Those of the formats that can be written line by line."""
_WIDE = 20
"""Columns that a number is given: counts are exact, with points between thousands."""


def sweep_lines(
    name: str, variant: str, lets: Sequence[str], points: Iterable[Point], form: str
) -> Iterator[str]:
    """Write a sweep line by line.

    Args:
        name: the table's name.
        variant: of the table.
        lets: the names that are varied.
        points: the combinations, counted.
        form: one of `FORMATS`.
    """
    yield from _WRITERS[form](name, variant, lets, points)


def tidy_point(lets: Sequence[str], point: Point) -> dict[str, Value]:
    """Give a combination as a record, in base units; what is missing is empty."""
    return {
        "input": "x".join(map(str, point.input)),
        **dict(zip(lets, point.lets, strict=True)),
        "batch": point.batch,
        "params": point.params,
        "weights": point.weights,
        "macs": point.macs,
        "output": None if point.output is None else "x".join(map(str, point.output)),
        "problem": point.problem or None,
    }


def _csv(name: str, variant: str, lets: Sequence[str], points: Iterable[Point]) -> Iterator[str]:
    for number, point in enumerate(points):
        record = tidy_point(lets, point)
        text = io.StringIO()
        writer = csv.DictWriter(text, fieldnames=list(record), lineterminator="\n")
        if not number:
            writer.writeheader()
        writer.writerow(record)
        yield text.getvalue()


def _json(name: str, variant: str, lets: Sequence[str], points: Iterable[Point]) -> Iterator[str]:
    head = {"schema": SCHEMA, "name": name, "variant": variant or None, "lets": list(lets)}
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "points": [\n'
    for number, point in enumerate(points):
        record = json.dumps(tidy_point(lets, point), ensure_ascii=False)
        yield ("" if not number else ",\n") + record
    yield "\n]}\n"


def _headings(lets: Sequence[str]) -> tuple[str, ...]:
    return ("input", *lets, "batch", "params", "weights", "MACs")


def _cells(point: Point) -> tuple[str, ...]:
    counted = (point.params, point.weights, point.macs)
    numbers = ["" if number is None else f"{number:,}" for number in counted]
    return ("x".join(map(str, point.input)), *point.lets, f"{point.batch:,}", *numbers)


def _md(name: str, variant: str, lets: Sequence[str], points: Iterable[Point]) -> Iterator[str]:
    headings = (*_headings(lets), "problem")
    yield _md_row(headings)
    yield "|" + "|".join("---:" for _ in headings[:-1]) + "|:---|\n"
    for point in points:
        yield _md_row((*_cells(point), point.problem))


def _md_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _plain(name: str, variant: str, lets: Sequence[str], points: Iterable[Point]) -> Iterator[str]:
    headings = _headings(lets)
    widths = [13, *(max(8, len(let)) for let in lets), 6, 15, 15, _WIDE]
    title = f"{name} {variant}".strip()
    yield f"{title}: counted in closed form, MACs of the whole batch, heads left out\n\n"
    yield _aligned(headings, widths)
    yield _aligned(["-" * width for width in widths], widths)
    for point in points:
        line = _aligned(_cells(point), widths).rstrip("\n")
        yield (line + (f"  {point.problem}" if point.problem else "")).rstrip() + "\n"


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True)) + "\n"


_Writer = Callable[[str, str, Sequence[str], Iterable[Point]], Iterator[str]]
_WRITERS: Mapping[str, _Writer] = {"csv": _csv, "json": _json, "md": _md, "plain": _plain}
