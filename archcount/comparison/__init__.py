"""Comparison: of every printed number, whether it is right; pure, from records to records."""

from archcount.comparison.compare import QUANTITIES, SIZES, compare
from archcount.comparison.records import (
    VERDICTS,
    Cell,
    ComparedClaim,
    ComparedRow,
    Comparison,
    Verdict,
)

__all__ = [
    "QUANTITIES",
    "SIZES",
    "VERDICTS",
    "Cell",
    "ComparedClaim",
    "ComparedRow",
    "Comparison",
    "Verdict",
    "compare",
]
