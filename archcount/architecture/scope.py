"""What names mean while one row is expanded."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from archcount.architecture.expression import Expression
from archcount.errors import InvalidTableError, InvalidValueError, Location, quote
from archcount.layers.shape import AXES, Shape
from archcount.printed import Connections, Patch

INPUT_NAMES = tuple(f"input.{letter}" for letter, _ in AXES)
"""Names that mean the shape a layer reads."""
BLOCK_INPUT_NAMES = tuple(f"in.{letter}" for letter, _ in AXES)
"""Names that mean the shape that the named or repeated block reads, or else the row."""
OUTPUT_NAMES = tuple(f"output.{letter}" for letter, _ in AXES)
"""Names that mean the row's printed output."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Value:
    """What a name stands for: a number, a patch, a table of connections, other text, or None.

    None is a cell left blank.

    An expression is over the names of its row, and is worked out where it is read.

    Attributes:
        text: as written.
        where: where it was written.
        what: what it is, for messages: "column n".
    """

    value: Fraction | Patch | Connections | Expression | str | None
    text: str
    where: Location
    what: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """The names of one row: its columns, the table's `let`, and its printed output."""

    values: Mapping[str, Value]
    owner: str
    """Who reads, for messages: "row inception_3a"."""
    read: set[str] = field(default_factory=set)
    """The names read so far."""
    bound: frozenset[str] = frozenset()
    """Names that are not the row's, but arguments of a block."""
    outputs: Mapping[str, Shape] = field(default_factory=dict)
    """What the rows before it give."""
    row: Scope | None = None
    """The row's own scope, inside a block with arguments."""

    def inside(self, values: Mapping[str, Value]) -> Scope:
        """Return the scope inside a block with these arguments."""
        bound = self.bound | values.keys()
        row = self.row or self
        return replace(self, values={**self.values, **values}, bound=bound, row=row)

    def noting(self, read: set[str]) -> Scope:
        """Return the same scope, which notes the names that are read in another set."""
        row = replace(self.row, read=read) if self.row is not None else None
        return replace(self, read=read, row=row)

    def value(self, name: str) -> Value:
        """Return what a name stands for, and note that it was read."""
        if name not in self.bound:
            self.read.add(name)
        return self.values[name]

    def number(self, name: str) -> Fraction:
        """Return the number behind a name, or raise InvalidTableError where there is none."""
        found = self._present(name)
        if isinstance(found.value, Expression):
            try:
                return found.value.evaluate((self.row or self).number)
            except InvalidValueError as error:
                owner = f"{self.owner}: {found.what}"
                raise InvalidTableError(error.at(found.where, owner)) from None
        if not isinstance(found.value, Patch | Connections | str | None):
            return found.value
        raise InvalidTableError.of(
            f"{self.owner}: {found.what} is {quote(found.text)}, which is not a number",
            allowed="a whole number",
            remedy="write the number as printed",
            where=found.where,
        )

    def patch(self, name: str) -> Patch:
        """Return the patch behind a name, or raise InvalidTableError where there is none."""
        found = self._present(name)
        if isinstance(found.value, Patch):
            return found.value
        if isinstance(found.value, Fraction) and found.value.denominator == 1 <= found.value:
            return Patch((int(found.value),))
        raise InvalidTableError.of(
            f"{self.owner}: {found.what} is {quote(found.text)}, which is not a patch",
            allowed="KERNEL or KERNEL/STRIDE, such as 3x3 or 7x7/2",
            where=found.where,
        )

    def connections(self, name: str, where: Location) -> Connections:
        """Return the table of connections behind a name, or raise InvalidTableError."""
        found = self._present(name) if name in self.values else None
        if found is not None and isinstance(found.value, Connections):
            return found.value
        said = f"{found.what} is {quote(found.text)}" if found else quote(name)
        raise InvalidTableError.of(
            f"{self.owner}: {said}, which is no table of connections",
            allowed="the name of a table under connections:",
            where=found.where if found else where,
        )

    def word(self, name: str) -> str:
        """Return the word behind a name, or raise InvalidTableError where the cell is blank."""
        found = self._present(name)
        return str(found.value)

    def known(self, name: str) -> Hashable:
        """Return what a name stands for, None where that is nothing; it is not noted as read."""
        value = self.values[name].value if name in self.values else None
        if not isinstance(value, Expression):
            return value
        try:
            return self.noting(set()).number(name)
        except InvalidTableError:
            return None

    def _present(self, name: str) -> Value:
        found = self.value(name)
        if found.value is not None:
            return found
        raise InvalidTableError.of(
            f"{self.owner}: {found.what} is blank, and its block reads {name}",
            remedy="fill the cell in, or give the row another block",
            where=found.where,
        )
