"""The YAML of a table file as a tree of texts, lists and mappings, each with its location."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from archcount.errors import Location, Problem, quote, suggestion


@dataclass(frozen=True, slots=True)
class YamlNode:
    """A value of the file with its location; scalars stay the text that was written.

    Attributes:
        value: text, a list, a mapping, or None where nothing stands.
        where: the location of its first character.
        keys: the locations of a mapping's keys.
        style: how a text was quoted: "" (plain), "'", '"', "|" or ">".
    """

    value: str | list[YamlNode] | dict[str, YamlNode] | None
    where: Location
    keys: dict[str, Location] = field(default_factory=dict)
    style: str = ""

    def plain(self) -> Any:
        """Return the value without locations."""
        if isinstance(self.value, list):
            return [item.plain() for item in self.value]
        if isinstance(self.value, dict):
            return {key: item.plain() for key, item in self.value.items()}
        return self.value

    def find(self, path: tuple[int | str, ...]) -> YamlNode:
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

    def items(self) -> Iterator[tuple[str, YamlNode]]:
        """Yield the entries of a mapping; nothing for other values."""
        if isinstance(self.value, dict):
            yield from self.value.items()

    def section(self, key: str) -> YamlNode:
        """Return the mapping under a key; an empty one where there is none."""
        found = self.value.get(key) if isinstance(self.value, dict) else None
        return found if found and isinstance(found.value, dict) else YamlNode({}, self.where)

    def listing(self, key: str) -> list[YamlNode]:
        """Return the items of the list under a key; none where there is no list."""
        found = self.value.get(key) if isinstance(self.value, dict) else None
        return found.value if found and isinstance(found.value, list) else []

    def key(self, name: str) -> YamlNode:
        """Return a key of a mapping with its location."""
        return YamlNode(name, self.keys.get(name, self.where))

    @property
    def text(self) -> str:
        """The text; empty for other values."""
        return self.value if isinstance(self.value, str) else ""

    @property
    def text_start(self) -> Location:
        """The location of a text's first character, past an opening quote."""
        shift = 1 if self.style in ("'", '"') else 0
        return Location(self.where.file, self.where.line, self.where.column + shift)

    def problem(self, what: str, allowed: str = "", remedy: str = "") -> Problem:
        """Return a problem at this location."""
        return Problem(what=what, allowed=allowed, remedy=remedy, where=self.where)

    def unknown(self, what: str, known: Collection[str], remedy: str = "") -> Problem:
        """Return the problem of a text not among the known ones; `remedy` where none is close."""
        remedy = suggestion(self.text, known) or remedy
        return self.problem(f"{what} {quote(self.text)}", ", ".join(known) or "none", remedy)
