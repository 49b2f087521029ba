"""Every network of every table by discovery: a new file is tested with no new code."""

from __future__ import annotations

import os
import random
import re
from functools import cache
from itertools import islice

import pytest
import torch
from helpers.shipped import FIRST, NETWORKS, marked
from torch.utils.flop_counter import FlopCounterMode

import archcount as ac
from archcount.architecture.builder import build
from archcount.engines import ENGINES, cross_check, engine
from archcount.engines.measure import example
from archcount.engines.network_parts import NetworkParts
from archcount.printed import Convention
from archcount.spec.catalogue import shipped_tables

SEED = int(os.environ.get("ARCHCOUNT_SEED", "0"))
MOST_MACS, MOST_PARAMS = 20 * 10**9, 130 * 10**6
"""The largest network that runs with arithmetic in CI; DeepLab's largest takes a minute."""


@cache
def expanded(name, variant):
    return ac.load(name).architecture(variant=variant)


def is_light(network):
    architecture = expanded(*network)
    return (
        architecture.cost.macs <= MOST_MACS
        and architecture.params <= MOST_PARAMS
        and not is_deep(*network)
    )


def is_deep(name, variant):
    """The passes of a thousand layers take half a minute."""
    return expanded(name, variant).depth > 500


SHUFFLED = random.Random(SEED).sample(NETWORKS, len(NETWORKS))
LIGHT = list(islice(filter(is_light, SHUFFLED), 60))
SAMPLE = LIGHT[:5]
DRAWN = random.Random(SEED).sample(FIRST, 12)
IN_CI = [*DRAWN, *SAMPLE]
"""CI takes the first network of some tables, and a sample of the others."""
LIGHT_IN_CI = [*filter(is_light, DRAWN), *SAMPLE]
EVERY = marked(NETWORKS, IN_CI)


def test_there_are_tables():
    assert {"googlenet", "inception_v3", "resnet", "vgg", "mobilenet_v1"} <= set(shipped_tables())
    assert len(NETWORKS) >= 50


SMALLER = {"unet": "1x188x188"}
"""The inputs of networks that do as much on their own as fifty others do."""


def short(table, variant):
    """Expand a network to run: with 8 tokens, where it reads tokens."""
    shape = table.variant(variant).input
    size = f"tokens 8 of {shape.vocabulary}" if shape.vocabulary else ""
    return table.architecture(variant=variant, input=SMALLER.get(table.name, size))


def assert_engines_agree(name, variant, engines):
    architecture = short(ac.load(name), variant)
    counts = [engine(each).count(architecture, heads=True) for each in engines]
    for other in counts[1:]:
        assert cross_check(counts[0], other) == ()
    assert all(count.uncounted == () for count in counts)
    assert {count.engine for count in counts} == set(engines)


@pytest.mark.parametrize(("name", "variant"), marked(NETWORKS, [*FIRST, *SAMPLE]))
def test_formula_and_torch_agree_on_every_row_and_category(name, variant):
    assert_engines_agree(name, variant, ["formula", "torch"])


@pytest.mark.parametrize(
    ("name", "variant"), marked(list(dict.fromkeys([*LIGHT_IN_CI, *LIGHT])), LIGHT_IN_CI)
)
def test_engines_agree_on_every_row_and_category(name, variant):
    assert set(ENGINES) == {"formula", "fvcore", "torch"}
    assert_engines_agree(name, variant, ["formula", "fvcore"])


def two(architecture):
    """Return two images, or two sequences of ids, for each input."""
    ones = map(example, architecture.input_shapes)
    return tuple(torch.cat((one, one)) for one in ones)


def run(network, architecture):
    """Run forward, and in train mode backward; give the output's shape."""
    inputs = two(architecture)
    with torch.no_grad():
        shape = network.eval()(*inputs).shape
    outputs = network.train()(*inputs)
    if len(architecture.output.torch_size) > 1:  # a module by itself classifies nothing
        outputs.sum().backward()
    else:
        network.loss(outputs, torch.tensor([0, 1])).backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    return shape


