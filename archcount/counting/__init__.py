"""Counting: one record per row, from independent engines that must agree."""

from archcount.counting.crosscheck import Disagreement, cross_check
from archcount.counting.engines import ENGINES, Engine, choose, engine
from archcount.counting.records import Count, RowCount, Uncounted

__all__ = [
    "ENGINES",
    "Count",
    "Disagreement",
    "Engine",
    "RowCount",
    "Uncounted",
    "choose",
    "cross_check",
    "engine",
]
