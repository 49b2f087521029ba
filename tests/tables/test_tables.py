"""Every network of every table by discovery: a new file is tested with no new code."""

from __future__ import annotations

import os
import random
from itertools import islice

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import archcount as ac
from archcount.engines import ENGINES, cross_check, engine
from archcount.engines.network_parts import NetworkParts
from archcount.printed import Convention
from archcount.spec.catalogue import shipped_tables
from archcount.spec.load import load_table

ALL = [
    (name, variant)
    for name, path in shipped_tables().items()
    for variant in load_table(path).networks
]
SEED = int(os.environ.get("ARCHCOUNT_SEED", "0"))
MOST_MACS, MOST_PARAMS = 20 * 10**9, 200 * 10**6
"""The largest network that runs with arithmetic in CI; DeepLab's largest takes a minute."""


def is_light(network):
    name, variant = network
    architecture = ac.load(name).architecture(variant=variant)
    return architecture.cost.macs <= MOST_MACS and architecture.params <= MOST_PARAMS


SAMPLE = list(islice(filter(is_light, random.Random(SEED).sample(ALL, len(ALL))), 8))
"""The networks that run with arithmetic in CI; `make test-all` runs all of them."""


def name_of(network):
    return "-".join(part for part in network if part)


NETWORKS = [pytest.param(*network, id=name_of(network)) for network in ALL]
RUNS = [
    pytest.param(*network, id=name_of(network), marks=[] if network in SAMPLE else pytest.mark.slow)
    for network in ALL
]
FVCORE = [
    pytest.param(*network, id=name_of(network), marks=[] if chosen else pytest.mark.slow)
    for before, network in zip([("", ""), *ALL], ALL, strict=False)
    for chosen in [network[0] != before[0] or network in SAMPLE]
]
"""The networks that fvcore counts in CI: the first of each table, and the sample."""


def test_there_are_tables():
    assert {"googlenet", "inception_v3", "resnet", "vgg", "mobilenet_v1"} <= set(shipped_tables())
    assert len(ALL) >= 50


def assert_engines_agree(name, variant, engines):
    architecture = ac.load(name).architecture(variant=variant)
    counts = [engine(each).count(architecture, heads=True) for each in engines]
    for other in counts[1:]:
        assert cross_check(counts[0], other) == ()
    assert all(count.uncounted == () for count in counts)
    assert {count.engine for count in counts} == set(engines)


@pytest.mark.parametrize(("name", "variant"), NETWORKS)
def test_formula_and_torch_agree_on_every_row_and_category(name, variant):
    assert_engines_agree(name, variant, ["formula", "torch"])


@pytest.mark.parametrize(("name", "variant"), FVCORE)
def test_engines_agree_on_every_row_and_category(name, variant):
    assert set(ENGINES) == {"formula", "fvcore", "torch"}
    assert_engines_agree(name, variant, ["formula", "fvcore"])


def run(network, architecture, device):
    """Run forward, and in train mode backward; give the output's shape."""
    images = torch.zeros(2, *architecture.input.dims, device=device)
    with torch.no_grad():
        shape = network.eval()(images).shape
    outputs = network.train()(images)
    if architecture.output.is_map:  # a module by itself classifies nothing
        outputs.sum().backward()
    else:
        network.loss(outputs, torch.tensor([0, 1], device=device)).backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    return shape


@pytest.mark.parametrize(("name", "variant"), NETWORKS)
def test_every_network_builds_and_runs_in_both_modes_on_the_meta_device(name, variant):
    table = ac.load(name)
    architecture = table.architecture(variant=variant)
    with torch.device("meta"):
        network = table.build(variant=variant)
        assert run(network, architecture, "meta") == (2, *architecture.output.dims)
    assert sum(parameter.numel() for parameter in network.parameters()) == (
        architecture.params + sum(head.node.params for head in architecture.heads)
    )


SMALLER = {"unet": {"input": "1x188x188"}}
"""The inputs of networks that do as much on their own as fifty others do."""


@pytest.mark.parametrize(("name", "variant"), RUNS)
def test_every_network_runs_in_both_modes_on_the_cpu(name, variant):
    table = ac.load(name)
    size = SMALLER.get(name, {})
    architecture = table.architecture(variant=variant, **size)
    network = table.build(variant=variant, **size)
    assert run(network, architecture, "cpu") == (2, *architecture.output.dims)


def is_plain(name, variant):
    """torch counts the backward pass of grouped convolutions wrongly; these have none."""
    return not any(
        layer.kind.word in ("dwconv", "sepconv", "sparse_conv")
        or getattr(layer.kind, "groups", 1) > 1
        for row in ac.load(name).architecture(variant=variant).rows
        for layer in row.node.layers()
    )


def is_deep(name, variant):
    """The passes of a thousand layers take half a minute."""
    return ac.load(name).architecture(variant=variant).depth > 500


@pytest.mark.parametrize(
    ("name", "variant"),
    [
        pytest.param(*each, id=name_of(each), marks=[pytest.mark.slow] if is_deep(*each) else [])
        for each in ALL
        if is_plain(*each)
    ],
)
def test_forward_and_backward_macs_are_those_that_torch_counts(name, variant):
    """torch's own counter sees every product of the forward and the backward pass."""
    table = ac.load(name)
    architecture = table.architecture(variant=variant)
    forward = architecture.cost.macs + sum(head.node.cost.macs for head in architecture.heads)
    with torch.device("meta"):
        network = table.build(variant=variant)
        counter = FlopCounterMode(display=False)
        with counter:
            run_both_ways(network.train(), architecture)
    # its FLOPs are two a multiply-accumulate, here for two images
    assert counter.get_total_flops() == 2 * 2 * (
        forward + NetworkParts(architecture).backward_macs(heads=True)
    )


def run_both_ways(network, architecture):
    outputs = network(torch.zeros(2, *architecture.input.dims))
    parts = (outputs.main, *outputs.heads) if isinstance(outputs, tuple) else (outputs,)
    sum(part.sum() for part in parts).backward()


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
    if table.architecture(variant=first).output.is_map:
        return  # a module by itself has no classes
    narrow = table.architecture(variant=first, let={"classes": 7})
    assert narrow.output.dims == (7,)
    assert all(head.node.output.dims == (7,) for head in narrow.heads)


@pytest.mark.parametrize("path", shipped_tables().values(), ids=shipped_tables())
def test_pipe_blocks_are_aligned(path):
    """A reviewer holds the file beside the paper: its columns stand below one another."""
    lines = [line for line in path.read_text().splitlines() if line.count(" | ") > 2]
    places = [[i for i, letter in enumerate(line) if letter == "|"] for line in lines]
    assert len(lines) > 1
    assert all(place == places[0] for place in places)
