"""What a page of a table is made from: the report's record, and what else there is to show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from archcount.comparison import Comparison
from archcount.edits import Site
from archcount.engines import RowCount
from archcount.printed import PrintedTable
from archcount.reporting.model_table import CountedModels
from archcount.reporting.page import Figure
from archcount.reporting.sheet import Sheet, Span
from archcount.reporting.table_result import ResultRow, TableResult


@dataclass(frozen=True, kw_only=True, slots=True)
class TableContent:
    """Everything that the page of a table shows.

    Attributes:
        record: what was counted, of a network row by row or of every model of a table.
        paper: what is printed.
        answer: the answer in one line.
        remarks: what the reader must not miss.
        counted: the table with every number exact.
        sites: the layers of each row, where they are those that were counted.
        parts: the rows of each model, where the printed rows are models.
        figure: the network, drawn.
        names: what rows are called, where that is not their id.
        network: the name of the table, with its variant.
        arguments: what names it and its options on the command line.
        versions: what the numbers depend on, by name.
        file: the table's file.
    """

    record: TableResult | CountedModels
    paper: PrintedTable
    answer: str
    remarks: tuple[Span, ...]
    counted: Sheet
    sites: Mapping[str, tuple[Site, ...]] = field(default_factory=dict)
    parts: Mapping[str, tuple[RowCount, ...]] = field(default_factory=dict)
    figure: Figure | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    network: str
    arguments: str
    versions: Mapping[str, str]
    file: str

    @property
    def comparison(self) -> Comparison:
        """The verdicts."""
        assert self.record.comparison is not None, "a page is of a compared table"
        return self.record.comparison

    @property
    def is_judged(self) -> bool:
        """Whether what was counted is what the paper's numbers are of."""
        return self.comparison.is_own

    @property
    def is_printed(self) -> bool:
        """Whether the printed rows are those that were counted."""
        return not isinstance(self.record, TableResult) or self.record.is_printed

    @property
    def rows(self) -> tuple[ResultRow, ...]:
        """The rows that the paper prints, as they were counted for one input."""
        whole = self.comparison.whole
        if whole is not None and isinstance(self.record, TableResult):
            return (replace(self.record.total, id=whole.id),)
        return self.record.rows
