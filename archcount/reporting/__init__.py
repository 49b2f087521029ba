"""Reporting: records to text; columns are data, and one renderer serves each format."""

from archcount.reporting.assemble import Subject, assemble
from archcount.reporting.columns import remarks
from archcount.reporting.records import EngineResult, ReportRow, TableReport, Warning
from archcount.reporting.render import FORMATS, render_listing, render_sheets, render_table
from archcount.reporting.tidy import to_frame

__all__ = [
    "FORMATS",
    "EngineResult",
    "ReportRow",
    "Subject",
    "TableReport",
    "Warning",
    "assemble",
    "remarks",
    "render_listing",
    "render_sheets",
    "render_table",
    "to_frame",
]
