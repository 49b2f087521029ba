"""One line about a model: its totals, or why it could not be counted."""

from __future__ import annotations

from dataclasses import dataclass

from archcount.engines.model_count import ModelCount


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelSummary:
    """What was counted in one call of a model; None where it could not be counted.

    Attributes:
        model: the name that it was requested by.
        inputs: what it was called with, as text.
        params: parameters, each counted once.
        macs: multiply-accumulates of the forward pass.
        backward_macs: those of the backward pass.
        attention: the convention by which the products of attention are counted.
        weight_bytes: bytes of parameters and buffers.
        activation_bytes: bytes of all tensors that were made.
        peak_bytes: the most bytes of inputs and made tensors needed at one time in a forward pass.
        depth: the most convolutions and linear layers that follow one another up to a result.
        seconds: how long it took to make and count it.
        uncounted: the operations that have no rule; the totals are without them.
        error: why it could not be counted, or empty.
        exit_code: of a command that counts it alone.
    """

    model: str
    inputs: str = ""
    params: int | None = None
    macs: int | None = None
    backward_macs: int | None = None
    attention: str = ""
    weight_bytes: int | None = None
    activation_bytes: int | None = None
    peak_bytes: int | None = None
    depth: int | None = None
    seconds: float | None = None
    uncounted: tuple[str, ...] = ()
    error: str = ""
    exit_code: int = 0

    @property
    def flops(self) -> int | None:
        """Floating-point operations of convolutions, linear layers and products: 2 a MAC."""
        return None if self.macs is None else 2 * self.macs


def summary_of(
    count: ModelCount, *, depth: int | None = None, seconds: float | None = None
) -> ModelSummary:
    """Return the line of a counted model."""
    return ModelSummary(
        model=count.name,
        inputs=count.inputs,
        params=count.total.params,
        macs=count.total.macs,
        backward_macs=count.total.backward,
        attention=count.attention,
        weight_bytes=sum(count.weight_bytes.values()),
        activation_bytes=count.activation_bytes,
        peak_bytes=count.peak_bytes,
        depth=depth,
        seconds=seconds,
        uncounted=tuple(dict.fromkeys(item.op for item in count.uncounted)),
    )
