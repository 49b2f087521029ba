"""`archcount sweep`: many combinations of the numbers of a table or a model, counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archcount.cli import complete
from archcount.cli.emit import chosen_format, emitting
from archcount.cli.model_options import Arguments, Device, arguments_of, model_argument
from archcount.cli.options import Output, Variant, pairs_of
from archcount.cli.output import destination, streamed
from archcount.cli.standard_output import say
from archcount.control_characters import visible
from archcount.loading.programs import is_model_name

if TYPE_CHECKING:
    from archcount.api.sweep_report import SweepReport
    from archcount.reporting.sweep_output import AnyPoint

_PICTURES = (".svg", ".png")


Sizes = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        metavar="SIZES",
        help="128..512:32, 224,299 or CxHxW; of a model also what it is called with, such as "
        "'ids:int64[1,{T}]' (may be repeated).",
    ),
]
Values = Annotated[
    list[str] | None,
    typer.Option(
        "--let",
        metavar="NAME=VALUES",
        help="Values of a name under let, or in braces in --input and --arg: alpha=0.25,0.5, "
        "width=16..64:16 or T=128..4096:x2 (may be repeated).",
        autocompletion=complete.lets,
    ),
]


def show_sweep(
    name: Annotated[str, model_argument("What is counted:")] = "googlenet",
    variant: Variant = "",
    inputs: Sizes = None,
    let: Values = None,
    arg: Arguments = None,
    device: Device = "meta",
    batch: Annotated[str, typer.Option(help="Batches, such as 1,8.")] = "1",
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="plain, csv, md, json, html, latex or xlsx.",
            autocompletion=complete.words("plain", "csv", "md", "json", "html", "latex", "xlsx"),
        ),
    ] = None,
    output: Output = None,
) -> None:
    """Count at many input sizes, values of names and batches.

    One line a combination, written as they come; -o x.svg or x.png draws them. Tables are counted
    in closed form; a model is called once at each. Exits 1 where none could be counted.

    Examples:
        archcount sweep mobilenet_v1 --let alpha=0.25,0.5,1 --input 128..224:32
        archcount sweep hf:config.json --input 'ids:int64[1,{T}]' --let T=128..4096:x2
    """
    from archcount.api.sweep_report import SweepReport, sweep
    from archcount.reporting.sweep_output import STREAMS

    picture = form is None and output is not None and output.suffix.lower() in _PICTURES
    chosen = "csv" if picture else chosen_format(form, output, SweepReport.formats)
    sizes: Any = inputs or ""
    make = partial(
        sweep,
        name,
        input=sizes if is_model_name(name) else ",".join(sizes),
        let=pairs_of("--let", let or []),
        batch=batch,
        variant=variant,
        arguments=arguments_of(arg or []),
        device=device,
    )
    if picture and output is not None:
        _draw(output, make)
        return
    if chosen not in STREAMS:
        with emitting(chosen, output, SweepReport.formats) as emit:
            emit(make())
        return
    seen = _Seen()
    streamed(
        output, (line for report in _made(make) for line in report.lines(chosen, seen.of(report)))
    )
    if 0 < seen.failed == seen.total:
        say(f"error: no combination could be counted: {visible(seen.problem)}")
        raise typer.Exit(1)


def _made(make: Callable[[], SweepReport]) -> Iterator[SweepReport]:
    """Make the report when its lines are asked for, once it is known where they go."""
    yield make()


class _Seen:
    """How many of the points that were read could not be counted, of how many there are."""

    def __init__(self) -> None:
        self.failed = self.total = 0
        self.problem = ""

    def of(self, report: SweepReport) -> Iterator[AnyPoint]:
        """Pass on the points of a report."""
        self.total = len(report)
        for point in report:
            self.failed += bool(point.problem)
            self.problem = self.problem or point.problem
            yield point


def _draw(file: Path, make: Callable[[], SweepReport]) -> None:
    """Draw a sweep to a file, and say on stderr how much of it is not in the picture."""
    from archcount.reporting.sweep_plot import check_drawable, draw_sweep

    with destination(file) as write:
        sweep = make().record
        check_drawable(sweep.axes)
        points: list[AnyPoint] = [*sweep]
        write(draw_sweep(sweep.name, sweep.axes, points, file.suffix.lower().lstrip(".")))
    missing = sum(bool(point.problem) for point in points)
    if missing:
        say(
            f"{missing:,} of {len(points):,} combinations are left out of the picture, since they "
            "cannot be counted; a CSV gives the reason of each"
        )
