"""The size of a network's input as written, in numbers and names of `let`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from archcount.architecture import Value
from archcount.architecture.arguments import whole
from archcount.errors import InvalidValueError, quote
from archcount.layers import Shape


@dataclass(frozen=True, slots=True)
class InputSize:
    """An input as written: `3x224x224`, `3 x side x side`, `tokens 2048 of vocab`, `784` features.

    >>> InputSize("784").shape({})
    Shape(dims=(784,))
    >>> InputSize("tokens s of 50257").names, InputSize("tokens s of 50257").axes
    (('s',), ('1', 's'))
    """

    text: str

    @property
    def is_ids(self) -> bool:
        """Whether it is a sequence of the ids of tokens."""
        return self.text.startswith("tokens ")

    @property
    def _parts(self) -> tuple[str, ...]:
        sizes = self.text.removeprefix("tokens ").strip()
        return tuple(re.split(r" +(?:of|x|×) +" if " " in sizes else "[x×]", sizes))

    @property
    def names(self) -> tuple[str, ...]:
        """The names that it reads."""
        return tuple(part for part in self._parts if not part.isdigit())

    @property
    def axes(self) -> tuple[str, ...]:
        """The numbers and names that the sizes of a shape are written with."""
        return ("1", self._parts[0]) if self.is_ids else self._parts

    def shape(self, values: Mapping[str, Value]) -> Shape:
        """Return the shape with values of the names, which may be symbolic.

        Raises:
            InvalidValueError: a name is unknown, or is no whole number of 1 or more.
        """

        def number(part: str) -> int:
            if part.isdigit():
                return int(part)
            if part not in values:
                known = ", ".join(values) or "none; this table has no let:"
                raise InvalidValueError(f"unknown name {quote(part)}", allowed=known)
            return whole(values[part].value, part, least=1)  # type: ignore[arg-type]

        if not self.names:
            return Shape.parse(self.text, features=True)
        sizes = tuple(map(number, self._parts))
        if self.is_ids:
            return Shape((1, sizes[0]), tokens=True, vocabulary=sizes[1])
        return Shape(sizes)
