"""Moves of numbers between channels and positions, which do no arithmetic: shuffles and slices."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from archcount.errors import InvalidValueError
from archcount.layers.kind import ArgumentType, LayerKind, argument
from archcount.layers.shape import Shape

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class _PixelMove(LayerKind):
    """What moves between channels and positions share."""

    factor: int = argument(ArgumentType.INTEGER, position=0, least=1)

    def output(self, shape: Shape) -> Shape:
        """Return the shape that a map leads to."""
        shape.require_map(self.word)
        return self.after(shape)

    @abstractmethod
    def after(self, shape: Shape) -> Shape:
        """Return the shape that a map leads to."""

    def require_divisible(self, number: int, by: int, what: str) -> None:
        """Raise InvalidValueError unless the move comes out even."""
        if number % by:
            raise InvalidValueError(
                f"{self.word} {self.factor} needs {what} that {by} divides, and gets {number}",
                argument="factor",
            )


@dataclass(frozen=True, kw_only=True)
class PixelShuffle(_PixelMove):
    """Channels as a grid of FACTOR x FACTOR pixels: `pixel_shuffle 2`.

    Source: arXiv:1609.05158, eq. 4.

    >>> PixelShuffle(factor=2).output(Shape((64, 28, 28))).dims
    (16, 56, 56)
    """

    word: ClassVar[str] = "pixel_shuffle"
    torch_name: ClassVar[str] = "PixelShuffle"

    def after(self, shape: Shape) -> Shape:
        """Return (channels / factor^2, rows x factor, columns x factor)."""
        area = self.factor * self.factor
        self.require_divisible(shape.channels, area, "channels")
        return Shape((shape.channels // area, *(side * self.factor for side in shape.spatial)))

    def options(self, shape: Shape) -> dict[str, Any]:
        """Return the factor."""
        return {"upscale_factor": self.factor}


@dataclass(frozen=True, kw_only=True)
class PixelUnshuffle(_PixelMove):
    """Each grid of FACTOR x FACTOR pixels as channels: `pixel_unshuffle 2`.

    >>> PixelUnshuffle(factor=2).output(Shape((16, 56, 56))).dims
    (64, 28, 28)
    """

    word: ClassVar[str] = "pixel_unshuffle"
    torch_name: ClassVar[str] = "PixelUnshuffle"

    def after(self, shape: Shape) -> Shape:
        """Return (channels x factor^2, rows / factor, columns / factor)."""
        for side in shape.spatial:
            self.require_divisible(side, self.factor, "sides")
        sides = (side // self.factor for side in shape.spatial)
        return Shape((shape.channels * self.factor * self.factor, *sides))

    def options(self, shape: Shape) -> dict[str, Any]:
        """Return the factor."""
        return {"downscale_factor": self.factor}


@dataclass(frozen=True, kw_only=True)
class ChannelShuffle(LayerKind):
    """Channels in turn from each of a number of groups: `channel_shuffle 3`.

    Source: arXiv:1707.01083, sec. 3.1.
    """

    word: ClassVar[str] = "channel_shuffle"
    torch_name: ClassVar[str] = "ChannelShuffle"

    groups: int = argument(ArgumentType.INTEGER, position=0, least=1)

    def output(self, shape: Shape) -> Shape:
        """Return the input's shape, or raise InvalidValueError unless the groups divide it."""
        shape.require_positions(self.word)
        shape.require_groups(self.groups)
        return shape

    def options(self, shape: Shape) -> dict[str, Any]:
        """Return the number of groups."""
        return {"groups": self.groups}


@dataclass(frozen=True, kw_only=True)
class ChannelSlice(LayerKind):
    """Channels START up to STOP, which is left out, counted from 0: `slice 0 input.c/2`.

    >>> ChannelSlice(start=32, stop=64).output(Shape((64, 28, 28))).dims
    (32, 28, 28)
    """

    word: ClassVar[str] = "slice"

    start: int = argument(ArgumentType.INTEGER, position=0, least=0)
    stop: int = argument(ArgumentType.INTEGER, position=1, least=1)

    def output(self, shape: Shape) -> Shape:
        """Return the shape with fewer channels."""
        if self.start >= self.stop or self.stop > shape.channels:
            raise InvalidValueError(
                f"channels {self.start} up to {self.stop} of {shape.channels}",
                allowed=f"a start below the stop, and a stop of at most {shape.channels}",
                argument="stop",
            )
        return replace(shape, dims=(self.stop - self.start, *shape.spatial))

    def module(self, shape: Shape) -> nn.Module:
        """Return the selection along torch's axis of channels."""
        from archcount.layers.map_modules import SelectChannels

        return SelectChannels(self.start, self.stop, -1 if shape.tokens else 1)


@dataclass(frozen=True, kw_only=True)
class Crop(LayerKind):
    """The middle of a map, of SIDE rows and columns, or of a side for each axis: `crop 2*in.h`.

    What is left over is cut off equally on both sides, an odd one more at the end.

    Source: arXiv:1505.04597, sec. 2.

    >>> Crop(side=56).output(Shape((512, 64, 64))).dims
    (512, 56, 56)
    """

    word: ClassVar[str] = "crop"

    side: int = argument(ArgumentType.INTEGER, position=0, least=1)
    second: int = argument(ArgumentType.INTEGER, default=0, position=1, least=1)
    third: int = argument(ArgumentType.INTEGER, default=0, position=2, least=1)

    def output(self, shape: Shape) -> Shape:
        """Return (channels, sides)."""
        shape.require_positions(self.word)
        given = [side for side in (self.side, self.second, self.third) if side]
        sides = given * len(shape.spatial) if len(given) == 1 else given
        if len(sides) != len(shape.spatial):
            raise InvalidValueError(
                f"crop has {len(given)} sides, and gets {shape} ({shape.layout})",
                allowed=f"1 side, or {len(shape.spatial)}",
            )
        for side, length in zip(sides, shape.spatial, strict=True):
            if side > length:
                raise InvalidValueError(
                    f"crop to {side} of {length}", allowed=f"at most {length}", argument="side"
                )
        return Shape((shape.channels, *sides))

    def module(self, shape: Shape) -> nn.Module:
        """Return the selection."""
        from archcount.layers.map_modules import CenterCrop

        sides = self.output(shape).spatial
        starts = [(old - new) // 2 for old, new in zip(shape.spatial, sides, strict=True)]
        return CenterCrop(starts, sides)
