"""Losses computed in `forward`, by hand."""

from __future__ import annotations

import pytest
from torch import nn
from torch.nn import functional as F

import archcount as ac


class SquaredError(nn.Module):
    def __init__(self, reduction):
        super().__init__()
        self.reduction = reduction

    def forward(self, x, y):
        return F.mse_loss(x, y, reduction=self.reduction)


# 2 x 5 numbers: a difference and a square each, and an addition each where they are summed
@pytest.mark.parametrize(("reduction", "operations"), [("none", 20), ("sum", 30), ("mean", 30)])
def test_a_squared_error(reduction, operations):
    report = ac.count(SquaredError(reduction), input=[(2, 5), (2, 5)])
    assert (report.total.cost.other, report.total.macs) == (operations, 0)
    assert not report.record.uncounted
