"""Layers of eight bits and fewer, whose weights lie in objects of torch."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.ao.nn.quantized import dynamic

import archcount as ac

pytestmark = pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")


def counted(layer, given):
    report = ac.count(layer, input=given, device="cpu")
    assert not report.record.uncounted
    return report.total


# As the layers of 32 bits: for each gate, the input and the state, in every direction and step.
@pytest.mark.parametrize(
    ("build", "macs"),
    [
        # 3 steps of 2 texts, 4 gates: 4 and 5 to 5, then 5 and 5 to 5
        (lambda: dynamic.LSTM(4, 5, 2), 6 * 4 * 5 * (4 + 5 + 5 + 5)),
        # both ways: the second layer reads 5 + 5
        (lambda: dynamic.LSTM(4, 5, 2, bidirectional=True), 6 * 2 * 4 * 5 * (4 + 5 + 10 + 5)),
        (lambda: dynamic.GRU(4, 5), 6 * 3 * 5 * (4 + 5)),
    ],
)
def test_recurrent_layers(build, macs):
    assert counted(build(), "[3,2,4]").cost.linear == macs


def test_a_cell():
    cell = dynamic.LSTMCell(4, 5)
    assert counted(cell, "[6,4]").cost.linear == 6 * 4 * 5 * (4 + 5)


def test_what_follows_a_convolution_in_the_same_operator():
    layer = nn.Sequential(
        torch.ao.nn.quantized.Quantize(1.0, 0, torch.quint8),
        torch.ao.nn.intrinsic.quantized.ConvReLU2d(3, 4, 3),
        torch.ao.nn.quantized.DeQuantize(),
    )
    cost = counted(layer, "3x5x5").cost
    # 4 filters of 27 weights at 3 x 3 places, a bias and a rectifier each
    assert (cost.conv, cost.bias, cost.activation) == (4 * 27 * 9, 36, 36)
    # 75 numbers: quotient, rounding, sum; 36 back: difference, product
    assert cost.other == 3 * 75 + 2 * 36
