"""What a comparison says: a verdict per printed cell and claim."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

VERDICTS: Mapping[str, str] = {
    "match": "the computed value lies in the printed interval under the declared convention",
    "convention": "another listed convention reproduces it",
    "reading": "another reading of the row reproduces it",
    "contradiction": "the paper's own cells disagree with one another",
    "off": "none of these",
    "unpublished": "nothing printed",
}
"""Every verdict, with when it is said."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What is said of one printed number.

    Attributes:
        status: one of `VERDICTS`.
        why: the reason as one word for machines: `equal`, `rounded`, `truncated`, `either`
            (both ways of printing fit), `differs`, or `blank`.
        sentence: the reason in words.
        error: (computed - printed) / printed, where the number is off and has a size.
    """

    status: str
    why: str
    sentence: str
    error: Fraction | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One cell, printed and computed.

    Attributes:
        column: the column's name in the table file.
        printed: as printed, or None where the paper leaves it blank.
        computed: base units for one image; a size as (channels, height, width).
        shown: the computed value in the paper's notation and order, one digit finer.
    """

    column: str
    printed: str | None
    computed: int | tuple[int, int, int]
    shown: str
    verdict: Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparedRow:
    """The cells of one row, by column."""

    id: str
    cells: Mapping[str, Cell]


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparedClaim:
    """One claim, printed and computed.

    Attributes:
        what: what is claimed.
        source: where it is printed.
        computed: base units for one image; a ratio as a fraction.
    """

    what: str
    printed: str
    source: str
    computed: int | Fraction
    shown: str
    verdict: Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Everything that a comparison says of one table.

    Attributes:
        columns: the compared columns in the table's order.
        rows: the rows in order.
        others: what no table prints (heads and totals), counted the same way.
        claims: the claims in order.
        conventions: how params and ops were counted, in words, by column.
        headings: the columns' printed headings, where they are known.
    """

    columns: tuple[str, ...]
    rows: tuple[ComparedRow, ...]
    others: tuple[ComparedRow, ...]
    claims: tuple[ComparedClaim, ...]
    conventions: Mapping[str, str]
    headings: Mapping[str, str]

    def tally(self, column: str) -> Counter[str]:
        """Count the verdicts of one column by status."""
        return Counter(row.cells[column].verdict.status for row in self.rows)
