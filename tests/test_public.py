"""The public surface, pinned."""

from __future__ import annotations

import pytest

import archcount as ac


def test_the_surface_is_small_and_pinned():
    assert ac.__all__ == [
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
    assert dir(ac) == sorted(ac.__all__)
    assert all(getattr(ac, name).__doc__ for name in ac.__all__)


def public(thing: type) -> set[str]:
    return {name for name in dir(thing) if not name.startswith("_")}


def test_tables_and_reports_have_what_is_documented():
    assert public(ac.Table) == {
        "architecture", "build", "chosen", "input", "models", "name", "networks", "printed", "source",
        "variant", "variants", "written",
    }  # fmt: skip
    assert public(ac.Report) == {
        "formats", "index", "items", "render", "to_csv", "to_excel", "to_frame", "to_html", "to_json",
        "to_latex", "to_markdown",
    }  # fmt: skip
    assert public(ac.TableReport) - public(ac.Report) == {
        "answer", "command", "detail", "schema", "select", "total", "verdicts",
    }  # fmt: skip


def test_what_does_not_exist_is_said():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        ac.nothing  # noqa: B018


def test_count_refuses_options_that_do_not_go_with_an_architecture():
    architecture = ac.load("googlenet").architecture()
    with pytest.raises(ac.UsageError, match="go with a table"):
        ac.count(architecture, variant="x")
    assert ac.count(architecture, engine="formula").total.params == 6_998_552


def test_all_runs_every_engine():
    report = ac.count(ac.load("googlenet"), engine="all")
    assert [count.engine for count in report.counts] == ["fvcore", "torch", "formula"]
    assert all(engine.agrees for engine in report.record.engines)


def test_a_report_is_compared_with_its_own_table_only(data):
    report = ac.count(ac.load(data / "toy.yaml"), engine="formula")
    with pytest.raises(ac.UsageError, match="whose rows are not those of the table googlenet"):
        ac.compare(report, ac.load("googlenet"))
