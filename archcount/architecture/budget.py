"""How much one table may ask for: layers in a network, and work in the search for reasons."""

from __future__ import annotations

from archcount.errors import InvalidTableError, Location

MOST_LAYERS = 50_000
"""The most layers one network may expand to: the largest that is shipped has 4,206."""
MOST_WORK = 400_000
"""The most units of work in the search for reasons, a second or two; the shipped take 305,086."""
COUNT, EXPANSION = 50, 12
"""The units of counting a network or a row once more, and of expanding a block anew."""


class Budget:
    """Counts the layers of one network while it expands, and stops at `MOST_LAYERS`."""

    def __init__(self) -> None:
        self.left = MOST_LAYERS

    @property
    def spent(self) -> int:
        """The layers so far."""
        return MOST_LAYERS - self.left

    def spend(self, where: Location) -> None:
        """Count one layer, or raise InvalidTableError if there are too many."""
        self.left -= 1
        if self.left < 0:
            raise InvalidTableError.of(
                "the network expands to too many layers",
                allowed=f"at most {MOST_LAYERS:,}",
                remedy="repeat fewer times",
                where=where,
            )


class Work:
    """Counts the work of one search, which goes on while there is some left."""

    def __init__(self) -> None:
        self.left = MOST_WORK

    def spend(self, expanded: int, layers: int) -> None:
        """Count one more count, of so many layers, for which so many blocks were expanded."""
        self.left -= COUNT + EXPANSION * expanded + layers

    @property
    def is_spent(self) -> bool:
        """Whether the search has to stop."""
        return self.left < 0
