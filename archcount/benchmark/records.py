"""What a benchmark is made of: configurations, samples, figures, and where they were measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Mode = Literal["forward", "train"]
MODES: tuple[Mode, ...] = ("forward", "train")
Status = Literal["done", "failed", "skipped", "interrupted"]
DTYPES: Mapping[str, str] = {"float32": "float32", "bf16": "bfloat16", "fp16": "float16"}
"""What the types of numbers are called, and what torch calls them."""


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """What is measured, and how it is set.

    Attributes:
        target: a table, `table@variant`, or `package:callable`.
        mode: `forward` (evaluation mode, no gradients) or `train` (forward, loss, backward).
        batch: how many images one iteration takes.
        dtype: of weights and inputs, or with `amp` of what runs under autocast.
        device: as torch writes it.
        amp: whether weights stay float32 and operations are cast.
        tf32: whether float32 products may be rounded to TF32; None leaves torch's own setting.
        channels_last: whether the channels of images lie next to each other in memory.
        compile: the mode of `torch.compile`, empty for eager.
        optimizer: whose step belongs to a train iteration, empty for none.
        threads: of torch on the CPU; None leaves torch's own choice.
        inputs: what the model is called with, as `--input` takes it; empty for a table's own.
        maker: `package:callable` that makes what the model is called with, or empty.
        arguments: what a callable is given by name.
        seed: of weights, inputs and targets.
    """

    target: str
    mode: Mode = "forward"
    batch: int = 1
    dtype: str = "float32"
    device: str = "cpu"
    amp: bool = False
    tf32: bool | None = None
    channels_last: bool = False
    compile: str = ""
    optimizer: str = ""
    threads: int | None = None
    inputs: tuple[str, ...] = ()
    maker: str = ""
    arguments: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)
    seed: int = 0

    @property
    def settings(self) -> str:
        """What is set beside target, mode and batch, in words.

        >>> Configuration(target="googlenet", channels_last=True).settings
        'float32, channels last'
        """
        told = [f"{self.dtype} autocast" if self.amp else self.dtype]
        told += ["channels last"] if self.channels_last else []
        told += [f"compile {self.compile}"] if self.compile else []
        told += [] if self.tf32 is None else ["tf32" if self.tf32 else "no tf32"]
        told += [self.optimizer] if self.optimizer and self.mode == "train" else []
        return ", ".join(told)

    @property
    def label(self) -> str:
        """The whole configuration in one line.

        >>> Configuration(target="googlenet", batch=8).label
        'googlenet forward, batch 8, float32'
        """
        return f"{self.target} {self.mode}, batch {self.batch}, {self.settings}"


@dataclass(frozen=True, kw_only=True)
class Block:
    """Iterations that were run one after another.

    Attributes:
        samples_ns: nanoseconds of each: on the CPU by a clock, elsewhere by the device's events.
        wall_ns: nanoseconds that all of them took by the clock, until the device was done.
        process: which of the configuration's processes ran them.
    """

    samples_ns: tuple[int, ...]
    wall_ns: int
    process: int = 0


@dataclass(frozen=True, kw_only=True)
class WarmUp:
    """What was run before anything was sampled.

    Attributes:
        iterations: how many, the first call not among them.
        wall_ns: how long they took.
        settled: whether the last blocks agreed before the cap was reached.
        medians_ns: of each block.
    """

    iterations: int
    wall_ns: int
    settled: bool
    medians_ns: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """What samples say; times in nanoseconds.

    Attributes:
        samples: how many there are; none is dropped.
        blocks: in how many blocks.
        processes: in how many processes.
        median_ns: the middle of all samples.
        low_ns: the lower end of the median's interval, None where the blocks are too few.
        high_ns: the upper end.
        confidence: of the interval.
        mad_ns: the median distance of a sample from the median.
        p5_ns: below which 5 % lie.
        p95_ns: above which 5 % lie.
        outliers: how many lie more than three robust standard deviations (1.4826 MAD) away.
    """

    samples: int
    blocks: int
    processes: int
    median_ns: float
    low_ns: float | None
    high_ns: float | None
    confidence: float
    mad_ns: float
    p5_ns: float
    p95_ns: float
    outliers: int

    @property
    def half_width(self) -> float | None:
        """The larger distance of an end of the interval from the median, relative to it."""
        if self.low_ns is None or self.high_ns is None:
            return None
        return max(self.high_ns - self.median_ns, self.median_ns - self.low_ns) / self.median_ns


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
    macs: int
    backward_macs: int | None
    forward_bytes: int
    backward_bytes: int | None


@dataclass(frozen=True, kw_only=True)
class Facts:
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
    facts: Facts | None = None
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
    def images_per_second(self) -> float | None:
        """The batch by the median time."""
        return self.batch * 1e9 / self.statistics.median_ns if self.statistics else None

    @property
    def flops_per_second(self) -> float | None:
        """Operations by archcount's own counts, by the median time."""
        if self.facts is None or self.statistics is None or self.facts.uncounted:
            return None
        return self.facts.flops * 1e9 / self.statistics.median_ns


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
class Plan:
    """How it was measured.

    Attributes:
        target: the half width of the interval that ends sampling, relative to the median.
        budget: seconds of sampling, and of warm-up, that a configuration gets.
        warm_up: iterations of warm-up at least.
        on_oom: what happens when memory runs out.
        per_row: whether rows are timed.
        repeat: in how many processes each configuration is run, which share its budget.
    """

    target: float = 0.01
    budget: float = 20.0
    warm_up: int = 10
    on_oom: Literal["fail", "halve", "skip"] = "fail"
    per_row: bool = False
    repeat: int = 1


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
    plan: Plan
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
