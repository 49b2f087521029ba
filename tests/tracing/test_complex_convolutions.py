"""Convolutions of complex numbers: four real multiply-accumulates each, whatever torch makes of them."""

from __future__ import annotations

import pytest
import torch
from probes import model
from torch import nn
from torch.nn import functional as F

import archcount as ac


@pytest.mark.parametrize(
    ("layer", "given", "steps"),
    [
        # filters x channels x kernel x places, of each image
        (nn.Conv1d(6, 4, 1, dtype=torch.cfloat), "complex64[1,6,3]", 4 * 6 * 1 * 3),
        (nn.Conv2d(4, 6, 3, groups=2, dtype=torch.cfloat), "complex64[2,4,5,5]", 2 * 6 * 2 * 9 * 9),
        (nn.Conv3d(2, 3, 2, dtype=torch.cfloat), "complex64[1,2,3,3,3]", 3 * 2 * 8 * 8),
        # padded to as many places as there were, here more at one side than at the other
        (nn.Conv1d(2, 3, 4, padding="same", dtype=torch.cfloat), "complex64[1,2,5]", 3 * 2 * 4 * 5),
        # channels x filters x kernel x places of the input
        (nn.ConvTranspose1d(2, 3, 4, dtype=torch.cfloat), "complex64[1,2,5]", 2 * 3 * 4 * 5),
    ],
)
@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_a_complex_multiply_accumulate_is_four_real_ones(layer, given, steps, device):
    total = ac.count(layer, input=given, device=device).total
    assert (total.cost.conv, total.backward_macs) == (4 * steps, 4 * steps)


def test_real_convolutions_of_both_parts_are_counted_as_they_are():
    def by_hand(m, x):
        real, imaginary = x.real, x.imag
        return F.conv1d(real, m.w), F.conv1d(real + imaginary, m.w)

    report = ac.count(model(by_hand, w=lambda: torch.ones(4, 6, 1))(), input="complex64[1,6,3]")
    assert report.total.cost.conv == 2 * (4 * 6 * 3)
