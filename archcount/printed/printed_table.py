"""The printed table as records: cells verbatim, each with the place where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from archcount.errors import Location
from archcount.printed.claim_numbers import parse_bound
from archcount.printed.quantity import parse_quantity


@dataclass(frozen=True, kw_only=True, slots=True)
class PaperSource:
    """Where a table was printed.

    Attributes:
        title: the paper's title.
        year: the year of its first version.
        authors: their names as the paper prints them; a long list may end in "et al.".
        arxiv: its arXiv identifier with version, if it has one.
        table: which table or figure of it.
        url: another place to find it.
        note: who read it, from what.
    """

    title: str
    year: int | None = None
    authors: tuple[str, ...] = ()
    arxiv: str = ""
    table: str = ""
    url: str = ""
    note: str = ""

    @property
    def short_authors(self) -> str:
        """The authors and the year in few words.

        >>> PaperSource(title="", year=2019, authors=("Mingxing Tan", "Quoc V. Le")).short_authors
        'Mingxing Tan and Quoc V. Le 2019'
        """
        names = self.authors
        some = f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
        return f"{some} {self.year or ''}".strip()

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
        digits: behind how many digits the zeros of a whole number are rounding; 0 for none.
    """

    k: int
    count: str
    include: tuple[str, ...] = ()
    rounding: str = "either"
    digits: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckedColumn:
    """What the numbers of a printed column are, where that is not said by the column's name.

    Attributes:
        what: the quantity, such as `params` or `active params`; empty for an expression.
        of: the parts that it is of; none for the whole row or network.
        without: the parts that are left out of it.
        expression: what it is of the names of its row.
        reads: the names in the expression.
    """

    what: str = ""
    of: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    expression: str = ""
    reads: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [("of", self.of), ("without", self.without)]
        words = "".join(f" {word} {' and '.join(names)}" for word, names in parts if names)
        return (self.what or self.expression) + words


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """What a ratio claim compares with.

    Attributes:
        name: whose number it is.
        printed: the number as printed elsewhere, or empty where it is counted.
        source: where it is printed.
        table: the shipped table that is counted for it, or empty.
        variant: the variant of that table.
        more: whether the ratio says how many times as many there are here, not how many fewer.
    """

    name: str
    printed: str = ""
    source: str = ""
    table: str = ""
    variant: str = ""
    more: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Training:
    """What a training, whose duration is printed, went over.

    Attributes:
        images: images in an epoch.
        epochs: how often they were gone over.
    """

    images: int
    epochs: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Erratum:
    """The verdict that a printed number is known to get, and the reason.

    Attributes:
        row: the row's name; empty for a claim's, and for a whole network's.
        column: the column.
    """

    row: str = ""
    column: str = ""
    verdict: str
    because: str
    where: Location


@dataclass(frozen=True, kw_only=True, slots=True)
class DeclaredReading:
    """Another reading that the file declares: how the printed numbers of a row were had.

    Attributes:
        row: the row's name; empty for a network that is a row of a table of models.
        let: the names that have other numbers in the whole network, as written.
    """

    row: str
    let: Mapping[str, str] = field(default_factory=dict)
    because: str
    where: Location


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A number printed outside the rows.

    Attributes:
        what: what is claimed, such as `params`, `ops` or `depth`; see docs/table-reference.md.
        printed: as printed.
        source: the place in the paper.
        paper: the paper that prints it, where it is another one; or empty.
        than: set when the number is a ratio, "12x fewer than ..."; what it is set against.
        heads: whether the auxiliary classifiers are counted.
        of: the part of the network that it speaks of, a row or a module's path; or empty.
        layers: the layers that it speaks of, by word and kernel, such as `conv 1x1`; or empty.
        crops: the product that a number of crops is, as printed.
        training: what was trained on, for a duration.
        digits: behind how many digits the zeros of a whole number are rounding; 0 for none.
        erratum: the verdict that it is known to get, where that is not a match.
    """

    what: str
    printed: str
    source: str
    where: Location
    paper: str = ""
    than: Reference | None = None
    heads: bool = False
    of: str = ""
    layers: str = ""
    crops: str = ""
    training: Training | None = None
    digits: int = 0
    erratum: Erratum | None = None

    @property
    def elsewhere(self) -> bool:
        """Whether another paper prints it, whose numbers are no part of this one's."""
        return bool(self.paper)

    @property
    def is_total(self) -> bool:
        """Whether it is a plain number of the whole network at inference."""
        special = self.than or self.heads or self.of or self.layers
        return not special and parse_bound(self.printed) is None


@dataclass(frozen=True, kw_only=True, slots=True)
class PrintedTable:
    """All that one paper printed of one architecture.

    Attributes:
        columns: the columns of the table file, in order.
        headings: the printed headings, by column, where they are given.
        checked: the columns that are compared, beside those with a meaning, and what they are.
        whole: what is printed of the network as a whole, where it is a row of a table of models.
        turned: whether the paper prints its rows as columns.
    """

    name: str
    source: PaperSource
    columns: tuple[str, ...]
    headings: Mapping[str, str]
    rows: tuple[PrintedRow, ...]
    conventions: Mapping[str, Convention]
    claims: tuple[Claim, ...] = ()
    readings: tuple[DeclaredReading, ...] = ()
    errata: tuple[Erratum, ...] = ()
    notes: tuple[str, ...] = field(default=())
    checked: Mapping[str, CheckedColumn] = field(default_factory=dict)
    whole: PrintedRow | None = None
    turned: bool = False

    @property
    def compared(self) -> tuple[PrintedRow, ...]:
        """The rows whose cells are compared: those of the table, or the network as a whole."""
        return (self.whole,) if self.whole else self.rows

    def column_sum(self, column: str) -> Fraction:
        """Return the sum of the numbers of a column as they are printed, K being 1000."""
        values = [
            parse_quantity(row.cells[column].text).value()
            for row in self.rows
            if column in row.cells
        ]
        return sum(values, Fraction(0))

    def without_numbers(self) -> PrintedTable:
        """Return the table with no numbers in its rows, as for another network made of them."""
        numbers = (*NUMBERS, *self.checked)
        return replace(
            self,
            columns=tuple(column for column in self.columns if column not in numbers),
            rows=tuple(
                replace(
                    row,
                    cells={name: cell for name, cell in row.cells.items() if name not in numbers},
                )
                for row in self.rows
            ),
            readings=(),
            errata=(),
            checked={},
            whole=None,
        )


NUMBERS = ("input", "output", "depth", "params", "ops")
"""The columns whose cells are compared."""
