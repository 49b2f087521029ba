"""Scores with a trained bias and a mask, as of shifted windows, wherever the code hides pairs."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, product

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import archcount as ac

LENGTH, SIZE = 6, 8


def causal() -> Tensor:
    """Return which pairs are hidden."""
    return torch.ones(LENGTH, LENGTH, dtype=torch.bool).triu(1)


def added(hidden: Tensor, by: float = -100.0) -> Tensor:
    return torch.zeros(hidden.shape).masked_fill(hidden, by)


class Scored(nn.Module):
    """Attention of one head, whose bias has a number for each pair."""

    def __init__(
        self, seen: Callable[[Scored, Tensor, Tensor], Tensor], mask: Tensor | None = None
    ) -> None:
        super().__init__()
        self.seen = seen
        self.query, self.key = nn.Linear(SIZE, SIZE), nn.Linear(SIZE, SIZE)
        self.bias = nn.Parameter(torch.linspace(-1, 1, LENGTH**2).view(LENGTH, LENGTH))
        self.mask = nn.Buffer(added(causal()) if mask is None else mask)

    def forward(self, x: Tensor) -> Tensor:
        scores = self.query(x) @ self.key(x).transpose(1, 2) / SIZE**0.5
        return self.seen(self, scores, x) @ x


class Fused(Scored):
    def forward(self, x: Tensor) -> Tensor:
        bias = self.bias.masked_fill(causal(), float("-inf"))
        return F.scaled_dot_product_attention(self.query(x), self.key(x), x, attn_mask=bias)


MASKS = {
    "in the bias": lambda: Scored(
        lambda m, scores, x: (scores + m.bias.masked_fill(causal(), float("-inf"))).softmax(-1)
    ),
    "in the bias, and fused": lambda: Fused(lambda m, scores, x: scores),
    "behind the sum": lambda: Scored(
        lambda m, scores, x: (scores + m.bias).masked_fill(causal(), float("-inf")).softmax(-1)
    ),
    "before the sum": lambda: Scored(
        lambda m, scores, x: (scores.masked_fill(causal(), float("-inf")) + m.bias).softmax(-1)
    ),
    "added": lambda: Scored(
        lambda m, scores, x: (scores + m.bias + added(causal())).softmax(-1)
    ),
    "added from a buffer": lambda: Scored(
        lambda m, scores, x: (scores + m.bias + m.mask).softmax(-1)
    ),
}  # fmt: skip


def result(model: Scored) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for each in (*model.query.parameters(), *model.key.parameters()):
            each.copy_(torch.randn(each.shape, generator=generator))
        return model(torch.randn(1, LENGTH, SIZE, generator=generator))


@pytest.mark.parametrize(("one", "other"), [*combinations(MASKS, 2)])
def test_what_is_hidden_is_the_same_wherever_it_is(one: str, other: str) -> None:
    left, right = MASKS[one](), MASKS[other]()
    torch.testing.assert_close(result(left), result(right))
    assert not ac.diff(left, right, input=f"{LENGTH}x{SIZE}").is_changed


WRONG = {
    "nothing hidden": Scored(lambda m, scores, x: (scores + m.bias).softmax(-1)),
    "other pairs hidden": Scored(
        lambda m, scores, x: (scores + m.bias + added(causal().T)).softmax(-1)
    ),
    "hidden in part": Scored(
        lambda m, scores, x: (scores + m.bias + added(causal(), -2.0)).softmax(-1)
    ),
    "without the bias": Scored(lambda m, scores, x: (scores + added(causal())).softmax(-1)),
    "hidden of a multiple of the bias": Scored(
        lambda m, scores, x: (scores + (2 * m.bias).masked_fill(causal(), -100.0)).softmax(-1)
    ),
}


# The numbers of a buffer are not compared, so that of its mask alone the place is known.
UNKNOWN = ("added from a buffer", "other pairs hidden")


@pytest.mark.parametrize(
    ("way", "wrong"), [pair for pair in product(MASKS, WRONG) if pair != UNKNOWN]
)
def test_another_mask_is_told(way: str, wrong: str) -> None:
    left, right = MASKS[way](), WRONG[wrong]
    assert not torch.allclose(result(left), result(right))
    assert ac.diff(left, right, input=f"{LENGTH}x{SIZE}").is_changed
