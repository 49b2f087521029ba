"""The memory that training takes, by part: an estimate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

OPTIMIZERS = {"SGD": 0, "SGD with momentum": 4, "Adam": 8, "8-bit Adam": 2}
"""Bytes of the state of optimizers for each trained parameter: none, one float32, two, two int8.

The scales of the blocks of 8-bit Adam are not included.
"""
MASTER = 4
"""Bytes for each trained parameter of the float32 copy of weights that are stored in 16 bits."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingMemory:
    """The bytes that training takes, by part.

    Attributes:
        weights: of parameters, and buffers.
        gradients: of trained parameters, in the type of the weights.
        master: of a float32 copy of trained weights that are stored in 16 bits.
        optimizers: of the state of each optimizer, by its name.
        activations: that autograd keeps from the forward to the backward pass; None where that is
            not known.
        scores: those of them that are results of softmax, which fused attention does not keep;
            likewise.
        checkpointed: as activations, where repeated layers are computed anew in the backward pass:
            what is kept outside of them, what they are given, and the most that one keeps. None
            where no layer is repeated, or the model has checkpoints itself.
        layers: how many layers that are.
    """

    weights: int
    gradients: int
    master: int
    optimizers: Mapping[str, int]
    activations: int | None
    scores: int | None
    checkpointed: int | None
    layers: int

    def total(self, optimizer: str, *, is_checkpointed: bool = False) -> int | None:
        """Return the sum of all parts with one optimizer; None where one is not known."""
        kept = self.checkpointed if is_checkpointed else self.activations
        if kept is None:
            return None
        return self.weights + self.gradients + self.master + self.optimizers[optimizer] + kept
