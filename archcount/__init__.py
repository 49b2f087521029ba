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
    from archcount.api.benchmarks import BenchComparisonReport, BenchReport, bench, compare_bench
    from archcount.api.checks import check
    from archcount.api.differing import DifferenceReport, diff
    from archcount.api.explaining import explain
    from archcount.api.formulas import FormulaReport, formula
    from archcount.api.inferring import infer
    from archcount.api.models import ModelReport
    from archcount.api.reports import Report, compare, count
    from archcount.api.sweeps import SweepReport, sweep
    from archcount.api.tables import Table, load

__version__ = "0.2.0"

__all__ = [
    "ArchcountError",
    "BenchComparisonReport",
    "BenchReport",
    "DifferenceReport",
    "FormulaReport",
    "InvalidTableError",
    "ModelReport",
    "Report",
    "SweepReport",
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
    "formula",
    "infer",
    "load",
    "sweep",
]

_PLACES = {
    "BenchComparisonReport": "benchmarks",
    "BenchReport": "benchmarks",
    "DifferenceReport": "differing",
    "FormulaReport": "formulas",
    "ModelReport": "models",
    "Report": "reports",
    "SweepReport": "sweeps",
    "Table": "tables",
    "bench": "benchmarks",
    "check": "checks",
    "compare": "reports",
    "compare_bench": "benchmarks",
    "count": "reports",
    "diff": "differing",
    "explain": "explaining",
    "formula": "formulas",
    "infer": "inferring",
    "load": "tables",
    "sweep": "sweeps",
}
"""The module under `archcount.api` that has each."""


def __getattr__(name: str) -> Any:
    """Import a part of the interface when it is first used, so that `import archcount` is light."""
    if name in _PLACES:
        from importlib import import_module

        return getattr(import_module(f"archcount.api.{_PLACES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
