"""What is kept for the backward pass of models that decide it themselves: hooks, checkpoints."""

from __future__ import annotations

import json
import threading
from functools import partial
from typing import Any

import pytest
import torch
import torch._dynamo  # a checkpoint imports it, and what it computes then is run again
from torch import nn
from torch.autograd.graph import disable_saved_tensors_hooks, save_on_cpu, saved_tensors_hooks
from torch.utils.checkpoint import (
    CheckpointPolicy,
    checkpoint,
    create_selective_checkpoint_contexts,
)

import archcount as ac
from archcount.engines.saved_tensors import SavedTensors

STORE: dict[int, Any] = {}


def hooked(context, net, x):
    with context:
        return net.body(x)


def saved_checkpoint(part, x):
    with save_on_cpu():
        return checkpoint(part, x, use_reentrant=False)


def left(net, x):
    net.hooks = saved_tensors_hooks(torch.Tensor.half, torch.Tensor.float)
    net.hooks.__enter__()
    return net.body(x)


def stored(tensor):
    STORE[len(STORE)] = tensor
    return len(STORE) - 1


def policy(context, op, *args, **kwargs):
    is_kept = op == torch.ops.aten.addmm.default
    return CheckpointPolicy.MUST_SAVE if is_kept else CheckpointPolicy.PREFER_RECOMPUTE


def checkpointed(net, x, **options):
    return checkpoint(net.body, x, use_reentrant=False, **options)


WAYS = {
    "plain": lambda net, x: net.body(x),
    "packs to itself": partial(hooked, saved_tensors_hooks(lambda t: t, lambda t: t)),
    "packs to a pair": partial(hooked, saved_tensors_hooks(lambda t: (0, t), lambda t: t[1])),
    "packs to float16": partial(hooked, saved_tensors_hooks(torch.Tensor.half, torch.Tensor.float)),
    "left entered": left,
    "saves on the CPU": partial(hooked, save_on_cpu()),
    "stores": partial(hooked, saved_tensors_hooks(stored, STORE.__getitem__)),
    "disables hooks": lambda net, x: hooked(disable_saved_tensors_hooks("none here"), net, x),
    "differentiates": lambda net, x: (
        net.body(x) + torch.func.grad(lambda y: net.body(y).sum())(x).sum()
    ),
    "compiles": lambda net, x: torch.compile(net.body)(x),
    "checkpoint": checkpointed,
    "checkpoint of the second": lambda net, x: checkpoint(
        net.second, net.first(x), use_reentrant=False
    ),
    "reentrant": lambda net, x: checkpoint(net.second, net.first(x), use_reentrant=True),
    "checkpoint on the CPU": lambda net, x: saved_checkpoint(net.second, net.first(x)),
    "selective": partial(
        checkpointed, context_fn=partial(create_selective_checkpoint_contexts, policy)
    ),
}


class Net(nn.Module):
    def __init__(self, way: str):
        super().__init__()
        self.way = way
        self.first = nn.Sequential(nn.Linear(4, 8), nn.Sigmoid())
        self.second = nn.Sequential(nn.Linear(8, 8), nn.Sigmoid())
        self.last = nn.Linear(8, 2)

    def body(self, x):
        return self.second(self.first(x))

    def forward(self, x):
        return self.last(WAYS[self.way](self, x))


# 3 x 4 numbers are given, and every layer but the last gives 3 x 8: 96 bytes. A linear layer keeps
# what it reads, from the second on its weights for the gradient of that too; a sigmoid what it
# gives. Inputs of the model and weights are no activations.
KEPT = {
    "plain": 2 * 96,
    "packs to itself": 2 * 96,
    "packs to a pair": 2 * 96,
    "compiles": 2 * 96,
    # Copies of 2 bytes a number, each for itself: the input, 12; of the first linear layer's sigmoid
    # and the second linear layer the same 24 numbers; its 64 weights; the second sigmoid's 24. The
    # last layer keeps these too, as they are.
    "packs to float16": 2 * (12 + 2 * 24 + 64 + 24) + 96,
    # As before, but that of the last layer too, and its 16 weights.
    "left entered": 2 * (12 + 2 * 24 + 64 + 2 * 24 + 16),
    # Copies on the CPU, of 4 bytes a number.
    "saves on the CPU": 4 * (12 + 2 * 24 + 64 + 24) + 96,
    # What the last layer reads alone, and of what is not an input what the checkpoint does.
    "checkpoint": 96,
    "checkpoint of the second": 96 + 96,
    "reentrant": 96 + 96,
    # The first sigmoid's result, which it keeps itself, and a copy of it; what the last layer reads.
    "checkpoint on the CPU": 96 + 96 + 96,
    # Results of two linear layers, and what the last one reads.
    "selective": 2 * 96 + 96,
}