@pytest.mark.parametrize(("name", "variant"), EVERY)
def test_every_network_builds_and_runs_in_both_modes_on_the_meta_device(name, variant):
    architecture = short(ac.load(name), variant)
    with torch.device("meta"):
        network = build(architecture)
        assert run(network, architecture) == (2, *architecture.output.torch_size)
    assert sum(parameter.numel() for parameter in network.parameters()) == (
        architecture.params + sum(head.node.params for head in architecture.heads)
    )


@pytest.mark.parametrize(("name", "variant"), marked(LIGHT, SAMPLE))
def test_every_network_runs_in_both_modes_on_the_cpu(name, variant):
    architecture = short(ac.load(name), variant)
    assert run(build(architecture), architecture) == (2, *architecture.output.torch_size)


def is_plain(name, variant):
    """torch counts the backward pass of grouped convolutions wrongly; these have none."""
    return not any(
        layer.kind.word in ("dwconv", "sepconv", "sparse_conv", "causal_conv")
        or getattr(layer.kind, "groups", 1) > 1
        for row in expanded(name, variant).rows
        for layer in row.node.layers()
    )


@pytest.mark.parametrize(
    ("name", "variant"),
    marked(
        [each for each in dict.fromkeys([*IN_CI, *LIGHT]) if is_plain(*each)],
        [each for each in IN_CI if not is_deep(*each)],
    ),
)
def test_forward_and_backward_macs_are_those_that_torch_counts(name, variant):
    """torch's own counter sees every product of the forward and the backward pass."""
    architecture = short(ac.load(name), variant)
    forward = architecture.cost.macs + sum(head.node.cost.macs for head in architecture.heads)
    with torch.device("meta"):
        network = build(architecture)
        counter = FlopCounterMode(display=False)
        with counter:
            images = run_both_ways(network.train(), architecture)
    # its FLOPs are two a multiply-accumulate
    assert counter.get_total_flops() == 2 * images * (
        forward + NetworkParts(architecture).backward_macs(heads=True)
    )


def run_both_ways(network, architecture):
    """Run two images, or one sequence: what is made of positions alone is made once for all."""
    is_one = bool(architecture.input.vocabulary)
    outputs = network(*(map(example, architecture.input_shapes) if is_one else two(architecture)))
    parts = (outputs.main, *outputs.heads) if isinstance(outputs, tuple) else (outputs,)
    sum(part.sum() for part in parts).backward()
    return 1 if is_one else 2


@pytest.mark.parametrize("path", shipped_tables().values(), ids=shipped_tables())
def test_every_table_states_its_source_and_name(path):
    table = ac.load(path)
    assert table.name == path.stem
    assert table.source.title
    assert table.source.arxiv or table.source.url or table.source.table
    assert all(isinstance(item, Convention) for item in table.printed.conventions.values())


@pytest.mark.parametrize("path", shipped_tables().values(), ids=shipped_tables())
def test_class_count_and_input_size_are_options_of_every_classifier(path):
    table = ac.load(path)
    first = table.networks[0]
    if table.variant(first).input.vocabulary or table.architecture(variant=first).output.is_map:
        return  # language models and modules by themselves have no classes
    narrow = table.architecture(variant=first, let={"classes": 7})
    assert narrow.output.dims == (7,)
    assert all(head.node.output.dims == (7,) for head in narrow.heads)


@pytest.mark.parametrize("path", shipped_tables().values(), ids=shipped_tables())
def test_pipe_blocks_are_aligned(path):
    """A reviewer holds the file beside the paper: its columns stand below one another."""
    grids = re.findall(r": [|]\n((?:  .*\n)+)", path.read_text())
    assert grids
    for grid in grids:
        lines = grid.splitlines()
        places = [[i for i, letter in enumerate(line) if letter == "|"] for line in lines]
        assert len(lines) > 1
        assert all(place == places[0][: len(place)] for place in places)
