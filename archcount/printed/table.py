"""The printed table as records: cells verbatim, each with the place where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from archcount.errors import Location


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Where a table was printed.

    Attributes:
        title: the paper's title.
        arxiv: its arXiv identifier with version, if it has one.
        table: which table or figure of it.
        url: another place to find it.
        note: who read it, from what.
    """

    title: str
    arxiv: str = ""
    table: str = ""
    url: str = ""
    note: str = ""

    def __str__(self) -> str:
        where = f"arXiv:{self.arxiv}" if self.arxiv else self.url
        return ", ".join(part for part in (self.title, where, self.table) if part)


@dataclass(frozen=True, kw_only=True, slots=True)
class PrintedCell:
    """One printed value, verbatim, and its place in the table file."""

    column: str
    text: str
    where: Location


@dataclass(frozen=True, kw_only=True, slots=True)
class PrintedRow:
    """One printed row: its name here, and its cells by column; a blank cell is absent."""

    id: str
    cells: Mapping[str, PrintedCell]
    where: Location


@dataclass(frozen=True, kw_only=True, slots=True)
class Convention:
    """How a column counts.

    Attributes:
        k: what K stands for, 1000 or 1024 (M is its square, B its cube).
        count: `weights` or `params`; `macs` or `flops` (1 mac = 2 flops).
        include: what is counted beside them: elementwise cost categories beside macs or flops,
            `bias` or `norm` beside weights.
        rounding: `nearest`, `down` (the rest cut off), or `either`.
    """

    k: int
    count: str
    include: tuple[str, ...] = ()
    rounding: str = "either"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """What a ratio claim compares with.

    Attributes:
        name: whose number it is.
        printed: the number as printed elsewhere, or empty where it is counted.
        source: where it is printed.
        table: the shipped table that is counted for it, or empty.
    """

    name: str
    printed: str = ""
    source: str = ""
    table: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Erratum:
    """The verdict that a printed number is known to get, and the reason.

    Attributes:
        row: the row's name; empty for a claim's.
        column: the column.
    """

    row: str = ""
    column: str = ""
    verdict: str
    because: str
    where: Location


@dataclass(frozen=True, kw_only=True, slots=True)
class DeclaredReading:
    """A row's other reading that the file declares: how its printed numbers were had."""

    row: str
    because: str
    where: Location


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A number printed outside the rows.

    Attributes:
        what: `params`, `ops`, `depth` (layers with weights on the longest path),
            `depth with pooling`, or `sum of` a printed column.
        printed: as printed.
        source: the place in the paper.
        fewer_than: set when the number is a ratio, "12x fewer than ..."; what it is set against.
        erratum: the verdict that it is known to get, where that is no match.
    """

    what: str
    printed: str
    source: str
    where: Location
    fewer_than: Reference | None = None
    erratum: Erratum | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PrintedTable:
    """All that one paper printed of one architecture.

    Attributes:
        columns: the columns of the table file, in order.
        headings: the printed headings, by column, where they are given.
    """

    name: str
    source: Source
    columns: tuple[str, ...]
    headings: Mapping[str, str]
    rows: tuple[PrintedRow, ...]
    conventions: Mapping[str, Convention]
    claims: tuple[Claim, ...] = ()
    readings: tuple[DeclaredReading, ...] = ()
    errata: tuple[Erratum, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def without_numbers(self) -> PrintedTable:
        """Give the table with no numbers in its rows, as for another network made of them."""
        return replace(
            self,
            columns=tuple(column for column in self.columns if column not in NUMBERS),
            rows=tuple(
                replace(
                    row,
                    cells={name: cell for name, cell in row.cells.items() if name not in NUMBERS},
                )
                for row in self.rows
            ),
            readings=(),
            errata=(),
        )


NUMBERS = ("input", "output", "depth", "params", "ops")
"""The columns whose cells are compared."""
