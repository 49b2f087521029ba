"""`archcount table`: count a table row by row and compare it with its paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from archcount.api.comparing import compare
from archcount.api.counting import count
from archcount.api.printed_report import printed_report
from archcount.api.tables import Table, load
from archcount.cli.emit import emitting, progress
from archcount.cli.engine_option import Engine
from archcount.cli.implementation import (
    FailOn,
    Implemented,
    ImplementedBy,
    Maps,
    fail_on,
    words_of,
)
from archcount.cli.model_options import Arguments, Device
from archcount.cli.options import (
    Format,
    Output,
    Quiet,
    TableName,
    Variant,
    Verbose,
    detail_of,
    pairs_of,
)
from archcount.cli.table_options import (
    AsPrinted,
    Classes,
    ComparePaper,
    Heads,
    Images,
    Lets,
    Rows,
    Size,
)
from archcount.engines import AUTO
from archcount.errors import UsageError


def show_table(
    name: TableName = "googlenet",
    compare_paper: ComparePaper = False,
    variant: Variant = "",
    size: Size = "",
    classes: Classes = "",
    let: Lets = None,
    as_printed: AsPrinted = False,
    batch: Images = 1,
    aux: Heads = False,
    row: Rows = None,
    engine: Engine = AUTO,
    model: ImplementedBy = "",
    maps: Maps = None,
    arguments: Arguments = None,
    device: Device = "meta",
    failing: FailOn = None,
    verbose: Verbose = False,
    quiet: Quiet = False,
    form: Format = None,
    output: Output = None,
) -> None:
    """Count a paper's table row by row, and judge what it printed.

    Every number is for one image (or --batch) at inference. MACs are multiply-accumulates of
    convolutions and linear layers; weights are parameters of kernels, params all of them.
    With --model the rows have the numbers of an implementation, whose layers are aligned with those
    of the table, and what the code does otherwise is said.

    Examples:
        archcount table googlenet --compare-paper
        archcount table resnet@50 --input 3x256x256 --let classes=10
        archcount table googlenet --model torchvision:googlenet
    """
    words, detail = words_of(failing or [], has_model=bool(model)), detail_of(verbose, quiet)
    counting, running = (batch != 1, engine != AUTO, aux), (maps, arguments, device != "meta")
    _refuse(bool(model), counting, running)
    shown = (verbose, quiet)
    lets = pairs_of("--let", [*(let or []), *([f"classes={classes}"] if classes else [])])
    with emitting(form, output) as emit:
        table = load(name, variant)
        if as_printed:
            _count_nothing(compare_paper, table.chosen, size, lets, model, words, *shown, *counting)
            emit(printed_report(table.written, row or []))
            return
        if model:
            run = Implemented(model, arguments or [], device, maps or [])
            with progress(f"comparing {model} with {name}"):
                report: Any = run.report(table, size, lets, row or [])
        else:
            with progress(f"counting {table.name}"):
                report = count(table, input=size, let=lets, engine=engine, heads=aux, batch=batch)
            report = _chosen(report, table, row, is_compared=compare_paper or bool(words))
        emit(replace(report, detail=detail))
    fail_on(words, report)


def _chosen(report: Any, table: Table, rows: list[str] | None, *, is_compared: bool) -> Any:
    """Compare a count with the paper if asked, and take some rows of it."""
    report = compare(report, table) if is_compared else report
    return report.select(rows) if rows else report


def _refuse(has_model: bool, counting: Sequence[object], running: Sequence[object]) -> None:
    """Raise a UsageError where options of counting stand beside --model, or its own without it."""
    if has_model and any(counting):
        raise UsageError.of("--batch, --engine and --aux do not go with --model")
    if not has_model and any(running):
        raise UsageError.of("--map, --arg and --device go with --model")


def _count_nothing(*options: object) -> None:
    """Raise a UsageError where an option of counting stands beside --as-printed."""
    if any(options):
        raise UsageError.of(
            "--as-printed shows what the paper prints, and counts nothing",
            allowed="--row, --format and -o beside it",
        )
