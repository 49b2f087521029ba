"""Engines: one record per row, from independent engines that must agree."""

from archcount.engines.counts import Count, Disagreement, RowCount, Uncounted, cross_check
from archcount.engines.registry import ENGINES, Engine, choose, engine

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
