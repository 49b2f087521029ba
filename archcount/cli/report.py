"""`archcount report`: a page for a browser."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from archcount.api.page_report import PageReport, report
from archcount.cli.emit import emitting, progress
from archcount.cli.engine_option import Engine
from archcount.cli.options import TableName, Variant, pairs_of
from archcount.cli.output import is_terminal
from archcount.cli.standard_output import report_stream
from archcount.cli.table_options import Lets, Size
from archcount.engines import AUTO
from archcount.errors import UsageError, quote

Page = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", metavar="FILE.html", help="Write the page to a file; else to a pipe."
    ),
]


def show_report(
    name: TableName,
    variant: Variant = "",
    size: Size = "",
    let: Lets = None,
    engine: Engine = AUTO,
    output: Page = None,
) -> None:
    """Write a page that shows a table, its verdicts and their arithmetic in a browser.

    The page is one file that needs no network: the answer, the paper's table with a verdict on each
    number and its arithmetic behind it, what was found, claims, bars, the network drawn, every
    count, conventions, and how to reproduce it.

    Examples:
        archcount report googlenet -o report.html
        archcount report resnet@50 -o resnet50.html
    """
    if output is None and is_terminal(report_stream()):
        raise UsageError.of(
            "a page is for a browser, and this is a terminal",
            allowed="-o FILE.html, or a pipe",
            remedy=f"write archcount report {shlex.quote(name)} -o report.html",
        )
    if output is not None and output.suffix.lower() not in (".html", ".htm"):
        raise UsageError.of(
            f"the ending of {quote(str(output))} is not that of a page", allowed=".html, .htm"
        )
    lets = pairs_of("--let", let or [])
    with emitting("html", output, PageReport.formats) as emit:
        with progress(f"counting {name}"):
            page = report(name, variant=variant, input=size, let=lets, engine=engine)
        emit(page)
