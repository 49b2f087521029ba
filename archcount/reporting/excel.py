"""Excel: a report as a workbook, numbers as numbers, text never as a formula."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

from archcount.control_characters import visible
from archcount.errors import UsageError
from archcount.reporting.encoding import Value
from archcount.reporting.sheet import Sheet

if TYPE_CHECKING:
    from xlsxwriter import Workbook

_MOST_LINES = 1_048_576
_MOST_CHARACTERS = 32_767
"""What a worksheet and a cell of it hold."""
_DIGITS = 15
"""The digits of a number that Excel keeps."""
_WIDEST = 500
"""The pixels of the widest column."""
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d*)(?:\.(\d+))?")
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}


def excel(sheets: Sequence[Sheet], data: Sequence[Mapping[str, Value]]) -> bytes:
    """Write a workbook: what is text alone as `summary`, a worksheet a table, lines as `data`.

    Raises:
        UsageError: there are more lines than a worksheet holds.
    """
    from xlsxwriter import Workbook

    if len(data) >= _MOST_LINES:
        raise UsageError.of(
            f"{len(data):,} lines",
            allowed=f"{_MOST_LINES - 1:,} in a worksheet",
            remedy="write CSV",
        )
    out = io.BytesIO()
    with Workbook(out, _OPTIONS) as book:
        texts = dict.fromkeys(sheet for sheet in sheets if not sheet.headings)
        if texts:
            _write_texts(book, [*texts])
        for sheet in sheets:
            if sheet.headings:
                _write_table(book, sheet)
        _write_data(book, data)
    return out.getvalue()


def _write_texts(book: Workbook, sheets: Sequence[Sheet]) -> None:
    """Write sheets without a table, one below another."""
    page, bold = book.add_worksheet("summary"), book.add_format({"bold": True})
    line = 0
    for sheet in sheets:
        _write(page, line, 0, sheet.title, bold)
        for number, text in enumerate(_notes(sheet), line + 1):
            _write(page, number, 0, text)
        line += len(_notes(sheet)) + 2


def _write_table(book: Workbook, sheet: Sheet) -> None:
    """Write a table between its title and its notes."""
    page = book.add_worksheet(_name(sheet.title, book))
    bold = book.add_format({"bold": True})
    right = book.add_format({"bold": True, "align": "right"})
    for place, heading in enumerate(sheet.headings):
        _write(page, 2, place, heading, right if sheet.right[place] else bold)
    for number, line in enumerate(sheet.lines, 3):
        for place, cell in enumerate(line):
            _write_shown(book, page, number, place, cell.text, is_number=sheet.right[place])
    page.autofit(_WIDEST)
    page.freeze_panes(3, 1)
    _write(page, 0, 0, sheet.title, bold)
    for number, text in enumerate(_notes(sheet), len(sheet.lines) + 4):
        _write(page, number, 0, text)


def _notes(sheet: Sheet) -> list[str]:
    return [line for note in sheet.notes for line in note.lines]


def _write_data(book: Workbook, lines: Sequence[Mapping[str, Value]]) -> None:
    """Write lines of equal keys, in base units."""
    page, bold = book.add_worksheet("data"), book.add_format({"bold": True})
    for place, key in enumerate(lines[0] if lines else ()):
        _write(page, 0, place, key, bold)
    for number, line in enumerate(lines, 1):
        for place, value in enumerate(line.values()):
            _write(page, number, place, value)
    page.autofit(_WIDEST)
    page.freeze_panes(1, 1)


def _write_shown(
    book: Workbook, page: Any, line: int, place: int, text: str, *, is_number: bool
) -> None:
    """Write a text as it is, or as a number that looks the same."""
    found = _NUMBER.fullmatch(text) if is_number else None
    if found is None:
        _write(page, line, place, text)
        return
    decimals = f".{'0' * len(found[1])}" if found[1] else ""
    style = book.add_format({"num_format": ("#,##0" if "," in text else "0") + decimals})
    plain = text.replace(",", "")
    _write(page, line, place, float(plain) if decimals else int(plain), style)


def _write(page: Any, line: int, place: int, value: Value, style: Any = None) -> None:
    """Write a value; as text what is no finite number and what Excel would round."""
    if value in (None, ""):
        return
    if not isinstance(value, str) and isfinite(value) and abs(value) < 10**_DIGITS:
        page.write_number(line, place, value, style)
        return
    text = visible(str(value))
    if len(text) > _MOST_CHARACTERS:
        text = f"{text[: _MOST_CHARACTERS - 1]}…"
    page.write_string(line, place, text, style)


def _name(title: str, book: Workbook) -> str:
    """Return a name for a worksheet that Excel takes: the title up to its colon, and new."""
    taken = {"history", "data", *(page.get_name().lower() for page in book.worksheets())}
    words = re.sub(r"[\[\]:*?/\\]", "", title.partition(":")[0])
    text = "".join(mark for mark in words if mark.isprintable())
    number, name = 1, text[:31].strip("' ") or "table"
    while name.lower() in taken:
        number += 1
        name = text[:27].strip("' ") + f" {number}"
    return name
