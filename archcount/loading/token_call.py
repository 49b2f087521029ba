"""How a language model is called: the names of its token ids and of its cache."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from torch import Tensor, nn

from archcount.errors import UsageError
from archcount.loading.input_spec import InputSpec
from archcount.tracing.nested_tensors import tensors_in

CACHES = (
    *("past_key_values", "cache", "cache_params", "past_key_value", "past_kv", "kv_cache"),
    *("layer_past", "past", "state"),
)
"""Names of the argument that takes the cache, and of the result that holds it."""
_MASK = "attention_mask"


class _Encoded(NamedTuple):
    """The output of an encoder, by position or by name."""

    last_hidden_state: Tensor
    hidden_states: None = None
    attentions: None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenCall:
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
    def of(cls, module: nn.Module) -> TokenCall:
        """Read the signature of a model.

        Raises:
            UsageError: it takes no token ids.
        """
        parameters = inspect.signature(module.forward).parameters
        kind, own = type(module).__name__, getattr(module, "main_input_name", "input_ids")
        if not parameters or (own != "input_ids" and isinstance(own, str)):
            raise UsageError.of(
                f"a {kind} takes no token ids" + (f", but {own}" if parameters else ""),
                allowed="a model of token ids",
                remedy="give its input with --input",
            )
        ids = "input_ids" if "input_ids" in parameters else ""
        cache = next((name for name in CACHES if name in parameters), "")
        return cls(kind=kind, ids=ids, cache=cache, names=frozenset(parameters))

    @property
    def has_encoder(self) -> bool:
        """Whether it takes the ids of an encoder and those of a decoder."""
        return "decoder_input_ids" in self.names

    def specs(self, batch: int, tokens: int, *, is_step: bool) -> Sequence[InputSpec]:
        """Return the tensors of a call with some tokens.

        An encoder is given as many as its decoder, and is not run again for a step. A step takes no
        mask: nothing is masked, and models without attention read masks in ways of their own.
        """
        wanted = ["decoder_input_ids"] if self.has_encoder else [self.ids]
        if not is_step:
            wanted += [self.ids or "input_ids", _MASK] if self.has_encoder else [_MASK]
        known = (name for name in wanted if name in self.names or not name)
        return [InputSpec((batch, tokens), name, "int64") for name in known]

    def caching(self, *, is_on: bool) -> dict[str, Any]:
        """Return the argument that has it keep a cache or not, where it takes one."""
        return {"use_cache": is_on} if "use_cache" in self.names else {}

    def going_on(self, output: Any) -> dict[str, Any]:
        """Return the arguments that take up what an earlier call gave: cache and encoder."""
        encoded: Any = getattr(output, "encoder_last_hidden_state", None)
        has_encoder = "encoder_outputs" in self.names and encoded is not None
        return {
            self.cache: self.cache_in(output),
            **({"encoder_outputs": _Encoded(encoded)} if has_encoder else {}),
        }

    def cache_in(self, output: Any) -> Any:
        """Return the cache in a result: by its name, or what comes after the first of a tuple."""
        if not self.cache:
            return None
        is_mapping = isinstance(output, Mapping)
        found = output.get(self.cache) if is_mapping else getattr(output, self.cache, None)
        if found is None and isinstance(output, tuple | list):
            others = (part for part in output[1:] if not isinstance(part, Tensor))
            found = next(
                (part for part in others if next(tensors_in(part), None) is not None), None
            )
        return found

    def no_cache(self) -> UsageError:
        """Return the error of a step of a model without a cache."""
        return UsageError.of(
            f"--decode: a {self.kind} keeps no cache",
            allowed=f"a model whose call takes one of {', '.join(CACHES)} and returns it, in "
            "evaluation mode",
            remedy="count a prefill with --prefill",
        )


def cache_bytes(cache: Any) -> Counter[str]:
    """Return the bytes of the tensors of a cache by type, but those of counters and positions.

    >>> import torch
    >>> dict(cache_bytes([(torch.zeros(1, 2, 3), torch.zeros(1, 2, 3)), torch.zeros(4)]))
    {'float32': 48}
    """
    found: Counter[str] = Counter()
    parts = {
        (id(tensor.untyped_storage()), tensor.storage_offset(), tensor.shape): tensor
        for tensor in list(tensors_in(cache))
        if tensor.dim() > 1
    }
    for tensor in parts.values():
        found[str(tensor.dtype).removeprefix("torch.")] += tensor.numel() * tensor.element_size()
    return found
