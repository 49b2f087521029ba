"""Tables of connections: which inputs each map of a sparse layer reads."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Connections:
    """A printed table of connections.

    Attributes:
        inputs: how many maps it says are read, one a printed row.
        maps: for each output map, the numbers of those that it reads, from 0 and in order.

    >>> table = Connections(3, ((0, 1), (1, 2), (0, 1, 2)))
    >>> table.number, table.groups
    (7, ((2, (0, 1)), (3, (2,))))
    """

    inputs: int
    maps: tuple[tuple[int, ...], ...]

    @property
    def number(self) -> int:
        """How many pairs of maps are connected."""
        return sum(map(len, self.maps))

    @property
    def groups(self) -> tuple[tuple[int, tuple[int, ...]], ...]:
        """The output maps that read equally many, by that number."""
        ordered = sorted(range(len(self.maps)), key=self._reads)
        return tuple((reads, tuple(maps)) for reads, maps in groupby(ordered, self._reads))

    def _reads(self, place: int) -> int:
        return len(self.maps[place])

    def __str__(self) -> str:
        return f"{self.number} connections of {self.inputs} maps to {len(self.maps)}"
