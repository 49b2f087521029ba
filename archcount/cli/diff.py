"""`archcount diff`: two architectures compared layer by layer."""

from __future__ import annotations

from typing import Annotated

import typer

from archcount.api.diff_report import diff
from archcount.cli import complete
from archcount.cli.emit import emitting, progress
from archcount.cli.model_options import Batch, Device, Inputs, Maker, model_argument
from archcount.cli.options import Format, Output
from archcount.engines.count_request import CountRequest
from archcount.errors import UsageError, quote


def show_diff(
    left: Annotated[str, model_argument("One side:")],
    right: Annotated[str, model_argument("The other:")],
    inputs: Inputs = None,
    maker: Maker = "",
    batch: Batch = 1,
    device: Device = "meta",
    fail_on: Annotated[
        str,
        typer.Option(
            "--fail-on",
            help="changed: exit 1 where anything differs.",
            autocompletion=complete.words("changed"),
        ),
    ] = "",
    depth: Annotated[
        int | None,
        typer.Option(
            help="How much is listed: 0 what differs in short, 1 rows, 2 blocks, 3 layers, equal "
            "ones once, 4 every layer. As much as is read at a glance where it is not given.",
            show_default=False,
        ),
    ] = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Compare two architectures layer by layer, however written.

    Both are run once on copies without weights. The left side's modules name the rows. Layers are
    aligned by structure first and by names second: kernel, stride, width, groups, bias, type of
    pool, padding, any other argument that can change a number, what each layer reads, and which
    layers share their weights are compared. What differs is said in short first, equal changes of
    many layers once; of two different networks, that alone.

    Examples:
        archcount diff resnet@50 torchvision:resnet50
        archcount diff before.py:Net after.py:Net --input 3x32x32 --fail-on changed
    """
    if fail_on not in ("", "changed"):
        raise UsageError.of(f"--fail-on {quote(fail_on)}", allowed="changed")
    request = CountRequest(input=inputs or "", maker=maker, batch=batch, device=device)
    with emitting(form, output) as emit:
        with progress(f"comparing {left} with {right}"):
            report = diff(
                left, right, input=request.given(), batch=batch, device=device, depth=depth
            )
        emit(report)
    if fail_on and report.is_changed:
        raise typer.Exit(1)
