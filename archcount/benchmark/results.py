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
    """The peak performance of a device for one dtype.

    Attributes:
        flops: floating-point operations per second, two per multiply-accumulate.
        bytes_per_second: read and written by a large copy; None if not measured.
        source: `measured` or `given`.
        how: the operation that was measured.
        tf32: whether float32 products were computed in TF32; None for torch's default.
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
        """The FLOP per byte above which compute is the limit; None without a bandwidth."""
        return None if self.bytes_per_second is None else self.flops / self.bytes_per_second


@dataclass(frozen=True, kw_only=True)
class RowTime:
    """One row of a table, run by itself on the outputs that it reads.

    Attributes:
        id: the row's name; `heads.ROW` for an auxiliary classifier.
        forward_ns: median nanoseconds.
        backward_ns: median nanoseconds of its backward pass; None in mode `forward`.
        macs: multiply-accumulates of the forward pass.
        backward_macs: of the backward pass; None in mode `forward`.
        forward_bytes: read and written by all operations, each with its inputs and outputs once.
        backward_bytes: likewise in the backward pass; None in mode `forward`.
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
        """Time forward and backward."""
        return self.forward_ns + (self.backward_ns or 0)

    @property
    def bytes(self) -> int:
        """Read and written forward and backward."""
        return self.forward_bytes + (self.backward_bytes or 0)

    @property
    def flops(self) -> int:
        """Floating-point operations forward and backward, two per multiply-accumulate."""
        return 2 * (self.macs + (self.backward_macs or 0))


@dataclass(frozen=True, kw_only=True)
class IterationCounts:
    """The counts of one iteration of a model; multiply-accumulates of a whole batch.

    Attributes:
        params: parameters that an iteration reads.
        macs: of the forward pass in the measured mode.
        backward_macs: of the backward pass; 0 in mode `forward`.
        uncounted: the names of operations that could not be counted.
        bytes_needed: an estimate of the memory of one process.
    """

    params: int
    inputs: str
    macs: int
    backward_macs: int
    uncounted: tuple[str, ...] = ()
    bytes_needed: int = 0

    @property
    def flops(self) -> int:
        """Floating-point operations of one iteration, two per multiply-accumulate."""
        return 2 * (self.macs + self.backward_macs)


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """The measurement of one configuration.

    Attributes:
        configuration: as requested.
        batch: the batch size that was run, which differs from the requested one after `--on-oom
            halve` and for inputs with a batch of their own.
        problem: why it is not done, or empty.
        exit_code: the exit code of the command for this problem.
        facts: counts of the model; None if it could not be counted.
        first_call_ns: nanoseconds of the first iteration, including compilation and autotuning.
        warm_up: the iterations before the samples.
        stopped: why sampling ended: the interval met its `target`, or the `budget` ran out.
        host_ns: nanoseconds that Python takes to launch an iteration on an idle device.
        interleaved: the number of other configurations that took turns with it.
        peak_bytes: peak memory, in a pass of its own.
        peak_kind: `allocated` on the device, or `resident` set of the process.
    """

    configuration: Configuration
    batch: int
    status: Status
    problem: str = ""
    exit_code: int = 0
    facts: IterationCounts | None = None
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
        """Nanoseconds per iteration by the clock, with one wait for the device per block."""
        iterations = sum(len(block.samples_ns) for block in self.blocks)
        return sum(block.wall_ns for block in self.blocks) / iterations if iterations else None

    @property
    def is_launch_bound(self) -> bool:
        """Whether the device waits for Python: a launch takes about as long as an iteration."""
        wall = self.wall_ns
        return self.host_ns is not None and wall is not None and self.host_ns >= 0.9 * wall

    @property
    def median_ns(self) -> float | None:
        """The median time of an iteration."""
        return self.statistics.median_ns if self.statistics else None

    @property
    def images_per_second(self) -> float | None:
        """Images per second: the batch size by the median time."""
        return self.batch * 1e9 / self.median_ns if self.median_ns else None

    @property
    def flops_per_second(self) -> float | None:
        """FLOP/s: the counted operations by the median time."""
        if self.facts is None or not self.median_ns or self.facts.uncounted:
            return None
        return self.facts.flops * 1e9 / self.median_ns


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """One combination of settings in comparison with the plain one.

    Attributes:
        plain: the plain settings, in words.
        settings: these settings, in words.
        ratio: median time relative to that of the plain settings; below 1 is faster.
        error: the largest difference of an output from the plain one, relative to the largest
            output; None if unknown.
        first_call_ns: nanoseconds of the first call.
        remark: why the error is unknown, or empty.
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
class ProcessScaling:
    """One configuration in several processes at once.

    Attributes:
        rank_images_per_second: images per second of each process.
        single_images_per_second: images per second of one process alone, in the same run.
        gradient_bytes: bytes that are all-reduced per iteration; 0 in mode `forward`.
        backend: of torch.distributed.
        problem: why they could not be run, or empty.
        exit_code: the exit code of the command for this problem.
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
        """Images per second of all processes together."""
        return sum(self.rank_images_per_second)

    @property
    def efficiency(self) -> float:
        """Throughput of all processes relative to that of as many single ones."""
        return self.images_per_second / (self.processes * self.single_images_per_second)


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """One run of the benchmark: `archcount.bench/1`.

    Attributes:
        started: date and time in UTC.
        sources: a hash of the source file of each target.
        peaks: the peak performance of each device, by dtype.
        tuned: the results of `--tune`.
        scaling: the results of `--nproc`.
        is_inline: whether it ran in the calling process, as for a module.
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
    scaling: tuple[ProcessScaling, ...] = ()
    is_interrupted: bool = False
    is_inline: bool = False
    remarks: tuple[str, ...] = ()
    schema: Literal["archcount.bench/1"] = "archcount.bench/1"

    def peak_for(self, configuration: Configuration) -> Peak | None:
        """Return the peak of a configuration's device for its dtype, None if unknown."""
        for peak in self.peaks:
            asked = (configuration.device, configuration.dtype, configuration.tf32)
            if (peak.device, peak.dtype, peak.tf32) == asked:
                return peak
        return None
