"""Transposed convolutions, which enlarge a map."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, ClassVar

from archcount.errors import InvalidValueError
from archcount.layers.cost import Cost
from archcount.layers.kind import ArgumentType, LayerKind, argument
from archcount.layers.shape import Shape, spread
from archcount.layers.sliding_window import Padding, require_axes
from archcount.printed import Patch, joined_by_x

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class TransposedConv(LayerKind):
    """A transposed convolution, also called up-convolution: `upconv 2x2/2 64`.

    `pad=same` multiplies the sides by the stride, where the kernel is no smaller than that;
    `valid` leaves all that the kernel reaches; a number is cut off on every side.

    Source: arXiv:1603.07285, ch. 4.

    >>> up = TransposedConv(patch=Patch((2, 2), (2, 2)), width=512)
    >>> up.output(Shape((1024, 28, 28))).dims
    (512, 56, 56)
    >>> up.cost(Shape((1024, 28, 28))).conv  # each input position times 512 x 1024 x 2 x 2
    1644167168
    """

    word: ClassVar[str] = "upconv"
    role: ClassVar[str] = "weights"
    follows: ClassVar[tuple[str, ...]] = ("norm", "act")

    patch: Patch = argument(ArgumentType.PATCH, position=0)
    width: int = argument(ArgumentType.INTEGER, position=1, least=1)
    pad: Padding = argument(ArgumentType.PADDING, default="same", shared=True, least=0)
    bias: bool = argument(ArgumentType.BOOLEAN, default=True, shared=True)

    def _cut(self, shape: Shape, axis: int) -> tuple[int, int]:
        """Return the cells cut off on each side of an axis, and those put back at its end."""
        kernel, stride = self.patch.kernel[axis], self.patch.stride[axis]
        if self.pad == "valid":
            return 0, 0
        if self.pad != "same":
            return spread(self.pad, shape, "pad")[axis], 0
        if kernel < stride:
            raise InvalidValueError(
                f"pad=same of upconv needs a kernel of at least its stride: {kernel} < {stride}",
                remedy="write pad=valid",
                argument="pad",
            )
        cut = -(-(kernel - stride) // 2)
        return cut, 2 * cut - (kernel - stride)

    def output(self, shape: Shape) -> Shape:
        """Return (filters, rows, columns): each stride apart, and the kernel around the last."""
        require_axes(self.word, self.patch, shape)
        sides = []
        for axis in range(len(shape.spatial)):
            cut, put_back = self._cut(shape, axis)
            reached = (shape.spatial[axis] - 1) * self.patch.stride[axis] + self.patch.kernel[axis]
            sides.append(reached - 2 * cut + put_back)
        if not all(side >= 1 for side in sides):
            cuts = joined_by_x(self._cut(shape, axis)[0] for axis in range(len(sides)))
            raise InvalidValueError(
                f"upconv: a pad of {cuts} leaves nothing of {shape}", argument="pad"
            )
        return Shape((self.width, *sides))

    def cost(self, shape: Shape) -> Cost:
        """Count one mac per weight and input position, and one bias addition per output element."""
        bias = self.output(shape).elements if self.bias else 0
        return Cost(conv=self.weights(shape) * shape.positions, bias=bias)

    def weights(self, shape: Shape) -> int:
        """Count filters x channels x kernel area."""
        return self.width * shape.channels * prod(self.patch.kernel)

    def biases(self, shape: Shape) -> int:
        """Count one bias per filter."""
        return self.width if self.bias else 0

    def module(self, shape: Shape) -> nn.Module:
        """Return `nn.ConvTranspose2d`, 1d or 3d by the spatial axes."""
        from torch import nn

        axes = range(len(shape.spatial))
        padding, put_back = zip(*(self._cut(shape, axis) for axis in axes), strict=True)
        module: nn.Module = getattr(nn, f"ConvTranspose{len(axes)}d")(
            shape.channels,
            self.width,
            self.patch.kernel,
            self.patch.stride,
            padding=padding,
            output_padding=put_back,
            bias=self.bias,
        )
        return module
