"""The columns of the table report, and the notes below it: where its words are chosen."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from archcount.comparison import QUANTITIES, SIZES, VERDICTS, ComparedCell
from archcount.comparison.verdicts import percent
from archcount.reporting.sheet import Column, Sheet, Text, make_sheet
from archcount.reporting.table_result import ResultRow, TableResult

_ROLES = {"match": "good", "convention": "told", "reading": "told", "unpublished": "dim"}
_MARKS = {"match": "✓", "convention": "≈", "reading": "≈", "unpublished": ""}
_BRIEF = {"convention": "conv.", "reading": "read.", "contradiction": "contr."}


def full_sheet(report: TableResult) -> Sheet:
    """Lay a report out with every number exact."""
    compared = _compared_columns(report) if _columns(report) else _plain_columns()
    return _sheet(report, compared)


def narrow_sheet(report: TableResult) -> Sheet:
    """Lay a report out for 80 columns, compared numbers in the paper's notation."""
    return _sheet(report, _narrow_columns(report) if _columns(report) else _plain_columns())


def _sheet(report: TableResult, columns: list[Column[ResultRow]]) -> Sheet:
    rules = [len(report.rows)]
    if report.heads:
        rules += [len(report.rows) + 1, len(report.lines) - 1]
    return make_sheet(
        title(report), columns, report.lines, rule_before=tuple(rules), notes=notes(report)
    )


def title(report: TableResult) -> str:
    """Say what is counted, from where."""
    name = f"{report.name} ({report.variant})" if report.variant else report.name
    return f"{name}: {report.source}"


def _plain_columns() -> list[Column[ResultRow]]:
    return [
        _ROW,
        Column(heading="Output", text=lambda row: size(row.count.output)),
        Column(heading="Depth", text=lambda row: f"{row.count.depth}", right=True),
        Column(heading="Weights", text=lambda row: f"{row.count.weights:,}", right=True),
        Column(heading="Params", text=lambda row: f"{row.count.params:,}", right=True),
        Column(heading="MACs", text=lambda row: f"{row.count.cost.macs:,}", right=True),
    ]


def _compared_columns(report: TableResult) -> list[Column[ResultRow]]:
    columns: list[Column[ResultRow]] = [_ROW]
    for name in (*_columns(report), *_unprinted(report)):
        columns.append(
            Column(
                heading=heading(report, name), text=partial(_exact, name), right=name not in SIZES
            )
        )
        if name in _columns(report):
            columns.append(Column(heading="paper", text=partial(_says, name)))
    return columns


def _narrow_columns(report: TableResult) -> list[Column[ResultRow]]:
    columns: list[Column[ResultRow]] = [_ROW]
    for name in _columns(report):
        if name in QUANTITIES:
            columns += [
                Column(heading=heading(report, name), text=partial(_shown, name), right=True),
                Column(heading="paper", text=partial(_says_briefly, name)),
            ]
        else:
            columns.append(Column(heading=heading(report, name), text=partial(_marked, name)))
    for name in _unprinted(report):
        right = name not in SIZES
        columns.append(
            Column(heading=heading(report, name), text=partial(_exact, name), right=right)
        )
    return columns


_ROW: Column[ResultRow] = Column(
    heading="Row", text=lambda row: Text(row.id, "strong" if row.part == "total" else "")
)


def _columns(report: TableResult) -> tuple[str, ...]:
    return report.comparison.columns if report.comparison else ()


def _unprinted(report: TableResult) -> tuple[str, ...]:
    """Name what is counted of every row though the paper has no column of it."""
    return tuple(name for name in ("output", *QUANTITIES) if name not in _columns(report))


def heading(report: TableResult, column: str) -> str:
    """Give a compared column's heading: what its numbers count."""
    if report.comparison and column in report.comparison.conventions:
        unit = report.comparison.conventions[column].partition(", ")[0]
        return unit[0].upper() + unit[1:]
    return "MACs" if column == "ops" else column.capitalize()


def size(dims: tuple[int, ...]) -> str:
    """Write a size as papers do, height x width x channels.

    >>> size((64, 112, 112))
    '112x112x64'
    """
    return "x".join(str(side) for side in (*dims[1:], dims[0]))


def _exact(column: str, row: ResultRow) -> str:
    if column == "input":
        return size(row.count.input)
    if column == "output":
        return size(row.count.output)
    if column == "depth":
        return f"{row.count.depth}"
    if column in QUANTITIES and column not in row.cells:
        number = row.count.params if column == "params" else row.count.cost.macs
        return f"{number:,}"
    cell = row.cells.get(column)
    if cell is None:
        return ""
    return f"{cell.computed:,}" if isinstance(cell.computed, int) else cell.shown


def _shown(column: str, row: ResultRow) -> Text:
    cell = row.cells.get(column)
    return Text("" if cell is None else cell.shown, "strong" if row.part == "total" else "")


def _marked(column: str, row: ResultRow) -> Text:
    """Write a size or depth with a mark, and what is printed where that differs."""
    cell = row.cells.get(column)
    shown = _exact(column, row) if cell is None else cell.shown
    if cell is None or cell.printed is None:
        return Text(shown)
    mark = _MARKS.get(cell.verdict.status, "✗")
    differs = "" if cell.verdict.status == "match" else f" {cell.printed}"
    return Text(f"{shown} {mark}{differs}", _role(cell))


