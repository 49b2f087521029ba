"""The columns of the table report, and the notes below it: where its words are chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from archcount.comparison import QUANTITIES, SIZES, VERDICTS, ComparedCell, ComparedClaim
from archcount.comparison.verdicts import percent
from archcount.layers import Shape
from archcount.reporting.sheet import Column, Sheet, Span, make_sheet
from archcount.reporting.table_result import ResultRow, TableResult

_ROLES = {"match": "good", "convention": "warn", "reading": "warn", "unpublished": "dim"}
MARKS = {"match": "✓", "convention": "≈", "reading": "≈", "unpublished": ""}
_BRIEF = {"convention": "conv.", "reading": "read.", "contradiction": "contr."}


def table_sheets(report: TableResult) -> list[Sheet]:
    """Lay a report out with every number exact, and for 80 columns in the paper's notation."""
    layouts = [_plain_columns(), _plain_columns()]
    if _columns(report):
        layouts = [_compared_columns(report), _narrow_columns(report)]
    return [_sheet(report, columns) for columns in layouts]


def _sheet(report: TableResult, columns: list[Column[ResultRow]]) -> Sheet:
    rules = [len(report.rows)]
    if report.heads:
        rules += [len(report.rows) + 1, len(report.lines) - 1]
    return make_sheet(
        title(report), columns, report.lines, rule_before=tuple(rules), notes=notes(report)
    )


def title(report: TableResult) -> str:
    """Return the title: what is counted, and where it was printed."""
    name = f"{report.name} ({report.variant})" if report.variant else report.name
    return f"{name}: {report.source}"


def _plain_columns() -> list[Column[ResultRow]]:
    return [
        _ROW,
        Column("Output", lambda row: size(row.count.output)),
        Column("Depth", lambda row: f"{row.count.depth}", right=True),
        Column("Weights", lambda row: f"{row.count.weights:,}", right=True),
        Column("Params", lambda row: f"{row.count.params:,}", right=True),
        Column("MACs", lambda row: f"{row.count.cost.macs:,}", right=True),
    ]


def _compared_columns(report: TableResult) -> list[Column[ResultRow]]:
    columns = [_ROW]
    for name in _columns(report):
        columns += [_counted(report, name), Column("paper", partial(_says, name))]
    return [*columns, *(_counted(report, name) for name in _unprinted(report))]


def _narrow_columns(report: TableResult) -> list[Column[ResultRow]]:
    columns = [_ROW]
    for name in _columns(report):
        if name in QUANTITIES:
            columns += [
                Column(heading(report, name), partial(_shown, name), right=True),
                Column("paper", partial(_says_briefly, name)),
            ]
        else:
            columns.append(Column(heading(report, name), partial(_marked, name)))
    return [*columns, *(_counted(report, name) for name in _unprinted(report))]


def _counted(report: TableResult, name: str) -> Column[ResultRow]:
    return Column(heading(report, name), partial(_exact, name), right=name not in SIZES)


_ROW: Column[ResultRow] = Column(
    "Row", lambda row: Span(row.id, "strong" if row.part == "total" else "")
)


def _columns(report: TableResult) -> tuple[str, ...]:
    return report.comparison.columns if report.comparison else ()


def _unprinted(report: TableResult) -> tuple[str, ...]:
    """Return what is counted of every row though the paper has no column of it."""
    return tuple(name for name in ("output", *QUANTITIES) if name not in _columns(report))


def heading(report: TableResult, column: str) -> str:
    """Return a compared column's heading: what its numbers count."""
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


def tallied(verdicts: Mapping[str, int]) -> str:
    """Return verdicts and their numbers in words."""
    return ", ".join(f"{number} {status}" for status, number in verdicts.items())


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


def _shown(column: str, row: ResultRow) -> Span:
    cell = row.cells.get(column)
    return Span("" if cell is None else cell.shown, "strong" if row.part == "total" else "")


def _marked(column: str, row: ResultRow) -> Span:
    """Write a size or depth with a mark, and what is printed where that differs."""
    cell = row.cells.get(column)
    shown = _exact(column, row) if cell is None else cell.shown
    if cell is None or cell.printed is None:
        return Span(shown)
    mark = MARKS.get(cell.verdict.status, "✗")
    differs = "" if cell.verdict.status == "match" else f" {cell.printed}"
    return Span(f"{shown} {mark}{differs}", role(cell))


def role(cell: ComparedCell | ComparedClaim) -> str:
    """Return the style of a verdict."""
    return _ROLES.get(cell.verdict.status, "bad")


def _says(column: str, row: ResultRow) -> Span:
    """Return what is printed and the verdict on it in words."""
    cell = row.cells.get(column)
    if cell is None or cell.printed is None:
        return Span("")
    verdict = cell.verdict
    matches = column not in QUANTITIES and verdict.status == "match"
    words = [verdict.status] if matches else [cell.printed, verdict.status]
    if verdict.why in ("rounded", "truncated") or verdict.status in _BRIEF:
        words.append(f"({verdict.why})")
    elif verdict.error is not None:
        words.append(percent(verdict.error))
    return Span(" ".join(words), role(cell))


