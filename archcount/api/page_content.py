"""What the page of a table shows beside its report: arithmetic, the picture, and versions."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from typing import Any

from archcount import __version__
from archcount.api.model_table_report import ModelTableReport
from archcount.api.table_report import TableReport
from archcount.api.tables import Table
from archcount.architecture import Architecture
from archcount.comparison import Comparison
from archcount.drawing import svg, table_picture
from archcount.edits import Site
from archcount.pages.table_content import TableContent
from archcount.reporting.page import Figure
from archcount.reporting.report import Parts
from archcount.reporting.sheet import Sheet
from archcount.reporting.verdict_marks import verdict_marks
from archcount.spec.row_readings import RowReadings
from archcount.spec.variant import Variant


def network_content(
    table: Table, report: TableReport, network: str, arguments: str
) -> TableContent:
    """Return what the page of one network shows."""
    record, variant = report.record, table.variant(report.architecture.variant)
    comparison = record.comparison
    assert comparison is not None, "the report was compared"
    whole = comparison.whole
    return TableContent(
        record=record,
        paper=table.written if whole else variant.printed,
        answer=report.answer,
        remarks=tuple(report._remarks()),
        counted=_counted(report._sheets()),
        sites=_sites(variant, report) if comparison.is_own else {},
        parts={whole.id: tuple(row.count for row in record.rows)} if whole else {},
        figure=_figure(report.architecture, comparison, ""),
        names=table.models if whole else {},
        network=network,
        arguments=arguments,
        versions=_versions(str(engine) for engine in record.engines),
        file=table.path.name,
    )


def models_content(
    table: Table, report: ModelTableReport, network: str, arguments: str
) -> TableContent:
    """Return what the page of a table of models shows."""
    record = report.record
    assert record.comparison is not None, "the report was compared"
    first = next(iter(report.networks.values()))
    of = f"{record.rows[0].label}, the first of {len(record.rows)} networks"
    return TableContent(
        record=record,
        paper=table.written,
        answer=report.answer,
        remarks=tuple(report._remarks()),
        counted=_counted(report._sheets()),
        parts={
            name: tuple(row.count for row in each.record.rows)
            for name, each in report.networks.items()
        },
        figure=_figure(first.architecture, None, of),
        names={row.id: row.label for row in record.rows},
        network=network,
        arguments=arguments,
        versions=_versions(iter(record.engines)),
        file=table.path.name,
    )


def _counted(parts: Parts) -> Sheet:
    """Return the table of a report: its first sheet with columns."""
    return next(layouts[0] for layouts in parts if layouts[0].headings)


def _sites(variant: Variant, report: TableReport) -> Mapping[str, tuple[Site, ...]]:
    """Return the layers of the rows whose layers add up to what was counted of the row."""
    readings, found = RowReadings(variant), {}
    for row in report.counts[0].rows:
        sites = readings.plan(row.id).sites
        weights, macs = (sum(getattr(site, name) for site in sites) for name in ("weights", "macs"))
        if (weights, macs) == (row.weights, row.cost.macs):
            found[row.id] = sites
    return found


def _figure(architecture: Architecture, comparison: Comparison | None, of: str) -> Figure:
    """Return the network as it is drawn, its rows coloured by their verdicts if they have any."""
    marks = verdict_marks(comparison) if comparison is not None and comparison.is_own else {}
    colour: dict[str, Any] = {"marks": marks, "colour": "verdict"} if marks else {}
    picture = table_picture(architecture, title=of, **colour)
    title = "Coloured by verdict" if marks else "Coloured by kind of layer"
    return Figure(
        title=f"{of}; {title.lower()}" if of else title,
        description=picture.description,
        svg=svg(picture),
    )


def _versions(engines: Iterator[str]) -> dict[str, str]:
    return {
        "archcount": __version__,
        "Counted by": " and ".join(engines),
        "Python": platform.python_version(),
    }
