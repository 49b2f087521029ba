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


@pytest.mark.parametrize(
    ("build", "params", "kind"),
    [
        # weights and biases: 4 x 6 + 4
        (lambda: dynamic.Linear(6, 4), 28, {"qint8": 24, "float32": 4 * 4}),
        # 4 filters of 27 and their biases
        (lambda: torch.ao.nn.quantized.Conv2d(3, 4, 3), 112, {"qint8": 108, "float32": 4 * 4}),
        (
            lambda: torch.ao.nn.quantized.Conv2d(3, 4, 3, bias=False),
            108,
            {"qint8": 108, "float32": 0},
        ),
        # 4 gates of 5 with 4 and with 5 numbers, two biases each
        (lambda: dynamic.LSTM(4, 5), 20 * (4 + 5 + 2), {"qint8": 180, "float32": 4 * 40}),
    ],
)
def test_packed_weights_are_params(build, params, kind):
    layer = build()
    inputs = {dynamic.Linear: "[3,6]", dynamic.LSTM: "[3,2,4]"}
    if type(layer) in inputs:
        report = ac.count(nn.Sequential(layer), input=inputs[type(layer)], device="cpu")
    else:
        first = torch.ao.nn.quantized.Quantize(1.0, 0, torch.quint8)
        report = ac.count(nn.Sequential(first, layer), input="3x5x5", device="cpu")
    total, stored = report.total, dict(report.record.weight_bytes)
    stored["float32"] -= 4 * 1 if total.buffers else 0  # the scale of what is read
    stored.pop("int64", None)
    assert (total.params, total.trainable, report.record.unused) == (params, 0, 0)
    assert stored == kind
