"""What is asked of a benchmark: the options, checked, and the configurations they come to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from archcount.benchmark.records import DTYPES, MODES, Configuration, Mode, Plan
from archcount.benchmark.scaling import Launch
from archcount.benchmark.tuning import ALLOWED
from archcount.errors import Problem, UsageError, quote

COMPILE = ("default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs")
OPTIMIZERS = ("sgd",)
ON_OOM = ("fail", "halve", "skip")
_UNITS = {"": 1.0, "G": 1e9, "T": 1e12, "P": 1e15}


@dataclass(frozen=True, kw_only=True)
class Request:
    """The options of a benchmark; see `Configuration` and `Plan` for what they mean.

    Attributes:
        targets: what is measured; empty for a module that is at hand.
        modes: of `MODES`.
        batches: how many images an iteration takes.
        dtypes: of `DTYPES`.
        device: one that is there, by its full name; empty until it is chosen.
        peak: floating-point operations a second at best; None to measure them.
        tune: what may be tried to be faster; None where nothing is.
        launch: several processes; None for one.
    """

    targets: Sequence[str]
    modes: Sequence[str] = MODES
    batches: Sequence[int] = (32,)
    dtypes: Sequence[str] = ("float32",)
    device: str = ""
    amp: bool = False
    tf32: bool | None = None
    channels_last: bool = False
    compile: str = ""
    optimizer: str = ""
    threads: int | None = None
    inputs: Sequence[str] = ()
    maker: str = ""
    arguments: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)
    seed: int = 0
    plan: Plan = field(default_factory=Plan)
    peak: float | None = None
    tune: Sequence[str] | None = None
    launch: Launch | None = None

    def configurations(self) -> list[Configuration]:
        """Give every combination of target, mode, batch and type of numbers, in this order.

        >>> request = Request(targets=["vgg"], modes=["train"], batches=[1, 2])
        >>> [configuration.batch for configuration in request.configurations()]
        [1, 2]
        """
        modes: list[Mode] = [mode for mode in MODES if mode in self.modes]
        every = product(
            dict.fromkeys(self.targets),
            modes,
            dict.fromkeys(self.batches),
            dict.fromkeys(self.dtypes),
        )
        return [
            Configuration(
                target=target,
                mode=mode,
                batch=batch,
                dtype=dtype,
                device=self.device,
                amp=self.amp,
                tf32=self.tf32,
                channels_last=self.channels_last,
                compile=self.compile,
                optimizer=self.optimizer if mode == "train" else "",
                threads=self.threads,
                inputs=tuple(self.inputs),
                maker=self.maker,
                arguments=self.arguments,
                seed=self.seed,
            )
            for target, mode, batch, dtype in every
        ]

    def check(self) -> None:
        """Refuse what cannot be measured.

        Raises:
            UsageError: an option is out of range, or two do not go together.
        """
        for option, values, allowed in (
            ("--mode", self.modes, MODES),
            ("--dtype", self.dtypes, tuple(DTYPES)),
            ("--compile", [self.compile] if self.compile else [], COMPILE),
            ("--optimizer", [self.optimizer] if self.optimizer else [], OPTIMIZERS),
            ("--on-oom", [self.plan.on_oom], ON_OOM),
            ("--allow", self.tune or (), ALLOWED),
        ):
            for value in values:
                if value not in allowed:
                    raise UsageError(
                        Problem(what=f"{option} {quote(str(value))}", allowed=", ".join(allowed))
                    )
        for option, number, least in (
            *(("--batch", batch, 1) for batch in self.batches),
            ("--threads", 1 if self.threads is None else self.threads, 1),
            ("--warm-up", self.plan.warm_up, 1),
            ("--repeat", self.plan.repeat, 1),
        ):
            if not least <= number < 2**31:
                raise UsageError(
                    Problem(what=f"{option} {number}", allowed=f"a whole number of {least} or more")
                )
        if not 0 < self.plan.target < 1:
            raise UsageError(
                Problem(what=f"--precision {self.plan.target}", allowed="such as 1% or 0.01")
            )
        if not 0 < self.plan.budget < float("inf"):
            raise UsageError(
                Problem(what=f"--budget {self.plan.budget}", allowed="seconds, more than 0")
            )
        self._check_pairs()

    def _check_pairs(self) -> None:
        if self.amp and "float32" in self.dtypes:
            raise UsageError(
                Problem(
                    what="--amp casts to another type than float32",
                    allowed="--dtype bf16 or fp16 beside it",
                )
            )
        if self.tf32 is not None and self.device and not self.device.startswith("cuda"):
            raise UsageError(
                Problem(what=f"TF32 is not of {self.device}", allowed="--tf32 with --device cuda")
            )
        if self.plan.per_row and self.compile:
            raise UsageError(
                Problem(
                    what="--per-row times rows one by one, which compiling would fuse",
                    remedy="leave --compile away",
                )
            )
        if self.plan.per_row and any(":" in target for target in self.targets):
            raise UsageError(
                Problem(
                    what="--per-row times the rows of a table", allowed="a table's name or file"
                )
            )
        if any("[" in text for text in self.inputs) and len(set(self.batches)) > 1:
            raise UsageError(
                Problem(
                    what="an --input such as [1,3,224,224] has a batch of its own",
                    remedy="give one --batch, or write 3x224x224",
                )
            )
        if self.maker and self.inputs:
            raise UsageError(
                Problem(what="--input and --inputs both say the input", remedy="leave one away")
            )
        if self.maker and (
            self.channels_last or (not self.amp and set(self.dtypes) != {"float32"})
        ):
            raise UsageError(
                Problem(
                    what="--inputs makes tensors of types and layouts of its own",
                    remedy="let the function make them so, and leave --dtype and "
                    "--channels-last away",
                )
            )
        if self.maker and not all(":" in target for target in self.targets):
            raise UsageError(
                Problem(what="--inputs goes with package:callable", remedy="give --input CxHxW")
            )
        if "tf32" in (self.tune or ()) and self.device and not self.device.startswith("cuda"):
            raise UsageError(
                Problem(what=f"TF32 is not of {self.device}", remedy="leave it out of --allow")
            )
        self._check_launch()

    def _check_launch(self) -> None:
        if self.launch is None:
            return
        if self.launch.processes < 1 or self.launch.nodes < 1:
            raise UsageError(Problem(what="--nproc and --nnodes", allowed="whole numbers from 1"))
        if self.launch.nodes > 1 and not self.launch.endpoint:
            raise UsageError(
                Problem(what="--nnodes needs a place to meet", remedy="give --rdzv-endpoint")
            )
        if self.plan.per_row or self.plan.repeat > 1 or self.tune is not None:
            raise UsageError(
                Problem(
                    what="--nproc measures all processes at once",
                    remedy="leave --per-row, --repeat and --tune away",
                )
            )
        if self.device.partition(":")[2] not in ("", "0"):
            raise UsageError(
                Problem(
                    what=f"--nproc takes a device for each process, not {self.device}",
                    remedy="give --device cuda",
                )
            )


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
