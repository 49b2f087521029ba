"""A table whose rows are whole networks: every one counted, and compared with its paper or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from archcount.api.table_report import TableReport, count_table
from archcount.api.tables import Table
from archcount.comparison import VERDICTS, Comparison, fit_columns
from archcount.comparison.results import ComparedClaim
from archcount.engines import Count
from archcount.errors import unknown_name
from archcount.reporting.detail import Detail
from archcount.reporting.model_table import (
    CountedModels,
    model_table_answer,
    model_table_lines,
    model_table_remarks,
    model_table_sheets,
)
from archcount.reporting.report import Lines, Parts, Report, how_many
from archcount.reporting.sheet import Span
from archcount.reporting.table_result import ResultRow


@dataclass(frozen=True)
class ModelTableReport(Report):
    """Counts of every network of a table of models, compared with their paper or not.

    Attributes:
        networks: the reports of the networks, by the names of their variants.
        detail: how much of it people are shown.
    """

    command = "table {record.name}"
    schema = "archcount.model-table/1"
    index = "row"

    networks: Mapping[str, TableReport]
    record: CountedModels
    detail: Detail = "findings"

    @property
    def verdicts(self) -> Mapping[str, int]:
        """How many of the compared cells and claims got each verdict, blank cells aside."""
        found = sum((Counter(each.verdicts) for each in self.networks.values()), Counter[str]())
        return {word: found[word] for word in VERDICTS if found[word]}

    def select(self, rows: Sequence[str]) -> ModelTableReport:
        """Return a report of some models; verdict counts and claims stay those of all.

        Raises:
            UsageError: there is no such model.
        """
        names = {row.label: row.id for row in self.record.rows}
        for name in rows:
            if name not in (*names, *names.values()):
                raise unknown_name(f"{self.record.name} has no model", name, names)
        chosen = tuple(row for row in self.record.rows if {row.id, row.label} & {*rows})
        return replace(self, record=replace(self.record, rows=chosen))

    @property
    def answer(self) -> str:
        """In a line how much of what is printed is right, or what was counted."""
        return model_table_answer(self.record)

    def _gist(self) -> str:
        return f"{self.record.name}: {how_many(len(self.networks), 'network')}"

    def _tidy(self) -> Lines:
        return model_table_lines(self.record)

    def _sheets(self) -> Parts:
        return model_table_sheets(self.record, self.detail)

    def _remarks(self) -> Iterable[Span]:
        return model_table_remarks(self.record)


def count_model_table(
    table: Table,
    *,
    input: str = "",
    let: Mapping[str, str | int] | None = None,
    engine: str = "auto",
    heads: bool = False,
    batch: int = 1,
) -> ModelTableReport:
    """Count every network of a table of models; arguments and errors as `count_table`."""
    networks = {
        name: count_table(
            table, variant=name, input=input, let=let, engine=engine, heads=heads, batch=batch
        )
        for name in table.models
    }
    return model_table(table, networks)


def model_table(table: Table, networks: Mapping[str, TableReport]) -> ModelTableReport:
    """Return the report of reports on every model of a table."""
    records = [report.record for report in networks.values()]
    checks = [item for record in records for item in record.engines]
    first = records[0]
    return ModelTableReport(
        networks,
        CountedModels(
            name=table.name,
            source=table.source,
            rows=tuple(_line(table, name, report) for name, report in networks.items()),
            batch=first.batch,
            of_ids=first.of_ids,
            engines=tuple(sorted({str(each): None for each in checks}, key="formula".__eq__)),
            chosen=next((each.chosen for each in records if each.chosen), ""),
            agree=all(each.agrees for each in checks),
            disagreements=tuple(item for record in records for item in record.disagreements),
            uncounted=tuple(item for record in records for item in record.uncounted),
            comparison=_joined(table, networks),
            notes=table.printed.notes,
            warnings=tuple(dict.fromkeys(item for each in records for item in each.warnings)),
        ),
    )


def _line(table: Table, name: str, report: TableReport) -> ResultRow:
    total = report.record.total
    return ResultRow(
        id=name,
        label=table.models[name],
        count=replace(total.count, id=name),
        cells=total.cells,
    )


def _joined(table: Table, networks: Mapping[str, TableReport]) -> Comparison | None:
    """Return the comparisons of all models as one, whose rows they are."""
    found = {
        name: report.record.comparison
        for name, report in networks.items()
        if report.record.comparison is not None
    }
    if not found:
        return None
    first = next(iter(found.values()))
    return replace(
        first,
        rows=tuple(each.whole for each in found.values() if each.whole),
        others=(),
        whole=None,
        is_own=all(each.is_own for each in found.values()),
        claims=tuple(claim for name in found for claim in _claims(table, name, found[name])),
        fits=fit_columns(
            table.written, as_rows({name: report.counts[0] for name, report in networks.items()})
        ),
    )


def _claims(table: Table, name: str, comparison: Comparison) -> Iterator[ComparedClaim]:
    """Yield the claims of one model, with its printed name."""
    for claim in comparison.claims:
        yield replace(claim, source=f"{table.models[name]}, {claim.source}")


def as_rows(counts: Mapping[str, Count]) -> Count:
    """Return the counts of whole networks as the rows of one."""
    first = next(iter(counts.values()))
    rows = tuple(replace(count.total, id=name) for name, count in counts.items())
    return replace(first, rows=rows, heads=())