def _says_briefly(column: str, row: ResultRow) -> Span:
    """Return the same with a mark."""
    cell = row.cells.get(column)
    if cell is None or cell.printed is None:
        return Span("")
    verdict = cell.verdict
    words = [cell.printed, MARKS.get(verdict.status, "✗")]
    if verdict.why in ("rounded", "truncated"):
        words.append(f"{verdict.why[:5]}.")
    elif verdict.status in _BRIEF:
        words.append(_BRIEF[verdict.status])
    elif verdict.error is not None:
        words.append(percent(verdict.error))
    return Span(" ".join(words), role(cell))


def notes(report: TableResult) -> Iterator[Span]:
    """Return the notes: what was counted, how, by which engines, and what was found."""
    if report.comparison is not None and report.comparison.cause is not None:
        yield Span(f"one cause of many: {report.comparison.cause.sentence}", "warn")
    yield Span(_totals(report))
    yield Span(_scope(report))
    if report.comparison is not None:
        yield from _comparison_notes(report)
        for note in report.notes:
            yield Span(f"note: {note}")
    yield _engines(report)
    yield from remarks(report)


def remarks(report: TableResult) -> Iterator[Span]:
    """Return what the reader must not miss: disagreement, what is uncounted, and warnings."""
    if report.comparison is not None and not report.is_printed:
        yield Span(
            f"the paper prints no rows of variant {report.variant}: only its claims are compared",
            "warn",
        )
    for item in report.disagreements:
        found = ", ".join(f"{engine} {value}" for engine, value in item.values.items())
        yield Span(f"engines disagree on {item.what} of {item.row}: {found}", "bad")
    for op in report.uncounted:
        yield Span(f"uncounted: {op.op} in {op.place}, {op.times} times", "bad")
    for warning in report.warnings:
        yield Span(f"warning: {warning}", "bad")


def _totals(report: TableResult) -> str:
    count = report.total.count
    return (
        f"total: {count.params:,} params ({count.weights:,} weights), {count.cost.macs:,} MACs "
        f"({count.cost.flops():,} FLOPs at 2 a MAC), depth {count.depth}"
    )


def _scope(report: TableResult) -> str:
    """Return what the numbers are of."""
    noun = "sequence" if report.of_ids else "image"
    images = f"one {noun}" if report.batch == 1 else f"a batch of {report.batch} {noun}s"
    if report.batch > 1 and report.comparison:
        images += f" (the rows above: one {noun})"
    heads = "heads below the total" if report.heads else "without auxiliary heads"
    shape = Shape(report.input)
    what = f"{shape.positions} tokens" if report.of_ids else f"{shape} ({shape.layout})"
    return f"counted: {images} of {what}, inference, {heads}"


def _comparison_notes(report: TableResult) -> Iterator[Span]:
    assert report.comparison is not None
    conventions = report.comparison.conventions
    if conventions:
        words = "; ".join(f"{column} = {words}" for column, words in conventions.items())
        yield Span(f"the paper's columns: {words}; compared for one image")
    for column in report.comparison.columns:
        tally = report.comparison.tally(column)
        found = {status: tally[status] for status in VERDICTS if tally[status]}
        yield Span(f"{column}: {tallied(found)}")
    if any(cell.verdict.status == "off" for row in report.rows for cell in row.cells.values()):
        yield Span("off by (computed - printed) / printed")
    yield from reasons(report)
    yield from _standing_alone(report)
    for claim in report.comparison.claims:
        sentence = f"{claim.verdict.status}: {claim.verdict.sentence}"
        yield Span(f"claim ({claim.source}): {sentence}", role(claim))


def reasons(report: TableResult) -> Iterator[Span]:
    """Return why each shown cell does not match; cells of one reason together.

    The one cause of many has been said.
    """
    cause = report.comparison.cause if report.comparison else None
    said = ("match", "unpublished")
    for row in report.rows:
        reasons: dict[str, tuple[list[str], ComparedCell]] = {}
        for column, cell in row.cells.items():
            if cell.verdict.status not in said and not (cause and cause.why == cell.verdict.why):
                reasons.setdefault(cell.verdict.sentence, ([], cell))[0].append(column)
        for sentence, (columns, cell) in reasons.items():
            names = " and ".join(columns)
            yield Span(f"{row.id} {names}: {cell.verdict.status}: {sentence}", role(cell))


def _standing_alone(report: TableResult) -> Iterator[Span]:
    """Return the contradictions that no cell's verdict names."""
    assert report.comparison is not None
    said = {claim.verdict.sentence for claim in report.comparison.claims}
    for item in report.comparison.contradictions:
        if not item.row and item.sentence not in said:
            yield Span(f"contradiction: {item.sentence}", "bad")


def _engines(report: TableResult) -> Span:
    names = [f"{engine.name} {engine.version}".strip() for engine in report.engines]
    if len(names) == 1:
        return Span(f"counted by {names[0]} alone")
    if all(engine.agrees for engine in report.engines):
        return Span(f"{' and '.join(names)} agree on every row and cost category", "good")
    return Span(f"{' and '.join(names)} do not agree", "bad")
