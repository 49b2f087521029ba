"""Pictures of tables: what is drawn is the whole network, laid out without overlap."""

from __future__ import annotations

from functools import cache
from xml.etree import ElementTree

import pytest
from helpers.layouts import check_layout
from helpers.shipped import FIRST, NETWORKS

import archcount as ac
from archcount.drawing import DETAILS, svg, table_picture
from archcount.drawing.outline import outline
from archcount.drawing.picture import Amount, Group, amount_of
from archcount.drawing.placing import placed
from archcount.engines.formula import count


@cache
def networks():
    """Return the first network of every shipped table."""
    return [ac.load(name).architecture(variant=variant) for name, variant in FIRST]


def expected(architecture) -> Amount:
    """What the formula engine counts of a network and its heads."""
    found = count(architecture, heads=True).total_with_heads
    nodes = [row.node for row in architecture.rows] + [head.node for head in architecture.heads]
    layers = sum(layer.kind.is_layer for node in nodes for layer in node.layers())
    return Amount(layers, found.params, found.cost.macs)


@pytest.mark.parametrize("detail", DETAILS)
def test_every_layer_of_every_table_is_drawn_or_counted_by_a_fold(detail):
    for architecture in networks():
        picture = table_picture(architecture, detail=detail)
        drawn = sum((amount_of(chain) for chain in picture.chains), Amount())
        assert drawn == expected(architecture), architecture
        for chain in picture.chains:
            folds_divide(chain, 1)


def folds_divide(chain, times):
    """Check that each box inside a fold stands for as many layers as the fold says, or none."""
    for part in chain:
        if isinstance(part, Group):
            folds_divide(part.body, times * part.times)
        elif not hasattr(part, "branches"):
            assert part.amount.layers % times == 0, part
        else:
            for branch in part.branches:
                folds_divide(branch, times)


@pytest.mark.parametrize("down", [True, False])
def test_boxes_do_not_overlap_and_lines_join_them_inside_the_picture(down):
    for architecture in networks():
        for detail in DETAILS:
            check_layout(placed(table_picture(architecture, detail=detail), down=down))


def test_a_fold_says_no_shape_that_is_that_of_one_repetition():
    # A dense layer reads 64, 96, ... channels, makes 128 of them, and gives 32 more.
    text = outline(table_picture(ac.load("densenet@121").architecture()))
    block = text.partition("dense1")[2].partition("transition1")[0]
    shapes = [line.partition("56×56×")[2] for line in block.splitlines()]
    assert shapes == ["256", "", "", "128", "32", ""]  # the block, skip, norm, two layers, concat


@pytest.mark.slow
@pytest.mark.parametrize(("name", "variant"), NETWORKS, ids="-".join)
def test_every_variant_is_drawn_as_xml(name, variant):
    architecture = ac.load(name).architecture(variant=variant)
    picture = table_picture(architecture)
    assert sum((amount_of(chain) for chain in picture.chains), Amount()) == expected(architecture)
    for down in (True, False):
        ElementTree.fromstring(svg(picture, down=down))
