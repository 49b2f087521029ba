"""How a model is called and counted: the options of `count` in one record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from archcount.engines.memory_traffic import Machine
from archcount.engines.model_count import ATTENTION
from archcount.errors import Problem, UsageError, quote
from archcount.loading.reference import find_callable

_DEVICES = ("meta", "cpu")
BOTH_INPUTS = Problem(what="--input and --inputs are both given", remedy="use only one")
"""The problem of an input that is given in two ways."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CountRequest:
    """How a model is made and called, and what is counted.

    Attributes:
        arguments: keyword arguments of its callable.
        input: what it is called with, as `make_inputs` takes it; its own input where it is empty.
        maker: the reference of a function that returns its input, or empty.
        batch: how many images an input such as `3x224x224` stands for.
        train: in training mode.
        device: `meta`, or `cpu` for models whose code reads values of activations.
        prefill: call a language model with this many token ids of each sequence.
        decode: call it with one token id, and its own cache of this many tokens.
        dtype: how weights are stored: fp32, bf16, fp16, int8 or int4. The model computes in the
            same type, in bfloat16 where weights are integers.
        attention: the convention by which the products of attention are counted: `full`, dense;
            `causal`, the lower triangle under a causal mask; `flash`, dense, and the scores once
            more in the backward pass.
        machine: the machine of the roofline.
        has_traffic: whether bytes moved are counted, also without a machine.
        has_timeline: whether the memory of the pass is given step by step.

    Raises:
        UsageError: a value is not allowed, or two of them exclude each other.

    >>> CountRequest(prefill=8, batch=2).given()
    TokenRun(tokens=8, is_decode=False, batch=2, device='meta')
    """

    arguments: Mapping[str, Any] = field(default_factory=dict)
    input: Any = ""
    maker: str = ""
    batch: int = 1
    train: bool = False
    device: str = "meta"
    prefill: int | None = None
    decode: int | None = None
    dtype: str = ""
    attention: str = "full"
    machine: Machine | None = None
    has_traffic: bool = False
    has_timeline: bool = False

    def __post_init__(self) -> None:
        check_run(self.batch, self.device)
        if self._has_input and self.maker:
            raise UsageError(BOTH_INPUTS)
        self._check_tokens()
        if self.attention not in ATTENTION:
            raise UsageError.of(
                f"unknown convention of attention {self.attention!r}", allowed=", ".join(ATTENTION)
            )

    def given(self, own: Sequence[str] = ()) -> Any:
        """Return what the model is called with; `own` is the input that it is made for."""
        tokens = self.decode if self.prefill is None else self.prefill
        if tokens is not None:
            from archcount.loading.tokens import TokenRun

            is_decode = self.prefill is None
            return TokenRun(
                tokens=tokens, is_decode=is_decode, batch=self.batch, device=self.device
            )
        if self.maker:
            return find_callable(self.maker)
        return self.input if self._has_input else own or ""

    @property
    def _has_input(self) -> bool:
        return self.input is not None and not (isinstance(self.input, str) and not self.input)

    def _check_tokens(self) -> None:
        asked = {"--prefill": self.prefill, "--decode": self.decode}
        given = {option: tokens for option, tokens in asked.items() if tokens is not None}
        for option, tokens in given.items():
            if not isinstance(tokens, int) or isinstance(tokens, bool) or not 1 <= tokens < 2**31:
                raise UsageError.of(f"{option} {tokens}", allowed="tokens, from 1 to 2^31")
        if len(given) > 1:
            raise UsageError.of(
                "--prefill and --decode are two calls", remedy="count one after the other"
            )
        if given and (self._has_input or self.maker):
            raise UsageError.of(
                f"{next(iter(given))} makes the input itself", remedy="leave the input out"
            )


def check_run(batch: int, device: str) -> None:
    """Check the batch and the device that a model is run with.

    Raises:
        UsageError: the device is unknown, or the batch is out of range.
    """
    if device not in _DEVICES:
        shown = quote(device) if isinstance(device, str) else repr(device)
        raise UsageError.of(f"unknown device {shown}", allowed=", ".join(_DEVICES))
    if not isinstance(batch, int) or isinstance(batch, bool) or not 0 <= batch < 2**31:
        raise UsageError.of(f"batch {batch}", allowed="a whole number from 0 to 2^31")
