"""`archcount bench`: how fast forward and backward run, and how sure that is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from archcount.cli import complete
from archcount.cli.bench_options import DefaultGroup, numbers_of, words_of
from archcount.cli.count import arguments_of
from archcount.cli.options import Format, Output
from archcount.cli.output import choose_format, destination, write_colour
from archcount.errors import Problem, UsageError, quote

bench = typer.Typer(
    cls=DefaultGroup,
    help="Measure how fast models run forward and backward; compare two results.",
    rich_markup_mode=None,
    add_completion=False,
)
_PICTURES = (".svg", ".png")


@bench.command("run")
def show_bench(
    context: typer.Context,
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            help="Tables (name@variant for a variant), package.module:callable or "
            "file.py:callable; googlenet where none is named.",
            autocompletion=complete.tables,
        ),
    ] = None,
    device: Annotated[
        str, typer.Option(help="cpu, cuda, cuda:N, mps, xpu; an accelerator where there is one.")
    ] = "",
    batch: Annotated[
        str, typer.Option(help="Images an iteration takes, or several numbers: 1,32,128.")
    ] = "32",
    mode: Annotated[str, typer.Option(help="forward, train, or both.")] = "forward,train",
    dtype: Annotated[str, typer.Option(help="float32, bf16, fp16, or several.")] = "float32",
    amp: Annotated[
        bool, typer.Option("--amp", help="Keep weights float32 and cast operations to --dtype.")
    ] = False,
    tf32: Annotated[
        bool | None, typer.Option("--tf32/--no-tf32", help="Round float32 products on CUDA.")
    ] = None,
    channels_last: Annotated[
        bool, typer.Option("--channels-last", help="Keep the channels of images together.")
    ] = False,
    compile_mode: Annotated[
        str, typer.Option("--compile", metavar="[MODE]", help="Use torch.compile.")
    ] = "",
    optimizer: Annotated[
        str, typer.Option(help="sgd: its step belongs to a train iteration.")
    ] = "",
    threads: Annotated[int | None, typer.Option(help="Threads of torch on the CPU.")] = None,
    inputs: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            metavar="[NAME:][DTYPE]SHAPE",
            help="What models are called with, as for `archcount count` (may be repeated).",
        ),
    ] = None,
    maker: Annotated[
        str,
        typer.Option("--inputs", metavar="PACKAGE:CALLABLE", help="A function that returns it."),
    ] = "",
    arg: Annotated[
        list[str] | None,
        typer.Option("--arg", metavar="NAME=VALUE", help="An argument of a callable."),
    ] = None,
    precision: Annotated[
        str, typer.Option(help="Half the width of the interval that ends sampling.")
    ] = "1%",
    budget: Annotated[
        float, typer.Option(help="Seconds of sampling for each configuration at most.")
    ] = 20.0,
    warm_up: Annotated[int, typer.Option("--warm-up", help="Iterations of warm-up at least.")] = 10,
    repeat: Annotated[
        int,
        typer.Option(
            help="Processes for each configuration, which share its budget; from 6 on the "
            "interval knows how far processes differ."
        ),
    ] = 1,
    on_oom: Annotated[
        str, typer.Option("--on-oom", help="When memory runs out: fail, halve or skip.")
    ] = "fail",
    per_row: Annotated[
        bool, typer.Option("--per-row", help="Time every row of a table too; -o roofline.svg|png.")
    ] = False,
    peak: Annotated[
        str, typer.Option(metavar="FLOP/S", help="The device's peak, such as 312T; else measured.")
    ] = "",
    tune: Annotated[
        bool, typer.Option("--tune", help="Try ways to be faster, and what they cost.")
    ] = False,
    allow: Annotated[
        str,
        typer.Option(
            help="What --tune may try: channels_last, compile, tf32, bf16, fp16, amp-bf16 or "
            "amp-fp16."
        ),
    ] = "channels_last,compile",
    nproc: Annotated[int, typer.Option(help="Processes at once, by DistributedDataParallel.")] = 0,
    nnodes: Annotated[int, typer.Option(help="Nodes, with --rdzv-endpoint.")] = 1,
    rdzv_endpoint: Annotated[
        str, typer.Option("--rdzv-endpoint", metavar="HOST:PORT", help="Where nodes meet.")
    ] = "",
    seed: Annotated[int, typer.Option(help="Of weights and inputs.")] = 0,
    append: Annotated[
        Path | None,
        typer.Option("--append", metavar="FILE.jsonl", help="Add the result to a history."),
    ] = None,
    form: Format = None,
    output: Output = None,
) -> None:
    """Measure throughput forward and backward; `archcount bench compare A B` compares results.

    Every combination of target, mode, batch and dtype runs in a process of its own, and all take
    turns. Sampling ends when the median's 95% interval is narrow enough, or the time is up.
    """
    picture = output is not None and output.suffix.lower() in _PICTURES and form is None
    picture = picture and (per_row or (output is not None and output.suffix.lower() == ".png"))
    if picture and not per_row:
        raise UsageError(
            Problem(what=f"{quote(str(output))} is a roofline", remedy="add --per-row")
        )
    chosen = "json" if picture else choose_format(form, output)
    from archcount.benchmark.records import Plan
    from archcount.benchmark.request import Request, read_rate, read_share
    from archcount.benchmark.results import to_json
    from archcount.benchmark.scaling import Launch
    from archcount.cli.bench_progress import shown
    from archcount.reporting.benchmarks import render_bench
    from archcount.reporting.roofline import draw_roofline, require_matplotlib

    policy: Any = on_oom
    request = Request(
        targets=targets or ["googlenet"],
        modes=words_of(mode),
        batches=numbers_of("--batch", batch),
        dtypes=words_of(dtype),
        device=device,
        amp=amp,
        tf32=tf32,
        channels_last=channels_last,
        compile=compile_mode,
        optimizer=optimizer,
        threads=threads,
        inputs=inputs or (),
        maker=maker,
        arguments=arguments_of(arg or []),
        seed=seed,
        plan=Plan(
            target=read_share("--precision", precision),
            budget=budget,
            warm_up=warm_up,
            on_oom=policy,
            per_row=per_row,
            repeat=repeat,
        ),
        peak=read_rate(peak) if peak else None,
        tune=words_of(allow) if tune else None,
        launch=Launch(processes=nproc, nodes=nnodes, endpoint=rdzv_endpoint) if nproc else None,
    )
    request.check()
    if picture:
        require_matplotlib("a roofline")
    if (nnodes != 1 or rdzv_endpoint) and not nproc:
        raise UsageError(Problem(what="--nnodes and --rdzv-endpoint go with --nproc"))
    from archcount.benchmark.devices import best, check_device

    request = replace(request, device=check_device(device or best()))
    request.check()
    from archcount.benchmark.whole import run_benchmark

    with destination(output, even_if_stopped=True) as write, _history(append) as remember:
        # What the user's code prints is no part of the report.
        with shown() as progress, redirect_stdout(sys.stderr):
            found = run_benchmark(request, progress=progress, argv=tuple(sys.argv[1:]))
        remember(to_json(found, indent=None))
        if picture and output is not None:
            # The figures first: they are not lost where nothing can be drawn.
            typer.echo(render_bench(found, "plain"), nl=False)
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
    from archcount.benchmark.request import read_share
    from archcount.benchmark.results import read_results
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
