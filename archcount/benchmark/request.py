"""The options of a benchmark, their validation, and the configurations that they stand for."""

from __future__ import annotations

import threading
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
from archcount.engines.count_request import BOTH_INPUTS
from archcount.errors import Problem, UsageError, quote


@dataclass(frozen=True, kw_only=True)
class Request:
    """The options of a benchmark.

    Attributes:
        targets: the models; the class name for a module.
        batches: images per iteration.
        base: the settings that all configurations share; its device may be empty before `checked`.
        peak: peak FLOP/s of the device; None to measure it.
        tune: the settings to try; None for no tuning.
        launch: a distributed run; None for single processes.
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
        """Return every combination of target, mode, batch and dtype, in this order.

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
        """Validate all options; return the request with the full name of its device.

        Raises:
            UsageError: an option is out of range, or two options conflict.
            UnavailableError: there is no such device.
        """
        self._check()  # before torch is imported
        from archcount.benchmark.devices import best, check_device

        base = replace(self.base, device=check_device(self.base.device or best()))
        found = replace(self, base=base)
        found._check()
        return found

    def _check(self) -> None:
        for problem in (
            *self._unknown_values(),
            *self._out_of_range(),
            *self._conflicts(),
            *self._input_conflicts(),
            *self._launch_conflicts(),
        ):
            raise UsageError(problem)

    def _unknown_values(self) -> Iterator[Problem]:
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
        for option, values, allowed in (
            ("--mode", self.modes, ", ".join(MODES)),
            ("--batch", self.batches, "whole numbers, such as 32 or 1,32,128"),
            ("--dtype", self.dtypes, ", ".join(DTYPES)),
        ):
            if not values:
                yield Problem(what=f"{option} names nothing to measure", allowed=allowed)
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
        if not 0 < plan.timeout < threading.TIMEOUT_MAX:
            yield Problem(what=f"--timeout {plan.timeout}", allowed="seconds, more than 0")

    def _conflicts(self) -> Iterator[Problem]:
        base, device = self.base, self.base.device
        if base.amp and "float32" in self.dtypes:
            yield Problem(
                what="--amp needs a dtype other than float32",
                allowed="--amp with --dtype bf16 or fp16",
            )
        if device and not device.startswith("cuda"):
            if base.tf32 is not None:
                yield Problem(what=f"no TF32 on {device}", allowed="--tf32 with --device cuda")
            if "tf32" in (self.tune or ()):
                yield Problem(what=f"no TF32 on {device}", remedy="remove tf32 from --allow")
        if self.plan.per_row and base.compile:
            yield Problem(
                what="--per-row and --compile conflict: compiled rows are fused",
                remedy="remove --compile",
            )
        if self.plan.per_row and any(":" in target for target in self.targets):
            yield Problem(what="--per-row needs a table", allowed="a table's name or file")

    def _input_conflicts(self) -> Iterator[Problem]:
        base = self.base
        if any("[" in text for text in base.inputs) and len(set(self.batches)) > 1:
            yield Problem(
                what="an --input such as [1,3,224,224] has a batch dimension",
                remedy="use one --batch, or an input without a batch, such as 3x224x224",
            )
        if not base.maker:
            return
        if base.inputs:
            yield BOTH_INPUTS
        if base.channels_last or (not base.amp and set(self.dtypes) != {"float32"}):
            yield Problem(
                what="--inputs decides dtype and memory format itself",
                remedy="set them in the function; remove --dtype and --channels-last",
            )
        if not all(":" in target for target in self.targets):
            yield Problem(what="--inputs needs a package:callable", remedy="use --input CxHxW")

    def _launch_conflicts(self) -> Iterator[Problem]:
        launch, device = self.launch, self.base.device
        if launch is None:
            return
        if launch.processes < 1 or launch.nodes < 1:
            yield Problem(what="--nproc and --nnodes", allowed="whole numbers of 1 or more")
        if launch.nodes > 1 and not launch.endpoint:
            yield Problem(what="--nnodes needs a rendezvous endpoint", remedy="add --rdzv-endpoint")
        if self.plan.per_row or self.plan.repeat > 1 or self.tune is not None:
            yield Problem(
                what="--nproc conflicts with --per-row, --repeat and --tune",
                remedy="remove them",
            )
        if device.partition(":")[2] not in ("", "0"):
            yield Problem(
                what=f"--nproc uses one device per process, not {device}",
                remedy="use --device cuda",
            )
