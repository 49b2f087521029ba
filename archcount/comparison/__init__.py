"""Comparison: of every printed number, whether it is right; pure, from records to records."""

from archcount.comparison.columns import ColumnFit
from archcount.comparison.compare import compare, fit_columns
from archcount.comparison.records import (
    VERDICTS,
    WHYS,
    Cell,
    ComparedClaim,
    ComparedRow,
    Comparison,
    Contradiction,
    Explanation,
    Verdict,
)
from archcount.comparison.rereader import Rereader
from archcount.comparison.search import believed
from archcount.comparison.target import QUANTITIES, SIZES

__all__ = [
    "QUANTITIES",
    "SIZES",
    "VERDICTS",
    "WHYS",
    "Cell",
    "ColumnFit",
    "ComparedClaim",
    "ComparedRow",
    "Comparison",
    "Contradiction",
    "Explanation",
    "Rereader",
    "Verdict",
    "believed",
    "compare",
    "fit_columns",
]
