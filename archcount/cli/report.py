"""`archcount report`: a page for a browser."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from archcount.api.page_report import PageReport, report
from archcount.cli.count_options import (
    AttentionConvention,
    Bandwidth,
    Decode,
    Peak,
    Prefill,
    Train,
    WeightDtype,
)
from archcount.cli.emit import emitting, progress
from archcount.cli.engine_option import Engine
from archcount.cli.model_options import (
    Arguments,
    Batch,
    Device,
    Inputs,
    Maker,
    arguments_of,
    input_of,
    model_argument,
)
from archcount.cli.options import Variant, pairs_of
from archcount.cli.output import is_terminal
from archcount.cli.standard_output import report_stream
from archcount.cli.table_options import Lets
from archcount.engines import AUTO
from archcount.errors import UsageError, quote

Page = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", metavar="FILE.html", help="Write the page to a file; else to a pipe."
    ),
]


def show_report(
    name: Annotated[str, model_argument("A table, or a model:")],
    variant: Variant = "",
    inputs: Inputs = None,
    let: Lets = None,
    engine: Engine = AUTO,
    maker: Maker = "",
    arg: Arguments = None,
    batch: Batch = 1,
    train: Train = False,
    device: Device = "meta",
    prefill: Prefill = None,
    decode: Decode = None,
    attention: AttentionConvention = "full",
    dtype: WeightDtype = "",
    peak: Peak = "",
    bandwidth: Bandwidth = "",
    output: Page = None,
) -> None:
    """Write a page that shows a table, or a model, in a browser.

    The page is one file that needs no network. Of a table it shows the answer, the paper's table
    with a verdict and its arithmetic on each number, findings, claims, bars, the network drawn.

    Of a model it shows, with the options of the command count, its modules as a tree, the network
    drawn, the memory of a forward pass, a roofline, and what could not be counted.

    Examples:
        archcount report googlenet -o report.html
        archcount report resnet@50 -o resnet50.html
        archcount report torchvision:resnet50 --train -o model.html
    """
    _check_output(name, output)
    lets = pairs_of("--let", let or [])
    of_model: dict[str, Any] = {"maker": maker, "arguments": arguments_of(arg or [])}
    of_model |= {"batch": batch, "train": train, "device": device, "prefill": prefill}
    of_model |= {"decode": decode, "attention": attention, "dtype": dtype}
    of_model |= {"peak": peak, "bandwidth": bandwidth}
    usual = {"batch": 1, "device": "meta", "attention": "full", "arguments": {}}
    options = {
        option: value
        for option, value in of_model.items()
        if value != usual.get(option) and value not in ("", None, False)
    }
    with emitting("html", output, PageReport.formats) as emit:
        with progress(f"counting {name}"):
            given = input_of(name, inputs or [])
            page = report(name, variant=variant, input=given, let=lets, engine=engine, **options)
        emit(page)


def _check_output(name: str, output: Path | None) -> None:
    """Raise a UsageError where a page would go to a terminal, or to a file of another kind."""
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
