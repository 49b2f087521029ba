"""The options of `archcount bench`, and the request that they make."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from archcount.benchmark.settings import COMPILE_MODES
from archcount.cli import complete
from archcount.cli.model_options import Arguments, Inputs, Maker, arguments_of
from archcount.cli.options import Format, Output
from archcount.errors import Problem, UsageError, quote

if TYPE_CHECKING:
    from archcount.benchmark.request import Request

_UNITS = {"": 1.0, "G": 1e9, "T": 1e12, "P": 1e15}


@dataclass(frozen=True, kw_only=True)
class BenchOptions:
    """The arguments and options of `archcount bench`, as typed."""

    targets: Annotated[
        list[str] | None,
        typer.Argument(
            help="Tables (name@variant for a variant), package.module:callable or "
            "file.py:callable; googlenet where none is named.",
            autocompletion=complete.tables,
        ),
    ] = None
    device: Annotated[
        str, typer.Option(help="cpu, cuda, cuda:N, mps, xpu; an accelerator where there is one.")
    ] = ""
    batch: Annotated[
        str, typer.Option(help="Images an iteration takes, or several numbers: 1,32,128.")
    ] = "32"
    mode: Annotated[str, typer.Option(help="forward, train, or both.")] = "forward,train"
    dtype: Annotated[str, typer.Option(help="float32, bf16, fp16, or several.")] = "float32"
    amp: Annotated[
        bool, typer.Option("--amp", help="Keep weights float32 and cast operations to --dtype.")
    ] = False
    tf32: Annotated[
        bool | None, typer.Option("--tf32/--no-tf32", help="Round float32 products on CUDA.")
    ] = None
    channels_last: Annotated[
        bool, typer.Option("--channels-last", help="Keep the channels of images together.")
    ] = False
    compile_mode: Annotated[
        str, typer.Option("--compile", metavar="[MODE]", help="Use torch.compile.")
    ] = ""
    optimizer: Annotated[str, typer.Option(help="sgd: its step belongs to a train iteration.")] = ""
    threads: Annotated[int | None, typer.Option(help="Threads of torch on the CPU.")] = None
    inputs: Inputs = None
    maker: Maker = ""
    arg: Arguments = None
    precision: Annotated[
        str, typer.Option(help="Half the width of the interval that ends sampling.")
    ] = "1%"
    budget: Annotated[
        float, typer.Option(help="Seconds of sampling for each configuration at most.")
    ] = 20.0
    warm_up: Annotated[int, typer.Option("--warm-up", help="Iterations of warm-up at least.")] = 10
    repeat: Annotated[
        int,
        typer.Option(
            help="Processes for each configuration, which share its budget; from 6 on the "
            "interval knows how far processes differ."
        ),
    ] = 1
    on_oom: Annotated[
        str, typer.Option("--on-oom", help="When memory runs out: fail, halve or skip.")
    ] = "fail"
    per_row: Annotated[
        bool, typer.Option("--per-row", help="Time every row of a table too; -o roofline.svg|png.")
    ] = False
    peak: Annotated[
        str, typer.Option(metavar="FLOP/S", help="The device's peak, such as 312T; else measured.")
    ] = ""
    tune: Annotated[
        bool, typer.Option("--tune", help="Try ways to be faster, and what they cost.")
    ] = False
    allow: Annotated[
        str,
        typer.Option(
            help="What --tune may try: channels_last, compile, tf32, bf16, fp16, amp-bf16 or "
            "amp-fp16."
        ),
    ] = "channels_last,compile"
    nproc: Annotated[int, typer.Option(help="Processes at once, by DistributedDataParallel.")] = 0
    nnodes: Annotated[int, typer.Option(help="Nodes, with --rdzv-endpoint.")] = 1
    rdzv_endpoint: Annotated[
        str, typer.Option("--rdzv-endpoint", metavar="HOST:PORT", help="Where nodes meet.")
    ] = ""
    seed: Annotated[int, typer.Option(help="Of weights and inputs.")] = 0
    append: Annotated[
        Path | None,
        typer.Option("--append", metavar="FILE.jsonl", help="Add the result to a history."),
    ] = None
    form: Format = None
    output: Output = None

    @property
    def is_picture(self) -> bool:
        """Whether a roofline is drawn."""
        if self.output is None or self.form is not None:
            return False
        ending = self.output.suffix.lower()
        return ending == ".png" or (ending == ".svg" and self.per_row)

    def request(self) -> Request:
        """Return what the options ask for.

        Raises:
            UsageError: an option is not written as it should be, or two do not go together.
        """
        from archcount.benchmark.request import Request
        from archcount.benchmark.settings import Configuration, Launch, RunSettings

        if (self.nnodes != 1 or self.rdzv_endpoint) and not self.nproc:
            raise UsageError(Problem(what="--nnodes and --rdzv-endpoint go with --nproc"))
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
                arguments=arguments_of(self.arg or []),
                seed=self.seed,
            ),
            plan=RunSettings(
                target=read_share("--precision", self.precision),
                budget=self.budget,
                warm_up=self.warm_up,
                on_oom=on_oom,
                per_row=self.per_row,
                repeat=self.repeat,
            ),
            peak=read_rate(self.peak) if self.peak else None,
            tune=words_of(self.allow) if self.tune else None,
            launch=Launch(processes=self.nproc, nodes=self.nnodes, endpoint=self.rdzv_endpoint)
            if self.nproc
            else None,
        )


def with_options(run: Callable[[BenchOptions], None]) -> Callable[..., None]:
    """Make a command of a function whose one argument holds its options."""

    @wraps(run)
    def command(**given: Any) -> None:
        run(BenchOptions(**given))

    signature = inspect.signature(BenchOptions, eval_str=True)
    vars(command)["__signature__"] = signature
    return command


class DefaultGroup(TyperGroup):
    """A group whose first command is meant where none is named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command's name and the default of `--compile` where they are left away."""
        if args[:1] and args[0] in self.commands:
            named, rest = args[:1], args[1:]
        else:
            named, rest = [next(iter(self.commands))], args
        return super().parse_args(ctx, [*named, *_with_modes(rest)])


