"""Experts: their numbers by hand, and their routing against its definition."""

from __future__ import annotations

import pytest
import torch

from archcount.architecture.builder import build
from archcount.engines import ENGINES, engine
from archcount.engines.network_parts import NetworkParts
from archcount.errors import InvalidTableError
from archcount.layers import CATEGORIES
from archcount.spec.load import load_table


@pytest.fixture
def architecture(tmp_path):
    """Make a network whose second row is a block, on 7 tokens of width 4."""

    def expand(block: str):
        path = tmp_path / "net.yaml"
        path.write_text(
            "archcount: 1\nname: net\nsource: {title: A network}\ninput: tokens 7 of 11\n"
            f"let: {{k: 2}}\nblocks:\n  b: {block}\n"
            "table: |\n  row | block\n  embed | embedding 4\n  r | b\n"
        )
        return load_table(path).architecture()

    return expand


BLOCK = "{experts: {of: k+1, active: k, block: [linear 6 act=relu, linear in.c bias=false]}}"


@pytest.mark.parametrize("name", ENGINES)
def test_experts_counted_by_hand(name, architecture):
    count = engine(name).count(architecture(BLOCK))
    row = count.rows[1]
    # the router 4x3; 3 experts of 4x6 + 6 and 6x4
    assert (row.weights, row.params, row.depth) == (12 + 3 * 48, 12 + 3 * 54, 2)
    # each of 7 tokens: the router, and 2 experts of 48 macs, 6 biases, 6 rectified; a softmax over 2
    # scores; 2 outputs of 4, weighted and summed
    cost = {
        "linear": 7 * (12 + 2 * 48), "bias": 7 * 12, "activation": 7 * 12,
        "softmax": 5 * 7 * 2, "scale": 7 * 8, "other": 7 * 8,
    }  # fmt: skip
    assert row.cost.as_dict() == {**dict.fromkeys(CATEGORIES, 0), **cost}
    assert count.uncounted == ()


def test_backward_products_are_of_the_active_experts(architecture):
    # twice the forward pass: the embedding before them learns
    assert NetworkParts(architecture(BLOCK)).backward_macs() == 2 * 7 * (12 + 2 * 48)


def test_each_token_goes_to_those_that_the_router_scores_highest(architecture):
    network = build(architecture(BLOCK))
    experts = network.r
    x = torch.randn(2, 7, 4, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        found = experts(x)
        for token, got in zip(x.flatten(0, 1), found.flatten(0, 1), strict=True):
            scores = experts.router(token).tolist()
            best = sorted(range(3), key=lambda place: -scores[place])[:2]
            weights = torch.tensor([scores[place] for place in best]).softmax(0)
            outputs = [experts.get_submodule(f"expert{place + 1}")(token) for place in best]
            expected = weights[0] * outputs[0] + weights[1] * outputs[1]
            assert torch.allclose(got, expected, atol=1e-6)
    network(torch.randint(11, (9, 7))).square().sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


@pytest.mark.parametrize(
    ("block", "says"),
    [
        ("{experts: {of: 2, active: 3, block: linear 4}}", "3 active experts of 2"),
        ("{experts: {of: 0, active: 1, block: linear 4}}", "the number of experts is 0"),
        ("{experts: {of: 2, active: 1, block: [attention heads=2]}}", "alone; attention does not"),
        ("[mean, {experts: {of: 2, active: 1, block: linear 4}}]", "needs a sequence of tokens"),
        ("{experts: {of: 2, block: linear 4}}", "experts needs of:, active: and block:"),
        ("{experts: [linear 4]}", "experts needs of:, active: and block:"),
        ("{experts: {of: n, active: 1, block: linear 4}}", "unknown name 'n'"),
    ],
)
def test_experts_that_do_not_fit_are_refused_in_words(block, says, architecture):
    with pytest.raises(InvalidTableError, match=says):
        architecture(block)
