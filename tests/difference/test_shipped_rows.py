"""Each shipped network, built, is an implementation of its table, and its rows add up."""

from __future__ import annotations

import pytest
from helpers.shipped import FIRST, marked

import archcount as ac

QUICK = ("googlenet", "swin_t", "unet", "transformer", "lenet5", "shufflenet_v1")


@pytest.mark.parametrize(
    ("name", "variant"), marked(FIRST, [each for each in FIRST if each[0] in QUICK])
)
def test_a_built_network_implements_its_table(name: str, variant: str) -> None:
    report = ac.compare(f"{name}@{variant}" if variant else name, name, variant=variant)
    assert report.findings == ()
    assert not report.is_changed
    assert {line.code for line in report.record.rows} <= {"same", "not compared"}
    total, model = report.record.total.count, report.layers.right
    assert (total.params, total.cost.macs) == (model.params, model.macs)
    for line in report.record.rows:
        ours, theirs = line.row.count, line.table
        assert (ours.params, ours.cost.macs, ours.output) == (
            theirs.params,
            theirs.cost.macs,
            theirs.output,
        )
