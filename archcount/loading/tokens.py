"""What a language model is called with: token ids, and the cache that it made itself."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from archcount.errors import UsageError
from archcount.loading.inputs import Inputs
from archcount.tracing.nested_tensors import tensors_in
from archcount.tracing.object_copy import Copier

_CACHES = (
    *("past_key_values", "cache", "cache_params", "past_key_value", "past_kv", "kv_cache"),
    *("layer_past", "past", "state"),
)
"""What models call the argument that takes their cache, and the result that holds it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CacheSize:
    """What a model keeps of the tokens that it has seen, for the batch.

    Attributes:
        entries: the tokens of each sequence that it was made from.
        bytes: of its tensors, by the type of their numbers.
        growth: bytes that one token more adds to each sequence.
    """

    entries: int
    bytes: Mapping[str, int]
    growth: int

    @property
    def total(self) -> int:
        """Bytes of all its tensors."""
        return sum(self.bytes.values())


@dataclass(frozen=True, kw_only=True)
class TokenInputs(Inputs):
    """What one call of a language model is given.

    Attributes:
        cache: of the model after the tokens that came before and those of the call, where it
            keeps one; for a decode step before it.
    """

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

    def inputs(self, module: nn.Module) -> TokenInputs:
        """Return what the module is called with; for a step it is run for its cache first.

        Raises:
            UsageError: it takes no token ids, or a step was asked of it and it takes no cache.
        """
        taken = _Signature.of(module)
        args, kwargs = taken.given(self._ids(self.tokens), self._ids(self.tokens))
        if module.training or not taken.cache:
            if self.is_decode:
                raise _no_cache(taken)
            return TokenInputs(args, {**kwargs, **taken.caching(False)})
        kwargs |= taken.caching(True)
        with torch.no_grad():
            output = module(*args, **kwargs)
        cache = _cache_of(output, taken.cache)
        step = {**taken.caching(True), **taken.encoded(output)}
        size: CacheSize | None = None
        if cache is not None:
            with suppress(*([] if self.is_decode else [Exception])):  # a prefill needs no step
                size = self._measured(module, taken, cache, step)
        elif self.is_decode:
            raise _no_cache(taken)
        if not self.is_decode:
            return TokenInputs(args, kwargs, cache=size)
        ids, named = taken.given(self._ids(1), None)
        text = f"{Inputs(ids, named)}, and its own cache of {self.tokens:,} tokens"
        return TokenInputs(ids, {**named, **step, taken.cache: cache}, text, cache=size)

    def _ids(self, tokens: int) -> Tensor:
        return torch.zeros((self.batch, tokens), dtype=torch.int64, device=self.device)

    def _measured(
        self, module: nn.Module, taken: _Signature, cache: Any, step: Mapping[str, Any]
    ) -> CacheSize:
        """Measure a cache, and by how much a copy of it grows in a step."""
        before = _bytes(cache)
        copy = Copier(Tensor.clone, lambda part, _: part).copied(cache)
        ids, named = taken.given(self._ids(1), None)
        with torch.no_grad():
            output = module(*ids, **named, **step, **{taken.cache: copy})
        after = _bytes(_cache_of(output, taken.cache))
        growth = (sum(after.values()) - sum(before.values())) // max(self.batch, 1)
        return CacheSize(entries=self.tokens, bytes=before, growth=growth)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Signature:
    """What the call of a language model takes.

    Attributes:
        kind: the class of the model.
        ids: the name of the token ids, empty where they are given by position.
        cache: the name of the cache, empty where it takes none.
        names: every argument.
    """

    kind: str
    ids: str
    cache: str
    names: frozenset[str]

    @classmethod
    def of(cls, module: nn.Module) -> _Signature:
        parameters = inspect.signature(module.forward).parameters
        kind, own = type(module).__name__, getattr(module, "main_input_name", "input_ids")
        if not parameters or (own != "input_ids" and isinstance(own, str)):
            raise UsageError.of(
                f"a {kind} takes no token ids" + (f", but {own}" if parameters else ""),
                allowed="a model of token ids",
                remedy="give its input with --input",
            )
        ids = "input_ids" if "input_ids" in parameters else ""
        cache = next((name for name in _CACHES if name in parameters), "")
        return cls(kind=kind, ids=ids, cache=cache, names=frozenset(parameters))

    def given(self, ids: Tensor, source: Tensor | None) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return ids in the place that they are taken, those of an encoder beside them."""
        if "decoder_input_ids" in self.names:
            encoder = {} if source is None else {self.ids or "input_ids": source}
            return (), {**encoder, "decoder_input_ids": ids}
        return ((), {self.ids: ids}) if self.ids else ((ids,), {})

    def caching(self, is_on: bool) -> dict[str, Any]:
        return {"use_cache": is_on} if "use_cache" in self.names else {}

    def encoded(self, output: Any) -> dict[str, Any]:
        """Return what an encoder gave, for the steps of its decoder."""
        found = getattr(output, "encoder_last_hidden_state", None)
        if "encoder_outputs" not in self.names or found is None:
            return {}
        return {"encoder_outputs": (found,)}


def _no_cache(taken: _Signature) -> UsageError:
    return UsageError.of(
        f"--decode: a {taken.kind} keeps no cache",
        allowed=f"a model whose call takes one of {', '.join(_CACHES)} and gives it back, in "
        "evaluation mode",
        remedy="count a prefill with --prefill",
    )


def _cache_of(output: Any, name: str) -> Any:
    """Return the cache in a result: by its name, or what comes after the first of a tuple."""
    found = output.get(name) if isinstance(output, Mapping) else getattr(output, name, None)
    if found is None and isinstance(output, tuple | list):
        others = (part for part in output[1:] if not isinstance(part, Tensor))
        found = next((part for part in others if next(tensors_in(part), None) is not None), None)
    return found


def _bytes(cache: Any) -> Counter[str]:
    """Return the bytes of the tensors of a cache by type, but those of counters and positions."""
    found: Counter[str] = Counter()
    parts = {
        (id(tensor.untyped_storage()), tensor.storage_offset(), tensor.shape): tensor
        for tensor in list(tensors_in(cache))
        if tensor.dim() > 1
    }
    for tensor in parts.values():
        found[str(tensor.dtype).removeprefix("torch.")] += tensor.numel() * tensor.element_size()
    return found
