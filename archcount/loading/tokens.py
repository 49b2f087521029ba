"""Inputs of a language model: token ids, and the cache that the model itself makes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from archcount.loading.inputs import Inputs, make_inputs
from archcount.loading.token_call import TokenCall, cache_bytes
from archcount.tracing.model_copy import ModelCopy
from archcount.tracing.trace import trace


@dataclass(frozen=True, kw_only=True, slots=True)
class CacheSize:
    """What a model keeps of the tokens that it has seen, for the batch.

    Attributes:
        entries: the tokens of each sequence that it was made from.
        bytes: of its tensors, by the type of their numbers.
        growth: bytes that one token more adds to each sequence, None where it could not be run.
    """

    entries: int
    bytes: Mapping[str, int]
    growth: int | None

    @property
    def total(self) -> int:
        """Bytes of all its tensors."""
        return sum(self.bytes.values())


@dataclass(frozen=True, kw_only=True)
class TokenInputs(Inputs):
    """The inputs of one call of a language model.

    Attributes:
        call: how it is called.
        outputs: its outputs, once it was run.
        before: the bytes of the cache that it is given, by type.
        cache: what it keeps, once it was run and measured.
    """

    call: TokenCall
    outputs: list[Any] = field(default_factory=list)
    before: Counter[str] | None = None
    cache: CacheSize | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenRun:
    """A call of a language model: a prefill of some tokens, or a step of one token after them.

    Attributes:
        tokens: the tokens of the prefill, or of the cache of the step.
        is_decode: whether the step is run.
        batch: sequences.
        device: where the ids are made.
    """

    tokens: int
    is_decode: bool = False
    batch: int = 1
    device: str = "meta"

    def __str__(self) -> str:
        what = "a decode step after" if self.is_decode else "a prefill of"
        return f"{what} {self.tokens:,} tokens"

    @property
    def seen(self) -> int:
        """The tokens of each sequence after the call."""
        return self.tokens + self.is_decode

    @property
    def counted(self) -> int:
        """The tokens that are computed, of all sequences."""
        return self.batch * (1 if self.is_decode else self.tokens)

    def prepared(self, copy: ModelCopy) -> TokenInputs:
        """Return what a model is called with; for a step it is run for its cache first.

        Raises:
            UsageError: it takes no token ids, or a step was asked of it and it keeps no cache.
        """
        call, outputs = TokenCall.of(copy.module), list[Any]()
        keeps = bool(call.cache) and not copy.module.training
        if self.is_decode and not keeps:
            raise call.no_cache()
        copy.module.register_forward_hook(lambda module, args, output: outputs.append(output))
        prompt = self._inputs(call, outputs, self.tokens)
        prompt = replace(prompt, kwargs={**prompt.kwargs, **call.caching(is_on=keeps)}, text="")
        if not self.is_decode:
            return prompt
        _run(copy, prompt)
        return self._step(prompt)

    def measured(self, copy: ModelCopy, inputs: TokenInputs) -> TokenInputs:
        """Return inputs with the size of the cache that the model keeps after the call."""
        cache = _cache(inputs)
        if cache is None:
            return inputs
        before = inputs.before or cache_bytes(cache)
        growth = None
        # A prefill needs no step after it, so that one that fails says nothing of it.
        with nullcontext() if self.is_decode else suppress(Exception):
            if not self.is_decode:
                _run(copy, self._step(inputs))
            growth = (cache_bytes(_cache(inputs)).total() - before.total()) // max(self.batch, 1)
        return replace(
            inputs, cache=CacheSize(entries=self.tokens, bytes=dict(before), growth=growth)
        )

    def _step(self, inputs: TokenInputs) -> TokenInputs:
        """Return a step of one token, with the cache of the call before it."""
        cache = _cache(inputs)
        if cache is None:
            raise inputs.call.no_cache()
        step = self._inputs(inputs.call, inputs.outputs, 1, is_step=True)
        text = f"{step}, and its own cache of {self.tokens:,} tokens"
        more = {**inputs.call.going_on(inputs.outputs[-1]), **inputs.call.caching(is_on=True)}
        kwargs = {**step.kwargs, **more}
        return replace(step, kwargs=kwargs, text=text, before=cache_bytes(cache))

    def _inputs(
        self, call: TokenCall, outputs: list[Any], tokens: int, *, is_step: bool = False
    ) -> TokenInputs:
        specs = call.specs(self.batch, tokens, is_step=is_step)
        made = make_inputs(specs, batch=self.batch, dtype=torch.int64, device=self.device)
        return TokenInputs(
            made.args,
            made.kwargs,
            known=made.known,
            is_drawn=made.is_drawn,
            call=call,
            outputs=outputs,
        )


def _cache(inputs: TokenInputs) -> Any:
    """Return the cache that the last call returned."""
    return inputs.call.cache_in(inputs.outputs[-1]) if inputs.outputs else None


def _run(copy: ModelCopy, inputs: TokenInputs) -> None:
    """Run a model without counting it."""
    known = [*copy.known, *inputs.known] if inputs.known else None
    with torch.no_grad():
        trace(copy.module, inputs.args, inputs.kwargs, parts=copy.parts, known=known)
