"""From the grid's cells to rows that can be expanded, their values read and located."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from archcount.architecture import (
    Block,
    BoundBlock,
    LocatedText,
    RepeatBlock,
    Value,
    parse_expression,
)
from archcount.errors import InvalidTableError, InvalidValueError, Problem, quote
from archcount.layers.shape import AXES
from archcount.printed import (
    Patch,
    PrintedCell,
    PrintedRow,
    parse_output,
    parse_patch,
    parse_quantity,
)
from archcount.spec.block_reader import BlockReader
from archcount.spec.grid import GridRow
from archcount.spec.yaml_tree import YamlNode

_NUMBER = re.compile(r"\d{1,12}(\.\d{1,6})?")
_STRIDE = re.compile(r"stride ([1-9]\d{0,3})", re.ASCII)


_TIMES = re.compile(r"(\S+) \([x×](\d{1,6})\)", re.ASCII)
"""A patch and how many filters it has, `7x7/2 (x96)`."""


def _whole(text: str, what: str) -> int:
    if not re.fullmatch(r"\d{1,6}", text):
        raise InvalidValueError(f"{quote(text)} is not {what}", allowed="a whole number")
    return int(text)


def _times(text: str) -> str:
    """Return a number of repeats, or an expression, without the sign that papers print: ×3."""
    return text.removeprefix("×").removesuffix("×").strip()


def _repeats(written: str) -> int | None:
    """Read a number of repeats; None where it is an expression over names."""
    text = _times(written)
    with suppress(InvalidValueError):
        if parse_expression(text).names:
            return None
    return _whole(text, "a number of repeats")


NAMELESS = ("row", "from", "block", "type", "input", "output", "depth", "params", "ops")
"""Columns that no expression reads by their name."""
BLANK = ("", "-", "–", "—")
"""Cells in which nothing is printed: blank ones, and dashes."""
_NOTATIONS: Mapping[str, Callable[[str], Any]] = {
    "patch": parse_patch,
    "input": parse_output,
    "output": parse_output,
    "depth": lambda text: _whole(text, "a depth"),
    "n": _repeats,
    "params": parse_quantity,
    "ops": parse_quantity,
}
"""How the cells of the columns with a meaning are read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ParsedRow:
    """One row, read: its block, what its names mean in expressions, and what was printed."""

    id: str
    block: Block | None
    """Repeated where `n` says so; None where it could not be read."""
    values: Mapping[str, Value]
    source: str
    """The row whose output it reads; empty for the one before it."""
    output: tuple[int, ...] | None
    """The printed output size in the printed order, or None."""
    printed: PrintedRow


@dataclass(frozen=True, slots=True)
class Meanings:
    """What the cells of a table mean beside what they print.

    Attributes:
        words: by column, printed words and what is read for them.
        counted: the columns that print patches with a number of filters, `7x7/2 (x96)`.
        derived: what each row works out of its cells.
        lets: the `let` names, which words may mean too.
        sides: the axes of a printed output by their letters, "hwc", channels last.
    """

    words: Mapping[str, Mapping[str, str]]
    counted: tuple[str, ...]
    derived: Mapping[str, Value]
    lets: Collection[str]
    sides: str


def counted_columns(rows: Iterable[GridRow], columns: Collection[str]) -> tuple[str, ...]:
    """Return which columns print a number of filters beside a patch somewhere."""
    found = [
        name for row in rows for name, cell in row.cells.items() if _TIMES.fullmatch(cell.text)
    ]
    return tuple(name for name in columns if name in found)


def read_row(
    row: GridRow, reader: BlockReader, meanings: Meanings, problems: list[Problem]
) -> ParsedRow:
    """Read one row of the grid; what is wrong goes to `problems`, and leaves no block.

    The numbers in the text that names its block, and what it derives, are names of the row.
    """
    known = len(problems)
    notations = check_notations(f"row {row.id}", row.cells, _NOTATIONS, problems)
    sound = len(problems) == known
    block = _block(row, reader, problems)
    block, numbers = _unbound(block, row.cells)
    return ParsedRow(
        id=row.id,
        block=block if sound else None,
        values={**_values(row, notations, meanings), **meanings.derived, **numbers},
        source=_source(row),
        output=notations.get("output"),
        printed=PrintedRow(
            id=row.id,
            cells={
                column: PrintedCell(column=column, text=cell.text, where=cell.where)
                for column, cell in row.cells.items()
                if cell.text not in (BLANK if column in _NOTATIONS else BLANK[:1])
            },
            where=row.where,
        ),
    )


