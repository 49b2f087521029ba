"""The layout of `archcount diff`, as a diff is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from archcount.difference import (
    ModelDifference,
    another_network,
    findings,
    is_another_network,
)
from archcount.reporting.diff_lines import FINDINGS, VERDICTS, DiffLine, difference_lines
from archcount.reporting.diff_record import totals_of
from archcount.reporting.sheet import Column, Sheet, Span, make_sheet

_LONG, _LISTED = 24, 8
"""Behind more lines, the first findings are said again."""
_SAID = 20
"""Of more findings the number of the rest is said, unless they are all that is asked for."""


def difference_sheets(found: ModelDifference, depth: int | None) -> list[list[Sheet]]:
    """Lay a difference out: what differs in short, then rows, blocks and layers."""
    title = f"{found.left.name} -> {found.right.name}"
    if depth is None and is_another_network(found):
        depth = FINDINGS
        said = [
            Span(another_network(found), "bad"),
            Span("a depth of 1 to 4 lists rows, blocks and layers", "dim"),
        ]
    else:
        said = [*_same(found), *_said(found, is_all=depth == FINDINGS)]
    lines = difference_lines(found, depth)
    notes = [*_notes(found)]
    if len(lines) > _LONG:
        told = [str(each) for each in findings(found)[:_LISTED]]
        notes += [Span(f"in short: {'; '.join(told)}", "strong")] if told else _same(found)
    if not lines:
        return [[_text(title, said)], [_text("totals", notes)]] if said else [[_text(title, notes)]]
    head = "row by row" if said else title
    listing = [_listing(head, found, lines, notes, is_wide=is_wide) for is_wide in (True, False)]
    return [[_text(title, said)], listing] if said else [listing]


def _same(found: ModelDifference) -> Iterator[Span]:
    """Say that no layer differs, where none does."""
    if found.is_unexplained:
        yield Span(
            "no layer differs, but the totals do: something differs that is not compared, "
            "such as weights that are shared",
            "bad",
        )
    if not found.is_changed:
        but = ", but for what is remarked on below" if found.is_remarked_on else ""
        yield Span(f"the architectures are the same{but}", "warn" if but else "good")


def _text(title: str, notes: Sequence[Span]) -> Sheet:
    return make_sheet(title, (), (), notes=notes)


def _said(found: ModelDifference, *, is_all: bool) -> Iterator[Span]:
    told = findings(found)
    most = len(told) if is_all else _SAID
    yield from (Span(str(each), "strong") for each in told[:most])
    if len(told) > most:
        yield Span(f"and {len(told) - most} more, which depth 0 lists", "dim")


def _listing(
    title: str,
    found: ModelDifference,
    lines: Sequence[DiffLine],
    notes: Sequence[Span],
    *,
    is_wide: bool,
) -> Sheet:
    """Lay the lines out; where there is no room, without what the layers are on both sides."""
    columns: list[Column[DiffLine]] = [
        Column("", lambda line: Span(line.mark, line.role), whole=True),
        Column("Row, layer", lambda line: Span("  " * line.level + line.name, line.role)),
    ]
    if is_wide:
        columns += [
            Column(found.left.name, lambda line: Span(line.left, line.role)),
            Column(found.right.name, lambda line: Span(line.right, line.role)),
        ]
    words = _words if is_wide else _full_words
    columns.append(Column("Verdict", lambda line: Span(words(line), line.role)))
    return make_sheet(title, columns, lines, notes=notes)


def _words(line: DiffLine) -> str:
    return line.words


def _full_words(line: DiffLine) -> str:
    """Say what came or went, too."""
    layer = {"missing": line.left, "extra": line.right}.get(line.verdict)
    return f"{line.words} ({layer})" if layer else line.words


def _remarks(found: ModelDifference) -> Iterator[str]:
    """Return what is another and changes no size, once for all layers of a kind."""
    told = Counter(
        (pair.left.kind, remark)
        for row in found.rows
        for pair in row.pairs
        for remark in pair.remarks
        if pair.left
    )
    for (kind, remark), number in told.items():
        yield f"{f'{number} ' if number > 1 else ''}{kind}: {remark}"


def _notes(found: ModelDifference) -> Iterator[Span]:
    yield Span(
        f"both called once in evaluation mode with {found.inputs}; not compared: dropout, a "
        "softmax that gives the result, what only moves numbers (reshapes, transposes, slices), "
        "the constants of a norm and the numbers in fixed tensors but known masks, what is frozen "
        "or detached, and what runs in training alone (auxiliary heads)",
        "dim",
    )
    for what, one, other in totals_of(found):
        sign = f"{other - one:+,}" if other != one else "no difference"
        yield Span(f"{what}: {one:,} -> {other:,} ({sign})")
    tally = found.tally
    counted = ", ".join(f"{tally[word]} {word}" for word in VERDICTS if tally[word])
    yield Span(f"layers: {counted or 'none'}")
    for remark in (*_remarks(found), *found.remarks):
        yield Span(remark, "warn")
    if found.results:
        yield Span(str(found.results), "warn")
