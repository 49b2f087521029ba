"""The results of a benchmark: measurements, device peaks, tuning, scaling, and where they ran."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from archcount.benchmark.samples import Block, Statistics, WarmUp
from archcount.benchmark.settings import Configuration, Mode, RunSettings

Status = Literal["done", "failed", "skipped", "interrupted"]


@dataclass(frozen=True, kw_only=True)
class Peak:
    """What a device does at its best, for numbers of one type.

    Attributes:
        device: as torch writes it.
        dtype: of the numbers.
        flops: floating-point operations a second, two a multiply-accumulate.
        bytes_per_second: read and written by a large copy; None where it was not measured.
        source: `measured` or `given`.
        how: what was run.
        tf32: whether float32 products were rounded to TF32; None for torch's own setting.
    """

    device: str
    dtype: str
    flops: float
    bytes_per_second: float | None
    source: Literal["measured", "given"]
    how: str
    tf32: bool | None = None

    @property
    def ridge(self) -> float | None:
        """The operations a byte from which on computing is the limit, None without bandwidth."""
        return None if self.bytes_per_second is None else self.flops / self.bytes_per_second


@dataclass(frozen=True, kw_only=True)
class RowTime:
    """One row of a table, run by itself on what the row before it gives.

    Attributes:
        id: the row's name; `heads.ROW` for an auxiliary classifier.
        forward_ns: median nanoseconds.
        backward_ns: of its backward pass; None in mode `forward`.
        macs: multiply-accumulates forward.
        backward_macs: likewise backward; None in mode `forward`.
        forward_bytes: read and written if every operation reads what it takes and writes what it
            gives once.
        backward_bytes: likewise; None in mode `forward`.
    """

    id: str
    forward_ns: float
    backward_ns: float | None
    macs: int = 0
    backward_macs: int | None = None
    forward_bytes: int
    backward_bytes: int | None

    @property
    def nanoseconds(self) -> float:
        """Forward and backward."""
        return self.forward_ns + (self.backward_ns or 0)

    @property
    def bytes(self) -> int:
        """Read and written forward and backward."""
        return self.forward_bytes + (self.backward_bytes or 0)

    @property
    def flops(self) -> int:
        """Floating-point operations forward and backward, two a multiply-accumulate."""
        return 2 * (self.macs + (self.backward_macs or 0))


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """What is true of a model whatever the clock says; multiply-accumulates of a whole batch.

    Attributes:
        params: of the model, those that an iteration reads.
        inputs: what it is called with.
        macs: of a forward pass in the mode that is measured.
        backward_macs: of the backward pass; 0 in mode `forward`.
        uncounted: operations that no rule counts, by name.
        bytes_needed: an estimate of the memory that one process takes.
    """

    params: int
    inputs: str
    macs: int
    backward_macs: int
    uncounted: tuple[str, ...] = ()
    bytes_needed: int = 0

    @property
    def flops(self) -> int:
        """Floating-point operations of one iteration, two a multiply-accumulate."""
        return 2 * (self.macs + self.backward_macs)


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One configuration, measured.

    Attributes:
        configuration: as it was asked for.
        batch: the batch that was run; another than asked for only after `--on-oom halve`.
        status: what became of it.
        problem: why it is not done.
        exit_code: what a problem makes the command exit with.
        facts: counts of the model; None where it could not be counted.
        loss: what the loss was, in words.
        first_call_ns: nanoseconds of the first iteration, with compilation and autotuning.
        warm_up: what came before the samples.
        blocks: every sample.
        stopped: why sampling ended: the interval met its `target`, or the `budget` ran out.
        statistics: of the samples.
        host_ns: nanoseconds that Python takes to hand an iteration to an idle device.
        interleaved: how many other configurations took turns with it.
        peak_bytes: memory at most, in a pass of its own.
        peak_kind: what was measured: `allocated` on the device, or `resident` of the process.
        rows: by row, where asked for.
        remarks: what should be known of the model or its measurement.
    """

    configuration: Configuration
    batch: int
    status: Status
    problem: str = ""
    exit_code: int = 0
    facts: ModelFacts | None = None
    loss: str = ""
    first_call_ns: int | None = None
    warm_up: WarmUp | None = None
    blocks: tuple[Block, ...] = ()
    stopped: Literal["target", "budget", ""] = ""
    statistics: Statistics | None = None
    host_ns: int | None = None
    interleaved: int = 0
    peak_bytes: int | None = None
    peak_kind: Literal["allocated", "resident", ""] = ""
    rows: tuple[RowTime, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def wall_ns(self) -> float | None:
        """Nanoseconds an iteration by the clock, waiting for the device at the end of a block."""
        iterations = sum(len(block.samples_ns) for block in self.blocks)
        return sum(block.wall_ns for block in self.blocks) / iterations if iterations else None

    @property
    def is_launch_bound(self) -> bool:
        """Whether the device waits for Python: handing over takes as long as an iteration."""
        wall = self.wall_ns
        return self.host_ns is not None and wall is not None and self.host_ns >= 0.9 * wall

    @property
    def median_ns(self) -> float | None:
        """The median time of an iteration."""
        return self.statistics.median_ns if self.statistics else None

    @property
    def images_per_second(self) -> float | None:
        """The batch by the median time."""
        return self.batch * 1e9 / self.median_ns if self.median_ns else None

    @property
    def flops_per_second(self) -> float | None:
        """Operations by archcount's own counts, by the median time."""
        if self.facts is None or not self.median_ns or self.facts.uncounted:
            return None
        return self.facts.flops * 1e9 / self.median_ns


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """One way to run a model faster, beside the plain way.

    Attributes:
        target: the model.
        mode: as measured.
        batch: as measured.
        plain: the settings of the plain way, in words.
        settings: of the way, in words.
        ratio: median time by the plain way's; below 1 is faster.
        low: the lower end of the ratio's interval.
        high: the upper end.
        error: the largest difference of an output from the plain way's, by the largest output;
            None where it is not known.
        first_call_ns: what the first call takes.
        remark: why the error is not known, or empty.
    """

    target: str
    mode: Mode
    batch: int
    plain: str
    settings: str
    ratio: float
    low: float | None
    high: float | None
    error: float | None
    first_call_ns: int | None
    remark: str = ""


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """One configuration on several processes at once.

    Attributes:
        configuration: of each process.
        processes: how many.
        rank_images_per_second: of each process.
        single_images_per_second: of one process alone, in the same run.
        gradient_bytes: all-reduced in an iteration; 0 in mode `forward`.
        backend: that moved them.
        problem: why they could not be run, or empty; then there are no figures.
        exit_code: what a problem makes the command exit with.
    """

    configuration: Configuration
    processes: int
    rank_images_per_second: tuple[float, ...] = ()
    single_images_per_second: float = 0.0
    gradient_bytes: int = 0
    backend: str = ""
    problem: str = ""
    exit_code: int = 0

    @property
    def images_per_second(self) -> float:
        """All processes together."""
        return sum(self.rank_images_per_second)

    @property
    def efficiency(self) -> float:
        """What all do together, by as many times what one does alone."""
        return self.images_per_second / (self.processes * self.single_images_per_second)


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """One run of the benchmark, whole: `archcount.bench/1`.

    Attributes:
        started: when, in UTC.
        seconds: how long it took.
        argv: the command, as given.
        plan: how it was measured.
        environment: what it ran on.
        sources: a hash of each target's source, by target.
        measurements: one per configuration.
        peaks: what each device does at its best, by type of numbers.
        tuned: where `--tune` was asked for.
        scaling: where several processes were asked for.
        is_interrupted: whether it was stopped before its end.
        is_inline: whether it ran in the calling process, as a module at hand does.
        remarks: what should be known of the run as a whole.
    """

    started: str
    seconds: float
    argv: tuple[str, ...]
    plan: RunSettings
    environment: Mapping[str, str | None]
    sources: Mapping[str, str]
    measurements: tuple[Measurement, ...]
    peaks: tuple[Peak, ...] = ()
    tuned: tuple[Tuned, ...] = ()
    scaling: tuple[Scaling, ...] = ()
    is_interrupted: bool = False
    is_inline: bool = False
    remarks: tuple[str, ...] = ()
    schema: Literal["archcount.bench/1"] = "archcount.bench/1"

    def peak_for(self, configuration: Configuration) -> Peak | None:
        """Give the peak for the numbers that a configuration multiplies."""
        for peak in self.peaks:
            asked = (configuration.device, configuration.dtype, configuration.tf32)
            if (peak.device, peak.dtype, peak.tf32) == asked:
                return peak
        return None
