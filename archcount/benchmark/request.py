"""What a benchmark is asked to do: its options, checked, and the configurations they come to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

from archcount.benchmark.settings import (
    COMPILE_MODES,
    DTYPES,
    MODES,
    ON_OOM,
    OPTIMIZERS,
    TUNABLE,
    Configuration,
    Launch,
    Mode,
    RunSettings,
)
from archcount.errors import Problem, UsageError, quote


@dataclass(frozen=True, kw_only=True)
class Request:
    """The options of a benchmark.

    Attributes:
        targets: what is measured; empty for a module that is at hand.
        modes: of `MODES`.
        batches: how many images an iteration takes.
        dtypes: of `DTYPES`.
        base: what all configurations have in common; its device may be empty until `checked`.
        plan: how it is measured.
        peak: floating-point operations a second at best; None to measure them.
        tune: what may be tried to be faster; None where nothing is.
        launch: several processes; None for one.
    """

    targets: Sequence[str]
    modes: Sequence[str] = MODES
    batches: Sequence[int] = (32,)
    dtypes: Sequence[str] = ("float32",)
    base: Configuration = field(default_factory=lambda: Configuration(target="", device=""))
    plan: RunSettings = field(default_factory=RunSettings)
    peak: float | None = None
    tune: Sequence[str] | None = None
    launch: Launch | None = None

    def configurations(self) -> list[Configuration]:
        """Return every combination of target, mode, batch and type of numbers, in this order.

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
            replace(
                self.base,
                target=target,
                mode=mode,
                batch=batch,
                dtype=dtype,
                optimizer=self.base.optimizer if mode == "train" else "",
            )
            for target, mode, batch, dtype in every
        ]

    def checked(self) -> Request:
        """Return the request with the full name of its device, after checks of all options.

        Raises:
            UsageError: an option is out of range, or two do not go together.
            UnavailableError: the device is not there.
        """
        self._check()  # before torch is imported
        from archcount.benchmark.devices import best, check_device

        base = replace(self.base, device=check_device(self.base.device or best()))
        found = replace(self, base=base)
        found._check()
        return found

    def _check(self) -> None:
        for problem in (
            *self._unknown_words(),
            *self._out_of_range(),
            *self._conflicts(),
            *self._input_conflicts(),
            *self._launch_conflicts(),
        ):
            raise UsageError(problem)

    def _unknown_words(self) -> Iterator[Problem]:
        base = self.base
        for option, values, allowed in (
            ("--mode", self.modes, MODES),
            ("--dtype", self.dtypes, tuple(DTYPES)),
            ("--compile", [base.compile] if base.compile else [], COMPILE_MODES),
            ("--optimizer", [base.optimizer] if base.optimizer else [], OPTIMIZERS),
            ("--on-oom", [self.plan.on_oom], ON_OOM),
            ("--allow", self.tune or (), TUNABLE),
        ):
            for value in values:
                if value not in allowed:
                    yield Problem(what=f"{option} {quote(str(value))}", allowed=", ".join(allowed))

    def _out_of_range(self) -> Iterator[Problem]:
        plan = self.plan
        for option, number in (
            *(("--batch", batch) for batch in self.batches),
            ("--threads", 1 if self.base.threads is None else self.base.threads),
            ("--warm-up", plan.warm_up),
            ("--repeat", plan.repeat),
        ):
            if not 1 <= number < 2**31:
                yield Problem(what=f"{option} {number}", allowed="a whole number of 1 or more")
        if not 0 < plan.target < 1:
            yield Problem(what=f"--precision {plan.target}", allowed="such as 1% or 0.01")
        if not 0 < plan.budget < float("inf"):
            yield Problem(what=f"--budget {plan.budget}", allowed="seconds, more than 0")

    def _conflicts(self) -> Iterator[Problem]:
        base, device = self.base, self.base.device
        if base.amp and "float32" in self.dtypes:
            yield Problem(
                what="--amp casts to another type than float32",
                allowed="--dtype bf16 or fp16 beside it",
            )
        if device and not device.startswith("cuda"):
            if base.tf32 is not None:
                yield Problem(what=f"TF32 is not of {device}", allowed="--tf32 with --device cuda")
            if "tf32" in (self.tune or ()):
                yield Problem(what=f"TF32 is not of {device}", remedy="leave it out of --allow")
        if self.plan.per_row and base.compile:
            yield Problem(
                what="--per-row times rows one by one, which compiling would fuse",
                remedy="leave --compile away",
            )
        if self.plan.per_row and any(":" in target for target in self.targets):
            yield Problem(
                what="--per-row times the rows of a table", allowed="a table's name or file"
            )

    def _input_conflicts(self) -> Iterator[Problem]:
        base = self.base
        if any("[" in text for text in base.inputs) and len(set(self.batches)) > 1:
            yield Problem(
                what="an --input such as [1,3,224,224] has a batch of its own",
                remedy="give one --batch, or write 3x224x224",
            )
        if not base.maker:
            return
        if base.inputs:
            yield Problem(what="--input and --inputs both say the input", remedy="leave one away")
        if base.channels_last or (not base.amp and set(self.dtypes) != {"float32"}):
            yield Problem(
                what="--inputs makes tensors of types and layouts of its own",
                remedy="let the function make them so, and leave --dtype and --channels-last away",
            )
        if not all(":" in target for target in self.targets):
            yield Problem(what="--inputs goes with package:callable", remedy="give --input CxHxW")

    def _launch_conflicts(self) -> Iterator[Problem]:
        launch, device = self.launch, self.base.device
        if launch is None:
            return
        if launch.processes < 1 or launch.nodes < 1:
            yield Problem(what="--nproc and --nnodes", allowed="whole numbers from 1")
        if launch.nodes > 1 and not launch.endpoint:
            yield Problem(what="--nnodes needs a place to meet", remedy="give --rdzv-endpoint")
        if self.plan.per_row or self.plan.repeat > 1 or self.tune is not None:
            yield Problem(
                what="--nproc measures all processes at once",
                remedy="leave --per-row, --repeat and --tune away",
            )
        if device.partition(":")[2] not in ("", "0"):
            yield Problem(
                what=f"--nproc takes a device for each process, not {device}",
                remedy="give --device cuda",
            )
