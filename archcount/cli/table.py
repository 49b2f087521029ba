"""`archcount table`: count a table row by row and compare it with its paper."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from archcount.api.comparing import compare
from archcount.api.counting import count
from archcount.api.printed_report import printed_report
from archcount.api.tables import load
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
    words = words_of(failing or [], has_model=bool(model))
    others = (batch != 1, engine != AUTO, aux)
    if model and any(others):
        raise UsageError.of("--batch, --engine and --aux do not go with --model")
    detail = detail_of(verbose, quiet)
    if not model and (maps or arguments or device != "meta"):
        raise UsageError.of("--map, --arg and --device go with --model")
    lets = pairs_of("--let", [*(let or []), *([f"classes={classes}"] if classes else [])])
    with emitting(form, output) as emit:
        table = load(name, variant)
        if as_printed:
            counting = (
                compare_paper,
                table.chosen,
                size,
                classes,
                let,
                model,
                words,
                verbose,
                quiet,
                *others,
            )
            _count_nothing(*counting)
            report: Any = printed_report(table.written, row or [])
        elif model:
            run = Implemented(model, arguments or [], device, maps or [])
            with progress(f"comparing {model} with {name}"):
                report = run.report(table, size, lets, row or [])
        else:
            options: dict[str, Any] = {"input": size, "let": lets, "engine": engine, "heads": aux}
            with progress(f"counting {table.name}"):
                report = count(table, batch=batch, **options)
            report = compare(report, table) if compare_paper or words else report
            report = report.select(row) if row else report
        emit(report if as_printed else replace(report, detail=detail))
        fail_on(words, report)


def _count_nothing(*options: object) -> None:
    """Raise a UsageError where an option of counting stands beside --as-printed."""
    if any(options):
        raise UsageError.of(
            "--as-printed shows what the paper prints, and counts nothing",
            allowed="--row, --format and -o beside it",
        )
