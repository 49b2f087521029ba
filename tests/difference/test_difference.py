"""`archcount diff`: planted edits are found, and equal networks in another style are equal."""

from __future__ import annotations

from functools import cache

import pytest
from handwritten import NETWORKS, STYLES, TABLES, build, layers, plant

from archcount.difference import ComparedModel, compare
from archcount.engines import model_run
from archcount.loading.model_target import load_model
from archcount.tracing.layer_sequence import layers_of

PLANTED = [(name, seed) for name in NETWORKS for seed in range(50)]


def model(module, name):
    _, _, traced = model_run.run(module, "3x224x224", name=name)
    found = layers_of(traced)
    return ComparedModel(name=name, layers=found.layers, results=found.results, params=0, macs=0)


@cache
def table(name):
    """The table's own network, whose modules name the layers."""
    target, variant = TABLES[name]
    return model(load_model(target, variant=variant)[0], name)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", NETWORKS)
def test_equal_networks_in_another_style_have_no_difference(name, style):
    found = compare(table(name), model(build(NETWORKS[name], style), style))
    assert not found.is_changed
    assert set(found.tally) == {"same"}
    assert not [pair.remarks for row in found.rows for pair in row.pairs if pair.remarks]
    back = compare(model(build(NETWORKS[name], style), style), table(name))
    assert set(back.tally) == {"same"}


def kinds_told(pairs, edit):
    """What is said of the edited layer, in the words of the edits."""
    told = {change.what for pair in pairs for change in pair.changes}
    told |= {f"{pair.verdict} layer" for pair in pairs if pair.verdict != "changed"}
    words = {"out": "width", "type": "pool type"}
    return {words.get(word, word) for word in told}


def weighted(name, place):
    """The layer that a norm or an activation belongs to, going back in its row."""
    sequence = [layer for layer in table(name).layers if layer.path]
    at = max(number for number, layer in enumerate(sequence) if layer.path == place)
    while sequence[at].kind in ("relu", "batch norm") and sequence[at].sources:
        at -= 1
    return sequence[at].path


def seeds():
    """A sample in the quick run; all 200 in the exhaustive one."""
    for number, (name, seed) in enumerate(PLANTED):
        quick = number % 5 == 0
        yield pytest.param(name, seed, marks=() if quick else pytest.mark.slow)


@pytest.mark.parametrize(("name", "seed"), list(seeds()))
def test_a_planted_edit_is_found_in_its_row_and_layer(name, seed):
    settings, edit = plant(NETWORKS[name], seed)
    found = compare(table(name), model(build(settings, STYLES[seed % len(STYLES)]), "edited"))
    pairs = [
        pair
        for row in found.rows
        for pair in row.pairs
        if pair.verdict in ("changed", "missing", "extra")
    ]
    assert {row.name for row in found.rows if row.verdict not in ("same", "follows")} == {edit.row}
    named = {weighted(name, pair.place) for pair in pairs}
    layer = f"{edit.row}.{edit.layer}".rstrip(".")
    assert any(f"{layer}.".startswith(f"{path}.") for path in named) or (
        edit.kind.endswith("layer") and twins(name, edit, named)
    )
    assert edit.kind in kinds_told(pairs, edit)


def twins(name, edit, named):
    """Whether an equal layer beside the edited one is named: which of two came or went shows not.

    What is said must stand in the same branch.
    """
    within = {layer.path: layer for layer in layers(NETWORKS[name]) if layer.row == edit.row}
    ours = within[edit.layer]
    for path in named:
        other = within.get(path.removeprefix(f"{edit.row}."))
        if other is None or other.path.rpartition(".")[0] != edit.place:
            return False
        if edit.kind == "missing layer" and other.step != ours.step:
            return False
    return True
