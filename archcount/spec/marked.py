"""A value of a table file with its place, for messages that say where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from archcount.errors import Location


@dataclass(frozen=True, slots=True)
class Marked:
    """A value of the file and its place; scalars stay the text that was written.

    Attributes:
        value: text, a list, a mapping, or None where nothing stands.
        where: where it begins.
        keys: where the keys of a mapping stand.
        style: how a text was quoted: "" (plain), "'", '"', "|" or ">".
    """

    value: str | list[Marked] | dict[str, Marked] | None
    where: Location
    keys: dict[str, Location] = field(default_factory=dict)
    style: str = ""

    def plain(self) -> Any:
        """Give the value without places."""
        if isinstance(self.value, list):
            return [item.plain() for item in self.value]
        if isinstance(self.value, dict):
            return {key: item.plain() for key, item in self.value.items()}
        return self.value

    def find(self, path: tuple[int | str, ...]) -> Marked:
        """Follow a path of keys and positions as far as it goes."""
        here = self
        for step in path:
            if isinstance(here.value, dict) and step in here.value:
                here = here.value[str(step)]
            elif isinstance(here.value, list) and isinstance(step, int) and step < len(here.value):
                here = here.value[step]
            else:
                break
        return here

    def items(self) -> Iterator[tuple[str, Marked]]:
        """Yield the entries of a mapping; nothing for other values."""
        if isinstance(self.value, dict):
            yield from self.value.items()

    def section(self, key: str) -> Marked:
        """Give the mapping under a key; an empty one where no mapping stands."""
        found = self.value.get(key) if isinstance(self.value, dict) else None
        return found if found and isinstance(found.value, dict) else Marked({}, self.where)

    def listing(self, key: str) -> list[Marked]:
        """Give the items of the list under a key; none where no list stands."""
        found = self.value.get(key) if isinstance(self.value, dict) else None
        return found.value if found and isinstance(found.value, list) else []

    @property
    def text_start(self) -> Location:
        """Where a text's first character stands, past an opening quote."""
        shift = 1 if self.style in ("'", '"') else 0
        return Location(self.where.file, self.where.line, self.where.column + shift)