@pytest.mark.parametrize("way", KEPT)
def test_activations_are_what_hooks_and_checkpoints_keep(way):
    record = ac.count(Net(way), input=(3, 4), train=True).record
    assert record.training.activations == KEPT[way]
    # Products of 3 x 4 x 8, 3 x 8 x 8 and 3 x 8 x 2; back for weights, and but for the first for
    # what was read. A reentrant checkpoint's backward pass is not seen, nor what comes before it.
    assert record.total.macs == 96 + 192 + 48
    if way == "reentrant":
        assert [each.op for each in record.uncounted] == ["backward of CheckpointFunction"]
    else:
        assert record.total.backward_macs == 96 + 2 * 192 + 2 * 48
    told = [remark for remark in record.remarks if "activations" in remark]
    has_hooks = way.startswith(("packs", "left", "saves")) or way.endswith("CPU")
    assert len(told) == has_hooks


class Chain(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(*(nn.Linear(4, 4) for _ in range(12)))

    def forward(self, x):
        return checkpointed(
            self, x, context_fn=partial(create_selective_checkpoint_contexts, policy)
        )


def test_the_backward_pass_of_many_layers_in_a_selective_checkpoint_is_whole():
    total = ac.count(Chain(), input=(3, 4), train=True).record.total
    # Twelve products of 3 x 4 x 4; back for twelve weights, and but for the first for what was read.
    assert (total.macs, total.backward_macs) == (12 * 48, (12 + 11) * 48)


def test_on_the_cpu_a_copy_there_is_what_it_is_of():
    record = ac.count(Net("saves on the CPU"), input=(3, 4), train=True, device="cpu").record
    assert record.training.activations == 2 * 96


@pytest.mark.parametrize("device", ["meta", "cpu"])
@pytest.mark.parametrize("way", ["stores", "disables hooks", "differentiates"])
def test_activations_that_are_not_known_are_unknown(way, device):
    report = ac.count(Net(way), input=(3, 4), train=True, device=device)
    memory = report.record.training
    assert memory.activations is memory.scores is memory.checkpointed is None
    assert memory.total("Adam") is None
    # 32 + 64 + 16 weights and 18 biases
    assert (memory.weights, memory.optimizers["Adam"]) == (4 * 130, 8 * 130)
    written = json.loads(report.to_json())
    assert written["training"]["activations"] is None
    assert sum("activations of training are unknown" in each for each in written["remarks"]) == 1
    sums = [line.split() for line in str(report).splitlines() if line.startswith("activations  ")]
    assert sums == [["activations", "unknown"]]


def test_where_hooks_are_disabled_around_a_count_activations_are_unknown():
    with disable_saved_tensors_hooks("none here"):
        record = ac.count(Net("plain"), input=(3, 4), train=True).record
    assert (record.training.activations, record.total.macs) == (None, 96 + 192 + 48)
    assert ac.count(Net("plain"), input=(3, 4), train=True).record.training.activations == 2 * 96


def test_counts_in_threads_see_the_hooks_of_their_own_models_alone():
    def work():
        found.append(ac.count(Net("selective"), input=(3, 4), train=True).record.training)

    found, thread = [], threading.Thread(target=work)
    saved = SavedTensors()
    work()  # imports what a count imports
    with saved:
        thread.start()
        thread.join(0.3)  # it waits for this one
        assert len(found) == 1
    thread.join()
    assert [each.activations for each in found] == 2 * [KEPT["selective"]]
    assert not saved.has_hooks


def test_layers_that_have_checkpoints_are_not_told_with_checkpoints():
    """What such a layer keeps without is not seen."""

    class Layers(nn.Module):
        def __init__(self, reentrant):
            super().__init__()
            self.layers = nn.ModuleList(
                nn.Sequential(nn.Linear(4, 4), nn.Sigmoid()) for _ in range(3)
            )
            self.reentrant = reentrant

        def forward(self, x):
            for layer in self.layers:
                if self.reentrant is None:
                    x = layer(x)
                else:
                    x = checkpoint(layer, x, use_reentrant=self.reentrant)
            return x

    # Each of three keeps 3 x 4 numbers; what the second and third are given, and one's own.
    memory = ac.count(Layers(None), input=(3, 4), train=True).record.training
    assert (memory.activations, memory.checkpointed) == (3 * 48, 2 * 48 + 48)
    for reentrant in (False, True):
        given = torch.ones(3, 4, requires_grad=True)
        memory = ac.count(Layers(reentrant), input=given, train=True).record.training
        assert (memory.activations, memory.checkpointed, memory.layers) == (2 * 48, None, 0)
