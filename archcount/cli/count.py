"""`archcount count`: any PyTorch model, module by module."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from dataclasses import replace
from typing import Annotated

import typer

from archcount.api.model_report import check_run, check_tokens, count_model, read_machine
from archcount.cli.emit import emitting, progress
from archcount.cli.language_options import Bandwidth, Decode, Peak, Prefill, WeightDtype
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
from archcount.errors import UsageError
from archcount.loading.model_target import load_model
from archcount.reporting.model_sheets import DEPTH


def show_count(
    target: Annotated[str, model_argument("The model:")],
    inputs: Inputs = None,
    maker: Maker = "",
    arg: Arguments = None,
    variant: Annotated[str, typer.Option(help="A variant of a table.")] = "",
    batch: Batch = 1,
    depth: Annotated[int, typer.Option(help="How many levels of modules are shown.")] = DEPTH,
    train: Annotated[bool, typer.Option("--train", help="Count in training mode.")] = False,
    device: Device = "meta",
    prefill: Prefill = None,
    decode: Decode = None,
    dtype: WeightDtype = "",
    peak: Peak = "",
    bandwidth: Bandwidth = "",
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
    """
    if depth < 0:
        raise UsageError.of(f"--depth {depth}", allowed="a whole number of 0 or more")
    check_run(batch, device)
    check_tokens(prefill, decode, has_input=bool(inputs or maker))
    read_machine(peak, bandwidth)
    has_tokens = prefill is not None or decode is not None
    with emitting(form, output) as emit:
        # What the user's code prints is no part of the report.
        with progress(f"counting {target}"), redirect_stdout(sys.stderr):
            module, own = load_model(
                target, variant=variant, arguments=arguments_of(arg or []), device=device
            )
            given = "" if has_tokens else given_of(inputs, maker, own)
            report = count_model(
                module,
                given,
                name=target,
                batch=batch,
                train=train,
                device=device,
                prefill=prefill,
                decode=decode,
                dtype=dtype,
                peak=peak,
                bandwidth=bandwidth,
            )
        emit(replace(report, depth=depth))
    if strict and report.record.uncounted:
        raise typer.Exit(1)
