"""Every table by discovery: a new file is tested with no new code."""

from __future__ import annotations

import pytest
import torch

import archcount as ac
from archcount.counting import ENGINES, cross_check, engine
from archcount.printed import Convention
from archcount.spec import load_table, shipped_tables

TABLES = [
    pytest.param(path, variant, id=f"{name}-{variant}" if variant else name)
    for name, path in shipped_tables().items()
    for variant in ("", *load_table(path).variants)
]


def test_there_are_tables():
    assert "googlenet" in shipped_tables()


@pytest.mark.parametrize(("path", "variant"), TABLES)
def test_engines_agree_on_every_row_and_category(path, variant):
    architecture = load_table(path).architecture(variant)
    counts = [engine(name).count(architecture, heads=True) for name in ENGINES]
    for other in counts[1:]:
        assert cross_check(counts[0], other) == ()
    assert all(count.uncounted == () for count in counts)
    assert len(counts) >= 2


@pytest.mark.parametrize(("path", "variant"), TABLES)
def test_every_table_builds_and_runs_in_both_modes(path, variant):
    table = ac.load(path)
    architecture = table.architecture(variant=variant)
    network = table.build(variant=variant).eval()
    images = torch.zeros(2, *architecture.input.dims)
    with torch.no_grad():
        assert network(images).shape == (2, *architecture.output.dims)
    outputs = network.train()(images)
    network.loss(outputs, torch.tensor([0, 1])).backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    assert sum(parameter.numel() for parameter in network.parameters()) == (
        architecture.params + sum(head.node.params for head in architecture.heads)
    )


@pytest.mark.parametrize("path", shipped_tables().values(), ids=shipped_tables())
def test_every_table_states_its_source_and_name(path):
    table = ac.load(path)
    assert table.name == path.stem
    assert table.source.title
    assert table.source.arxiv or table.source.url or table.source.table
    assert all(isinstance(item, Convention) for item in table.printed.conventions.values())


@pytest.mark.parametrize("path", shipped_tables().values(), ids=shipped_tables())
def test_pipe_blocks_are_aligned(path):
    """A reviewer holds the file beside the paper: its columns stand below one another."""
    lines = [line for line in path.read_text().splitlines() if line.count(" | ") > 2]
    places = [[i for i, letter in enumerate(line) if letter == "|"] for line in lines]
    assert len(lines) > 1
    assert all(place == places[0] for place in places)
