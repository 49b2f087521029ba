"""Comparison: of every printed number, whether it is right; pure, from records to records."""

from archcount.comparison.columns import ColumnFit
from archcount.comparison.compare import compare, fit_columns
from archcount.comparison.constraints import QUANTITIES, SIZES
from archcount.comparison.reasons import VERDICTS, WHYS
from archcount.comparison.results import (
    CommonCause,
    ComparedCell,
    ComparedClaim,
    ComparedRow,
    Comparison,
    Contradiction,
    Explanation,
    Verdict,
)
from archcount.comparison.search import believed
from archcount.engines.recount import Recount

__all__ = [
    "QUANTITIES",
    "SIZES",
    "VERDICTS",
    "WHYS",
    "ColumnFit",
    "CommonCause",
    "ComparedCell",
    "ComparedClaim",
    "ComparedRow",
    "Comparison",
    "Contradiction",
    "Explanation",
    "Recount",
    "Verdict",
    "believed",
    "compare",
    "fit_columns",
]
