"""The columns of the table report, and the notes below it: where its words are chosen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from archcount.comparison import (
    VERDICTS,
    CommonCause,
    ComparedCell,
    ComparedClaim,
    Comparison,
)
from archcount.engines import Disagreement, Uncounted
from archcount.layers import Shape
from archcount.reporting.compared_columns import compared_columns, narrow_columns, role, size
from archcount.reporting.declared_reasons import DeclaredReasons, number_declared
from archcount.reporting.sheet import Column, Sheet, Span, make_sheet
from archcount.reporting.table_result import ResultRow, TableResult, TableWarning


def table_sheets(report: TableResult) -> list[Sheet]:
    """Lay a report out with every number exact, and for 80 columns in the paper's notation."""
    layouts = [_plain_columns(), _plain_columns()]
    if report.comparison and report.comparison.columns:
        wide, narrow = compared_columns(report.comparison), narrow_columns(report.comparison)
        layouts = [[_ROW, *wide], [_ROW, *narrow]]
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


_ROW: Column[ResultRow] = Column(
    "Row", lambda row: Span(row.id, "strong" if row.part == "total" else "")
)


def tallied(verdicts: Mapping[str, int]) -> str:
    """Return verdicts and their numbers in words."""
    return ", ".join(f"{number} {status}" for status, number in verdicts.items())


def notes(report: TableResult) -> Iterator[Span]:
    """Return the notes: what was counted, how, by which engines, and what was found."""
    if report.comparison is not None:
        yield from cause_notes(report.comparison)
    yield Span(_totals(report))
    yield Span(_scope(report))
    if report.comparison is not None:
        shown = (report.total,) if report.comparison.whole else report.rows
        yield from comparison_notes(report.comparison, shown)
        for note in report.notes:
            yield Span(f"note: {note}")
    yield _engines(report)
    if report.chosen:
        yield Span(report.chosen)
    yield from remarks(report)


def remarks(report: TableResult) -> Iterator[Span]:
    """Return what the reader must not miss: disagreement, what is uncounted, and warnings."""
    if report.comparison is not None and not report.is_printed:
        yield Span(
            f"the paper prints no rows of variant {report.variant}: only its claims are compared",
            "warn",
        )
    yield from problem_notes(report.disagreements, report.uncounted, report.warnings)


def problem_notes(
    disagreements: Iterable[Disagreement],
    uncounted: Iterable[Uncounted],
    warnings: Iterable[TableWarning],
) -> Iterator[Span]:
    """Return the notes that say what is wrong."""
    for item in disagreements:
        found = ", ".join(f"{engine} {value}" for engine, value in item.values.items())
        yield Span(f"engines disagree on {item.what} of {item.row}: {found}", "bad")
    for op in uncounted:
        yield Span(f"uncounted: {op.op} in {op.place}, {op.times} times", "bad")
    for warning in warnings:
        yield Span(f"warning: {warning}", "bad")


def cause_notes(comparison: Comparison) -> Iterator[Span]:
    """Return the one cause of many printed numbers, where there is one."""
    if comparison.cause is not None:
        yield Span(f"one cause of many: {comparison.cause.sentence}", "warn")


def _totals(report: TableResult) -> str:
    count = report.total.count
    return (
        f"total: {count.params:,} params ({count.weights:,} weights), {count.cost.macs:,} MACs "
        f"({count.cost.flops():,} FLOPs at 2 a MAC), depth {count.depth}"
    )


def _scope(report: TableResult) -> str:
    """Return what the numbers are of."""
    these = images(report.batch, report.of_ids)
    if report.batch > 1 and report.comparison:
        these += f" (the rows above: {images(1, report.of_ids)})"
    heads = "heads below the total" if report.heads else "without auxiliary heads"
    size = input_words(report.input, report.of_ids)
    if report.inputs:
        shapes = {name: Shape.parse(text, features=True) for name, text in report.inputs.items()}
        size = " and ".join(
            f"{input_words(shape.printed, shape.vocabulary > 0)} ({name})"
            for name, shape in shapes.items()
        )
    return f"counted: {these} of {size}, inference, {heads}"


