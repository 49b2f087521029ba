"""The settings of a benchmark: what is measured, for how long, and in how many processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Mode = Literal["forward", "train"]
MODES: tuple[Mode, ...] = ("forward", "train")
DTYPES: Mapping[str, str] = {"float32": "float32", "bf16": "bfloat16", "fp16": "float16"}
"""The dtypes of the command line, and their names in torch."""
COMPILE_MODES = ("default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs")
OPTIMIZERS = ("sgd",)
ON_OOM = ("fail", "halve", "skip")
TUNABLE = ("channels_last", "compile", "tf32", "bf16", "fp16", "amp-bf16", "amp-fp16")
"""The settings that tuning may try; the first two do not change the dtype."""


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """One model and the settings that it is measured with.

    Attributes:
        target: the model: a table, `table@variant`, or `package:callable`.
        mode: `forward` (evaluation mode, no gradients) or `train` (forward, loss, backward).
        batch: images per iteration.
        dtype: of weights and inputs, or with `amp` of autocast.
        device: as in torch, such as `cuda:0`.
        amp: whether to use autocast, with float32 weights.
        tf32: whether float32 products may be computed in TF32; None for torch's default.
        channels_last: whether images and convolution weights are in channels-last memory format.
        compile: the mode of `torch.compile`; empty for eager.
        optimizer: whose step is part of a train iteration; empty for none.
        threads: of torch on the CPU; None for torch's default.
        inputs: the model's inputs as in `--input`; empty for the input of a table.
        maker: `package:callable` that returns the inputs, or empty.
        arguments: keyword arguments of the target, if it is a callable.
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
    arguments: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0

    @property
    def settings(self) -> str:
        """The settings other than target, mode and batch, in words.

        >>> Configuration(target="googlenet", channels_last=True).settings
        'float32, channels last'
        """
        parts = [f"{self.dtype} autocast" if self.amp else self.dtype]
        parts += ["channels last"] if self.channels_last else []
        parts += [f"compile {self.compile}"] if self.compile else []
        parts += [] if self.tf32 is None else ["tf32" if self.tf32 else "no tf32"]
        parts += [self.optimizer] if self.optimizer and self.mode == "train" else []
        return ", ".join(parts)

    @property
    def label(self) -> str:
        """The whole configuration in one line.

        >>> Configuration(target="googlenet", batch=8).label
        'googlenet forward, batch 8, float32'
        """
        return f"{self.target} {self.mode}, batch {self.batch}, {self.settings}"


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """How long to measure, and in how many processes.

    Attributes:
        target: the half width of the interval that ends sampling, relative to the median.
        budget: the most seconds of the first call and warm-up, of sampling, and of each other
            measurement, per configuration; an iteration of sampling is run in any case, and six
            blocks where an iteration takes less than a second.
        warm_up: the fewest iterations of warm-up, where the budget allows them.
        on_oom: what to do when the device runs out of memory.
        per_row: whether to time the rows of a table.
        repeat: processes per configuration, which share its budget.
        timeout: the seconds after which a process that does not answer is ended.
    """

    target: float = 0.01
    budget: float = 20.0
    warm_up: int = 10
    on_oom: Literal["fail", "halve", "skip"] = "fail"
    per_row: bool = False
    repeat: int = 1
    timeout: float = 3600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Launch:
    """The processes of a distributed run.

    Attributes:
        processes: per node.
        endpoint: the rendezvous endpoint, `host:port`; empty for one node.
    """

    processes: int
    nodes: int = 1
    endpoint: str = ""
