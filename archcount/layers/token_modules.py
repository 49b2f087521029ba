"""The torch modules of sequences of tokens."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from archcount.layers.modules import Named


class MapToTokens(nn.Module):
    """Take every position of a map as a token."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, ...) to (N, positions, C)."""
        return x.flatten(2).transpose(1, 2)


class TransposedTokens(nn.Module):
    """Take positions as channels, and channels as positions."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, L, D) to (N, D, L)."""
        return x.transpose(1, 2)


class MapToGrid(nn.Module):
    """Take every position of a map as a token, in its rows and columns."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, H, W, C)."""
        return x.movedim(1, -1)


class GridToTokens(nn.Module):
    """Put the tokens of a grid one after another."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, H, W, D) to (N, positions, D)."""
        return x.flatten(1, -2)


class TokensToMap(nn.Module):
    """Take the width as channels, and the tokens as a map's positions.

    Args:
        sides: the sides of the map.
    """

    def __init__(self, sides: tuple[int, ...]) -> None:
        super().__init__()
        self.sides = sides

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, ..., D) to (N, D, sides)."""
        return torch.unflatten(x.flatten(1, -2).transpose(1, 2), 2, self.sides)

    def extra_repr(self) -> str:
        """Describe the sides."""
        return "x".join(map(str, self.sides))


class FeaturesToMap(nn.Module):
    """Take features as a map, channel by channel.

    Args:
        dims: the channels and sides of the map.
    """

    def __init__(self, dims: tuple[int, ...]) -> None:
        super().__init__()
        self.dims = dims

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, features) to (N, C, sides)."""
        return torch.unflatten(x, 1, self.dims)

    def extra_repr(self) -> str:
        """Describe the map."""
        return "x".join(map(str, self.dims))


class BlocksAsChannels(nn.Module):
    """Make one position of each block of `side` x `side`, its channels one after another.

    Args:
        side: the side of a block.
        axis: the axis of rows; columns are the next one.
    """

    def __init__(self, side: int, axis: int) -> None:
        super().__init__()
        self.side, self.axis = side, axis

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W), or (N, H, W, C) of tokens, likewise."""
        rows = [slice(start, None, self.side) for start in range(self.side)]
        every = [slice(None)] * self.axis
        parts = [x[(*every, down, across)] for down in rows for across in rows]
        return torch.cat(parts, dim=1 if self.axis == 2 else -1)

    def extra_repr(self) -> str:
        """Describe the side."""
        return f"{self.side}"


class LearnedPositions(nn.Module):
    """Add a trained vector at each position.

    Args:
        most: how many positions there are vectors for.
        width: the width of a token.
    """

    def __init__(self, most: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(most, width))
        nn.init.normal_(self.weight, std=0.02)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, L, D) to the same."""
        return x + self.weight[: x.shape[1]]


class FixedPositions(nn.Module):
    """Add sines and cosines of each position, one after another by angle.

    Args:
        most: how many positions there are.
        width: the width of a token.
    """

    def __init__(self, most: int, width: int) -> None:
        super().__init__()
        frequencies = 10000 ** (torch.arange(0, width, 2) * (-1 / width))
        angles = torch.arange(most).unsqueeze(1) * frequencies
        waves = torch.stack((angles.sin(), angles.cos()), dim=2).flatten(1)
        self.weight: Tensor
        self.register_buffer("weight", waves)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, L, D) to the same."""
        return x + self.weight[: x.shape[1]]


class SegmentEmbedding(nn.Module):
    """Add the trained vector of a token's segment, which is the first of all tokens.

    Args:
        segments: how many segments there are vectors for.
        width: the width of a token.
    """

    def __init__(self, segments: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(segments, width))
        nn.init.normal_(self.weight, std=0.02)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, L, D) to the same."""
        return x + self.weight[0]


class PrependToken(nn.Module):
    """Put a trained token before the others."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, L, D) to (N, 1 + L, D)."""
        return torch.cat([self.weight.expand(x.shape[0], 1, -1), x], dim=1)


class SelectPosition(nn.Module):
    """Take one position of a sequence."""

    def __init__(self, position: int) -> None:
        super().__init__()
        self.position = position

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, L, D) to (N, D)."""
        return x[:, self.position]

    def extra_repr(self) -> str:
        """Describe the position."""
        return f"{self.position}"


class MeanOfPositions(nn.Module):
    """Average over the positions of a sequence."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, L, D), or (N, rows, columns, D), to (N, D)."""
        return x.flatten(1, -2).mean(dim=1)


class RoutedExperts(Named):
    """Give each token to the experts that the router scores highest, and add what they give.

    On the meta device, where there are no scores, every expert gets an equal part of the tokens.

    Args:
        branches: the `router`, and the experts.
        active: how many experts a token is given to.
    """

    def __init__(self, branches: Mapping[str, nn.Module], active: int) -> None:
        super().__init__(branches)
        self.active = active

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, L, D) to the same."""
        tokens = x.flatten(0, -2)
        router, *experts = self.children()
        scores, chosen = router(tokens).topk(self.active, dim=-1)
        weights = scores.softmax(dim=-1)
        total = torch.zeros_like(tokens)
        for number, expert in enumerate(experts):
            if chosen.is_meta:
                first, last = (
                    chosen.numel() * part // len(experts) for part in (number, number + 1)
                )
                rows = slots = chosen.new_empty(last - first)
            else:
                rows, slots = torch.where(chosen == number)
            given = expert(tokens[rows].unsqueeze(0)).squeeze(0)
            total = total.index_add(0, rows, given * weights[rows, slots].unsqueeze(1))
        return total.view_as(x)

    def extra_repr(self) -> str:
        """Describe how many are active."""
        return f"active={self.active}"
