"""A table counted row by row, and compared with its paper or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from archcount import engines
from archcount.api.table_results import table_result
from archcount.api.tables import Table
from archcount.architecture import Architecture
from archcount.comparison import VERDICTS
from archcount.engines import Count, RowCount
from archcount.errors import Problem, UsageError, unknown_name
from archcount.reporting.report import Lines, Parts, Report
from archcount.reporting.sheet import Span
from archcount.reporting.table_data import tidy_rows
from archcount.reporting.table_result import TableResult
from archcount.reporting.table_sheets import full_sheet, narrow_sheet, remarks


@dataclass(frozen=True)
class TableReport(Report):
    """A count of one network, compared with its paper or not.

    Attributes:
        architecture: what was counted.
        counts: what each engine found, for one image; the first one's is reported.
        record: everything the report says.
    """

    command = "table {record.name}"
    schema = "archcount.table/2"
    index = "row"

    architecture: Architecture
    counts: tuple[Count, ...]
    record: TableResult

    @cached_property
    def total(self) -> RowCount:
        """The sums over all rows, without heads, for the whole batch."""
        return self.record.total.count

    @property
    def verdicts(self) -> Mapping[str, int]:
        """How many of the compared cells and claims got each verdict, blank cells aside."""
        compared = self.record.comparison
        if compared is None:
            return {}
        found = Counter(cell.verdict.status for row in compared.rows for cell in row.cells.values())
        found += Counter(claim.verdict.status for claim in compared.claims)
        return {word: found[word] for word in VERDICTS if found[word] and word != "unpublished"}

    def select(self, rows: Sequence[str]) -> TableReport:
        """Return a report of some rows; totals, verdict counts and claims stay those of the whole.

        Raises:
            UsageError: there is no such row.
        """
        known = [row.id for row in self.record.rows]
        for name in rows:
            if name not in known:
                raise unknown_name(f"{self.record.name} has no row", name, known)
        chosen = tuple(row for row in self.record.rows if row.id in rows)
        return replace(self, record=replace(self.record, rows=chosen))

    def _tidy(self) -> Lines:
        return tidy_rows(self.record)

    def _sheets(self) -> Parts:
        return [[full_sheet(self.record), narrow_sheet(self.record)]]

    def _remarks(self) -> Iterable[Span]:
        return remarks(self.record)


def count_table(
    thing: Table | Architecture,
    *,
    variant: str = "",
    input: str = "",
    let: Mapping[str, str | int] | None = None,
    engine: str = "fvcore",
    heads: bool = False,
    batch: int = 1,
) -> TableReport:
    """Count a table or an architecture, row by row.

    Args:
        thing: what to count.
        variant: the name of a variant, for a table.
        input: another input size, "CxHxW", for a table.
        let: other values of the `let` names of a table, such as `{"classes": 10}`.
        engine: `formula`, `fvcore`, `torch`, or `all`; whichever counts, `formula` checks it.
        heads: count the auxiliary classifiers too.
        batch: how many images the reported operations are for.

    Raises:
        UsageError: there is no such engine, variant or name, or the batch is below 1.
        InvalidTableError: the rows do not go together with this input.
        UnavailableError: there is not the memory for the engine.

    >>> from archcount.api.tables import load
    >>> count_table(load("googlenet"), engine="formula").total.cost.macs
    1582671872
    """
    if batch < 1:
        raise UsageError(Problem(what=f"batch {batch}", allowed="a whole number of 1 or more"))
    names = engines.choose(engine)
    if isinstance(thing, Table):
        table, architecture = thing, thing.architecture(variant=variant, input=input, let=let)
    elif variant or input or let:
        raise UsageError(
            Problem(
                what="variant, input and let go with a table, and this is an architecture",
                remedy="give them to table.architecture(...)",
            )
        )
    else:
        table, architecture = None, thing
    counts = tuple(engines.engine(name).count(architecture, heads=heads) for name in names)
    return TableReport(architecture, counts, table_result(architecture, counts, batch, table))
