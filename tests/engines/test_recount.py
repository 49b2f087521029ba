"""A row counted from remembered branches, against expanding it anew.

The truth is the whole row expanded with nothing remembered, which the engines that run modules are
held against elsewhere.
"""

from __future__ import annotations

import random

import pytest
from helpers.shipped import FIRST, NETWORKS

import archcount as ac
from archcount.comparison.candidates import fixed_candidates
from archcount.comparison.widths import width_candidates
from archcount.edits import Edit
from archcount.engines.formula import count_row
from archcount.engines.recount import Recount
from archcount.errors import InvalidTableError
from archcount.spec.row_readings import RowReadings

DRAW = random.Random(7)
SAMPLE = [
    *(
        (name, variant, DRAW.choice(ac.load(name).architecture(variant=variant).rows).id)
        for name, variant in DRAW.sample(FIRST, 20)
    ),
    ("googlenet", "", "inception_4a"),
    ("resnet", "50", "conv3_x"),
    ("mobilenet_v1", "", "dw1"),
]


def changes(plan):
    yield from fixed_candidates(plan, pools=True)
    for width in width_candidates(plan):
        for new in {1, width.old + 8, 2 * width.old}:
            yield width.candidate(new)


def anew(network, row, edits):
    """Count a row with nothing remembered; None where it cannot be built."""
    try:
        node = RowReadings(network).node(row, edits)
    except InvalidTableError:
        return None
    return count_row(row, node)


def check_row(name, variant, row):
    network = ac.load(name).variant(variant)
    recount = Recount(network)
    plan = recount.plan(row)
    known = list(changes(plan))
    tried = [change.edits for change in known]
    if plan.printed_input is not None:
        moved = Edit(kind="input", to=plan.printed_input)
        tried += [(moved, *edits) for edits in tried if all(e.kind != "input" for e in edits)]
    found = 0
    for edits in tried:
        expected = anew(network, row, edits)
        assert recount.count(row, edits) == expected, edits
        found += expected is not None
    here = anew(network, row, ())
    for change in known:
        count = anew(network, row, change.edits) if change.adds is not None else None
        if count is not None:
            gained = (count.weights - here.weights, count.params - here.params)
            assert (*gained, count.biases) == (change.adds, change.adds, here.biases), change
    return found


@pytest.mark.parametrize(("name", "variant", "row"), SAMPLE)
def test_a_changed_row_is_what_expanding_it_anew_gives(name, variant, row):
    check_row(name, variant, row)


def test_most_changes_of_a_row_can_be_built():
    assert check_row("googlenet", "", "conv1") > 30


def test_the_weights_of_another_kernel_are_known_without_counting():
    """64 filters of 5x5x3 are 4,800 weights, and of 7x7x3 9,408."""
    plan = Recount(ac.load("googlenet").variant()).plan("conv1")
    [change] = [each for each in fixed_candidates(plan, pools=True) if each.edits[0].to == (5, 5)]
    assert change.adds == 4_800 - 9_408


@pytest.mark.slow
@pytest.mark.parametrize(("name", "variant"), NETWORKS)
def test_every_changed_row_is_what_expanding_it_anew_gives(name, variant):
    for row in ac.load(name).architecture(variant=variant).rows:
        check_row(name, variant, row.id)


def test_a_width_of_layers_that_repeat_with_others_is_found(tmp_path):
    """1x1 convolutions as wide as what they read, printed as if each had 40 filters.

    48 x 40 + 9 x 40 x 16, then 16 x 40 + 9 x 40 x 16: 14,080 weights at 196 positions.
    """
    path = tmp_path / "lost.yaml"
    path.write_text(
        "archcount: 1\nname: lost\nsource: {title: Lost}\ninput: 48x14x14\n"
        "layer: {pad: same, bias: false}\n"
        "conventions: {params: {count: weights}, ops: {count: macs}}\n"
        "columns: {v: width}\n"
        "blocks: {b: {repeat: 2, block: [conv 1x1 input.c, conv 3x3 v]}}\n"
        "table: |\n  row | block | v | output | params | ops\n"
        "  a | b | 16 | 14x14x16 | 14,080 | 2,759,680\n"
    )
    table = ac.load(path)
    [row] = ac.compare(ac.count(table, engine="formula"), table).record.comparison.rows
    assert "with 40 filters instead of 48" in row.explanations[0].what
    assert row.cells["params"].verdict.status == "reading"


def test_what_comes_near_is_named_though_it_fits_nothing(tmp_path):
    """8 filters of 7x7x8 are 3,136 weights, printed 3.15K; at 17 x 14 places 746,368."""
    path = tmp_path / "near.yaml"
    path.write_text(
        "archcount: 1\nname: near\nsource: {title: Near}\ninput: 8x17x14\n"
        "layer: {pad: same, bias: false}\n"
        "conventions: {params: {count: weights}, ops: {count: macs}}\n"
        "columns: {w: width}\nblocks: {b: conv 7x7 w}\n"
        "table: |\n  row | block | w | output | params | ops\n"
        "  a | b | 64 | 17x14x8 | 3.15K | 0.75M\n"
    )
    table = ac.load(path)
    [row] = ac.compare(ac.count(table, engine="formula"), table).record.comparison.rows
    sentence = row.cells["params"].verdict.sentence
    assert "closest: w (width) 8 instead of 64, within 0.5%" in sentence


@pytest.mark.parametrize(("printed", "within"), [("13,001", "1.5%"), ("12,601", "1.6%")])
def test_a_kernel_that_comes_near_is_named(printed, within, tmp_path):
    """64 filters of 5x5x8 are 12,800 weights, below and above what is printed.

    No width fits: filters of 3x3x8 have 72 weights, channels 576, a separable kernel 584.
    """
    path = tmp_path / "near.yaml"
    path.write_text(
        "archcount: 1\nname: near\nsource: {title: Near}\ninput: 8x17x14\n"
        "layer: {pad: same, bias: false}\n"
        "conventions: {params: {count: weights}, ops: {count: macs}}\n"
        "columns: {w: width}\nblocks: {b: conv 3x3 w}\n"
        "table: |\n  row | block | w | output | params\n"
        f"  a | b | 64 | 17x14x64 | {printed}\n"
    )
    table = ac.load(path)
    [row] = ac.compare(ac.count(table, engine="formula"), table).record.comparison.rows
    sentence = row.cells["params"].verdict.sentence
    assert f"with kernel 5x5 instead of 3x3, within {within}" in sentence
