"""A mean over all places is the same however the map is laid out, and over other axes another."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import archcount as ac


class Head(nn.Module):
    """A convolution and a norm of its channels last, then a function of the map (N, H, W, C)."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 8, 1), nn.LayerNorm(8)
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self.norm(self.conv(x).permute(0, 2, 3, 1)))


def pooled(x: Tensor) -> Tensor:
    return F.adaptive_avg_pool2d(x.permute(0, 3, 1, 2), 1).flatten(1)


OVER_PLACES = {
    "pool": pooled,
    "mean of the grid": lambda x: x.mean((1, 2)),
    "mean of the tokens": lambda x: x.flatten(1, 2).mean(1),
    "mean of the map": lambda x: x.permute(0, 3, 1, 2).mean((2, 3)),
}


def report(one: Callable[[Tensor], Tensor], other: Callable[[Tensor], Tensor], shape: str):
    return ac.diff(Head(one).eval(), Head(other).eval(), input=shape)


@pytest.mark.parametrize("way", OVER_PLACES)
def test_a_mean_over_all_places_is_the_same(way: str) -> None:
    image = torch.rand(1, 5, 6, 8, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(OVER_PLACES[way](image), pooled(image))
    for one, other in ((OVER_PLACES[way], pooled), (pooled, OVER_PLACES[way])):
        assert not report(one, other, "3x5x6").is_changed


@pytest.mark.parametrize(
    ("other", "shape"),
    [
        (lambda x: x.mean((1, 3)), "3x5x8"),  # as many columns are left as there are channels
        (lambda x: x.mean(3).flatten(1), "3x2x4"),  # as many places
        (lambda x: x.mean((1, 3)), "3x5x6"),  # 6 columns
        (lambda x: x.mean((1, 2)) * 2, "3x5x6"),
        (lambda x: x.amax((1, 2)), "3x5x6"),
    ],
)
def test_a_mean_over_other_axes_is_another(other: Callable[[Tensor], Tensor], shape: str) -> None:
    assert report(pooled, other, shape).is_changed
    assert report(other, pooled, shape).is_changed
    assert report(lambda x: x.mean((1, 2)), other, shape).is_changed


def test_a_mean_over_one_place_is_no_layer() -> None:
    """As behind a convolution of 7x7 over 7x7 places, which timm's VGG has for a linear layer."""
    one, other = nn.Conv2d(3, 8, 7), nn.Sequential(nn.Conv2d(3, 8, 7), nn.AdaptiveAvgPool2d(1))
    assert not ac.diff(one, other, input="3x7x7").is_changed
    assert ac.diff(one, other, input="3x8x8").is_changed