def check_notations(
    owner: str, cells: Mapping[str, YamlNode], columns: Iterable[str], problems: list[Problem]
) -> dict[str, Any]:
    """Read the cells of columns with a meaning; what is wrong with `owner`'s goes to `problems`."""
    found: dict[str, Any] = {}
    for column in columns:
        cell = cells.get(column)
        if cell is None or cell.text in BLANK:
            continue
        try:
            found[column] = _NOTATIONS[column](cell.text)
        except InvalidValueError as error:
            problems.append(error.at(cell.where, f"{owner}, column {column}"))
    return found


def _source(row: GridRow) -> str:
    cell = row.cells.get("from")
    return "" if cell is None or cell.text in BLANK else cell.text.removeprefix("@")


def _unbound(
    block: Block | None, columns: Collection[str]
) -> tuple[Block | None, Mapping[str, Value]]:
    """Take a row's block apart from the numbers in the text that names it.

    What is worked out of other names, or is called as a column is, stays with the block.
    """
    inner = block.body if isinstance(block, RepeatBlock) else block
    if not isinstance(inner, BoundBlock):
        return block, {}
    values = {name: item for name, item in inner.values.items() if isinstance(item, Value)}
    if len(values) < len(inner.values) or any(name in columns for name in values):
        return block, {}
    return replace(block, body=inner.body) if isinstance(block, RepeatBlock) else inner.body, values


def _block(row: GridRow, reader: BlockReader, problems: list[Problem]) -> Block | None:
    cell = row.cells.get("block")
    if cell is None:
        return None  # only variants say which column it is
    if cell.value == "" and row.cells.get("type", cell).text:
        cell = row.cells["type"]
    if cell.value == "":
        allowed = "a block's name, or one layer; where the cell is blank, its type is taken"
        problems.append(cell.problem(f"row {row.id} names no block", allowed))
        return None
    try:
        block = reader.read(cell)
        times = row.cells.get("n")
        if times is not None and times.text not in BLANK:
            return reader.repeated(LocatedText(_times(times.text), times.where), block)
    except InvalidTableError as error:
        # A block named by many rows is wrong once, not once a row.
        problems += [problem for problem in error.problems if problem not in problems]
        return None
    return block


def _values(row: GridRow, notations: Mapping[str, Any], meanings: Meanings) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for column, cell in row.cells.items():
        if column in NAMELESS:
            continue
        what = f"column {column}"
        said = meanings.words.get(column, {})
        text = said.get(cell.text, cell.text)
        if text in meanings.lets and cell.text in said:
            named = parse_expression(text)
            values[column] = Value(value=named, text=cell.text, where=cell.where, what=what)
            continue
        if column not in meanings.counted:
            values[column] = replace(_value(YamlNode(text, cell.where), what), text=cell.text)
            continue
        # A cell without a number of filters has a blank there.
        match = _TIMES.fullmatch(text)
        pieces = match.groups() if match else (text, "")
        for name, piece in zip((column, f"{column}.n"), pieces, strict=True):
            values[name] = replace(_value(YamlNode(piece, cell.where), what), text=cell.text)
    size = notations.get("output")
    if "output" in row.cells:
        cell = row.cells["output"]
        # Printed as height x width x channels; channels may be missing.
        letters = "dhwc" if len(size or ()) == 4 else meanings.sides
        sides = dict(zip(letters, size or (), strict=False))
        for side, _ in AXES:
            name = f"output.{side}"
            number = Fraction(sides[side]) if side in sides else None
            values[name] = Value(value=number, text=cell.text, where=cell.where, what=name)
    return values


def _value(cell: YamlNode, what: str) -> Value:
    """Take a cell for a number, a patch, other text, or blank, by what is written."""
    value: Fraction | Patch | str | None = None if cell.text in BLANK else cell.text
    signed = cell.text.removeprefix("-")
    stride = _STRIDE.fullmatch(cell.text)
    if _NUMBER.fullmatch(signed):
        value = Fraction(cell.text)
    elif stride is not None:
        value = Fraction(stride[1])
    elif value is not None:
        with suppress(InvalidValueError):
            value = parse_patch(cell.text)
    return Value(value=value, text=cell.text, where=cell.where, what=what)
