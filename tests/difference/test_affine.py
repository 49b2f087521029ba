"""A scale and a shift are the same in two operations or in one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import pytest
import torch
from torch import Tensor, nn

import archcount as ac


class Affine(nn.Module):
    """A function of what is read, a trained scale and a trained shift."""

    def __init__(self, function: Callable[[Tensor, Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 6)
        self.scale, self.shift = nn.Parameter(torch.rand(6)), nn.Parameter(torch.rand(6))
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self.linear(x), self.scale, self.shift)


WAYS = {
    "two": lambda x, scale, shift: x * scale + shift,
    "one": lambda x, scale, shift: torch.addcmul(shift, scale, x),
    "one, the other way round": lambda x, scale, shift: torch.addcmul(shift, x, scale),
    "one of three axes": lambda x, scale, shift: torch.addcmul(shift[None, None], x, scale),
}
WRONG = {
    "twice": lambda x, scale, shift: torch.addcmul(shift, scale, x, value=2),
    "the shift alone": lambda x, scale, shift: x + shift,
    "the scale alone": lambda x, scale, shift: x * scale,
    "weights added": lambda x, scale, shift: torch.addcmul(x, scale, shift),
}


@pytest.mark.parametrize(("one", "other"), [*combinations(WAYS, 2)])
def test_a_scale_and_a_shift_are_the_same(one: str, other: str) -> None:
    x, scale, shift = torch.rand(1, 5, 6), torch.rand(6), torch.rand(6)
    torch.testing.assert_close(WAYS[one](x, scale, shift), WAYS[other](x, scale, shift))
    left, right = Affine(WAYS[one]), Affine(WAYS[other])
    assert not ac.diff(left, right, input="5x4").is_changed


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("way", WAYS)
def test_another_sum_or_product_is_told(way: str, wrong: str) -> None:
    assert ac.diff(Affine(WAYS[way]), Affine(WRONG[wrong]), input="5x4").is_changed


def test_the_cost_is_that_of_the_two() -> None:
    """30 numbers are scaled and shifted, behind a linear layer that adds 30 biases."""
    cost = ac.count(Affine(WAYS["one"]), input="5x4").total.cost
    assert cost == ac.count(Affine(WAYS["two"]), input="5x4").total.cost
    assert (cost.scale, cost.bias) == (30, 60)
