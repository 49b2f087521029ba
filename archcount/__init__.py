"""archcount: checks a neural-network paper's architecture table.

>>> import archcount as ac
>>> table = ac.load("googlenet")
>>> report = ac.compare(ac.count(table, engine="formula"), table)
>>> report.total.params
6998552
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archcount.errors import ArchcountError, InvalidTableError, UnavailableError, UsageError

if TYPE_CHECKING:
    from archcount.api import (
        BenchComparisonReport,
        BenchReport,
        DifferenceReport,
        ModelReport,
        Report,
        Table,
        bench,
        check,
        compare,
        compare_bench,
        count,
        diff,
        explain,
        infer,
        load,
    )

__all__ = [
    "ArchcountError",
    "BenchComparisonReport",
    "BenchReport",
    "DifferenceReport",
    "InvalidTableError",
    "ModelReport",
    "Report",
    "Table",
    "UnavailableError",
    "UsageError",
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

_FROM_API = {
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
}


def __getattr__(name: str) -> Any:
    """Import the interface when it is first used, so that `import archcount` is light."""
    if name in _FROM_API:
        from archcount import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
