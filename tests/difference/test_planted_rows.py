"""Edits planted in hand-written networks: `ac.compare` names the row, and counts it rightly."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest
import torch
from handwritten import NETWORKS, STYLES, TABLES, Edit, Settings, Style, build, layers, plant
from handwritten.settings import Conv, Linear

import archcount as ac

EDITS = 200
SAID = {
    "kernel": ("kernel", "window"),
    "stride": ("stride",),
    "width": ("out", "groups"),
    "groups": ("groups",),
    "missing layer": ("left out",),
    "extra layer": ("added",),
    "bias": ("bias", "norm for bias"),
    "pool type": ("type",),
    "padding": ("padding",),
}


def counts(settings: Settings) -> dict[str, tuple[int, int]]:
    """The params and multiply-accumulates of each row, by arithmetic on what is written down."""
    params, macs = Counter[str](), Counter[str]()
    for layer in layers(settings):
        step, row = layer.step, layer.row
        if isinstance(step, Conv):
            kernels = step.kernel**2 * layer.input[0] // layer.groups * layer.output[0]
            params[row] += kernels + layer.output[0] * (step.bias + 2 * step.norm)
            macs[row] += kernels * layer.output[1] * layer.output[2]
        elif isinstance(step, Linear):
            params[row] += layer.features * step.out + step.out * step.bias
            macs[row] += layer.features * step.out
    return {row: (params[row], macs[row]) for row in settings.rows}


@cache
def table(name: str) -> tuple[ac.Table, str]:
    known, variant = TABLES[name]
    return ac.load(known), variant


def compared(settings: Settings, style: Style) -> ac.ImplementationReport:
    with torch.device("meta"):
        module = build(settings, style)
    known, variant = table(settings.name)
    return ac.compare(module, known, variant=variant)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", NETWORKS)
def test_in_another_style_nothing_differs(name: str, style: Style) -> None:
    report = compared(NETWORKS[name], style)
    assert report.findings == ()
    assert not report.is_changed
    assert {line.code for line in report.record.rows} <= {"same", "not compared"}
    expected = counts(NETWORKS[name])
    for line in report.record.rows:
        assert (line.row.count.params, line.row.count.cost.macs) == expected[line.row.id]


def check(seed: int) -> Edit:
    """Plant an edit, and hold what is said of it against the settings."""
    name = [*NETWORKS][seed % len(NETWORKS)]
    settings, edit = plant(NETWORKS[name], seed)
    report = compared(settings, STYLES[seed % 3 % 2])
    lines = {line.row.id: line for line in report.record.rows}
    # The row is named, and no other but by what follows.
    assert [id for id, line in lines.items() if line.code in ("changed", "missing")] == [edit.row]
    said = {finding.what for finding in report.findings}
    assert said & {*SAID[edit.kind]}, (edit, [*map(str, report.findings)])
    assert all(finding.rows == (edit.row,) for finding in report.findings)
    # The cells: each row has the numbers that the settings give.
    found = {id: (line.row.count.params, line.row.count.cost.macs) for id, line in lines.items()}
    assert found == counts(settings), edit
    # Those of the row are not the table's, where the settings' are not.
    own, expected = lines[edit.row], counts(NETWORKS[name])[edit.row]
    assert (own.table.params, own.table.cost.macs) == expected
    return edit


@pytest.mark.parametrize(
    "seed",
    [seed if seed < 12 else pytest.param(seed, marks=pytest.mark.slow) for seed in range(EDITS)],
)
def test_the_row_and_its_cells_are_named(seed: int) -> None:
    check(seed)
