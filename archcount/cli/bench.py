"""`archcount bench`: the speed of models forward and backward, and comparison of results."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archcount.cli import complete
from archcount.cli.bench_options import BenchOptions, DefaultGroup, with_options
from archcount.cli.bench_values import read_share
from archcount.cli.emit import emitting, show
from archcount.cli.help import HelpfulCommand
from archcount.cli.options import Format, Output
from archcount.cli.output import appending, destination
from archcount.cli.stop import keep_a_signal
from archcount.errors import UsageError, quote

if TYPE_CHECKING:
    from archcount.api.bench_report import BenchReport

bench = typer.Typer(cls=DefaultGroup, rich_markup_mode=None, add_completion=False)


@bench.command("run", cls=HelpfulCommand)
@with_options
def show_bench(options: BenchOptions) -> None:
    """Measure how fast models run forward and backward.

    Every combination of target, mode, batch and dtype runs in a process of its own, and they take
    turns. Sampling ends when the 95% interval of the median is narrow enough, or the time is up.
    `archcount bench compare BEFORE AFTER` compares two results.

    Examples:
        archcount bench resnet@50 --batch 1,32
        archcount bench torchvision:resnet50 --mode forward --compile -o after.json
        archcount bench compare before.json after.json --fail-on slower:5%
    """
    if options.is_picture and not options.per_row:
        raise UsageError.of(
            f"{quote(str(options.output))} needs the times of rows", remedy="add --per-row"
        )
    request = options.request().checked()
    from archcount.api.bench_report import BenchReport
    from archcount.benchmark.result_files import to_line
    from archcount.benchmark.run import run_benchmark
    from archcount.cli.bench_progress import shown

    found = None
    with nullcontext() if options.append is None else appending(options.append) as add:
        try:
            with _emitting(options) as emit:
                with shown() as progress:
                    found = run_benchmark(request, progress=progress, argv=tuple(sys.argv[1:]))
                keep_a_signal()
                emit(BenchReport(found))
        finally:  # the history has it also where the report cannot be written
            if add is not None and found is not None:
                add(to_line(found))
    codes = [item.exit_code for item in found.measurements]
    codes += [item.exit_code for item in found.scaling]
    if any(codes):
        raise typer.Exit(max(codes))


@contextmanager
def _emitting(options: BenchOptions) -> Iterator[Callable[[BenchReport], None]]:
    """Reserve the destination before any work is done; yield the function that writes there."""
    output = options.output
    if output is None or not options.is_picture:
        with emitting(options.form, output, even_if_stopped=True, is_shown=True) as emit:
            yield emit
        return
    from archcount.reporting.pictures import require_matplotlib
    from archcount.reporting.roofline import draw_roofline

    require_matplotlib("a roofline")
    with destination(output, even_if_stopped=True) as write:

        def draw(report: BenchReport) -> None:
            # The figures first: they are not lost if nothing can be drawn.
            show(report, "plain", even_if_stopped=True)
            write(draw_roofline(report.record, output.suffix.lower().lstrip(".")))

        yield draw


@bench.command("compare", cls=HelpfulCommand)
def show_compare(
    before: Annotated[
        Path,
        typer.Argument(
            help="A result: FILE.json, or FILE.jsonl (its last line).",
            autocompletion=complete.files(".json", ".jsonl"),
        ),
    ],
    after: Annotated[
        Path,
        typer.Argument(
            help="The result to compare with it.", autocompletion=complete.files(".json", ".jsonl")
        ),
    ],
    fail_on: Annotated[
        str,
        typer.Option(
            "--fail-on",
            metavar="slower[:5%]",
            help="Exit 1 if anything is slower (by more than 5%).",
            autocompletion=complete.words("slower", "slower:5%"),
        ),
    ] = "",
    force: Annotated[
        bool, typer.Option("--force", help="Compare different batches, dtypes and tables too.")
    ] = False,
    form: Format = None,
    output: Output = None,
) -> None:
    """Compare two results: SAME, FASTER, SLOWER or UNCLEAR, by the interval of the ratio.

    Examples:
        archcount bench compare before.json after.json
        archcount bench compare before.json after.json --fail-on slower:5%
    """
    from archcount.api.bench_report import compare_bench

    what, _, by = fail_on.partition(":")
    margin = read_share("--fail-on slower:", by) if by else 0.0
    if what not in ("", "slower") or margin >= 1:
        raise UsageError.of(f"--fail-on {quote(fail_on)}", allowed="slower, slower:5%")
    with emitting(form, output) as emit:
        report = compare_bench(before, after, force=force)
        emit(report)
    pairs = report.record.pairs
    if what and any(pair.verdict == "SLOWER" and pair.ratio > 1 + margin for pair in pairs):
        raise typer.Exit(1)
