"""Transformers as table files, against counts of other people's code and hand arithmetic."""

from __future__ import annotations

import pytest
import torch

from archcount.architecture.builder import build
from archcount.engines import ENGINES, engine
from archcount.engines.measure import example
from archcount.spec.load import load_table

SHRUNK = {
    "vit_b16": {"layers": 2, "d": 32, "mlp": 64, "heads": 4, "classes": 10},
    "gpt2": {"layers": 2, "d": 32, "heads": 4},
}
"""The numbers of small networks of the same tables."""


@pytest.fixture
def table(data):
    return lambda name: load_table(data / f"{name}.yaml")


@pytest.mark.parametrize(
    ("name", "params", "macs"),
    [
        # params of torchvision's vit_b_16. A layer: 12 x 768^2 weights at 197 tokens, and
        # 2 x 197^2 x 768 of attention: 1,394,343,936 + 59,610,624 = 1,453,954,560; of these 12;
        # patches: 768^2 at 196 positions, 115,605,504; classes: 768,000.
        ("vit_b16", 86_567_656, 12 * 1_453_954_560 + 115_605_504 + 768_000),
    ],
)
def test_transformers_have_the_numbers_of_other_code(name, params, macs, table):
    total = engine("formula").count(table(name).architecture()).total
    assert (total.params, total.cost.macs) == (params, macs)


@pytest.mark.parametrize("name", SHRUNK)
def test_engines_agree_on_small_ones(name, table):
    architecture = table(name).architecture(let=SHRUNK[name])
    formula, *others = (engine(each).count(architecture) for each in ENGINES)
    for other in others:
        assert (other.rows, other.uncounted) == (formula.rows, ())


@pytest.mark.parametrize("name", SHRUNK)
def test_small_ones_learn(name, table):
    architecture = table(name).architecture(let=SHRUNK[name])
    network = build(architecture).train()
    outputs = network(example(architecture.input).expand(2, *architecture.input.torch_size))
    assert tuple(outputs.shape) == (2, *architecture.output.torch_size)
    outputs.square().mean().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_a_small_vit_is_exported_as_it_runs(table):
    architecture = table("vit_b16").architecture(let=SHRUNK["vit_b16"])
    network = build(architecture).eval()
    images = torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(5))
    exported = torch.export.export(network, (images,)).module()
    with torch.no_grad():
        assert torch.allclose(exported(images), network(images), atol=1e-5)


def test_vit_is_torchvisions(table):
    models = pytest.importorskip("torchvision.models")
    with torch.device("meta"):
        theirs = models.vit_b_16()
    total = engine("formula").count(table("vit_b16").architecture()).total
    assert total.params == sum(tensor.numel() for tensor in theirs.parameters())


@pytest.mark.parametrize(
    ("block", "says"),
    [
        ("relu", "relu cannot read the ids of tokens; allowed: embedding"),
        ("[embedding 8, conv 3x3 8]", r"conv needs .*gets 1024x8 \(positions x width\)"),
        ("[embedding 8, attention]", "in 'attention': heads is missing"),
        ("[embedding 8, attention heads=3]", "3 heads do not divide a width of 8"),
    ],
)
def test_what_tokens_cannot_do_is_said_at_its_place(block, says, data, tmp_path):
    from archcount.errors import InvalidTableError

    text = (
        (data / "gpt2.yaml")
        .read_text()
        .replace("  logits: linear", f"  embed: {block}\n  l: linear")
    )
    path = tmp_path / "net.yaml"
    path.write_text(text.replace("  embed: [embedding d, positions 1024, dropout 0.1]\n", ""))
    with pytest.raises(InvalidTableError, match=says):
        load_table(path).architecture()
