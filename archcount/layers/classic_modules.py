"""The torch modules of the first convolutional networks."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from itertools import chain

import torch
from torch import Tensor, nn

from archcount.layers.modules import ChannelScale, ChannelShift


class GatheredConv(nn.Module):
    """A convolution whose filters each read some of the maps.

    Filters that read equally many are the groups of one convolution, each on its own maps.

    Args:
        maps: for each filter, the maps that it reads.
        convs: by how many maps its filters read, a convolution of as many groups as filters.
    """

    order: Tensor

    def __init__(self, maps: Sequence[Sequence[int]], convs: Mapping[int, nn.Module]) -> None:
        super().__init__()
        self.convs = nn.ModuleDict({f"reads{reads}": conv for reads, conv in convs.items()})
        filters: list[int] = []
        for reads in convs:
            own = [number for number, read in enumerate(maps) if len(read) == reads]
            read = list(chain.from_iterable(maps[number] for number in own))
            self.register_buffer(f"maps{reads}", torch.tensor(read))
            filters += own
        self.is_ordered = filters == sorted(filters)
        places = [filters.index(number) for number in range(len(maps))]
        self.register_buffer("order", torch.tensor(places))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, ...) to (N, filters, ...)."""
        read = [self.get_buffer(name.replace("reads", "maps")) for name in self.convs]
        given = [
            conv(x.index_select(1, maps))
            for maps, conv in zip(read, self.convs.values(), strict=True)
        ]
        joined = torch.cat(given, dim=1)
        return joined if self.is_ordered else joined.index_select(1, self.order)


class AddedBias(nn.Module):
    """Add a trained number to each element.

    Args:
        size: the size of what it is added to, without the batch.
    """

    def __init__(self, size: Sequence[int]) -> None:
        super().__init__()
        self.size = tuple(size)
        self.bias = nn.Parameter(torch.zeros(torch.Size(self.size).numel()))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, ...) to the same."""
        return x + self.bias.view(self.size)

    def extra_repr(self) -> str:
        """Describe the size."""
        return f"{self.size}"


def trained_pool(kernel: tuple[int, int], stride: tuple[int, int], channels: int) -> nn.Sequential:
    """Return sums over windows, times a trained factor and with a trained bias a channel."""
    area = kernel[0] * kernel[1]
    return nn.Sequential(
        OrderedDict(
            pool=nn.AvgPool2d(kernel, stride, divisor_override=1),
            scale=ChannelScale(channels, 1 / area, 2),
            bias=ChannelShift(channels, 2),
        )
    )


class ScaledTangent(nn.Module):
    """The hyperbolic tangent that is 1 at 1 and -1 at -1, 1.7159 tanh(2/3 x)."""

    def forward(self, x: Tensor) -> Tensor:
        """Map any tensor to the same shape."""
        return torch.tanh(x * (2 / 3)) * 1.7159


class SquaredDistances(nn.Module):
    """The squared distance of the features to each center.

    Args:
        features: how many features there are.
        centers: how many centers.
        trained: whether the centers are trained.
    """

    weight: Tensor

    def __init__(self, features: int, centers: int, *, trained: bool) -> None:
        super().__init__()
        drawn = torch.randint(0, 2, (centers, features)).float() * 2 - 1
        if trained:
            self.weight = nn.Parameter(drawn)
        else:
            self.register_buffer("weight", drawn)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, features) to (N, centers)."""
        apart = x.unsqueeze(1) - self.weight
        return torch.matmul(apart.unsqueeze(2), apart.unsqueeze(3)).flatten(1)
