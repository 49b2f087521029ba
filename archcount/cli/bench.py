"""`archcount bench`: how fast forward and backward run, and how sure that is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Annotated

import typer

from archcount.cli.bench_options import BenchOptions, DefaultGroup, read_share, with_options
from archcount.cli.options import Format, Output
from archcount.cli.output import choose_format, destination, write_colour
from archcount.errors import Problem, UsageError, quote

bench = typer.Typer(
    cls=DefaultGroup,
    rich_markup_mode=None,
    add_completion=False,
)


@bench.command("run")
@with_options
def show_bench(options: BenchOptions) -> None:
    """Measure how fast models run forward and backward; compare two results.

    Every combination of target, mode, batch and dtype runs in a process of its own, and all take
    turns. Sampling ends when the median's 95% interval is narrow enough, or the time is up.
    """
    output, is_picture = options.output, options.is_picture
    if is_picture and not options.per_row:
        raise UsageError(
            Problem(what=f"{quote(str(output))} is a roofline", remedy="add --per-row")
        )
    chosen = "plain" if is_picture else choose_format(options.form, output)
    request = options.request().checked()
    from archcount.benchmark.result_files import to_json
    from archcount.benchmark.run import run_benchmark
    from archcount.cli.bench_progress import shown
    from archcount.reporting.benchmarks import render_bench
    from archcount.reporting.roofline import draw_roofline, require_matplotlib

    if is_picture:
        require_matplotlib("a roofline")
    with destination(output, even_if_stopped=True) as write, _history(options.append) as remember:
        # What the user's code prints is no part of the report.
        with shown() as progress, redirect_stdout(sys.stderr):
            found = run_benchmark(request, progress=progress, argv=tuple(sys.argv[1:]))
        remember(to_json(found, indent=None))
        if is_picture and output is not None:
            # The figures first: they are not lost where nothing can be drawn.
            typer.echo(render_bench(found, chosen), nl=False)
            write(draw_roofline(found, output.suffix.lower().lstrip(".")))
        else:
            width = None if output is None else 160
            write(render_bench(found, chosen, width=width, colour=write_colour(output)))
    codes = [item.exit_code for item in found.measurements]
    codes += [item.exit_code for item in found.scaling]
    if any(codes):
        raise typer.Exit(max(codes))


@bench.command("compare")
def show_compare(
    before: Annotated[Path, typer.Argument(help="A result: FILE.json, or the last of a .jsonl.")],
    after: Annotated[Path, typer.Argument(help="Another.")],
    fail_on: Annotated[
        str,
        typer.Option("--fail-on", metavar="slower[:5%]", help="Exit 1 where something is slower."),
    ] = "",
    force: Annotated[
        bool, typer.Option("--force", help="Compare other batches, dtypes and tables too.")
    ] = False,
    form: Format = None,
    output: Output = None,
) -> None:
    """Compare two results: SAME, FASTER, SLOWER or UNCLEAR, by the interval of the ratio."""
    from archcount.benchmark.comparing import compare_benchmarks
    from archcount.benchmark.result_files import read_results
    from archcount.reporting.bench_comparison import render_bench_comparison

    chosen = choose_format(form, output)
    what, _, by = fail_on.partition(":")
    if what not in ("", "slower"):
        raise UsageError(Problem(what=f"--fail-on {quote(fail_on)}", allowed="slower, slower:5%"))
    margin = read_share("--fail-on slower:", by) if by else 0.0
    if margin >= 1:
        raise UsageError(Problem(what=f"--fail-on {quote(fail_on)}", allowed="slower, slower:5%"))
    with destination(output) as write:
        found = compare_benchmarks(read_results(before), read_results(after), force=force)
        width = None if output is None else 160
        write(render_bench_comparison(found, chosen, width=width, colour=write_colour(output)))
    slower = [pair for pair in found.pairs if pair.verdict == "SLOWER" and pair.ratio > 1 + margin]
    if what and slower:
        raise typer.Exit(1)


def _nowhere(line: str) -> None:
    """Let a line go."""


@contextmanager
def _history(file: Path | None) -> Iterator[Callable[[str], None]]:
    """Make sure that a line can be added to a file before any work is done; yield what adds it.

    Raises:
        UsageError: it cannot be written.
    """
    if file is None:
        yield _nowhere
        return
    try:
        history = file.open("a", encoding="utf-8")
    except OSError as error:
        raise UsageError(
            Problem(
                what=f"cannot add to {quote(str(file))}: {(error.strerror or str(error)).lower()}",
                allowed="a file in a folder that exists and can be written to",
            )
        ) from None
    with history:
        yield lambda line: print(line, end="", file=history)
