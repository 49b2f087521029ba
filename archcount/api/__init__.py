"""The Python interface: load a table, count it, compare it, explain it, check it; any model too."""

from archcount.api.benchmarks import (
    BenchComparisonReport,
    BenchReport,
    bench,
    compare_bench,
)
from archcount.api.checks import check
from archcount.api.differing import DifferenceReport, diff
from archcount.api.explaining import explain
from archcount.api.inferring import infer
from archcount.api.models import ModelReport
from archcount.api.reports import Report, compare, count
from archcount.api.tables import Table, load

__all__ = [
    "BenchComparisonReport",
    "BenchReport",
    "DifferenceReport",
    "ModelReport",
    "Report",
    "Table",
    "bench",
    "check",
    "compare",
    "compare_bench",
    "count",
    "diff",
    "explain",
    "infer",
    "load",
]
