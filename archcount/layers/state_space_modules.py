"""The torch modules of state spaces, and the linear recurrence that torch lacks."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archcount.layers.modules import AsymmetricConv1d


class CausalConvOfTokens(AsymmetricConv1d):
    """Filter each channel over its token and those before it.

    Args:
        width: the width of a token.
        size: how many tokens a filter reads.
        bias: whether each channel has a bias.
    """

    def __init__(self, width: int, size: int, *, bias: bool) -> None:
        super().__init__(width, width, size, groups=width, bias=bias, pads=(size - 1, 0))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, L, D) to the same."""
        return super().forward(x.transpose(1, 2)).transpose(1, 2)


@torch.library.custom_op("archcount::linear_recurrence", mutates_args=())
def linear_recurrence(decay: Tensor, given: Tensor) -> Tensor:
    """Return h of h[l] = decay[l] h[l - 1] + given[l], from 0, along the second axis.

    An operator of its own, since torch has none: its work is that of the recurrence, in whatever
    order it is done. Here twice as many positions at each step know all before them; nothing is
    divided, so that decays of 0 to 1 neither overflow nor lose what others keep.

    Args:
        decay: (N, L, ...).
        given: likewise.
    """
    found, product = given.clone(), decay.clone()
    reach, length = 1, given.shape[1]
    while reach < length:
        found[:, reach:] += product[:, reach:] * found[:, :-reach]
        product[:, reach:] *= product[:, :-reach].clone()
        reach *= 2
    return found


@linear_recurrence.register_fake
def _fake(decay: Tensor, given: Tensor) -> Tensor:
    return torch.empty_like(given)


def _keep(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
    ctx.save_for_backward(inputs[0], output)


def _backward(context: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:
    """Go back through the recurrence, which is one in the other direction."""
    decay, found = context.saved_tensors
    after = F.pad(decay[:, 1:].transpose(1, -1), (0, 1)).transpose(1, -1)
    back = linear_recurrence(after.flip(1), gradient.flip(1)).flip(1)
    before = F.pad(found[:, :-1].transpose(1, -1), (1, 0)).transpose(1, -1)
    return back * before, back


linear_recurrence.register_autograd(_backward, setup_context=_keep)


class StateSpace(nn.Module):
    """States of each channel, whose step, input and output each token selects.

    Args:
        width: the width of a token.
        rank: the numbers by way of which the steps are projected.
        state: the numbers of a channel's state.
    """

    def __init__(self, width: int, *, rank: int, state: int) -> None:
        super().__init__()
        self.sizes = (rank, state, state)
        self.x_proj = nn.Linear(width, sum(self.sizes), bias=False)
        self.dt_proj = nn.Linear(rank, width)
        first = [math.log(number) for number in range(1, state + 1)]
        self.A_log = nn.Parameter(torch.tensor(first).repeat(width, 1))
        self.D = nn.Parameter(torch.ones(width))
        # Steps of 0.001 to 0.1 at first, which softplus makes of the biases.
        steps = torch.empty(width).uniform_(math.log(0.001), math.log(0.1)).exp()
        with torch.no_grad():
            self.dt_proj.bias.copy_(steps.expm1().log())

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, L, D) to the same."""
        rank, selects, shows = self.x_proj(x).split(self.sizes, dim=-1)
        steps = F.softplus(self.dt_proj(rank))
        decay = (steps.unsqueeze(-1) * -self.A_log.exp()).exp()
        given = (steps * x).unsqueeze(-1) * selects.unsqueeze(2)
        states = linear_recurrence(decay, given.to(decay.dtype))
        seen = (states.to(x.dtype) @ shows.unsqueeze(-1)).squeeze(-1)
        output: Tensor = seen + x * self.D
        return output

    def extra_repr(self) -> str:
        """Describe the state."""
        return f"state={self.sizes[1]}"
