"""FlexAttention, counted by the products that its compiled kernel consists of."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor

from archcount.tracing.attention import AttentionCall, AttentionMode, Numbers
from archcount.tracing.torch_internals import FLEX, FLEX_CHECK, FLEX_OPERATOR, dense_flex_attention


class FlexAttention:
    """Runs `flex_attention` as separate products, on any device.

    Args:
        attention: the convention by which attention is counted, None where it is dense.

    Attributes:
        calls: how many were counted, by what.
    """

    def __init__(self, attention: AttentionMode | None) -> None:
        self.calls: Counter[str] = Counter()
        self._attention = attention

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Run it so within the context, where the program uses it."""
        module = sys.modules.get(FLEX)
        if module is None:
            yield
            return

        def call(operator: Any, *args: Any, **named: Any) -> Any:
            return self._call(*args, **named)

        with (
            patch.object(type(getattr(module, FLEX_OPERATOR)), "__call__", call),
            patch.object(module, FLEX_CHECK, lambda *tensors: None),
        ):
            yield

    def remarks(self) -> Iterator[str]:
        """Return remarks that say what it was counted by."""
        for what, calls in self.calls.items():
            yield f"{calls} call{'s' * (calls != 1)} of flex_attention counted by the {what}"

    def _call(self, query: Tensor, key: Tensor, *args: Any, **named: Any) -> Any:
        dense = dense_flex_attention()
        if self._attention is None or self._attention.convention != "causal":
            self.calls[_DENSE] += 1
        if self._attention is None:
            return dense(query, key, *args, **named)
        mask = args[2] if len(args) > 2 else named["block_mask"]
        call = self._under(mask, query.shape[-2], key.shape[-2])
        return self._attention.within(call, dense, query, key, *args, **named)

    def _under(self, block_mask: Sequence[Any], queries: int, keys: int) -> AttentionCall:
        """Return the attention of so many queries and keys under a block mask."""
        tensors, sizes = _tensors(block_mask), block_mask[-3:-1]
        pairs = queries * keys * tensors[0][..., 0].numel()  # of each sequence and head of the mask

        def count(numbers: Numbers) -> int:
            known = [found for tensor in tensors if (found := numbers(tensor)) is not None]
            if min(sizes) > max(queries, keys) or len(known) < len(tensors):  # one block is no mask
                self.calls[_DENSE] += 1
                return pairs
            self.calls[_BLOCKS] += 1
            halves = zip(known[::2], known[1::2], strict=True)
            return sum(covered(*half, sizes, queries, keys) for half in halves)

        return AttentionCall(int(pairs), count)


_DENSE, _BLOCKS = "dense products", "blocks of its mask"


def _tensors(block_mask: Sequence[Any]) -> list[Tensor]:
    """Return how many blocks there are and where; first of those seen in part, then of others."""
    first = next(place for place, item in enumerate(block_mask) if isinstance(item, Tensor))
    return [item for item in block_mask[first : first + 4] if item is not None]


def covered(blocks: Tensor, places: Tensor, sizes: Sequence[int], queries: int, keys: int) -> int:
    """Return how many pairs of a query and a key lie in the blocks of a mask.

    Args:
        blocks: how many there are in each row of blocks, for each sequence and head.
        places: in which column each of them is; more are listed than there are.
        sizes: queries and keys of a block; those at the end are smaller.
        queries: how many there are.
        keys: likewise.

    >>> blocks, places = torch.tensor([[[1, 2]]]), torch.tensor([[[[0, 1], [0, 1]]]])
    >>> covered(blocks, places, (4, 4), 8, 6)  # 4 x 4, and 4 x 6
    40
    """
    is_there = torch.arange(places.shape[-1]) < blocks[..., None]
    widths = (keys - places * sizes[1]).clamp(0, sizes[1])
    heights = (queries - torch.arange(blocks.shape[-1]) * sizes[0]).clamp(0, sizes[0])
    return int(((is_there * widths).sum(-1) * heights).sum())