def _with_modes(args: list[str]) -> list[str]:
    """Let `--compile` stand without a mode."""
    found: list[str] = []
    for place, argument in enumerate(args):
        found.append(argument)
        if argument == "--compile" and args[place + 1 : place + 2] not in [
            [mode] for mode in COMPILE_MODES
        ]:
            found.append("default")
    return found


def words_of(text: str) -> list[str]:
    """Read words with commas between them."""
    return [word.strip() for word in text.split(",") if word.strip()]


def numbers_of(option: str, text: str) -> list[int]:
    """Read whole numbers with commas between them.

    Raises:
        UsageError: one is none.
    """
    found: list[Any] = words_of(text)
    if not found or not all(word.isdecimal() for word in found):
        raise UsageError(
            Problem(what=f"{option} {quote(text)}", allowed="whole numbers, such as 32 or 1,32,128")
        )
    return [int(word) for word in found]


def read_rate(text: str) -> float:
    """Read a rate such as `312T`, in operations a second.

    Raises:
        UsageError: it is not written so.

    >>> read_rate("312T"), read_rate("1.5e12")
    (312000000000000.0, 1500000000000.0)
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?(?:e\d+)?)([GTP]?)", text.strip(), re.IGNORECASE)
    if found is None or not float(found[1]):
        raise UsageError(
            Problem(what=f"--peak {quote(text)}", allowed="FLOP/s, such as 312T, 1.5e12 or 900G")
        )
    return float(found[1]) * _UNITS[found[2].upper()]


def read_share(option: str, text: str) -> float:
    """Read a share such as `1%` or `0.01`.

    Raises:
        UsageError: it is not written so.

    >>> read_share("--precision", "1%"), read_share("--precision", "0.05")
    (0.01, 0.05)
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(%?)", text.strip())
    if found is None:
        raise UsageError(Problem(what=f"{option} {quote(text)}", allowed="such as 1% or 0.01"))
    return float(found[1]) / (100 if found[2] else 1)
