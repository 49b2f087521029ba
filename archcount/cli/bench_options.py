"""The options of `archcount bench`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from archcount.benchmark.settings import COMPILE_MODES, DTYPES, OPTIMIZERS, TUNABLE
from archcount.cli import complete
from archcount.cli.bench_values import numbers_of, read_rate, read_share, recordable, words_of
from archcount.cli.model_options import Arguments, Inputs, Maker, arguments_of
from archcount.cli.options import Format, Output
from archcount.errors import UsageError

if TYPE_CHECKING:
    from archcount.benchmark.request import Request


@dataclass(frozen=True, kw_only=True)
class BenchOptions:
    """The arguments and options of `archcount bench`, unparsed."""

    targets: Annotated[
        list[str] | None,
        typer.Argument(
            help="Tables (name@variant for a variant), torchvision:NAME, timm:NAME, "
            "hf:CONFIG.json, package.module:callable or file.py:callable; googlenet by default.",
            autocompletion=complete.models,
        ),
    ] = None
    device: Annotated[
        str,
        typer.Option(
            help="cpu, cuda, cuda:N, mps or xpu; by default an accelerator.",
            autocompletion=complete.words("cpu", "cuda", "mps", "xpu"),
        ),
    ] = ""
    batch: Annotated[
        str, typer.Option(help="Images per iteration, or several numbers: 1,32,128.")
    ] = "32"
    mode: Annotated[
        str,
        typer.Option(
            help="forward, train, or both.", autocompletion=complete.words("forward", "train")
        ),
    ] = "forward,train"
    dtype: Annotated[
        str,
        typer.Option(
            help="float32, bf16, fp16, or several of them.", autocompletion=complete.words(*DTYPES)
        ),
    ] = "float32"
    amp: Annotated[
        bool, typer.Option("--amp", help="Use autocast to --dtype, with float32 weights.")
    ] = False
    tf32: Annotated[
        bool | None,
        typer.Option("--tf32/--no-tf32", help="Compute float32 products in TF32 on CUDA."),
    ] = None
    channels_last: Annotated[
        bool, typer.Option("--channels-last", help="Use the channels-last memory format.")
    ] = False
    compile_mode: Annotated[
        str,
        typer.Option(
            "--compile",
            metavar="[MODE]",
            help="Use torch.compile.",
            autocompletion=complete.words(*COMPILE_MODES),
        ),
    ] = ""
    optimizer: Annotated[
        str,
        typer.Option(
            help="sgd: include its step in a train iteration.",
            autocompletion=complete.words(*OPTIMIZERS),
        ),
    ] = ""
    threads: Annotated[
        int | None, typer.Option(metavar="N", help="Threads of torch on the CPU.")
    ] = None
    inputs: Inputs = None
    maker: Maker = ""
    arg: Arguments = None
    precision: Annotated[
        str, typer.Option(help="The half width of the interval that ends sampling.")
    ] = "1%"
    budget: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            help="The most seconds of warm-up, of sampling, and of what else is measured, per "
            "configuration; what it cuts short says so.",
        ),
    ] = 20.0
    warm_up: Annotated[
        int, typer.Option("--warm-up", help="The fewest iterations of warm-up in the budget.")
    ] = 10
    repeat: Annotated[
        int,
        typer.Option(
            help="Processes per configuration, which share its budget; with 6 or more, the "
            "interval includes the variation between processes."
        ),
    ] = 1
    timeout: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            help="The most seconds that a process may take to answer, as one whose model loops.",
        ),
    ] = 3600.0
    on_oom: Annotated[
        str,
        typer.Option(
            "--on-oom",
            metavar="WHAT",
            help="When out of memory: fail, halve (the batch) or skip.",
            autocompletion=complete.words("fail", "halve", "skip"),
        ),
    ] = "fail"
    per_row: Annotated[
        bool,
        typer.Option("--per-row", help="Time the rows of a table too; -o roofline.svg draws them."),
    ] = False
    peak: Annotated[
        str,
        typer.Option(
            metavar="FLOP/S", help="The peak of the device, such as 312T; by default measured."
        ),
    ] = ""
    tune: Annotated[
        bool, typer.Option("--tune", help="Compare combinations of the settings in --allow.")
    ] = False
    allow: Annotated[
        str,
        typer.Option(
            help="Settings for --tune: channels_last, compile, tf32, bf16, fp16, amp-bf16 or "
            "amp-fp16.",
            autocompletion=complete.words(*TUNABLE),
        ),
    ] = "channels_last,compile"
    nproc: Annotated[
        int, typer.Option(help="Run so many processes at once, with DistributedDataParallel.")
    ] = 0
    nnodes: Annotated[int, typer.Option(help="The number of nodes, with --rdzv-endpoint.")] = 1
    rdzv_endpoint: Annotated[
        str,
        typer.Option(
            "--rdzv-endpoint", metavar="HOST:PORT", help="The rendezvous endpoint of the nodes."
        ),
    ] = ""
    seed: Annotated[int, typer.Option(help="The seed of weights and inputs.")] = 0
    append: Annotated[
        Path | None,
        typer.Option("--append", metavar="FILE.jsonl", help="Append the result to a file."),
    ] = None
    form: Format = None
    output: Output = None

    @property
    def is_picture(self) -> bool:
        """Whether the output is a picture of the roofline."""
        if self.output is None or self.form is not None:
            return False
        ending = self.output.suffix.lower()
        return ending == ".png" or (ending == ".svg" and self.per_row)

    def request(self) -> Request:
        """Return the options as a request, or raise a UsageError where one cannot be parsed."""
        from archcount.benchmark.request import Request
        from archcount.benchmark.settings import Configuration, Launch, RunSettings

        if (self.nnodes != 1 or self.rdzv_endpoint) and not self.nproc:
            raise UsageError.of("--nnodes and --rdzv-endpoint need --nproc")
        on_oom: Any = self.on_oom
        return Request(
            targets=self.targets or ["googlenet"],
            modes=words_of(self.mode),
            batches=numbers_of("--batch", self.batch),
            dtypes=words_of(self.dtype),
            base=Configuration(
                target="",
                device=self.device,
                amp=self.amp,
                tf32=self.tf32,
                channels_last=self.channels_last,
                compile=self.compile_mode,
                optimizer=self.optimizer,
                threads=self.threads,
                inputs=tuple(self.inputs or ()),
                maker=self.maker,
                arguments=recordable(arguments_of(self.arg or [])),
                seed=self.seed,
            ),
            plan=RunSettings(
                target=read_share("--precision", self.precision),
                budget=self.budget,
                warm_up=self.warm_up,
                on_oom=on_oom,
                per_row=self.per_row,
                repeat=self.repeat,
                timeout=self.timeout,
            ),
            peak=read_rate(self.peak) if self.peak else None,
            tune=words_of(self.allow) if self.tune else None,
            launch=Launch(processes=self.nproc, nodes=self.nnodes, endpoint=self.rdzv_endpoint)
            if self.nproc
            else None,
        )


def with_options(run: Callable[[BenchOptions], None]) -> Callable[..., None]:
    """Make a command of a function whose one argument is its options."""

    @wraps(run)
    def command(**given: Any) -> None:
        run(BenchOptions(**given))

    signature = inspect.signature(BenchOptions, eval_str=True)
    vars(command)["__signature__"] = signature
    return command


class DefaultGroup(TyperGroup):
    """A group whose first command is the default."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Insert the default command and the default mode of `--compile`."""
        if args[:1] and args[0] in self.commands:
            named, rest = args[:1], args[1:]
        else:
            named, rest = [next(iter(self.commands))], args
        return super().parse_args(ctx, [*named, *_with_modes(rest)])


def _with_modes(args: list[str]) -> list[str]:
    """Insert the default mode after `--compile` without one."""
    found: list[str] = []
    for place, argument in enumerate(args):
        found.append(argument)
        if argument == "--compile" and args[place + 1 : place + 2] not in [
            [mode] for mode in COMPILE_MODES
        ]:
            found.append("default")
    return found
