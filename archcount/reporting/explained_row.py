"""One row explained, as a record, for JSON and for data frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from archcount.comparison import ComparedRow, Contradiction, Explanation, believed
from archcount.comparison.conventions import describe
from archcount.edits import Plan
from archcount.engines import RowCount
from archcount.printed import Convention, PaperSource
from archcount.reporting.encoding import Value, encode, fields_of
from archcount.reporting.table_result import ResultRow


@dataclass(frozen=True, kw_only=True, slots=True)
class TriedConvention:
    """A convention compared with one printed cell and its whole column.

    Attributes:
        computed: the row's number under it, in base units.
        shown: the same in the paper's notation.
        column_fits: how many printed numbers of the column it gives.
        column_printed: how many there are.
    """

    column: str
    convention: Convention
    computed: int
    shown: str
    fits: bool
    column_fits: int
    column_printed: int
    declared: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ExplainedRow:
    """Everything that `archcount explain` says of one row.

    Attributes:
        compared: its cells with their verdicts, and the readings that fit.
        stands_for: the numbers that each printed cell can stand for, in words.
        because: the reason that the file gives for its reading, where it declares one.
        headings: the printed headings of the paper's columns, by name.
        is_cut_short: whether some readings were not tried, since there are too many.
    """

    name: str
    variant: str
    source: PaperSource
    label: str
    count: RowCount
    plan: Plan
    compared: ComparedRow
    tried: tuple[TriedConvention, ...]
    stands_for: Mapping[str, str]
    contradictions: tuple[Contradiction, ...]
    because: str = ""
    headings: Mapping[str, str] = field(default_factory=dict)
    is_cut_short: bool = False


def ranks(explanations: tuple[Explanation, ...]) -> list[str]:
    """Rank explanations by their whole bits; those of one rank are ties, written `2=`.

    >>> ranks(())
    []
    """
    keys = [(not item.declared, round(item.bits)) for item in explanations]
    return [f"{keys.index(key) + 1}{'=' if keys.count(key) > 1 else ''}" for key in keys]


def what(item: Explanation) -> str:
    """Return what a reading changes, conventions included."""
    counted = "; ".join(
        f"{column} column counting {describe(convention)}"
        for column, convention in item.conventions.items()
    )
    return f"{item.what}; {counted}" if counted else item.what


@encode.register
def _(row: ExplainedRow) -> dict[str, Any]:
    compared = row.compared
    return {
        **fields_of(row, "label", "count", "plan", "compared", "tried", "headings"),
        "row": encode(
            ResultRow(id=row.count.id, label=row.label, count=row.count, cells=compared.cells)
        ),
        "layers": encode(row.plan.sites),
        "conventions": encode(row.tried),
        "tried": compared.tried,
        "explanations": encode(compared.explanations),
    }


def explained_lines(row: ExplainedRow) -> list[dict[str, Value]]:
    """Return the readings that fit, one a line."""
    explanations = row.compared.explanations
    return [
        {
            "rank": rank,
            "why": item.why,
            "reading": what(item),
            "weights": item.count.weights,
            "params": item.count.params,
            "macs": item.count.cost.macs,
            "bits": round(item.bits, 2),
            "believed": int(believed(item)),
        }
        for rank, item in zip(ranks(explanations), explanations, strict=True)
    ]
