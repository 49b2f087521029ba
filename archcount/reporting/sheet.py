"""A sheet: headings, lines of styled text, and notes; what every text renderer takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from archcount.control_characters import visible
from archcount.reporting.encoding import Value

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text and its role: `good`, `warn`, `bad`, `dim`, `strong`, or none.

    Attributes:
        word: the part of the text that the role is of; where it is empty, what stands before the
            first colon of a sentence, else all of it.
        below: further lines of a note, which belong to it.
    """

    text: str
    role: str = ""
    word: str = ""
    below: tuple[str, ...] = ()

    @property
    def styled(self) -> tuple[int, int]:
        """Where the part begins and ends that the role is of.

        >>> Span("warning: another input", "bad").styled, Span("159K match", "good", "match").styled
        ((0, 7), (5, 10))
        """
        if self.word:
            start = self.text.find(self.word)
            return start, start + len(self.word)
        before, colon, _ = self.text.partition(":")
        return 0, len(before if colon else self.text)

    @property
    def lines(self) -> tuple[str, ...]:
        """The text, and what stands below it."""
        return self.text, *self.below

    @property
    def visible(self) -> Span:
        """The same, in which no character steers what shows it."""
        below = tuple(map(visible, self.below))
        return Span(visible(self.text), self.role, visible(self.word), below)


@dataclass(frozen=True, slots=True)
class Column(Generic[Record]):
    """One column as data: its heading, and how a record gives its text.

    Attributes:
        right: whether its text stands to the right, as numbers do.
        whole: whether its text is never broken; what stands to the right never is.
        attached: whether it says something of the column before it, beside which it stays.
        folded: the lines that the heading stands in, where it is more than one.
    """

    heading: str
    text: Callable[[Record], Span | str]
    right: bool = False
    whole: bool = False
    attached: bool = False
    folded: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """A table of text, ready for any renderer; none of it steers what shows it.

    Attributes:
        rule_before: the numbers of the lines that a rule stands before.
        notes: lines below the table; a sheet without headings has them alone.
        of_files: whether terminals take another layout of it, such as one with short numbers.
    """

    title: str
    headings: tuple[str, ...]
    right: tuple[bool, ...]
    whole: tuple[bool, ...]
    attached: tuple[bool, ...]
    lines: tuple[tuple[Span, ...], ...]
    rule_before: tuple[int, ...] = ()
    notes: tuple[Span, ...] = ()
    of_files: bool = False


def make_sheet(
    title: str,
    columns: Iterable[Column[Record]],
    records: Iterable[Record],
    *,
    rule_before: tuple[int, ...] = (),
    notes: Iterable[Span] = (),
) -> Sheet:
    """Return the sheet with a line a record, a cell a column."""
    columns = tuple(columns)
    return Sheet(
        title=visible(title),
        headings=tuple(_heading(column) for column in columns),
        right=tuple(column.right for column in columns),
        whole=tuple(column.right or column.whole for column in columns),
        attached=tuple(column.attached for column in columns),
        lines=tuple(tuple(_text(column.text(record)) for column in columns) for record in records),
        rule_before=rule_before,
        notes=tuple(note.visible for note in notes),
    )


def sheet_of(title: str, lines: Sequence[Mapping[str, Value]]) -> Sheet:
    """Lay mappings of equal keys out as they are, numbers to the right."""
    columns: list[Column[Mapping[str, Value]]] = [
        Column(key.capitalize(), partial(_field, key), right=isinstance(value, int))
        for key, value in lines[0].items()
    ]
    return make_sheet(title, columns, lines)


def _field(key: str, line: Mapping[str, Value]) -> str:
    return "" if line[key] is None else f"{line[key]}"


def _heading(column: Column[Record]) -> str:
    return "\n".join(map(visible, column.folded or (column.heading,)))


def _text(value: Span | str) -> Span:
    return value.visible if isinstance(value, Span) else Span(visible(value))
