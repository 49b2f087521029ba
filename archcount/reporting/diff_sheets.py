"""The layout of `archcount diff`, as a diff is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archcount.difference import (
    DIFFERENT,
    LayerPair,
    ModelDifference,
    RowDifference,
    TracedLayer,
    describe,
)
from archcount.reporting.encoding import Value, encode, fields_of
from archcount.reporting.sheet import Column, Sheet, Span, make_sheet

_MARKS = {"same": " ", "follows": " ", "changed": "~", "missing": "-", "extra": "+"}
_ROLES = {"same": "dim", "follows": "dim", "changed": "warn", "missing": "bad", "extra": "good"}


@dataclass(frozen=True, slots=True)
class _DiffLine:
    mark: str
    name: str
    left: str
    right: str
    words: str
    role: str


def difference_sheet(found: ModelDifference) -> Sheet:
    """Lay a difference out: a line a row, and one for each layer that differs."""
    columns: list[Column[_DiffLine]] = [
        Column("", lambda line: Span(line.mark, line.role), whole=True),
        Column("Row, layer", lambda line: Span(line.name, line.role)),
        Column(found.left.name, lambda line: Span(line.left, line.role)),
        Column(found.right.name, lambda line: Span(line.right, line.role)),
        Column("Verdict", lambda line: Span(line.words, line.role)),
    ]
    return make_sheet(
        f"{found.left.name} -> {found.right.name}",
        columns,
        [line for row in found.rows for line in _lines(row)],
        notes=_notes(found),
    )


def _lines(row: RowDifference) -> Iterator[_DiffLine]:
    number = len(row.pairs)
    layers = f"{number} layer{'s' if number != 1 else ''}"
    if row.verdict not in DIFFERENT:
        words = "same" if row.verdict == "same" else "same, after what changed before"
        yield _DiffLine(" ", row.name, layers, layers, words, "dim")
    else:
        yield _DiffLine(_MARKS[row.verdict], row.name, "", "", row.verdict, _ROLES[row.verdict])
    for pair in row.pairs:
        if pair.verdict in DIFFERENT:
            yield _pair_line(pair, row)
        elif pair.remarks:
            words = "; ".join(pair.remarks)
            yield _DiffLine(" ", f"  {_short(pair.place, row)}", "", "", words, "")


def _pair_line(pair: LayerPair, row: RowDifference) -> _DiffLine:
    words = ", ".join(map(str, pair.changes)) or pair.verdict
    name = _short(pair.place, row)
    if pair.verdict == "extra":
        words, name = f"extra: {pair.right.path}" if pair.right else "extra", f"after {name}"
    return _DiffLine(
        _MARKS[pair.verdict],
        f"  {name}",
        describe(pair.left) if pair.left else "",
        describe(pair.right) if pair.right else "",
        words,
        _ROLES[pair.verdict],
    )


def _short(place: str, row: RowDifference) -> str:
    """Name a module within its row."""
    return place.removeprefix(f"{row.name}.") or row.name


def _notes(found: ModelDifference) -> Iterator[Span]:
    yield Span(
        f"both called once in evaluation mode with {found.inputs}; not compared: dropout, a "
        "softmax that gives the result, what only moves numbers (reshapes, transposes, slices), "
        "the constants of a norm and the numbers in masks and other fixed tensors, what is frozen "
        "or detached, and what runs in training alone (auxiliary heads)"
    )
    for what, one, other in _totals(found):
        sign = f"{other - one:+,}" if other != one else "no difference"
        yield Span(f"{what}: {one:,} -> {other:,} ({sign})")
    tally = found.tally
    counted = ", ".join(f"{tally[word]} {word}" for word in _MARKS if tally[word])
    yield Span(f"layers: {counted or 'none'}")
    for remark in found.remarks:
        yield Span(remark, "warn")
    if found.results:
        yield Span(str(found.results), "warn")
    if found.is_unexplained:
        yield Span(
            "no layer differs, but the totals do: something differs that is not compared, "
            "such as weights that are shared",
            "bad",
        )
    if not found.is_changed:
        but = ", but for what is remarked on above" if found.is_remarked_on else ""
        yield Span(f"the architectures are the same{but}", "warn" if but else "good")


def _totals(found: ModelDifference) -> list[tuple[str, int, int]]:
    left, right = found.left, found.right
    return [("params used", left.params, right.params), ("MACs", left.macs, right.macs)]


@encode.register
def _(layer: TracedLayer) -> dict[str, Any]:
    return {
        "path": layer.path,
        "layer": describe(layer),
        "input": list(layer.input),
        "output": list(layer.output),
    }


@encode.register
def _(found: ModelDifference) -> dict[str, Any]:
    return {
        **fields_of(found),
        "left": found.left.name,
        "right": found.right.name,
        "changed": found.is_changed,
        "rows": [
            {"row": row.name, "verdict": row.verdict, "layers": encode(row.pairs)}
            for row in found.rows
        ],
        "unexplained": found.is_unexplained,
        "totals": {
            what.split()[0].lower(): {"left": one, "right": other, "difference": other - one}
            for what, one, other in _totals(found)
        },
    }


def tidy_pairs(found: ModelDifference) -> list[dict[str, Value]]:
    """Return one line a layer."""
    return [
        {
            "row": row.name,
            "place": pair.place,
            "verdict": pair.verdict,
            "left": describe(pair.left) if pair.left else None,
            "right": describe(pair.right) if pair.right else None,
            "left_path": pair.left.path if pair.left else None,
            "right_path": pair.right.path if pair.right else None,
            "changes": "; ".join(map(str, pair.changes)) or None,
            "remarks": "; ".join(pair.remarks) or None,
            "block": pair.block or None,
        }
        for row in found.rows
        for pair in row.pairs
    ]
