"""Bytes moved by module, the roofline, and the memory of training."""

from __future__ import annotations

import json

import pytest
import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.attention import SDPBackend, sdpa_kernel
from typer.testing import CliRunner

import archcount as ac
from archcount.cli.app import app
from archcount.errors import UsageError
from tests.helpers.decoders import Decoder, StackedExperts


def moved(model, **options):
    return ac.count(model, **options).record.moved


def test_bytes_of_a_prefill_by_hand():
    # Five tokens of 8 numbers are 160 bytes in float32, keys and values of 4 are 80 each.
    found = moved(Decoder(), prefill=5)
    layer = "layers.1"
    own = {
        "embed": 5 * 8 + 160 + 160,  # ids, the rows looked up, and the result
        f"{layer}.norm1": 160 + 8 * 4 + 160,
        f"{layer}.attention.query": 160 + 64 * 4 + 160,
        f"{layer}.attention.key": 160 + 32 * 4 + 80,
        f"{layer}.attention": 160 + 80 + 80 + 160,  # query, key, value; scores stay
        f"{layer}.attention.out": 160 + 64 * 4 + 160,
        f"{layer}.feed_forward.gate": 160 + 96 * 4 + 240,
        f"{layer}.feed_forward": 240 + 240 + 240,
        layer: 160 + 160 + 160 + 160 + 160,  # two sums: the first is read by the norm
        "norm": 160 + 8 * 4 + 160,
        "head": 160 + 88 * 4 + 5 * 11 * 4,
    }
    assert {path: found[path].own for path in own} == own
    attention = 576 + 368 + 368 + 576 + 480
    assert found[layer].total == attention + 2 * 352 + 800 + 3 * 784 + 720 == 6944
    assert found[""].total == 360 + 2 * 6944 + 352 + 732


def test_a_decode_step_reads_the_cache_once_and_writes_one_entry():
    found = moved(Decoder(), decode=5)["layers.0.attention"]
    # The query 32, a new key and value 16 each, the cache 2 x 80; the result 32, new entries 2 x 16.
    assert found.own == 32 + 2 * 16 + 2 * 80 + 32 + 2 * 16
    # Tokens of 16 bytes in bfloat16, weights of half a byte.
    assert moved(Decoder(), decode=5, dtype="int4")["head"].own == 16 + 44 + 22


@pytest.mark.parametrize(("call", "experts"), [("decode", 2), ("prefill", 4)])
def test_a_token_reads_the_experts_that_it_is_routed_to(call, experts):
    found = moved(Decoder(feed_forward=StackedExperts), **{call: 5})["layers.0.feed_forward"]
    tokens = 1 if call == "decode" else 5
    # Experts of 2 x 96 weights; the input and the scores of 4, which are read, and the result.
    assert found.own == experts * 2 * 96 * 4 + tokens * 4 * (8 + 4 + 8)


def test_the_roofline_by_hand():
    model = nn.Sequential(nn.Linear(4, 3, bias=False), nn.ReLU())
    # The layer reads 2 x 4 numbers and 12 weights and writes 2 x 3: 104 bytes, 2 x 24 FLOP; the
    # activation reads and writes 2 x 3: 48 bytes.
    record = ac.count(model, input=(2, 4), peak=1.0, bandwidth="2").record
    assert {path: item.total for path, item in record.moved.items()} == {"": 152, "0": 104, "1": 48}
    assert record.moved[""].seconds == max(48 / 1, 104 / 2) + 48 / 2
    slower = ac.count(model, input=(2, 4), peak="0.5", bandwidth=2).record
    assert slower.moved[""].seconds == 48 / 0.5 + 48 / 2
    assert slower.machine.ridge == 0.25


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer, self.activation = nn.Linear(4, 4, bias=False), nn.ReLU(inplace=True)

    def forward(self, x):
        return self.activation(self.layer(self.activation(self.layer(x))))


