"""Bytes moved, and the time that they and the operations take at least on a machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """What a model is run on.

    Attributes:
        flops: the peak in floating-point operations a second, two for each multiply-accumulate.
        bytes_per_second: the bandwidth of its memory.

    >>> h100 = Machine(flops=989e12, bytes_per_second=3.35e12)
    >>> round(h100.ridge), h100.seconds(0, 3_350_000_000)
    (295, 0.001)
    """

    flops: float
    bytes_per_second: float

    @property
    def ridge(self) -> float:
        """The FLOP per byte above which compute is the limit."""
        return self.flops / self.bytes_per_second

    def seconds(self, flops: int, moved: int) -> float:
        """Return the time of operations, and of moving bytes: the longer of both."""
        return max(flops / self.flops, moved / self.bytes_per_second)


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """What a module moves.

    Attributes:
        own: bytes of its own operations, outside of the modules that it holds.
        total: those of the modules that it holds too.
        seconds: the least time on a machine, one module's own operations after another's.
    """

    own: int = 0
    total: int = 0
    seconds: float | None = None

    def with_part(self, part: Moved) -> Moved:
        """Add what the own operations of a module move."""
        seconds = None if part.seconds is None else (self.seconds or 0.0) + part.seconds
        return Moved(own=self.own, total=self.total + part.own, seconds=seconds)
