"""What a pass costs and trains is that of its layers, added up."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import archcount as ac
from archcount.layers import Cost
from archcount.tracing.layer_sequence import layers_of
from archcount.tracing.trace import trace


class AddedBias(nn.Module):
    """A convolution whose bias is added by hand: the layer is one, its product comes first."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = nn.Parameter(torch.zeros(5, 3, 3, 3))
        self.bias = nn.Parameter(torch.zeros(5, 1, 1))

    def forward(self, image: Tensor) -> Tensor:
        return functional.conv2d(image, self.kernel) + self.bias


class Tied(nn.Module):
    """One linear layer, used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(9, 9)

    def forward(self, image: Tensor) -> Tensor:
        return self.linear(self.linear(image))


@pytest.mark.parametrize(
    ("module", "macs", "params", "kernels"),
    [
        # 7 x 7 outputs of 5 filters over 3x3x3: 49 x 5 x 27
        (nn.Sequential(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5)), [6615, 0], 150, 135),
        (AddedBias(), [6615], 140, 135),
        # 27 rows of 9 by 9 by 9, twice
        (Tied(), [2187, 2187], 90, 81),
        (nn.Sequential(nn.LocalResponseNorm(3), nn.Conv2d(3, 5, 1)), [0, 1215], 20, 15),
    ],
)
def test_each_layer_has_its_own(
    module: nn.Module, macs: list[int], params: int, kernels: int
) -> None:
    layers = layers_of(trace(module.eval(), [torch.zeros(1, 3, 9, 9)]))
    assert [layer.cost.macs for layer in layers.layers] == macs
    assert sum(each.size for each in layers.parameters) == params
    assert sum(each.size for each in layers.parameters if each.is_kernel) == kernels


@pytest.mark.parametrize("name", ["alexnet", "resnet", "vit@vit-base", "swin_t"])
def test_all_of_a_pass_is_in_its_layers(name: str) -> None:
    table, _, variant = name.partition("@")
    network = ac.load(table).build(variant=variant).eval().to("meta")
    with torch.device("meta"), torch.no_grad():
        found = trace(network, [torch.zeros(1, 3, 224, 224)])
    layers = layers_of(found)
    assert Cost.total(layer.cost for layer in layers.layers) == found.modules[0].cost
    named = {name for layer in layers.layers for name in layer.weights}
    assert named == {*range(len(layers.parameters))}
    params = sum(each.numel() for each in network.parameters())
    assert sum(each.size for each in layers.parameters) == params


class Sliced(nn.Module):
    """A table of two rows, of which one is read, and one of three parts, read apart."""

    def __init__(self) -> None:
        super().__init__()
        self.segments = nn.Parameter(torch.zeros(2, 9))
        self.packed = nn.Parameter(torch.zeros(27, 9))

    def forward(self, image: Tensor) -> Tensor:
        first, second, _ = self.packed.chunk(3)
        return functional.linear(functional.linear(image + self.segments[0], first), second)


def test_what_nothing_reads_of_a_parameter_is_of_the_layer_that_reads_it() -> None:
    layers = layers_of(trace(Sliced().eval(), [torch.zeros(1, 3, 9, 9)]))
    sizes = [sum(layers.parameters[name].size for name in each.weights) for each in layers.layers]
    # 2 x 9; of 27 x 9 two parts of 9 x 9, and the third with the first
    assert sizes == [18, 162, 81]
