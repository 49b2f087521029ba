"""How much one table may ask for: layers in a network, and work in the search for reasons."""

from __future__ import annotations

from archcount.errors import InvalidTableError, Location

MOST_LAYERS = 50_000
"""The most layers one network may expand to: the largest that is shipped has 4,206."""
MOST_TOGETHER = 200_000
"""The most layers that the networks of a file may share out evenly; the shipped take 29,442."""
MOST_WORK = 400_000
"""The most units of work in the search for reasons, a second or two; the shipped take 305,086."""
COUNT, EXPANSION, READING = 50, 12, 2_500
"""The units of counting a network or a row once more, of expanding a block, of reading a file."""


class Budget:
    """Counts the layers of one network while it expands, and stops where there are too many.

    Args:
        networks: how many networks the file has.

    >>> Budget().left, Budget(50).left
    (50000, 4000)
    """

    def __init__(self, networks: int = 1) -> None:
        self.left = self._most = min(MOST_LAYERS, MOST_TOGETHER // networks)
        self._networks = networks

    @property
    def spent(self) -> int:
        """The layers so far."""
        return self._most - self.left

    def spend(self, where: Location) -> None:
        """Count one layer, or raise InvalidTableError if there are too many."""
        self.left -= 1
        if self.left < 0:
            is_shared = self._most < MOST_LAYERS
            among = f" in a file of {self._networks} networks" if is_shared else ""
            raise InvalidTableError.of(
                "the network expands to too many layers",
                allowed=f"at most {self._most:,}{among}",
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

    def read(self) -> None:
        """Count one more reading of a file, or of another network of it."""
        self.left -= READING

    @property
    def is_spent(self) -> bool:
        """Whether the search has to stop."""
        return self.left < 0