def test_weights_are_read_in_each_run_and_activations_in_place_read_and_write():
    found = moved(Twice(), input=(1, 4), peak=1, bandwidth=1)
    # The second run reads what the first gave, by way of the activation, in its own memory.
    assert found["layer"].own == 2 * 16 * 4 + 16 + 2 * 16
    assert found["activation"].own == 2 * 2 * 16


class Block(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Linear(4, 4, bias=False), nn.Tanh(), nn.Linear(4, 4, bias=False), nn.Tanh()
        )


def test_memory_of_training_by_hand():
    model = nn.Sequential(Block(), Block(), Block())
    memory = ac.count(model, input=(2, 4), train=True).record.training
    # 6 x 16 weights of 4 bytes.
    assert (memory.weights, memory.gradients, memory.master) == (384, 384, 0)
    assert memory.optimizers == {
        "SGD": 0, "SGD with momentum": 384, "Adam": 768, "8-bit Adam": 192,
    }  # fmt: skip
    # Each tanh keeps its result of 2 x 4, which the next layer keeps too.
    assert (memory.activations, memory.scores) == (6 * 32, 0)
    # What the second and third block are given, and the two results that one keeps.
    assert (memory.checkpointed, memory.layers) == (2 * 32 + 2 * 32, 3)
    assert memory.total("Adam") == 384 + 384 + 768 + 192
    assert memory.total("SGD", is_checkpointed=True) == 384 + 384 + 128
    half = ac.count(model, input=(2, 4), train=True, dtype="bf16").record.training
    assert (half.weights, half.gradients, half.master, half.activations) == (192, 192, 384, 96)
    assert ac.count(model, input=(2, 4)).record.training is None
    assert ac.count(model, input=(2, 4), train=True, dtype="int8").record.training is None


def test_activations_are_those_that_a_run_on_numbers_keeps():
    model, ids = Decoder(), torch.zeros(1, 5, dtype=torch.int64)
    saved = {}

    def pack(tensor):
        saved[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage()
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor), sdpa_kernel(SDPBackend.MATH):
        result = model.train()(ids)
    held = {tensor.untyped_storage().data_ptr() for tensor in (*model.parameters(), ids)}
    kept = sum(storage.nbytes() for number, storage in saved.items() if number not in held)
    memory = ac.count(model, prefill=5, train=True).record.training
    assert memory.activations == kept
    assert memory.scores == 2 * 4 * 5 * 5 * 4  # 2 layers, 4 heads
    del result


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"peak": "989T"}, "--peak and --bandwidth go together"),
        ({"peak": "fast", "bandwidth": "3T"}, "--peak 'fast'"),
        ({"peak": "989T", "bandwidth": 0.0}, "--peak and --bandwidth go together"),
        ({"peak": "989T", "bandwidth": -1.0}, "--bandwidth -1.0"),
    ],
)
def test_rates_that_cannot_be_read_are_one_error(options, told):
    with pytest.raises(UsageError, match=told):
        ac.count(nn.Linear(2, 3), input=(1, 2), **options)


def test_the_command_shows_them():
    result = CliRunner().invoke(
        app,
        [
            *("count", "torch.nn:Linear", "--arg", "in_features=4", "--arg", "out_features=3"),
            *("--input", "[2,4]", "--train", "--peak", "989T", "--bandwidth", "3.35T"),
        ],
    )
    assert result.exit_code == 0, result.output
    assert "roofline of the forward pass at 989.0 TFLOP/s and 3.350 TB/s" in result.stdout
    assert "memory of training, an estimate" in result.stdout
    report = ac.count(nn.Linear(4, 3), input=(2, 4), train=True, peak=1, bandwidth=1)
    document = json.loads(report.to_json())
    # 2 x 4 read with 12 weights and 3 biases, 2 x 3 written
    assert document["moved"][""]["total"] == 32 + 60 + 24
    assert document["training"]["optimizers"]["Adam"] == 15 * 8
