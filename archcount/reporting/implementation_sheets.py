"""The layout of `archcount table --model`: the answer, the rows, what the code does otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from archcount.comparison import VERDICTS
from archcount.engines import RowCount
from archcount.reporting.compared_columns import LEGEND, compared_columns, narrow_columns
from archcount.reporting.detail import Detail
from archcount.reporting.finding_sheets import finding_sheets
from archcount.reporting.implementation_result import ImplementationResult, ImplementedResult
from archcount.reporting.implementation_words import summary
from archcount.reporting.sheet import Column, Sheet, Span, make_sheet
from archcount.reporting.table_result import ResultRow
from archcount.reporting.table_sheets import tallied

_CODE = {
    "same": Span("same", "good"),
    "follows": Span("same, other input", "dim"),
    "changed": Span("differs", "warn"),
    "missing": Span("missing", "bad"),
    "not compared": Span("", "dim"),
}


def implementation_sheets(
    result: ImplementationResult, detail: Detail = "findings"
) -> list[list[Sheet]]:
    """Lay the answer out, the rows with every number exact and for 80 columns, the differences."""
    if detail == "answer":
        return [[make_sheet(summary(result), (), ())]]
    first = [make_sheet(summary(result), (), (), notes=_warnings(result))]
    if result.is_another:
        return [first]
    codes = {line.row.id: _CODE[line.code] for line in result.rows}
    rows = [*(line.row for line in result.rows), *map(_outside, result.outside), result.total]
    name: Column[ResultRow] = Column(
        "Row", lambda row: Span(row.id, "strong" if row.part == "total" else ""), whole=True
    )
    code: Column[ResultRow] = Column("Code", lambda row: codes.get(row.id, _other(row)), whole=True)
    mark: Column[ResultRow] = Column("", lambda row: _mark(codes.get(row.id, _other(row))))
    wide = [name, code, *compared_columns(result.comparison)]
    narrow = [mark, replace(name, attached=True), *narrow_columns(result.comparison)]
    layouts = [
        make_sheet(
            f"{result.name}, with the numbers of the implementation: {result.source}",
            columns,
            rows,
            rule_before=(len(rows) - 1,),
            notes=[*legend, *_notes(result, everything=detail == "everything")],
        )
        for columns, legend in ((wide, ()), (narrow, (Span(_LEGEND), Span(LEGEND))))
    ]
    differences = [*_differences(result.rows)]
    parts = [first, layouts, *([[_differing(differences)]] if differences else [])]
    if detail == "findings":
        parts += _found(result)
    return [*parts, [make_sheet(summary(result), (), ())]]


def _found(result: ImplementationResult) -> Iterator[list[Sheet]]:
    """Yield what was found of the printed numbers; what is new in code is not new in the paper."""
    names = {line.row.id: line.row.id for line in result.rows}
    if result.comparison.whole:
        names = {result.comparison.whole.id: result.total.id}
    return finding_sheets(replace(result.comparison, is_own=False), [*names], names)


def _differing(lines: list[_Difference]) -> Sheet:
    columns: list[Column[_Difference]] = [
        Column("Row", lambda line: line.rows),
        Column("Code", lambda line: line.modules),
        Column("Differs by", lambda line: Span(line.words, "warn")),
    ]
    return make_sheet("What the code does otherwise", columns, lines)


_MARKS = {"differs": "~", "missing": "-", "no row": "+"}
_LEGEND = "~ differs from the table, - has no counterpart in the code, + belongs to no row"


def _mark(code: Span) -> Span:
    return Span(_MARKS.get(code.text, ""), code.role)


def _other(row: ResultRow) -> Span:
    return Span("no row", "warn") if row.part == "outside" else Span("")


def _outside(count: RowCount) -> ResultRow:
    return ResultRow(id=count.id, label="", count=count, part="outside")


@dataclass(frozen=True, slots=True)
class _Difference:
    rows: str
    modules: str
    words: str


def _differences(rows: tuple[ImplementedResult, ...]) -> Iterator[_Difference]:
    """Return what each row differs by, rows of equal differences together."""
    alike: dict[str, list[ImplementedResult]] = {}
    for line in rows:
        if line.code in ("changed", "missing"):
            words = "; ".join(finding.words for finding in line.findings) or line.code
            alike.setdefault(words, []).append(line)
    for words, lines in alike.items():
        modules = [name for line in lines for name in line.modules]
        yield _Difference(_few([line.row.id for line in lines]), _few(modules), words)


def _few(names: list[str]) -> str:
    """Name the first and the last of many."""
    return ", ".join(names) if len(names) < 4 else f"{names[0]} ... {names[-1]} ({len(names)})"


def _warnings(result: ImplementationResult) -> Iterator[Span]:
    for warning in result.warnings:
        yield Span(f"warning: {warning}", "bad")


def _notes(result: ImplementationResult, *, everything: bool) -> Iterator[Span]:
    comparison = result.comparison
    yield Span(
        f"numbers are the implementation's, called once in evaluation mode with {result.inputs}"
    )
    if comparison.conventions:
        words = "; ".join(f"{column} = {words}" for column, words in comparison.conventions.items())
        yield Span(f"the paper's columns: {words}; compared for one image")
    for column in comparison.columns:
        tally = comparison.tally(column)
        found = {status: tally[status] for status in VERDICTS if tally[status]}
        if {*found} != {"unpublished"}:
            yield Span(f"{column}: {tallied(found)}")
    for claim in comparison.claims if everything else ():
        if claim.verdict.why != "another":
            yield Span(f"claim ({claim.source}): {claim.verdict.status}: {claim.verdict.sentence}")
    yield Span(
        "not compared: dropout, a softmax that gives the result, what only moves numbers, the "
        "constants of a norm, and what runs in training alone"
    )
    for remark in result.remarks:
        yield Span(f"written otherwise: {remark}")
