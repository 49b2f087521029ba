"""`archcount count`: any PyTorch model, module by module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import typer

from archcount.api.model_report import report_of
from archcount.cli.budget import Limits, exceeded, read_limits
from archcount.cli.count_many import Append, Jobs, PoolOptions, Timeout, is_many, show_many
from archcount.cli.count_options import (
    DEFAULT_COLUMNS,
    AttentionConvention,
    Bandwidth,
    Columns,
    Decode,
    Depth,
    Fold,
    Peak,
    Prefill,
    Sort,
    Strict,
    Targets,
    Train,
    Variant,
    WeightDtype,
)
from archcount.cli.emit import emitting, progress
from archcount.cli.model_options import Arguments, Batch, Device, Inputs, Maker, arguments_of
from archcount.cli.options import Format, Output
from archcount.cli.standard_output import say
from archcount.control_characters import visible
from archcount.engines.count_request import CountRequest
from archcount.engines.memory_traffic import Machine
from archcount.engines.model_summary import ModelSummary, summary_of
from archcount.errors import UsageError
from archcount.loading.model_target import load_model
from archcount.reporting.model_columns import DEFAULT, read_columns, read_sort
from archcount.reporting.model_sheets import DEPTH


def show_count(
    targets: Targets,
    inputs: Inputs = None,
    maker: Maker = "",
    arg: Arguments = None,
    variant: Variant = "",
    batch: Batch = 1,
    depth: Depth = DEPTH,
    columns: Columns = DEFAULT_COLUMNS,
    sort: Sort = "",
    fold: Fold = True,
    train: Train = False,
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
    strict: Strict = False,
    form: Format = None,
    output: Output = None,
) -> None:
    """Count any PyTorch model: sizes, parameters, operations, memory.

    The model is run once on a copy without weights, at dispatch level: what counts is what it
    does, not what its modules are called. MACs are multiply-accumulates of convolutions, linear
    layers and matrix products.

    For a language model, --prefill T and --decode T make the token ids and the cache, and report
    the work of each token and the size of the cache. --peak and --bandwidth add a roofline by
    module, --train the memory of training.

    Several models, or a pattern of a library's names, are counted in parallel, one line each.

    Examples:
        archcount count torchvision:resnet50
        archcount count models.py:Net --input 3x32x32 --max params=25M
        archcount count hf:config.json --prefill 2048
        archcount count 'timm:vit_*' -o vit.csv
    """
    how: dict[str, Any] = {"input": inputs or "", "maker": maker, "batch": batch, "train": train}
    how |= {"device": device, "prefill": prefill, "decode": decode, "attention": attention}
    how |= {"dtype": dtype, "machine": Machine.read(peak, bandwidth)}
    request = CountRequest(arguments=arguments_of(arg or []), **how)
    shown = _Shown(depth=depth, columns=read_columns(columns), fold=fold, sort=read_sort(sort))
    most = read_limits(limits)
    pool = PoolOptions(jobs=jobs, timeout=timeout, append=append)
    of_one: dict[str, object] = shown.changed()
    of_one |= {"--variant": variant, "--dtype": dtype, "--peak": peak, "--bandwidth": bandwidth}
    if is_many(targets, pool, of_one):
        lines = show_many(targets, request, pool, form=form, output=output)
    else:
        lines = [_show_one(targets[0], variant, request, shown, form, output)]
    _end(lines, most, strict=strict)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Shown:
    """What is shown of one model; attributes as those of `ModelReport`."""

    depth: int
    columns: tuple[str, ...]
    fold: bool
    sort: str

    def __post_init__(self) -> None:
        if self.depth < 0:
            raise UsageError.of(f"--depth {self.depth}", allowed="a whole number of 0 or more")

    def changed(self) -> dict[str, object]:
        """Return the options, and whether each differs from its default."""
        return {
            "--depth": self.depth != DEPTH,
            "--no-fold": not self.fold,
            "--columns": self.columns != DEFAULT,
            "--sort": self.sort,
        }


def _show_one(
    target: str,
    variant: str,
    request: CountRequest,
    shown: _Shown,
    form: str | None,
    output: Path | None,
) -> ModelSummary:
    """Count one model, write its report, and return its summary."""
    with emitting(form, output) as emit:
        with progress(f"counting {target}"):
            module, own = load_model(
                target, variant=variant, arguments=request.arguments, device=request.device
            )
            how: dict[str, Any] = {"columns": shown.columns, "sort": shown.sort}
            report = report_of(module, request, own, name=target, **how)
        emit(replace(report, depth=shown.depth, fold=shown.fold))
    return summary_of(report.record)


def _end(
    lines: list[ModelSummary], most: Mapping[str, tuple[str, Fraction]], *, strict: bool
) -> None:
    """Report what is over its limit, and exit with the highest exit code."""
    over = exceeded(lines, most)
    for message in over:
        say(f"error: {visible(message)}")
    codes = [line.exit_code for line in lines]
    if over or (strict and any(line.uncounted for line in lines)):
        codes.append(1)
    if any(codes):
        raise typer.Exit(max(codes))
