"""Losses computed in `forward`, by hand: operations for each of 2 x 5 numbers, or of 2 targets."""

from __future__ import annotations

import pytest
import torch
from probes import held, model
from torch.nn import functional as F

import archcount as ac

REAL, CLASSES, SIGNS = [(2, 5), (2, 5)], ["[2,5]", "int64[2]"], [(2, 5), (2, 5)]
# Of each number; one addition more where they are summed. Targets of nll: a sign each.
LOSSES = {
    # a difference and a square
    "mse_loss": (REAL, 2, 10),
    # a difference and an absolute value, which torch takes one after the other
    "l1_loss": (REAL, 2, 10),
    # a difference, an absolute value, and of both ways two more (square and scale)
    "smooth_l1_loss": (REAL, 4, 10),
    "huber_loss": (REAL, 4, 10),
    # log(1 + exp(-tx)): product, sign, exponential, sum, logarithm
    "soft_margin_loss": (SIGNS, 5, 10),
    # -(t log x + (1-t) log(1-x)): 2 logarithms, 2 differences, 2 products, sum, sign
    "binary_cross_entropy": (REAL, 8, 10),
    # (1-t) x - log sigmoid x: difference, product, log sigmoid, difference
    "binary_cross_entropy_with_logits": (REAL, 4, 10),
    "nll_loss": (CLASSES, 1, 2),
}


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("name", LOSSES)
def test_losses(name, reduction):
    given, each, numbers = LOSSES[name]
    loss = getattr(F, name)
    report = ac.count(model(lambda m, x, y: loss(x, y, reduction=reduction))(), input=given)
    expected = (each + (reduction != "none")) * numbers
    assert (report.total.cost.other, report.total.macs) == (expected, 0)
    assert not report.record.uncounted


def test_weights_of_classes_and_of_positives():
    def loss(m, x, y):
        a = F.nll_loss(x, y, weight=m.w)  # 2 targets: sign, weight, and the sums of both
        b = F.binary_cross_entropy_with_logits(x, x, pos_weight=m.w, reduction="none")
        return a, b  # 2 x 5 numbers: the 4 above, and (w - 1) t + 1 times the log sigmoid

    report = ac.count(held(loss, w=lambda: torch.ones(5))(), input=CLASSES)
    assert report.total.cost.other == 2 * 4 + 10 * 8


def test_connectionist_temporal_classification():
    def loss(m, x, y):
        return F.ctc_loss(x, y, (6, 6), (3, 2), reduction="none")

    given = [torch.randn(6, 2, 5).log_softmax(-1), torch.tensor([[1, 2, 3], [1, 2, 0]])]
    report = ac.count(model(loss)(), input=given, device="cpu")
    # 6 steps of 2 texts with 2 * 3 + 1 states: 13 for each (a sum of three logarithms)
    assert report.total.cost.other == 13 * 6 * 2 * 7
    assert not report.record.uncounted
