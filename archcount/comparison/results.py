"""What a comparison says: a verdict per printed cell and claim."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from archcount.comparison.columns import ColumnFit
from archcount.edits import Edit
from archcount.engines.counts import RowCount
from archcount.printed import Convention


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What is said of one printed number.

    Attributes:
        status: one of `VERDICTS`; why: the reason for machines, a word of `WHYS`.
        sentence: the reason in words.
        error: (computed - printed) / printed of the table as it stands, where it does not match
            and has a size.
    """

    status: str
    why: str
    sentence: str
    error: Fraction | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """One way to have every printed number of a row at once.

    Attributes:
        why: what it changes, a word of `WHYS`.
        what: the change in words, such as "928 input channels instead of 832".
        edits: the changes to the row; none where only conventions differ.
        declared: whether it is the reading that the file declares.
        conventions: the convention of each column that is not counted as declared.
        bits: how unlikely it is by itself; fewer is likelier.
        evidence: the bits of the printed cells that it explains.
        cells: the cells that it explains, which do not match as the table stands.
        count: the row, counted so.
        engines: the engines that built and counted it, each finding the same.
    """

    why: str
    what: str
    edits: tuple[Edit, ...] = ()
    declared: bool = False
    conventions: Mapping[str, Convention] = field(default_factory=dict)
    bits: float
    evidence: float
    cells: tuple[str, ...]
    count: RowCount
    engines: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Contradiction:
    """Printed cells that cannot all be right.

    Attributes:
        why: a word of `WHYS`.
        row: the row's name; empty for a whole column.
        cells: the columns of the cells, those of another row with its name before a dot.
        odd: the one that the others speak against, where that can be told.
        claim: the claimed number, where one is concerned.
        sentence: the contradiction in words.
    """

    why: str
    row: str
    cells: tuple[str, ...]
    odd: str = ""
    claim: str = ""
    sentence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CommonCause:
    """One change of the whole network, or of all of a table, that makes many numbers right at once.

    Attributes:
        why: `input-size`, `let`, `layer-default`, `number` or `structure`.
        what: the change in words, such as "with an input of 227x227".
        printed: how many sizes, or other numbers, are printed.
        right: how many of them match with the change.
        before: how many of them match as the table stands.
        rows: the rows, or models, that have a number which it makes right.
        others: other changes that make as many right, in words, the likeliest first.
        bits: how unlikely it is by itself.
        of: what the numbers are, in words.
    """

    why: str
    what: str
    printed: int
    right: int
    before: int
    rows: tuple[str, ...]
    others: tuple[str, ...] = ()
    bits: float
    of: str = "sizes"

    @property
    def sentence(self) -> str:
        """The cause in words.

        >>> CommonCause(why="let", what="with w = 2", printed=9, right=9, before=2, rows=("a", "b"),
        ...             bits=4.0).sentence
        'with w = 2 all 9 printed sizes match, and 2 as the table stands'
        """
        some = f"all {self.printed}" if self.right == self.printed else self.right
        of = "" if self.right == self.printed else f" of the {self.printed}"
        other = f"; likewise {', or '.join(self.others[:3])}" if self.others else ""
        now = f"{self.before} as the table stands"
        return f"{self.what} {some}{of} printed {self.of} match, and {now}{other}"


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparedCell:
    """One cell, printed and computed.

    Attributes:
        column: the column's name in the table file.
        printed: as printed, or None where the paper leaves it blank.
        computed: base units for one image; a size as (channels, height, width).
        shown: the computed value in the paper's notation and order, one digit finer.
        because: the reason that the file gives, where it declares this verdict.
    """

    column: str
    printed: str | None
    computed: int | Fraction | tuple[int, ...]
    shown: str
    verdict: Verdict
    because: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparedRow:
    """The cells of one row.

    Attributes:
        cells: by column.
        explanations: the ways to have all its printed numbers, the likeliest first; empty where
            all of them match, or where nothing was found.
        tried: how many readings were counted in search of them.
    """

    id: str
    cells: Mapping[str, ComparedCell]
    explanations: tuple[Explanation, ...] = ()
    tried: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparedClaim:
    """One claim, printed and computed.

    Attributes:
        what: what is claimed.
        source: where it is printed.
        computed: base units for one image; a ratio as a fraction, a rate in MAC/s.
        figures: what follows from the claim, by name, such as MACs of a training.
        elsewhere: whether another paper than the table's prints it.
        because: the reason that the file gives, where it declares this verdict.
    """

    what: str
    printed: str
    source: str
    computed: int | Fraction
    shown: str
    verdict: Verdict
    figures: Mapping[str, int | float] = field(default_factory=dict)
    elsewhere: bool = False
    because: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Everything that a comparison says of one table.

    Attributes:
        columns: the compared columns in the table's order.
        others: what no table prints (heads and totals), counted the same way.
        conventions: how params and ops were counted, in words, by column.
        headings: the columns' printed headings, where they are known.
        fits: the conventions of params and ops held against the whole column, the best first.
        contradictions: what the paper says against itself.
        cause: one change that makes many printed sizes right, where there is one.
        whole: the network as a whole, where it is a row of a table of models.
        is_own: whether the network and its input are the file's, which its errata speak of.
        is_cut_short: whether some readings were not tried, since there are too many.
    """

    columns: tuple[str, ...]
    rows: tuple[ComparedRow, ...]
    others: tuple[ComparedRow, ...]
    claims: tuple[ComparedClaim, ...]
    conventions: Mapping[str, str]
    headings: Mapping[str, str]
    fits: Mapping[str, tuple[ColumnFit, ...]] = field(default_factory=dict)
    contradictions: tuple[Contradiction, ...] = ()
    cause: CommonCause | None = None
    whole: ComparedRow | None = None
    is_own: bool = False
    is_cut_short: bool = False

    @property
    def printed(self) -> tuple[ComparedRow, ...]:
        """The rows that the paper prints: those of the table, or the network as a whole."""
        return (self.whole,) if self.whole else self.rows

    def tally(self, column: str) -> Counter[str]:
        """Count the verdicts of one column by status."""
        return Counter(
            row.cells[column].verdict.status for row in self.printed if column in row.cells
        )
