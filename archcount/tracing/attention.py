"""The convention by which the products of attention are counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from inspect import signature
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from archcount.layers import Cost
from archcount.layers.cost import MAC_CATEGORIES
from archcount.operators.operation import Charge
from archcount.tracing.forward_pass import Pattern

Numbers = Callable[[Tensor], Tensor | None]
"""Returns the numbers of a tensor, None where they are not known."""


@dataclass(slots=True)
class AttentionCall:
    """One call of attention.

    Attributes:
        pairs: how many pairs of a query and a key it has.
        count: returns how many of them count.
        has_projections: whether linear layers are done in it too.
        kept: how many pairs count; None as long as nobody has asked.
        scores: the multiply-accumulates of its first product.
    """

    pairs: int
    count: Callable[[Numbers], int]
    has_projections: bool = False
    kept: int | None = None
    scores: int = 0


class AttentionMode(TorchFunctionMode):
    """Counts calls of torch's attention by another convention than dense.

    Attributes:
        calls: how many were counted so.
        convention: causal or flash.
    """

    def __init__(self, convention: str, numbers: Numbers) -> None:
        super().__init__()
        self.calls = 0
        self.convention, self._numbers = convention, numbers
        self._now: AttentionCall | None = None

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Note where attention begins and ends."""
        kwargs = kwargs or {}
        read = _CALLS.get(getattr(func, "__name__", "").partition(".")[0])
        if read is None:
            return func(*args, **kwargs)
        attend = functional.scaled_dot_product_attention

        def inner(*args: Any, **named: Any) -> Any:
            return self.within(_dot_product(*args, **named), attend, *args, **named)

        # A mode sees nothing of what the function that it was given calls itself.
        with patch.object(functional, attend.__name__, inner):
            return self.within(read(*args, **kwargs), func, *args, **kwargs)

    def within(self, call: AttentionCall | None, func: Any, *args: Any, **named: Any) -> Any:
        """Do attention."""
        before, self._now = self._now, call
        try:
            return func(*args, **named)
        finally:
            self._now = before

    def counted(self, pattern: Pattern) -> Pattern:
        """Return an operation with its cost by the convention."""
        call, charge = self._now, pattern.charge
        if call is None or charge is None or not charge.cost.macs:
            return pattern
        if call.has_projections and charge.cost.linear:
            return pattern
        is_first = not call.scores
        if is_first:
            call.scores = charge.cost.macs
        if self.convention == "flash":
            self.calls += is_first
            # The backward pass recomputes the scores, if the weighted sum needs a gradient.
            more = 0 if is_first else call.scores
            return replace(pattern, charge=replace(charge, backward=charge.backward + more))
        if call.kept is None:
            call.kept = call.count(self._numbers)
        if call.kept == call.pairs:
            return pattern
        self.calls += is_first
        return replace(pattern, charge=_share(charge, call.kept, call.pairs))


def _dot_product(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    **others: Any,
) -> AttentionCall:
    return _masked(query.shape[-2], key.shape[-2], attn_mask, is_causal=is_causal)


def _heads(*args: Any, **named: Any) -> AttentionCall | None:
    """Return the attention of `nn.MultiheadAttention` that gives its weights, written out."""
    given = signature(functional.multi_head_attention_forward).bind(*args, **named).arguments
    has_more_keys = given["bias_k"] is not None or given["add_zero_attn"]
    if not given.get("need_weights", True) or has_more_keys:
        return None
    query, key = given["query"], given["key"]  # length first
    call = _masked(query.shape[0], key.shape[0], given.get("attn_mask"))
    call.has_projections = True
    return call


def _masked(
    queries: int, keys: int, mask: Tensor | None, *, is_causal: bool = False
) -> AttentionCall:
    def count(numbers: Numbers) -> int:
        if is_causal:
            return triangle(queries, keys)
        known = None if mask is None else numbers(mask)
        return queries * keys if known is None else staircase(known, queries, keys)

    return AttentionCall(queries * keys, count)


_CALLS: dict[str, Callable[..., AttentionCall | None]] = {
    "scaled_dot_product_attention": _dot_product,
    "multi_head_attention_forward": _heads,
}


def _share(charge: Charge, kept: int, pairs: int) -> Charge:
    """Return the cost of products of which so many pairs are counted."""
    counts = charge.cost.as_dict()
    counts.update({name: counts[name] * kept // pairs for name in MAC_CATEGORIES})
    return Charge(Cost(**counts), charge.backward * kept // pairs)


def triangle(queries: int, keys: int) -> int:
    """Return how many pairs a lower triangle has that begins top left, as torch's own does.

    >>> triangle(4, 4), triangle(2, 4), triangle(4, 2)
    (10, 3, 7)
    """
    square = min(queries, keys)
    return square * (square + 1) // 2 + (queries - square) * keys


def staircase(mask: Tensor, queries: int, keys: int) -> int:
    """Return how many pairs count under a mask: all, unless it is causal.

    It is causal where later queries see further: each counts with the keys up to the last that it
    sees in any sequence and head.

    Args:
        mask: truth values, or what is added to the scores.
        queries: how many there are.
        keys: likewise.

    >>> mask = torch.ones(2, 4, dtype=torch.bool).tril(2)  # two queries after two others
    >>> staircase(mask, 2, 4), staircase(torch.zeros(4), 2, 4)
    (7, 8)
    """
    seen = mask
    if mask.is_floating_point():
        seen = mask > torch.finfo(mask.dtype).min / 2
    seen = seen.expand(*seen.shape[:-2], queries, keys).reshape(-1, queries, keys).any(0)
    ends = (seen * torch.arange(1, keys + 1)).amax(-1)
    is_causal = bool((ends.diff() >= 0).all()) and bool(ends[0] < ends[-1])
    return int(ends.sum()) if is_causal else queries * keys
