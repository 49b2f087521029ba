"""The printed table as records: cells verbatim, each with the place where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
        include: the elementwise cost categories counted beside the macs.
    """

    k: int
    count: str
    include: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """A number printed elsewhere that a ratio claim compares with."""

    name: str
    printed: str
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A number printed outside the rows.

    Attributes:
        what: `params`, `ops`, `depth` (layers with weights on the longest path) or
            `depth with pooling`.
        printed: as printed.
        source: the place in the paper.
        fewer_than: set when the number is a ratio, "12x fewer than ..."; what it is set against.
    """

    what: str
    printed: str
    source: str
    where: Location
    fewer_than: Reference | None = None


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
    notes: tuple[str, ...] = field(default=())
