"""Experts: equal blocks, of which a router gives each token to some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archcount.layers.cost import Cost
from archcount.layers.joins import JoinKind
from archcount.layers.shape import Shape

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class Experts(JoinKind):
    """Equal blocks, of which each token takes `active`: `experts: {of: 8, active: 2, block: f}`.

    The first branch is the router, a linear layer without bias; the others are the experts. The
    outputs of a token's experts are added, weighted by a softmax over their scores.

    Source: arXiv:2401.04088, sec. 2.1.
    """

    active: int

    def output(self, shapes: Sequence[Shape]) -> Shape:
        """Return the shape that every expert gives."""
        return shapes[1]

    def runs(self, place: int) -> bool:
        """Whether a branch counts: the router, and as many experts as a token takes."""
        return place <= self.active

    def cost(self, shapes: Sequence[Shape]) -> Cost:
        """Count a softmax over the scores of the active, and their outputs weighted and added."""
        outputs = self.active * shapes[1].elements
        softmax = 5 * self.active * shapes[1].positions
        return Cost(softmax=softmax, scale=outputs, other=outputs)

    def module(self, branches: Mapping[str, nn.Module], shapes: Sequence[Shape]) -> nn.Module:
        """Return the router and the experts."""
        from archcount.layers.token_modules import RoutedExperts

        return RoutedExperts(branches, self.active)


@dataclass(frozen=True, kw_only=True)
class SymbolicExperts(Experts):
    """Experts of a symbolic number: the active ones are one branch, the others another."""

    def runs(self, place: int) -> bool:
        """Whether a branch counts: the router, and the active ones."""
        return place < 2
