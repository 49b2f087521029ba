"""The torch module of attention between branches."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from archcount.layers.attention_modules import Scores, by_head


class AttendingBranches(Scores):
    """Branches that give queries, keys and values, and attention on them.

    Args:
        branches: `q`, `k` and `v`, or `q` and `kv`, or `qkv`; perhaps `shared`.
        dim: the size of a query and a key.
        value: the size of a value.
        shared: how many numbers of a key the branch `shared` gives to all heads.
        **scores: see `Scores`.
    """

    def __init__(
        self,
        branches: Mapping[str, nn.Module],
        *,
        dim: int,
        value: int,
        shared: int,
        heads: int,
        kv_heads: int,
        causal: bool,
        window: int,
        alibi: bool,
        rotary: float,
        turned: int,
    ) -> None:
        super().__init__(
            heads=heads, kv_heads=kv_heads, causal=causal, window=window, alibi=alibi,
            rotary=rotary, turned=turned,
        )  # fmt: skip
        for name, module in branches.items():
            self.add_module(name, module)
        self.names = tuple(branches)
        self.widths = (heads * dim, kv_heads * (dim - shared), kv_heads * value)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, L, D) to (N, L, heads x value)."""
        given = {name: getattr(self, name)(x) for name in self.names}
        if "qkv" in given:
            query, key, value = given["qkv"].split(self.widths, dim=-1)
        else:
            query = given["q"]
            key, value = (
                given["kv"].split(self.widths[1:], dim=-1)
                if "kv" in given
                else (given["k"], given["v"])
            )
        query, key, value = (
            by_head(part, heads)
            for part, heads in (
                (query, self.head_count), (key, self.kv_heads), (value, self.kv_heads)
            )
        )  # fmt: skip
        if "shared" not in given:
            return self.attend(*self.turn(query, key), value, None)
        query, shared = self.turn(query, given["shared"].unsqueeze(1))
        key = torch.cat((key, shared.expand(-1, self.kv_heads, -1, -1)), dim=-1)
        return self.attend(query, key, value, None)
