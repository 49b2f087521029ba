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
from archcount.comparison.answers import verdict_words
from archcount.engines import Disagreement, Uncounted
from archcount.layers import Shape
from archcount.printed import PaperSource
from archcount.reporting.compared_columns import (
    LEGEND,
    NOT_JUDGED,
    compared_columns,
    narrow_columns,
    role,
    size,
)
from archcount.reporting.declared_reasons import DeclaredReasons, number_declared
from archcount.reporting.detail import Detail
from archcount.reporting.finding_sheets import finding_sheets
from archcount.reporting.report import how_many, network_name
from archcount.reporting.sheet import Column, Sheet, Span, make_sheet
from archcount.reporting.table_result import ResultRow, TableResult, TableWarning


def table_sheets(report: TableResult, detail: Detail = "findings") -> list[list[Sheet]]:
    """Lay a report out: the answer, the table, what was found, and the answer again."""
    first = [make_sheet(answer(report), (), ())]
    if detail == "answer":
        return [first]
    compared = report.comparison
    everything = detail == "everything"
    layouts = [_plain_columns(), _plain_columns()]
    legend: tuple[Span, ...] = ()
    if compared and compared.columns:
        layouts = [compared_columns(compared), narrow_columns(compared)]
        legend = (Span(LEGEND if compared.is_own else NOT_JUDGED),)
    table = [
        _sheet(report, [_ROW, *columns], (*words, *notes(report, everything=everything)))
        for columns, words in zip(layouts, ((), legend), strict=True)
    ]
    if compared is None:
        return [table]
    names = {row.id: row.id for row in report.rows}
    if compared.whole:
        names = {compared.whole.id: report.total.id}
    if everything:
        return [first, table, first]
    found = finding_sheets(compared, [*names], names, is_selected=report.is_selected)
    return [first, table, *found, first]


def _sheet(report: TableResult, columns: list[Column[ResultRow]], notes: Iterable[Span]) -> Sheet:
    rules = [len(report.rows)]
    if report.heads:
        rules += [len(report.rows) + 1, len(report.lines) - 1]
    return make_sheet(title(report), columns, report.lines, rule_before=tuple(rules), notes=notes)


def answer(report: TableResult) -> str:
    """Return in a line how much of what is printed is right; without a comparison, the totals."""
    name = network_name(report.name, report.variant)
    if report.comparison is None:
        return f"{name}: {_totals(report)}"
    return compared_answer(name, report.source, report.comparison, report.warnings)


def compared_answer(
    name: str, source: PaperSource, comparison: Comparison, warnings: Iterable[TableWarning]
) -> str:
    """Return the answer of a comparison; where nothing is judged, why."""
    place = ", ".join(filter(None, (name, source.table)))
    why = "" if comparison.is_own else "".join(f"; {warning.what}" for warning in warnings)
    return f"{place}: {verdict_words(comparison)}{why}"


def title(report: TableResult) -> str:
    """Return the title: what is counted, and where it was printed."""
    name = network_name(report.name, report.variant)
    return f"{name}: {report.source}"


def _plain_columns() -> list[Column[ResultRow]]:
    return [
        Column("Output", lambda row: size(row.count.output)),
        Column("Depth", lambda row: f"{row.count.depth}", right=True),
        Column("Weights", lambda row: f"{row.count.weights:,}", right=True),
        Column("Params", lambda row: f"{row.count.params:,}", right=True),
        Column("MACs", lambda row: f"{row.count.cost.macs:,}", right=True),
    ]


_ROW: Column[ResultRow] = Column(
    "Row", lambda row: Span(row.id, "strong" if row.part == "total" else ""), whole=True
)


_NOUNS = ("convention", "reading", "contradiction")


def tallied(verdicts: Mapping[str, int]) -> str:
    """Return verdicts and their numbers in words.

    >>> tallied({"match": 3, "convention": 1, "reading": 2, "off": 2})
    '3 match, 1 convention, 2 readings, 2 off'
    """
    return ", ".join(
        how_many(number, status) if status in _NOUNS else f"{number:,} {status}"
        for status, number in verdicts.items()
    )


def notes(report: TableResult, *, everything: bool) -> Iterator[Span]:
    """Return the notes: what was counted, how, by which engines; and what was found, or all."""
    if report.comparison is not None and everything:
        yield from cause_notes(report.comparison)
    whole = "of the whole network, not of the rows shown alone: " if report.is_selected else ""
    yield Span(f"total: {whole}{_totals(report)}")
    yield Span(_scope(report))
    if report.comparison is not None:
        shown = (report.total,) if report.comparison.whole else report.rows
        yield from comparison_notes(report.comparison, shown, everything=everything)
        for note in report.notes if everything else ():
            yield Span(f"note: {note}")
    yield _engines(report)
    if report.chosen:
        yield Span(report.chosen)
    yield from remarks(report)


def remarks(report: TableResult) -> Iterator[Span]:
    """Return what the reader must not miss: disagreement, what is uncounted, and warnings."""
    if report.comparison is not None and not report.is_printed:
        yield Span(
            f"the paper prints no rows of variant {report.variant}: only its claims are compared"
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
        f"{count.params:,} params ({count.weights:,} weights), {count.cost.macs:,} MACs "
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


def comparison_notes(
    comparison: Comparison, rows: Iterable[ResultRow], *, everything: bool
) -> Iterator[Span]:
    """Return how the printed numbers were compared; and if wanted, every verdict in words."""
    conventions = comparison.conventions
    if conventions:
        words = "; ".join(f"{column} = {words}" for column, words in conventions.items())
        yield Span(f"the paper's columns: {words}; compared for one image")
    rows = tuple(rows)
    if any(cell.verdict.error is not None for row in rows for cell in row.cells.values()):
        yield Span("percentages are (computed - printed) / printed")
    if not everything or not comparison.is_own:
        return
    for column in comparison.columns:
        tally = comparison.tally(column)
        found = {status: tally[status] for status in VERDICTS if tally[status]}
        yield Span(f"{column}: {tallied(found)}{number_declared(comparison, column)}")
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
        yield Span(f"{place}: by the one cause", below=declared.below(because, place))


def _reason(place: str, item: ComparedCell | ComparedClaim, declared: DeclaredReasons) -> Span:
    """Return the sentence of a verdict, and below it what the file says of it."""
    verdict = f"{item.verdict.status}{declared.mark(item)}: {item.verdict.sentence}"
    below = declared.below(item.because, place)
    return Span(f"{place}: {verdict}", role(item), item.verdict.status, below)


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
        return Span(f"{' and '.join(names)} agree on every row and cost category", "good", "agree")
    return Span(f"{' and '.join(names)} do not agree", "bad", "do not agree")
