"""Max unpooling: values put back where the maxima of another branch's windows stood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from archcount.errors import InvalidValueError
from archcount.layers.cost import Cost
from archcount.layers.joins import JoinKind
from archcount.layers.shape import Shape

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class Unpooling(JoinKind):
    """Values put where the second branch's maxima stood: `unpool: [identity, "@enc"]`.

    The second branch is what the encoder pooled, in windows by as much as it is higher and wider;
    all else is 0. Where the maxima stand is found again, which counts as a pool.

    Source: arXiv:1311.2901, sec. 2.1; arXiv:1511.00561, Fig. 3.

    >>> shapes = [Shape((64, 64, 64)), Shape((64, 128, 128))]
    >>> Unpooling().output(shapes).dims, Unpooling().cost(shapes).pool
    ((64, 128, 128), 1048576)
    """

    word: ClassVar[str] = "unpool"
    module_name: ClassVar[str] = "Unpool"

    def output(self, shapes: Sequence[Shape]) -> Shape:
        """Return the second branch's shape."""
        if len(shapes) != 2:
            raise InvalidValueError(
                f"unpool joins {len(shapes)} branches",
                allowed="two: the values, and what was pooled",
            )
        values, pooled = shapes
        for shape in shapes:
            shape.require_map(self.word)
        fits = all(large % small == 0 for large, small in self._sides(shapes))
        if values.channels != pooled.channels or not fits:
            raise InvalidValueError(
                f"unpool joins branches that do not fit: {values} and {pooled}",
                allowed="equal channels, the second's sides whole multiples of the first's",
                remedy="read the row that the encoder pooled, such as @enc1",
            )
        return pooled

    @staticmethod
    def _sides(shapes: Sequence[Shape]) -> list[tuple[int, int]]:
        return list(zip(shapes[1].spatial, shapes[0].spatial, strict=True))

    def cost(self, shapes: Sequence[Shape]) -> Cost:
        """Count a pool whose windows cover the second branch once."""
        return Cost(pool=shapes[1].elements)

    def module(self, branches: Mapping[str, nn.Module], shapes: Sequence[Shape]) -> nn.Module:
        """Return the torch module."""
        from archcount.layers.map_modules import Unpool

        return Unpool(branches)