def images(batch: int, of_ids: bool) -> str:
    """Return how many images, or sequences, in words."""
    noun = "sequence" if of_ids else "image"
    return f"one {noun}" if batch == 1 else f"a batch of {batch} {noun}s"


def input_words(input: tuple[int, ...], of_ids: bool) -> str:
    """Return an input's size and axes in words."""
    shape = Shape(input)
    if of_ids:
        return f"{shape.positions} tokens"
    if shape.dims[1:] == (1, 1):
        return f"{shape.channels} features"
    return f"{shape} ({shape.layout})"


def comparison_notes(comparison: Comparison, rows: Iterable[ResultRow]) -> Iterator[Span]:
    """Return what was found of the printed numbers, with the reasons for the rows shown."""
    conventions = comparison.conventions
    if conventions:
        words = "; ".join(f"{column} = {words}" for column, words in conventions.items())
        yield Span(f"the paper's columns: {words}; compared for one image")
    for column in comparison.columns:
        tally = comparison.tally(column)
        found = {status: tally[status] for status in VERDICTS if tally[status]}
        yield Span(f"{column}: {tallied(found)}{number_declared(comparison, column)}")
    rows = tuple(rows)
    if any(cell.verdict.status == "off" for row in rows for cell in row.cells.values()):
        yield Span("off by (computed - printed) / printed")
    declared = DeclaredReasons(is_own=comparison.is_own)
    yield from _reasons(rows, comparison.cause, declared)
    yield from _standing_alone(comparison)
    for claim in comparison.claims:
        yield _reason(f"claim ({claim.source})", claim, declared)


def _reasons(
    rows: Iterable[ResultRow], cause: CommonCause | None, declared: DeclaredReasons
) -> Iterator[Span]:
    """Return why each shown cell does not match; cells of one reason together.

    The one cause of many has been said; what the file says of its cells has not.
    """
    of_cause: dict[str, list[str]] = {}
    for row in rows:
        reasons: dict[tuple[str, str], tuple[list[str], ComparedCell]] = {}
        for column, cell in row.cells.items():
            if cell.verdict.status in ("match", "unpublished"):
                continue
            if not (cause and cause.why == cell.verdict.why):
                key = (cell.verdict.sentence, cell.because)
                reasons.setdefault(key, ([], cell))[0].append(column)
            elif cell.because:
                of_cause.setdefault(cell.because, []).append(f"{row.id} {column}")
        for columns, cell in reasons.values():
            yield _reason(f"{row.id} {' and '.join(columns)}", cell, declared)
    for because, places in of_cause.items():
        place = ", ".join(places)
        yield Span(f"{place}: by the one cause{declared.below(because, place)}", "warn")


def _reason(place: str, item: ComparedCell | ComparedClaim, declared: DeclaredReasons) -> Span:
    """Return the sentence of a verdict, and below it what the file says of it."""
    verdict = f"{item.verdict.status}{declared.mark(item)}: {item.verdict.sentence}"
    return Span(f"{place}: {verdict}{declared.below(item.because, place)}", role(item))


def _standing_alone(comparison: Comparison) -> Iterator[Span]:
    """Return the contradictions that no cell's verdict names."""
    said = {claim.verdict.sentence for claim in comparison.claims}
    for item in comparison.contradictions:
        if not item.row and item.sentence not in said:
            yield Span(f"contradiction: {item.sentence}", "bad")


def _engines(report: TableResult) -> Span:
    names = [str(engine) for engine in report.engines]
    if len(names) == 1:
        return Span(f"counted by {names[0]} alone")
    if all(engine.agrees for engine in report.engines):
        return Span(f"{' and '.join(names)} agree on every row and cost category", "good")
    return Span(f"{' and '.join(names)} do not agree", "bad")
