"""The built module is ordinary PyTorch, named like the paper, and it learns."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
from torch import nn

import archcount as ac
from archcount.architecture.builder import build
from archcount.architecture.network import Outputs
from archcount.spec.load import load_table


@pytest.fixture(scope="module")
def architecture(tmp_path_factory):
    """GoogLeNet for 10 classes of 64x64 images, whose maps are too small for its last pools."""
    text = ac.load("googlenet").path.read_text()
    for old, new in [
        ("avgpool patch pad=valid", "global_avgpool"),
        ("avgpool 5x5/3 pad=valid", "global_avgpool"),
        ("classes: 1000", "classes: 10"),
        ("3x224x224", "3x64x64"),
    ]:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path_factory.mktemp("tables") / "small.yaml"
    path.write_text(text)
    return load_table(path).architecture()


@pytest.fixture
def network(architecture):
    torch.manual_seed(0)
    return build(architecture).eval()


@pytest.fixture
def images():
    return torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))


def test_googlenet_maps_two_images_to_two_times_a_thousand_probabilities():
    network = ac.load("googlenet").build().eval()
    with torch.no_grad():
        output = network(torch.zeros(2, 3, 224, 224))
    assert output.shape == (2, 1000)
    assert torch.allclose(output.sum(dim=1), torch.ones(2))


def test_children_are_named_after_the_rows(network):
    rows = [row.id for row in ac.load("googlenet").printed.rows]
    assert [name for name, _ in network.named_children()] == [*rows, "heads"]


def test_keys_read_like_the_paper(network):
    shapes = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    assert shapes["conv1.conv.weight"] == (64, 3, 7, 7)
    assert shapes["inception_3a.branch1.conv.weight"] == (64, 192, 1, 1)
    assert shapes["inception_3a.branch3.conv1.weight"] == (16, 192, 1, 1)
    assert shapes["inception_3a.branch3.conv2.weight"] == (32, 16, 5, 5)
    assert shapes["inception_5b.branch4.conv.bias"] == (128,)
    assert shapes["linear.linear.weight"] == (10, 1024)
    assert shapes["heads.inception_4a.linear1.weight"] == (1024, 128)


def test_train_mode_gives_main_and_head_logits_with_their_weights(network, images):
    outputs = network.train()(images)
    assert isinstance(outputs, Outputs)
    assert outputs.main.shape == (2, 10)
    assert [head.shape for head in outputs.heads] == [(2, 10), (2, 10)]
    assert network.loss_weights == {"inception_4a": 0.3, "inception_4d": 0.3}
    assert not torch.allclose(outputs.main.sum(dim=1), torch.ones(2)), "logits, not probabilities"


def test_the_loss_weighs_the_heads(network):
    target = torch.tensor([0])
    # Two classes at 0 cost log 2 each: log 2 x (1 + 0.3 + 0.3).
    outputs = Outputs(torch.zeros(1, 2), (torch.zeros(1, 2), torch.zeros(1, 2)))
    assert network.loss(outputs, target).item() == pytest.approx(1.6 * 0.693147, rel=1e-5)
    assert network.loss(outputs.main, target).item() == pytest.approx(0.693147, rel=1e-5)


def test_eval_mode_gives_the_main_output_alone(network, images):
    output = network(images)
    assert isinstance(output, torch.Tensor)
    assert torch.allclose(output.sum(dim=1), torch.ones(2))


def test_logits_are_to_be_had_in_eval_mode(architecture, network, images):
    logits = build(architecture, logits=True).eval()
    logits.load_state_dict(network.state_dict())
    assert torch.allclose(logits(images).softmax(dim=1), network(images), atol=1e-6)


def test_a_network_without_heads_gives_a_tensor_in_both_modes(data, toy_text):
    network = build(load_table(data / "toy.yaml").architecture())
    images = torch.zeros(2, 3, 8, 8)
    assert network.train()(images).shape == network.eval()(images).shape == (2, 10)


def test_a_softmax_at_the_end_of_a_longer_row_is_left_to_the_loss_too(toy_text, tmp_path):
    path = tmp_path / "toy.yaml"
    path.write_text(toy_text.replace("linear classes]", "linear classes, softmax]"))
    network = build(load_table(path).architecture())
    images = torch.randn(2, 3, 8, 8)
    assert torch.allclose(network.eval()(images).sum(dim=1), torch.ones(2))
    assert not torch.allclose(network.train()(images).sum(dim=1), torch.ones(2))
    assert list(dict(network.scores.named_children())) == [
        "global_avgpool", "flatten", "linear", "softmax",
    ]  # fmt: skip


def test_a_softmax_at_the_end_of_a_head_is_left_to_the_loss_too(toy_text, tmp_path):
    path = tmp_path / "toy.yaml"
    # `keys` is a row that a dictionary of modules could not hold.
    text = toy_text.replace("  stem   |", "  keys   |")
    head = (
        "heads: [{at: keys, loss_weight: 1, body: [global_avgpool, flatten, linear 10, softmax]}]"
    )
    path.write_text(f"{text}{head}\n")
    network = build(load_table(path).architecture()).train()
    outputs = network(torch.randn(2, 3, 8, 8))
    assert not torch.allclose(outputs.heads[0].sum(dim=1), torch.ones(2))
    assert "heads.keys.linear.weight" in network.state_dict()


def test_a_block_is_what_a_person_would_write(toy_text, tmp_path):
    """The toy against the same network by hand, with the same weights: equal outputs."""
    path = tmp_path / "toy.yaml"
    path.write_text(toy_text)
    network = build(load_table(path).architecture()).eval()
    state = network.state_dict()
    images = torch.randn(2, 3, 8, 8)

    def conv(x, key, stride=1, pad=1):
        weight, bias = state[f"{key}.weight"], state[f"{key}.bias"]
        return nn.functional.conv2d(x, weight, bias, stride, pad)

    x = conv(images, "stem.conv").relu()
    first = conv(
        conv(x, "stage.block1.add.branch1.conv1", 2).relu(), "stage.block1.add.branch1.conv2"
    )
    x = (first + conv(x, "stage.block1.add.shortcut", 2, 0)).relu()
    second = conv(
        conv(x, "stage.block2.add.branch1.conv1").relu(), "stage.block2.add.branch1.conv2"
    )
    x = (second + x).relu().mean(dim=(2, 3))
    x = nn.functional.linear(x, state["scores.linear.weight"], state["scores.linear.bias"])
    assert torch.allclose(network(images), x, atol=1e-5)


def test_rectifiers_work_in_place_only_on_what_is_theirs(tmp_path, toy_text):
    path = tmp_path / "toy.yaml"
    # A branch that begins with a rectifier must not change what the shortcut reads.
    path.write_text(toy_text.replace("[conv 3x3/first(2) w,", "[relu, conv 3x3/first(2) w,"))
    network = build(load_table(path).architecture())
    in_place = {name: m.inplace for name, m in network.named_modules() if isinstance(m, nn.ReLU)}
    assert in_place["stem.relu"]
    assert in_place["stage.block1.relu"]
    assert not in_place["stage.block1.add.branch1.relu1"]
    network.train()(torch.randn(2, 3, 8, 8)).sum().backward()


def test_it_compiles(network, images):
    compiled = torch.compile(network, fullgraph=True, backend="aot_eager")
    assert torch.allclose(compiled(images), network(images), atol=1e-5)
    compiled.train()
    assert [head.shape for head in compiled(images).heads] == [(2, 10), (2, 10)]


def test_it_exports(network, images):
    exported = torch.export.export(network, (images,))
    assert torch.allclose(exported.module()(images), network(images), atol=1e-5)


def test_it_copies_and_pickles(network, images):
    expected = network(images)
    for twin in (copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        assert list(twin.state_dict()) == list(network.state_dict())
        assert torch.equal(twin(images), expected)
        nn.init.zeros_(twin.conv1.conv.weight)
        assert torch.equal(network(images), expected), "the copy shares nothing"


def test_channels_last_gives_the_same(network, images):
    expected = network(images)
    network.to(memory_format=torch.channels_last)
    output = network(images.to(memory_format=torch.channels_last))
    assert torch.allclose(output, expected, atol=1e-5)


def test_bfloat16_autocast_runs_forward_and_backward(network, images):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        outputs = network.train()(images)
        loss = network.loss(outputs, torch.tensor([1, 2]))
    assert outputs.main.dtype == torch.bfloat16
    loss.backward()
    assert all(torch.isfinite(p.grad).all() for p in network.parameters())


@pytest.mark.slow
def test_it_learns(architecture):
    """Ten images, one of each class, are learnt by heart, with heads and dropout."""
    torch.manual_seed(3)
    network = build(architecture).train()
    images = nn.functional.interpolate(torch.randn(10, 3, 4, 4), size=64)
    target = torch.arange(10)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.002, momentum=0.9)
    losses = []
    for _ in range(80):
        optimizer.zero_grad()
        loss = network.loss(network(images), target)
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
    # Ten classes by chance cost log 10 = 2.3, and 0.3 of that for each head: 3.7.
    assert losses[0] > 3
    network.eval()
    with torch.no_grad():
        probabilities = network(images)
    assert probabilities.argmax(dim=1).equal(target)
    assert probabilities.gather(1, target[:, None]).mean() > 0.9
