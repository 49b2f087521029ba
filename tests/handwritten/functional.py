"""The same networks written in another manner, as far from `modules` as the arithmetic allows.

Rows are not kept apart; activations, pools and dropout are functions; some kernels are bare
parameters; the branches of an Inception module run last first; sums are made in place.
"""

from __future__ import annotations

from itertools import groupby

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .settings import Conv, Dropout, Linear, Lrn, Pool, Settings, Softmax
from .sizes import Layer, layers


class Stack(nn.Module):
    """Steps one after another; holds what has parameters, the rest happens in `forward`."""

    def __init__(self, plan: list[Layer], *, bare: bool = False) -> None:
        super().__init__()
        self.plan = plan
        self.weights = nn.ModuleList()
        self.norms = nn.ModuleList()
        self.kernel: nn.Parameter | None = None
        self.shift: nn.Parameter | None = None
        for layer in plan:
            step = layer.step
            if isinstance(step, Linear):
                self.weights.append(nn.Linear(layer.features, step.out, bias=step.bias))
            elif isinstance(step, Conv):
                self._add_conv(layer, step, bare=bare)
                bare = False

    def _add_conv(self, layer: Layer, step: Conv, *, bare: bool) -> None:
        given, out = layer.input[0], layer.output[0]
        if bare:
            kernel = torch.empty(out, given // layer.groups, step.kernel, step.kernel)
            self.kernel = nn.Parameter(nn.init.kaiming_uniform_(kernel))
            self.shift = nn.Parameter(torch.zeros(out)) if step.bias else None
        else:
            conv = nn.Conv2d(
                given,
                out,
                (step.kernel, step.kernel),
                (step.stride, step.stride),
                step.padding,
                groups=layer.groups,
                bias=step.bias,
            )
            self.weights.append(conv)
        if step.norm:
            self.norms.append(nn.BatchNorm2d(out))

    def forward(self, x: Tensor) -> Tensor:
        """Run the steps."""
        weights, norms = iter(self.weights), iter(self.norms)
        bare = self.kernel
        for layer in self.plan:
            match layer.step:
                case Conv() as step:
                    if bare is None:
                        x = next(weights)(x)
                    else:
                        x = F.conv2d(
                            x, bare, self.shift, step.stride, step.padding, groups=layer.groups
                        )
                        bare = None
                    if step.norm:
                        x = next(norms)(x)
                    if step.relu:
                        x = F.relu(x)
                case Pool() as step:
                    x = pooled(x, step)
                case Linear():
                    x = next(weights)(x.reshape(x.size(0), -1))
                case Lrn() as step:
                    x = F.local_response_norm(x, step.size, step.alpha, step.beta, step.k)
                case Dropout() as step:
                    x = F.dropout(x, step.p, self.training)
                case Softmax():
                    x = torch.softmax(x, 1)
        return x


def pooled(x: Tensor, pool: Pool) -> Tensor:
    """A pool as a function: of the whole map, a mean or a maximum over its axes."""
    kernel = pool.kernel
    if kernel is None or (kernel == x.size(2) == x.size(3) and not pool.padding):
        return x.mean([2, 3]) if pool.kind == "avg" else x.amax((2, 3))
    if pool.kind == "max":
        return F.max_pool2d(x, kernel, pool.stride, pool.padding, ceil_mode=pool.ceil)
    return F.avg_pool2d(x, kernel, pool.stride, pool.padding, ceil_mode=pool.ceil)


class Mixed(nn.Module):
    """An Inception module, whose branches run last first."""

    stack: type[Stack] = Stack
    axis = 1

    def __init__(self, plans: list[list[Layer]]) -> None:
        super().__init__()
        # The convolution after the pool, with a bare kernel.
        last = len(plans) - 1
        self.paths = nn.ModuleList(
            self.stack(plan, bare=branch == last) for branch, plan in reversed([*enumerate(plans)])
        )

    def forward(self, x: Tensor) -> Tensor:
        """Run the branches, and put their channels in order."""
        parts = [path(x) for path in self.paths]
        return torch.cat(parts[::-1], self.axis)


class Unit(nn.Module):
    """A residual block; the shortcut runs first, and the sum is made in place."""

    stack: type[Stack] = Stack

    def __init__(self, main: list[Layer], skip: list[Layer]) -> None:
        super().__init__()
        self.skip = self.stack(skip, bare=True) if skip else None
        self.main = self.stack(main)

    def forward(self, x: Tensor) -> Tensor:
        """Add and clip."""
        kept = x if self.skip is None else self.skip(x)
        y: Tensor = self.main(x)
        y += kept
        return F.relu(y)


class Net(nn.Module):
    """A network: its stages in order, each a stack or a run of modules of one sort."""

    def __init__(self, stages: list[nn.Module]) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)

    def forward(self, x: Tensor) -> Tensor:
        """Run the stages."""
        for stage in self.stages:
            x = stage(x)
        return x


def build(
    settings: Settings,
    mixed: type[Mixed] = Mixed,
    unit: type[Unit] = Unit,
    net: type[Net] = Net,
) -> Net:
    """The network; chains that follow each other are one stack, whatever their rows."""
    at = {layer.at: layer for layer in layers(settings)}
    groups = [
        (group, (row, g)) for row, held in settings.rows.items() for g, group in enumerate(held)
    ]
    stages: list[nn.Module] = []
    for kind, run in groupby(groups, lambda each: each[0].kind):
        plans = [
            [
                [at[(*where, c, s)] for s in range(len(steps))]
                for c, steps in enumerate(group.chains)
            ]
            for group, where in run
        ]
        match kind:
            case "concat":
                stages.append(nn.Sequential(*(mixed(plan) for plan in plans)))
            case "add":
                stages.append(nn.Sequential(*(unit(*plan) for plan in plans)))
            case _:
                whole = [layer for (plan,) in plans for layer in plan]
                stages.append(unit.stack(whole, bare=not stages))
    return net(stages)
