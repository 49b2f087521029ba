"""Engines: one record per row, from independent engines that must agree."""

from archcount.engines.counts import Count, Disagreement, RowCount, Uncounted, cross_check
from archcount.engines.registry import (
    AUTO,
    ENGINES,
    MOST_MACS,
    MOST_PARAMS,
    Engine,
    check_name,
    choose,
    engine,
    is_large,
)

__all__ = [
    "AUTO",
    "ENGINES",
    "MOST_MACS",
    "MOST_PARAMS",
    "Count",
    "Disagreement",
    "Engine",
    "RowCount",
    "Uncounted",
    "check_name",
    "choose",
    "cross_check",
    "engine",
    "is_large",
]
