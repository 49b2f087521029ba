"""A difference of two architectures, written as a diff is."""

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
from archcount.reporting.sheet import Column, Sheet, Text, make_sheet

_MARKS = {"same": " ", "follows": " ", "changed": "~", "missing": "-", "extra": "+"}
_ROLES = {"same": "dim", "follows": "dim", "changed": "told", "missing": "bad", "extra": "good"}


@dataclass(frozen=True, slots=True)
class _DiffLine:
    mark: str
    name: str
    left: str
    right: str
    told: str
    role: str


def difference_sheet(found: ModelDifference) -> Sheet:
    """Lay a difference out: a line a row, and one for each layer that is another."""
    columns: list[Column[_DiffLine]] = [
        Column(heading="", text=lambda line: Text(line.mark, line.role), whole=True),
        Column(heading="Row, layer", text=lambda line: Text(line.name, line.role)),
        Column(heading=found.left.name, text=lambda line: Text(line.left, line.role)),
        Column(heading=found.right.name, text=lambda line: Text(line.right, line.role)),
        Column(heading="Verdict", text=lambda line: Text(line.told, line.role)),
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
        told = "same" if row.verdict == "same" else "same, after what changed before"
        yield _DiffLine(" ", row.name, layers, layers, told, "dim")
    else:
        yield _DiffLine(_MARKS[row.verdict], row.name, "", "", row.verdict, _ROLES[row.verdict])
    for pair in row.pairs:
        if pair.verdict in DIFFERENT:
            yield _pair_line(pair, row)
        elif pair.remarks:
            told = "; ".join(pair.remarks)
            yield _DiffLine(" ", f"  {_short(pair.place, row)}", "", "", told, "")


def _pair_line(pair: LayerPair, row: RowDifference) -> _DiffLine:
    told = ", ".join(map(str, pair.changes)) or pair.verdict
    name = _short(pair.place, row)
    if pair.verdict == "extra":
        told, name = f"extra: {pair.right.path}" if pair.right else "extra", f"after {name}"
    return _DiffLine(
        _MARKS[pair.verdict],
        f"  {name}",
        describe(pair.left) if pair.left else "",
        describe(pair.right) if pair.right else "",
        told,
        _ROLES[pair.verdict],
    )


def _short(place: str, row: RowDifference) -> str:
    """Name a module within its row."""
    return place.removeprefix(f"{row.name}.") or row.name


def _notes(found: ModelDifference) -> Iterator[Text]:
    yield Text(
        f"both called once in evaluation mode with {found.inputs}; not compared: dropout, a "
        "softmax that gives the result, what only moves numbers (reshapes, transposes, slices), "
        "the constants of a norm and the numbers in masks and other fixed tensors, what is frozen "
        "or detached, and what runs in training alone (auxiliary heads)"
    )
    for what, one, other in _totals(found):
        sign = f"{other - one:+,}" if other != one else "no difference"
        yield Text(f"{what}: {one:,} -> {other:,} ({sign})")
    tally = found.tally
    counted = ", ".join(f"{tally[word]} {word}" for word in _MARKS if tally[word])
    yield Text(f"layers: {counted or 'none'}")
    for remark in found.remarks:
        yield Text(remark, "told")
    if found.results:
        yield Text(str(found.results), "told")
    if found.is_unexplained:
        yield Text(
            "no layer is another, and yet the totals are: something differs that is not compared, "
            "such as weights that are shared",
            "bad",
        )
    if not found.is_changed:
        but = ", but for what is remarked on above" if found.is_remarked_on else ""
        yield Text(f"the architectures are the same{but}", "told" if but else "good")


def _totals(found: ModelDifference) -> list[tuple[str, int, int]]:
    left, right = found.left, found.right
    return [
        ("params used", left.params, right.params),
        ("MACs", left.macs, right.macs),
    ]


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
    """Give one record a layer."""
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
        }
        for row in found.rows
        for pair in row.pairs
    ]
