"""`archcount sweep`: many combinations of a table's numbers, counted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archcount.cli import complete
from archcount.cli.emit import chosen_format
from archcount.cli.options import Output, TableName, Variant, loaded, pairs_of
from archcount.cli.output import destination, streamed

if TYPE_CHECKING:
    from archcount.symbolic.sweep import Sweep

_PICTURES = (".svg", ".png")


def show_sweep(
    name: TableName = "googlenet",
    variant: Variant = "",
    inputs: Annotated[
        str, typer.Option("--input", metavar="SIZES", help="128..512:32, 224,299 or CxHxW.")
    ] = "",
    let: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUES",
            help="Values of a name under let: alpha=0.25,0.5 or width=16..64:16 (may be repeated).",
            autocompletion=complete.lets,
        ),
    ] = None,
    batch: Annotated[str, typer.Option(help="Batches, such as 1,8.")] = "1",
    form: Annotated[
        str | None, typer.Option("--format", metavar="FORMAT", help="plain, csv, md, json or html.")
    ] = None,
    output: Output = None,
) -> None:
    """Count a table at many input sizes, values of its `let` names and batches.

    One line a combination, in closed form, written as they come; -o x.svg or x.png draws them.
    """
    from archcount.api.sweep_report import SweepReport, sweep

    picture = form is None and output is not None and output.suffix.lower() in _PICTURES
    chosen = "csv" if picture else chosen_format(form, output, SweepReport.formats)
    table, variant = loaded(name, variant)
    report = sweep(
        table, input=inputs, let=pairs_of("--let", let or []), batch=batch, variant=variant
    )
    if picture and output is not None:
        _draw(output, report.record)
    else:
        streamed(output, report.lines("plain" if chosen == "rich" else chosen))


def _draw(file: Path, sweep: Sweep) -> None:
    """Draw a sweep to a file, and say on stderr how much of it is not in the picture."""
    from archcount.reporting.sweep_output import check_drawable, draw_sweep

    with destination(file) as write:
        check_drawable(sweep.axes)
        points = list(sweep)
        write(draw_sweep(sweep.name, sweep.axes, points, file.suffix.lower().lstrip(".")))
    missing = sum(bool(point.problem) for point in points)
    if missing:
        typer.echo(
            f"{missing:,} of {len(points):,} combinations are left out of the picture, since they "
            "cannot be counted; a CSV gives the reason of each",
            err=True,
        )
