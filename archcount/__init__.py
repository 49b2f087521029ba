"""archcount: checks a neural-network paper's architecture table.

>>> import archcount as ac
>>> table = ac.load("googlenet")
>>> report = ac.compare(ac.count(table, engine="formula"), table)
>>> report.total.params
6998552
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from archcount.errors import ArchcountError, InvalidTableError, UnavailableError, UsageError

if TYPE_CHECKING:
    from archcount.api.bench_report import BenchComparisonReport, BenchReport, bench, compare_bench
    from archcount.api.check_report import CheckReport, check
    from archcount.api.comparing import compare
    from archcount.api.counting import count
    from archcount.api.diff_report import DifferenceReport, diff
    from archcount.api.draw_report import Drawing, draw
    from archcount.api.errata_report import ErrataReport, errata
    from archcount.api.explain_report import ExplainReport, explain
    from archcount.api.formula_report import FormulaReport, formula
    from archcount.api.implementation_report import ImplementationReport
    from archcount.api.infer_report import InferReport, infer
    from archcount.api.list_report import ListReport, list
    from archcount.api.model_report import ModelReport
    from archcount.api.model_table_report import ModelTableReport
    from archcount.api.models_report import ModelsReport, count_models
    from archcount.api.page_report import PageReport, report
    from archcount.api.site_report import WrittenSite, site
    from archcount.api.sweep_report import SweepReport, sweep
    from archcount.api.table_report import TableReport
    from archcount.api.tables import Table, load
    from archcount.api.totals_report import TotalsReport
    from archcount.reporting.report import Report

__version__ = "0.2.0"

__all__ = [
    "ArchcountError",
    "BenchComparisonReport",
    "BenchReport",
    "CheckReport",
    "DifferenceReport",
    "Drawing",
    "ErrataReport",
    "ExplainReport",
    "FormulaReport",
    "ImplementationReport",
    "InferReport",
    "InvalidTableError",
    "ListReport",
    "ModelReport",
    "ModelTableReport",
    "ModelsReport",
    "PageReport",
    "Report",
    "SweepReport",
    "Table",
    "TableReport",
    "TotalsReport",
    "UnavailableError",
    "UsageError",
    "WrittenSite",
    "bench",
    "check",
    "compare",
    "compare_bench",
    "count",
    "count_models",
    "diff",
    "draw",
    "errata",
    "explain",
    "formula",
    "infer",
    "list",
    "load",
    "report",
    "site",
    "sweep",
]

_PLACES = {
    "BenchComparisonReport": "api.bench_report",
    "BenchReport": "api.bench_report",
    "CheckReport": "api.check_report",
    "DifferenceReport": "api.diff_report",
    "Drawing": "api.draw_report",
    "ErrataReport": "api.errata_report",
    "ExplainReport": "api.explain_report",
    "FormulaReport": "api.formula_report",
    "ImplementationReport": "api.implementation_report",
    "InferReport": "api.infer_report",
    "ListReport": "api.list_report",
    "ModelReport": "api.model_report",
    "ModelTableReport": "api.model_table_report",
    "ModelsReport": "api.models_report",
    "PageReport": "api.page_report",
    "Report": "reporting.report",
    "SweepReport": "api.sweep_report",
    "Table": "api.tables",
    "TableReport": "api.table_report",
    "TotalsReport": "api.totals_report",
    "WrittenSite": "api.site_report",
    "bench": "api.bench_report",
    "check": "api.check_report",
    "compare": "api.comparing",
    "compare_bench": "api.bench_report",
    "count": "api.counting",
    "count_models": "api.models_report",
    "diff": "api.diff_report",
    "draw": "api.draw_report",
    "errata": "api.errata_report",
    "explain": "api.explain_report",
    "formula": "api.formula_report",
    "infer": "api.infer_report",
    "list": "api.list_report",
    "load": "api.tables",
    "report": "api.page_report",
    "site": "api.site_report",
    "sweep": "api.sweep_report",
}
"""The module that has each name."""


def __getattr__(name: str) -> Any:
    """Import a part of the interface when it is first used, so that `import archcount` is light."""
    if name in _PLACES:
        from importlib import import_module

        return getattr(import_module(f"archcount.{_PLACES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> Iterable[str]:
    return sorted(__all__)
