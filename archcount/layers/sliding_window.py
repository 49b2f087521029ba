"""Sliding windows: how many zeros stand on each side, and the output length that follows."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from math import prod
from typing import Literal

from archcount.errors import InvalidValueError
from archcount.exact import larger
from archcount.layers.kind import ArgumentType, LayerKind, argument
from archcount.layers.shape import Shape, spread
from archcount.printed import Patch

Padding = Literal["same", "valid"] | tuple[int, ...]
"""`same` (output = ceil(input / stride)), `valid` (none), or cells on either side of each axis."""

REALISATIONS = ("symmetric", "asymmetric", "ceil")
"""How `same` is built: equal sides; one more below and to the right; or a rounded-up pool."""


@dataclass(frozen=True, slots=True)
class PaddedAxis:
    """One spatial axis of a sliding window, resolved for one input length.

    Attributes:
        before: zeros above (or left, or in front).
        after: zeros below (or right, or behind).
        output: the output length.
    """

    before: int
    after: int
    output: int


@dataclass(frozen=True, kw_only=True)
class WindowKind(LayerKind):
    """What kinds with a sliding window share: its kernel and stride, and the padding."""

    patch: Patch = argument(ArgumentType.PATCH, position=0)
    pad: Padding = argument(ArgumentType.PADDING, default="same", shared=True, least=0)
    same: str = argument(
        ArgumentType.CHOICE, default="symmetric", choices=REALISATIONS[:2], shared=True
    )

    @abstractmethod
    def side(self, shape: Shape, axis: int) -> PaddedAxis:
        """Resolve the padding of a spatial axis, of rows (0) or columns (1) of a map."""

    def sides(self, shape: Shape) -> tuple[PaddedAxis, ...]:
        """Resolve the padding of every spatial axis for an input shape."""
        require_axes(self.word, self.patch, shape)
        return tuple(self.side(shape, axis) for axis in range(len(shape.spatial)))

    def padding(self, shape: Shape, axis: int) -> int:
        """Return the cells on either side of an axis where the padding is written as numbers."""
        return spread(self.pad, shape, "pad")[axis] if isinstance(self.pad, tuple) else 0

    def resolve(self, shape: Shape, axis: int, extent: int) -> PaddedAxis:
        """Return the padding of one axis of an input for a kernel's extent, in cells.

        Raises:
            InvalidValueError: the window does not fit, or `same` cannot be built like this.
        """
        length, stride = shape.spatial[axis], self.patch.stride[axis]
        if self.pad == "same":
            output = same_length(length, stride)
            if self.same == "asymmetric":
                total = larger((output - 1) * stride + extent - length, 0)
                return PaddedAxis(total // 2, total - total // 2, output)
            before = (extent - 1) // 2
            if window_length(length, extent, stride, 2 * before) != output:
                raise InvalidValueError(
                    "pad=same with equal zeros on both sides cannot give "
                    f"ceil({length}/{stride}) = {output} from a kernel of extent {extent}",
                    remedy="write same=asymmetric, or another pad",
                    argument="pad",
                )
            return PaddedAxis(before, before, output)
        before = self.padding(shape, axis)
        require_fit(self.word, length, extent, 2 * before)
        return PaddedAxis(before, before, window_length(length, extent, stride, 2 * before))

    def equal_pads(self, shape: Shape) -> tuple[int, ...]:
        """Return the cells before each axis, which are those after it where sides are equal."""
        return tuple(side.before for side in self.sides(shape))

    def unequal_pads(self, shape: Shape) -> tuple[int, ...] | None:
        """Return (left, right, above, below) where sides differ, the last axis first, else None."""
        sides = self.sides(shape)
        if all(side.before == side.after for side in sides):
            return None
        return tuple(pad for side in reversed(sides) for pad in (side.before, side.after))

    @property
    def area(self) -> int:
        """The kernel's height x width, or the product of all its sides."""
        return prod(self.patch.kernel)


def require_axes(word: str, patch: Patch, shape: Shape) -> None:
    """Raise InvalidValueError, for the layer kind `word`, unless a patch has a shape's axes."""
    shape.require_positions(word)
    axes, needed = len(patch.kernel), len(shape.spatial)
    if axes != needed:
        three, by_two = Patch((3,) * needed), Patch((3,) * needed, (2,) * needed)
        raise InvalidValueError(
            f"{word}: a patch of {axes} {'axis' if axes == 1 else 'axes'}, {patch}, gets {shape} "
            f"({shape.layout})",
            allowed=f"a patch such as {three} or {by_two}",
            argument="patch",
        )


def same_length(length: int, stride: int) -> int:
    """Return ceil(length / stride), the output length of `same`.

    >>> same_length(7, 2)
    4
    """
    return -(-length // stride)


def window_length(length: int, extent: int, stride: int, pads: int) -> int:
    """Count the positions of a window of `extent` over `length` + `pads` cells.

    >>> window_length(224, 7, 2, 6), window_length(112, 3, 2, 0)
    (112, 55)
    """
    return (length + pads - extent) // stride + 1


def rounded_up_length(length: int, extent: int, stride: int, pad: int) -> int:
    """Count the positions of a pool's window that may reach past its input, as torch does.

    `pad` cells stand on either side; no window begins in those behind the input.

    >>> rounded_up_length(112, 3, 2, 0), rounded_up_length(5, 1, 3, 0)
    (56, 2)
    """
    output = -(-(length + 2 * pad - extent) // stride) + 1
    return output - 1 if (output - 1) * stride >= length + pad else output


def require_fit(word: str, length: int, extent: int, pads: int) -> None:
    """Raise InvalidValueError if a window is larger than the padded input."""
    if extent > length + pads:
        padded = f" plus {pads} of padding" if pads else ""
        raise InvalidValueError(
            f"{word}: a kernel of extent {extent} does not fit an input of length {length}{padded}",
            allowed=f"an extent of at most {length + pads} here",
            remedy="enlarge the input, or pad, or take a smaller kernel",
            argument="patch",
        )
