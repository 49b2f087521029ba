"""`archcount count`: any PyTorch model, module by module."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from fractions import Fraction
from typing import Annotated, Any

import typer

from archcount.api.model_report import (
    check_attention,
    check_run,
    check_tokens,
    count_model,
    read_machine,
)
from archcount.cli.budget import Limits, exceeded, read_limits
from archcount.cli.count_many import Append, Jobs, Timeout, is_many, show_many
from archcount.cli.emit import emitting, progress
from archcount.cli.language_options import (
    AttentionConvention,
    Bandwidth,
    Decode,
    Peak,
    Prefill,
    WeightDtype,
)
from archcount.cli.model_options import (
    Arguments,
    Batch,
    Device,
    Inputs,
    Maker,
    arguments_of,
    given_of,
    model_argument,
)
from archcount.cli.options import Format, Output
from archcount.engines.model_summary import ModelSummary, summary_of
from archcount.engines.summaries import CountRequest
from archcount.errors import UsageError
from archcount.loading.model_target import load_model
from archcount.reporting.model_columns import COLUMNS, DEFAULT, read_columns
from archcount.reporting.model_sheets import DEPTH


def show_count(
    targets: Annotated[
        list[str], model_argument("The models, or patterns such as timm:resnet* and timm:all:")
    ],
    inputs: Inputs = None,
    maker: Maker = "",
    arg: Arguments = None,
    variant: Annotated[str, typer.Option(help="A variant of a table.")] = "",
    batch: Batch = 1,
    depth: Annotated[int, typer.Option(help="How many levels of modules are shown.")] = DEPTH,
    columns: Annotated[
        str, typer.Option(metavar="NAMES", help=f"Columns to show: {', '.join(COLUMNS)}.")
    ] = ",".join(DEFAULT),
    fold: Annotated[
        bool, typer.Option("--fold/--no-fold", help="Show equal layers once, or each.")
    ] = True,
    train: Annotated[bool, typer.Option("--train", help="Count in training mode.")] = False,
    device: Device = "meta",
    prefill: Prefill = None,
    decode: Decode = None,
    attention: AttentionConvention = "full",
    dtype: WeightDtype = "",
    peak: Peak = "",
    bandwidth: Bandwidth = "",
    limits: Limits = None,
    jobs: Jobs = None,
    timeout: Timeout = None,
    append: Append = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 1 where something could not be counted.")
    ] = False,
    form: Format = None,
    output: Output = None,
) -> None:
    """Count any PyTorch model: output sizes, parameters, operations and memory by module.

    The model is run once on a copy without weights, at dispatch level: what counts is what it
    does, not what its modules are called. MACs are multiply-accumulates of convolutions, linear
    layers and matrix products.

    Of a language model, --prefill T and --decode T make the token ids and the cache themselves,
    and say what each token and the cache take. --peak and --bandwidth add a roofline by module,
    --train the memory of training.

    Several models, or a pattern of a library's names, are a line each, counted in processes.
    """
    if depth < 0:
        raise UsageError.of(f"--depth {depth}", allowed="a whole number of 0 or more")
    if inputs and maker:
        raise UsageError.of("--input and --inputs both say the input", remedy="leave one away")
    check_run(batch, device)
    check_tokens(prefill, decode, has_input=bool(inputs or maker))
    check_attention(attention)
    read_machine(peak, bandwidth)
    read_columns(columns)
    most, arguments = read_limits(limits), arguments_of(arg or [])
    how: dict[str, Any] = {"batch": batch, "train": train, "device": device}
    how |= {"prefill": prefill, "decode": decode, "attention": attention}
    of_many = {"--jobs": jobs, "--timeout": timeout, "--append": append or None}
    of_one: dict[str, object] = {}
    of_one |= {"--variant": variant, "--dtype": dtype, "--peak": peak, "--bandwidth": bandwidth}
    of_one |= {"--depth": depth != DEPTH, "--no-fold": not fold}
    of_one |= {"--columns": columns != ",".join(DEFAULT)}
    if is_many(targets, of_many, of_one):
        request = CountRequest(arguments=arguments, inputs=inputs or (), maker=maker, **how)
        lines = show_many(
            targets, request, jobs=jobs, timeout=timeout, append=append, form=form, output=output
        )
        _end(lines, most, strict=strict)
        return
    target = targets[0]
    how |= {"dtype": dtype, "peak": peak, "bandwidth": bandwidth, "columns": columns}
    with emitting(form, output) as emit:
        # What the user's code prints is no part of the report.
        with progress(f"counting {target}"), redirect_stdout(sys.stderr):
            module, own = load_model(target, variant=variant, arguments=arguments, device=device)
            has_tokens = prefill is not None or decode is not None
            given = "" if has_tokens else given_of(inputs, maker, own)
            report = count_model(module, given, name=target, **how)
        emit(replace(report, depth=depth, fold=fold))
    _end([summary_of(report.record)], most, strict=strict)


def _end(
    lines: list[ModelSummary], most: Mapping[str, tuple[str, Fraction]], *, strict: bool
) -> None:
    """Say what is over its limit, and exit with the code of what is the worst."""
    over = exceeded(lines, most)
    for message in over:
        typer.echo(f"error: {message}", err=True)
    codes = [line.exit_code for line in lines]
    if over or (strict and any(line.uncounted for line in lines)):
        codes.append(1)
    if any(codes):
        raise typer.Exit(max(codes))