def _role(cell: ComparedCell) -> str:
    return _ROLES.get(cell.verdict.status, "bad")


def _says(column: str, row: ResultRow) -> Text:
    """Say what is printed and the verdict on it in words."""
    cell = row.cells.get(column)
    if cell is None or cell.printed is None:
        return Text("")
    verdict = cell.verdict
    matches = column not in QUANTITIES and verdict.status == "match"
    words = [verdict.status] if matches else [cell.printed, verdict.status]
    if verdict.why in ("rounded", "truncated") or verdict.status in _BRIEF:
        words.append(f"({verdict.why})")
    elif verdict.error is not None:
        words.append(percent(verdict.error))
    return Text(" ".join(words), _role(cell))


def _says_briefly(column: str, row: ResultRow) -> Text:
    """Say the same with a mark."""
    cell = row.cells.get(column)
    if cell is None or cell.printed is None:
        return Text("")
    verdict = cell.verdict
    words = [cell.printed, _MARKS.get(verdict.status, "✗")]
    if verdict.why in ("rounded", "truncated"):
        words.append(f"{verdict.why[:5]}.")
    elif verdict.status in _BRIEF:
        words.append(_BRIEF[verdict.status])
    elif verdict.error is not None:
        words.append(percent(verdict.error))
    return Text(" ".join(words), _role(cell))


def notes(report: TableResult) -> Iterator[Text]:
    """Say below the table what was counted, how, by whom, and what was found."""
    yield Text(_totals(report))
    yield Text(_scope(report))
    if report.comparison is not None:
        yield from _comparison_notes(report)
        for note in report.notes:
            yield Text(f"note: {note}")
    yield _engines(report)
    yield from remarks(report)


def remarks(report: TableResult) -> Iterator[Text]:
    """Say what the reader must not miss: disagreement, what is uncounted, and warnings."""
    if report.comparison is not None and not report.is_printed:
        yield Text(
            f"the paper prints no rows of variant {report.variant}: only its claims are compared",
            "told",
        )
    for item in report.disagreements:
        found = ", ".join(f"{engine} {value}" for engine, value in item.values.items())
        yield Text(f"engines disagree on {item.what} of {item.row}: {found}", "bad")
    for op in report.uncounted:
        yield Text(f"uncounted: {op.op} in {op.place}, {op.times} times", "bad")
    for warning in report.warnings:
        yield Text(f"warning: {warning}", "bad")


def _totals(report: TableResult) -> str:
    count = report.total.count
    return (
        f"total: {count.params:,} params ({count.weights:,} weights), {count.cost.macs:,} MACs "
        f"({count.cost.flops():,} FLOPs at 2 a MAC), depth {count.depth}"
    )


def _scope(report: TableResult) -> str:
    """Say what the numbers are of."""
    images = "one image" if report.batch == 1 else f"a batch of {report.batch} images"
    if report.batch > 1 and report.comparison:
        images += " (the rows above: one image)"
    heads = "heads below the total" if report.heads else "without auxiliary heads"
    shape = "x".join(str(side) for side in report.input)
    return f"counted: {images} of {shape} (channels x height x width), inference, {heads}"


def _comparison_notes(report: TableResult) -> Iterator[Text]:
    assert report.comparison is not None
    conventions = report.comparison.conventions
    if conventions:
        told = "; ".join(f"{column} = {words}" for column, words in conventions.items())
        yield Text(f"the paper's columns: {told}; compared for one image")
    for column in report.comparison.columns:
        tally = report.comparison.tally(column)
        told = ", ".join(f"{tally[status]} {status}" for status in VERDICTS if tally[status])
        yield Text(f"{column}: {told}")
    if any(cell.verdict.status == "off" for row in report.rows for cell in row.cells.values()):
        yield Text("off by (computed - printed) / printed")
    yield from reasons(report)
    yield from _standing_alone(report)
    for claim in report.comparison.claims:
        sentence = f"{claim.verdict.status}: {claim.verdict.sentence}"
        role = _ROLES.get(claim.verdict.status, "bad")
        yield Text(f"claim ({claim.source}): {sentence}", role)


def reasons(report: TableResult) -> Iterator[Text]:
    """Say of every shown cell that does not match why; cells of one reason together."""
    for row in report.rows:
        told: dict[str, tuple[list[str], ComparedCell]] = {}
        for column, cell in row.cells.items():
            if cell.verdict.status not in ("match", "unpublished"):
                told.setdefault(cell.verdict.sentence, ([], cell))[0].append(column)
        for sentence, (columns, cell) in told.items():
            names = " and ".join(columns)
            yield Text(f"{row.id} {names}: {cell.verdict.status}: {sentence}", _role(cell))


def _standing_alone(report: TableResult) -> Iterator[Text]:
    """Say what the paper has against itself that no cell's verdict says."""
    assert report.comparison is not None
    told = {claim.verdict.sentence for claim in report.comparison.claims}
    for item in report.comparison.contradictions:
        if not item.row and item.sentence not in told:
            yield Text(f"contradiction: {item.sentence}", "bad")


def _engines(report: TableResult) -> Text:
    names = [f"{engine.name} {engine.version}".strip() for engine in report.engines]
    if len(names) == 1:
        return Text(f"counted by {names[0]} alone")
    if all(engine.agrees for engine in report.engines):
        return Text(f"{' and '.join(names)} agree on every row and cost category", "good")
    return Text(f"{' and '.join(names)} do not agree", "bad")
