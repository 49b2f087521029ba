"""The settings of a benchmark: what is measured, for how long, and in how many processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Mode = Literal["forward", "train"]
MODES: tuple[Mode, ...] = ("forward", "train")
DTYPES: Mapping[str, str] = {"float32": "float32", "bf16": "bfloat16", "fp16": "float16"}
"""The types of numbers, and their names in torch."""
COMPILE_MODES = ("default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs")
OPTIMIZERS = ("sgd",)
ON_OOM = ("fail", "halve", "skip")
TUNABLE = ("channels_last", "compile", "tf32", "bf16", "fp16", "amp-bf16", "amp-fp16")
"""What tuning may try; the first two change no type of numbers."""


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
class RunSettings:
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Launch:
    """How processes are started.

    Attributes:
        processes: on each node.
        nodes: how many there are.
        endpoint: `host:port` where nodes meet; empty for one node.
    """

    processes: int
    nodes: int = 1
    endpoint: str = ""
