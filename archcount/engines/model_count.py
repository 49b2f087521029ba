"""What is counted of any PyTorch model, module by module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archcount.engines.counts import Uncounted
from archcount.engines.language_count import LanguageCount
from archcount.engines.memory_timeline import MemoryTimeline
from archcount.engines.memory_traffic import Machine, Moved
from archcount.engines.training_memory import TrainingMemory
from archcount.layers import Cost


@dataclass(frozen=True, kw_only=True, slots=True)
class ModuleCount:
    """One module of a model, with all that it holds.

    Attributes:
        path: its name in the model, empty for the model itself.
        kind: the name of its class.
        level: how deep it lies; 0 is the model itself.
        calls: how often it was run; None in a scripted module, where torch does not report it.
        input: the shape of the first tensor it was given by position, None where there was none.
        output: likewise of what it gave.
        kernel: the sizes of its kernel, None where it has none.
        params: parameters, each counted once.
        trainable: those of them that take a gradient.
        buffers: numbers in buffers, each counted once.
        memory: bytes of its parameters and buffers, as they are stored.
        own: operations of its own, outside of the modules that it holds.
        cost: operations done while it was run.
        backward: multiply-accumulates of the backward pass.
    """

    path: str
    kind: str
    level: int
    calls: int | None
    input: tuple[int, ...] | None
    output: tuple[int, ...] | None
    kernel: tuple[int, ...] | None
    params: int
    trainable: int
    buffers: int
    memory: int
    own: Cost
    cost: Cost
    backward: int

    @property
    def macs(self) -> int:
        """Multiply-accumulates of the forward pass."""
        return self.cost.macs

    @property
    def backward_macs(self) -> int:
        """Multiply-accumulates of the backward pass, for the gradients that are needed."""
        return self.backward

    @property
    def frozen(self) -> int:
        """Parameters that take no gradient."""
        return self.params - self.trainable


ATTENTION = ("full", "causal", "flash")
"""The conventions by which the products of attention are counted; the first where none is named."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelCount:
    """What was counted in one call of a model.

    Attributes:
        name: the name that it was requested by.
        version: of torch.
        inputs: what it was called with, as text.
        train: whether it was in training mode.
        modules: the model first, then all that it holds, in order of definition.
        unused: parameters that nothing read in the call.
        weight_bytes: bytes of parameters and buffers by the type of their numbers.
        activation_bytes: bytes of all tensors that were made.
        peak_bytes: the most bytes of inputs and made tensors needed at one time in a forward pass.
        uncounted: what could not be counted.
        remarks: what the reader should know of how it was counted.
        attention: the convention by which its products are counted: full, causal or flash.
        attention_calls: how many calls of attention were counted otherwise than dense.
        dtype: the type that weights are stored in, where one was requested.
        language: figures of a language model, where tokens were requested.
        machine: the machine of the roofline, where one was given.
        moved: bytes that each module moves, by its path, where they were requested.
        training: the memory of training, in training mode.
        timeline: the memory of the pass over its steps, where it was requested.
    """

    name: str
    version: str
    inputs: str
    train: bool
    modules: tuple[ModuleCount, ...]
    unused: int
    weight_bytes: Mapping[str, int]
    activation_bytes: int
    peak_bytes: int
    uncounted: tuple[Uncounted, ...] = ()
    remarks: tuple[str, ...] = ()
    attention: str = "full"
    attention_calls: int = 0
    dtype: str = ""
    language: LanguageCount | None = None
    machine: Machine | None = None
    moved: Mapping[str, Moved] | None = None
    training: TrainingMemory | None = None
    timeline: MemoryTimeline | None = None

    @property
    def total(self) -> ModuleCount:
        """The model as a whole."""
        return self.modules[0]
