"""From a printed table and a count to a verdict per cell and claim."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

from archcount.comparison.checked import checked_cell, otherwise
from archcount.comparison.claims import compare_claim
from archcount.comparison.columns import ColumnFit, fit_column, supported
from archcount.comparison.common_causes import common_cause, with_explanation
from archcount.comparison.consistency import contradictions
from archcount.comparison.constraints import QUANTITIES, SIZES, Constraints, Conventions
from archcount.comparison.conventions import computed_value, describe, plain
from archcount.comparison.digits import judge_by
from archcount.comparison.explanations import DISPROVED, reasoned
from archcount.comparison.results import (
    CommonCause,
    ComparedCell,
    ComparedRow,
    Comparison,
    Contradiction,
    Verdict,
)
from archcount.comparison.search import search
from archcount.comparison.verdicts import (
    BLANK,
    judge_size,
    judge_whole,
    shown_size,
    write,
)
from archcount.comparison.whole_counts import counted_otherwise
from archcount.engines.counts import Count, RowCount
from archcount.engines.network_parts import NetworkParts
from archcount.engines.recount import Recount
from archcount.printed import PrintedRow, PrintedTable, Quantity, parse_output, parse_quantity

COMPARED = (*SIZES, "depth", *QUANTITIES)
"""The columns that can be compared."""


def compare(
    printed: PrintedTable,
    count: Count,
    recount: Recount | None = None,
    references: Mapping[str, Count] | None = None,
    only: Collection[str] | None = None,
    *,
    parts: NetworkParts,
    stated: Mapping[tuple[str, str], Fraction] | None = None,
) -> Comparison:
    """Compare everything that a paper printed with a count of one image.

    Args:
        printed: the printed table.
        count: the count of the architecture that was made from it.
        recount: the table's rows, for the reasons of what does not match; without it, verdicts
            are `match`, `off` and `unpublished` alone.
        references: the counts of the tables that ratio claims name.
        only: the rows whose reasons are searched for; all of them where it is None.
        parts: the network that was counted, for claims of its parts.
        stated: by row and column what the expressions of compared columns give.
    """
    columns = tuple(column for column in (*COMPARED, *printed.checked) if column in printed.columns)
    judge = _Judge(printed, columns, parts, stated or {}, count)
    fits = fit_columns(printed, count)
    conventions = {
        column: supported(fits.get(column, ()), printed.conventions[column])
        for column in QUANTITIES
    }
    judged = [judge.row(row, _printed_row(printed, row.id)) for row in count.rows]
    against: tuple[Contradiction, ...] = ()
    cause: CommonCause | None = None
    if recount is not None and printed.whole is None:
        # However a number was shortened, it stands for the same row.
        either = {column: [plain(each) for each in found] for column, found in conventions.items()}
        against = contradictions(printed, count, recount, either)
        judged, cause = _with_reasons(judged, printed, count, recount, conventions, against, only)
    others = (count.total, *count.heads, count.total_with_heads)
    return Comparison(
        columns=columns,
        rows=tuple(judged),
        others=tuple(judge.row(row) for row in others),
        whole=judge.whole(search=recount is not None) if printed.whole else None,
        claims=tuple(
            compare_claim(claim, printed, count, parts, references or {}, against)
            for claim in printed.claims
        ),
        headings={
            column: printed.headings[column] for column in columns if column in printed.headings
        },
        conventions={
            column: describe(convention)
            for column, convention in printed.conventions.items()
            if column in columns
        },
        fits=fits,
        is_cut_short=recount is not None and recount.is_spent,
        contradictions=_standing(against, judged),
        cause=cause,
    )


def compare_whole(
    printed: PrintedTable,
    count: Count,
    parts: NetworkParts,
    stated: Mapping[tuple[str, str], Fraction],
) -> ComparedRow:
    """Compare what a paper printed of a whole network, under the declared conventions alone."""
    columns = tuple(column for column in (*COMPARED, *printed.checked) if column in printed.columns)
    return _Judge(printed, columns, parts, stated, count).whole(search=False)


def _printed_row(printed: PrintedTable, name: str) -> PrintedRow | None:
    return next((row for row in printed.rows if row.id == name), None)


@dataclass(frozen=True, slots=True)
class _Judge:
    """Judges cells under the declared conventions."""

    printed: PrintedTable
    columns: Sequence[str]
    parts: NetworkParts
    stated: Mapping[tuple[str, str], Fraction]
    count: Count

    def row(self, row: RowCount, cells: PrintedRow | None = None, name: str = "") -> ComparedRow:
        """Judge every cell of a row; `name` is that of a network as a whole."""
        found = {column: self._cell(column, cells, row) for column in self.columns}
        present = {column: cell for column, cell in found.items() if cell is not None}
        return ComparedRow(id=name or row.id, cells=present)

    def whole(self, *, search: bool) -> ComparedRow:
        """Judge what is printed of the whole network, under other listed conventions if asked.

        A change of its names or cells would be another reading of it; none is searched for.
        """
        cells, row = self.printed.whole, self.count.total
        assert cells is not None, "a network that is a printed row"
        judged = self.row(row, cells, cells.id)
        found = dict(judged.cells)
        for column in QUANTITIES if search else ():
            cell = found.get(column)
            if cell is not None and cell.printed is not None and cell.verdict.status == "off":
                other = self._otherwise(cell.printed, column)
                verdict = replace(other, error=cell.verdict.error) if other else cell.verdict
                found[column] = replace(cell, verdict=verdict)
        return replace(judged, cells=found)

    def _otherwise(self, text: str, column: str) -> Verdict | None:
        quantity, declared = parse_quantity(text), self.printed.conventions[column]
        found = otherwise(quantity, column, self.count.total, declared)
        return found or counted_otherwise(column, quantity, declared, self.count, self.parts)

    def _cell(self, column: str, cells: PrintedRow | None, row: RowCount) -> ComparedCell | None:
        if column not in self.printed.checked:
            return _cell(column, cells, row, self.printed)
        text = cells.cells[column].text if cells and column in cells.cells else None
        is_whole = cells is self.printed.whole
        if (self.printed.whole or cells is None) and not is_whole:
            return None  # it is said of whole networks, or of rows alone
        place = "" if is_whole else row.id
        stated = self.stated.get((place, column))
        return checked_cell(column, text, row, self.printed, self.parts, place, stated)


def _with_reasons(
    judged: Sequence[ComparedRow],
    printed: PrintedTable,
    count: Count,
    recount: Recount,
    conventions: Conventions,
    against: Sequence[Contradiction],
    only: Collection[str] | None,
) -> tuple[list[ComparedRow], CommonCause | None]:
    """Search for the reasons of every row, or of those asked for, and for one of many."""
    channels = frozenset(dims[0] for row in count.rows for dims in (row.input, row.output))
    widths = cache(lambda: channels | _printed_widths(printed, recount))
    cells = {row.id: Constraints.of(row) for row in printed.rows}
    rows = {row.id: row for row in count.rows}
    found = cache(lambda name: search(cells[name], rows[name], recount, conventions, widths()))
    common = common_cause(cells, count.rows, recount, found)

    def with_reasons(row: RowCount, judged: ComparedRow) -> ComparedRow:
        if row.id not in cells or (only is not None and row.id not in only):
            return judged
        each, constraints = found(row.id), cells[row.id]
        if common and (more := common.explains(row, constraints, recount, conventions)):
            each = with_explanation(each, more)
        own = [item for item in against if item.row == row.id]
        return reasoned(row, judged.cells, constraints, each, own, conventions)

    reasons = [with_reasons(row, line) for row, line in zip(count.rows, judged, strict=True)]
    return reasons, common.cause if common else None


def _standing(
    against: Sequence[Contradiction], rows: Sequence[ComparedRow]
) -> tuple[Contradiction, ...]:
    """Leave out what is no contradiction: where every printed number of the row can be had.

    Numbers that some count gives do not contradict one another; and a declared reading says what
    the cells of its row are.
    """
    had = {row.id for row in rows if row.explanations}
    declared = {row.id for row in rows if any(item.declared for item in row.explanations)}
    return tuple(
        item
        for item in against
        if item.row not in declared and (item.row not in had or item.why not in DISPROVED)
    )


def fit_columns(
    printed: PrintedTable, count: Count, *, declared: bool = True
) -> dict[str, tuple[ColumnFit, ...]]:
    """Fit every listed convention, the declared ones too if asked, to each printed column."""
    rows = {row.id: row for row in count.rows}
    fits = {}
    for column in QUANTITIES:
        quantities = {
            row.id: parse_quantity(row.cells[column].text)
            for row in printed.rows
            if column in row.cells
        }
        if quantities:
            convention = printed.conventions[column] if declared else None
            fits[column] = fit_column(column, quantities, rows, convention)
    return fits


def _printed_widths(printed: PrintedTable, recount: Recount) -> frozenset[int]:
    """Return the filter counts that are printed."""
    plans = (recount.plan(row.id) for row in printed.rows)
    return frozenset(cell.value for plan in plans for cell in plan.cells.values())


def _style(column: str, printed: PrintedTable) -> Quantity | None:
    """Return the column's last printed number, whose notation serves for what is not printed."""
    texts = [row.cells[column].text for row in printed.rows if column in row.cells]
    return parse_quantity(texts[-1]) if texts else None


def _cell(
    column: str, cells: PrintedRow | None, row: RowCount, printed: PrintedTable
) -> ComparedCell:
    """Judge one cell under the declared convention."""
    text = cells.cells[column].text if cells is not None and column in cells.cells else None
    verdict = BLANK
    computed: int | tuple[int, ...]
    if column in SIZES:
        computed = dims = row.input if column == "input" else row.output
        shown = shown_size(dims if text is None else parse_output(text), dims)
        if text is not None:
            verdict = judge_size(text, dims)
    elif column == "depth":
        computed, shown = row.depth, str(row.depth)
        if text is not None:
            verdict = judge_whole(text, row.depth)
    else:
        convention = printed.conventions[column]
        computed = value = computed_value(row, convention)
        like = _style(column, printed) if text is None else parse_quantity(text)
        shown = write(value, like, convention.k) if like and value else f"{value:,}"
        if like and text is not None:
            verdict = judge_by(like, value, convention)
    return ComparedCell(
        column=column, printed=text, computed=computed, shown=shown, verdict=verdict
    )
