"""What was counted of a table, and what a comparison says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from archcount.comparison import ComparedCell, Comparison
from archcount.engines import Disagreement, RowCount, Uncounted
from archcount.printed import PaperSource


@dataclass(frozen=True, kw_only=True, slots=True)
class TableWarning:
    """Something the reader should know, with advice."""

    what: str
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.what}; {self.advice}" if self.advice else self.what


@dataclass(frozen=True, kw_only=True, slots=True)
class EngineResult:
    """What one engine found in total, for the whole batch.

    Attributes:
        agrees: whether it agrees with the first engine on every row and category.
    """

    name: str
    version: str
    total: RowCount
    agrees: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultRow:
    """One line of a table report.

    Attributes:
        label: the row's printed label, where the paper prints one.
        count: what was counted, for the whole batch.
        cells: the compared cells by column (for one image), where there was a comparison.
        part: `row`, `head` or `total`.
    """

    id: str
    label: str
    count: RowCount
    cells: Mapping[str, ComparedCell] = field(default_factory=dict)
    part: str = "row"


@dataclass(frozen=True, kw_only=True, slots=True)
class TableResult:
    """What was counted of a table, and what was found of its printed numbers.

    Attributes:
        input: (channels, height, width) of one image.
        batch: how many images the counts are for.
        rows: the table's rows shown, in order.
        heads: the auxiliary classifiers, where they were counted.
        total: the sums over all rows of the table, shown or not.
        total_with_heads: the sums with the heads, where they were counted.
        engines: the engines that counted; the rows are the first one's.
        is_printed: whether the rows that the paper prints are those of this variant.
        notes: what the table's file says to its reader.
    """

    name: str
    variant: str
    source: PaperSource
    input: tuple[int, ...]
    batch: int
    rows: tuple[ResultRow, ...]
    heads: tuple[ResultRow, ...] = ()
    total: ResultRow
    total_with_heads: ResultRow | None = None
    depth_with_pooling: int
    engines: tuple[EngineResult, ...]
    disagreements: tuple[Disagreement, ...] = ()
    uncounted: tuple[Uncounted, ...] = ()
    comparison: Comparison | None = None
    is_printed: bool = True
    notes: tuple[str, ...] = ()
    warnings: tuple[TableWarning, ...] = ()

    @property
    def lines(self) -> tuple[ResultRow, ...]:
        """Every line in the order shown: rows, total, heads, total with heads."""
        last = (self.total_with_heads,) if self.total_with_heads else ()
        return (*self.rows, self.total, *self.heads, *last)
