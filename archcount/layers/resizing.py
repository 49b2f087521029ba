"""Maps made larger: by a border, and by interpolation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from archcount.errors import InvalidValueError
from archcount.layers.cost import Cost
from archcount.layers.kind import ArgumentType, LayerKind, argument
from archcount.layers.shape import Shape, spread

if TYPE_CHECKING:
    from torch import nn

_BORDERS = {"zeros": "ZeroPad", "reflect": "ReflectionPad", "replicate": "ReplicationPad"}
"""What stands in a border, and the class of `torch.nn` less its number of axes."""
_INTERPOLATIONS = {
    "nearest": (0, 0),
    "linear": (1, 3),
    "bilinear": (2, 7),
    "trilinear": (3, 15),
    "bicubic": (2, 31),
}
"""How many axes each interpolation has (0 for any), and its operations per output element.

A weighted sum of 2 places on each axis is 2, 4 or 8 products and 1, 3 or 7 sums; bicubic is one of
4 x 4 places.
"""


@dataclass(frozen=True, kw_only=True)
class Border(LayerKind):
    """A border around a map, as wide as said on each axis: `padding 3 mode=reflect`.

    `sides=before` puts it above and to the left alone, and at the begin of a sequence, as causal
    convolutions have it; `sides=after` below and to the right. `value` stands there, if not 0.

    >>> Border(size=(3,)).output(Shape((3, 224, 224))).dims
    (3, 230, 230)
    """

    word: ClassVar[str] = "padding"

    size: tuple[int, ...] = argument(ArgumentType.SIZE, position=0, least=0)
    mode: str = argument(ArgumentType.CHOICE, default="zeros", choices=tuple(_BORDERS))
    sides: str = argument(ArgumentType.CHOICE, default="both", choices=("both", "before", "after"))
    value: float = argument(ArgumentType.NUMBER, default=0.0)

    def output(self, shape: Shape) -> Shape:
        """Return (channels, sides with the border)."""
        shape.require_positions(self.word)
        sizes = spread(self.size, shape, "size")
        if self.value and self.mode != "zeros":
            raise InvalidValueError(
                f"value has no effect under mode={self.mode}",
                allowed="value beside mode=zeros",
                argument="value",
            )
        if not any(sizes):
            raise InvalidValueError("a padding of 0 has no effect", remedy="leave it out")
        for size, length in zip(sizes, shape.spatial, strict=True):
            if self.mode == "reflect" and size >= length:
                raise InvalidValueError(
                    f"a reflection of {size} needs a longer side than {length}",
                    allowed=f"less than {length}",
                    argument="size",
                )
        times = 2 if self.sides == "both" else 1
        sides = (side + times * size for side, size in zip(shape.spatial, sizes, strict=True))
        return Shape((shape.channels, *sides))

    def module(self, shape: Shape) -> nn.Module:
        """Return torch's padding, whose last axis comes first."""
        from torch import nn

        before, after = self.sides != "after", self.sides != "before"
        sizes = reversed(spread(self.size, shape, "size"))
        pads = tuple(size * side for size in sizes for side in (before, after))
        name = "ConstantPad" if self.value else _BORDERS[self.mode]
        given = (self.value,) if self.value else ()
        module: nn.Module = getattr(nn, f"{name}{len(shape.spatial)}d")(pads, *given)
        return module


@dataclass(frozen=True, kw_only=True)
class Upsampling(LayerKind):
    """A map enlarged by whole FACTORs: `upsample 2`, `upsample 2 mode=bilinear align=true`.

    `align=true` lays the outermost positions of input and output on one another.

    >>> up = Upsampling(factor=(2,), mode="bilinear")
    >>> up.output(Shape((256, 14, 14))).dims, up.cost(Shape((256, 14, 14))).other
    ((256, 28, 28), 1404928)
    """

    word: ClassVar[str] = "upsample"

    factor: tuple[int, ...] = argument(ArgumentType.SIZE, position=0, least=1)
    mode: str = argument(ArgumentType.CHOICE, default="nearest", choices=tuple(_INTERPOLATIONS))
    align: bool = argument(ArgumentType.BOOLEAN, default=False)

    def output(self, shape: Shape) -> Shape:
        """Return (channels, sides x factor)."""
        shape.require_positions(self.word)
        if self.align and self.mode == "nearest":
            raise InvalidValueError(
                "align has no effect under mode=nearest", remedy="leave it out", argument="align"
            )
        axes, _ = _INTERPOLATIONS[self.mode]
        if axes not in (0, len(shape.spatial)):
            fit = [
                name
                for name, (each, _) in _INTERPOLATIONS.items()
                if each in (0, len(shape.spatial))
            ]
            raise InvalidValueError(
                f"mode={self.mode} is of {axes} axes, and gets {shape} ({shape.layout})",
                allowed=", ".join(fit),
                argument="mode",
            )
        factors = spread(self.factor, shape, "factor")
        return Shape(
            (shape.channels, *(a * b for a, b in zip(shape.spatial, factors, strict=True)))
        )

    def cost(self, shape: Shape) -> Cost:
        """Count the products and sums of each output element; a copy is free."""
        _, each = _INTERPOLATIONS[self.mode]
        return Cost(other=each * self.output(shape).elements)

    def module(self, shape: Shape) -> nn.Module:
        """Return `nn.Upsample`."""
        from torch import nn

        options: dict[str, Any] = {} if self.mode == "nearest" else {"align_corners": self.align}
        factors = tuple(float(side) for side in spread(self.factor, shape, "factor"))
        return nn.Upsample(scale_factor=factors, mode=self.mode, **options)
