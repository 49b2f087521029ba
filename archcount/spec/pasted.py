"""A printed table as it was pasted: with tabs, commas, pipes, or columns aligned by blanks."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from archcount.errors import InvalidTableError, Location, quote
from archcount.spec.grid import LONGEST_CELL, MOST_ROWS
from archcount.spec.yaml_reader import MOST_ENTRIES

_LINE = tuple[int, str]
_RULE = re.compile(r"[\s|:+=_-]*")
"""A line that only parts headings from rows, or rows from one another."""
_CAPTION = re.compile(r"\s*(Table|TABLE|Tab\.) ([\dIVX]+)\s*[.:|]")
_GAP = re.compile(r" {2,}")
ALLOWED = "cells parted by tabs, commas, |, or two blanks or more; the headings on the first line"


@dataclass(frozen=True, slots=True)
class Pasted:
    """A pasted table; every row has as many cells as there are headings.

    Attributes:
        caption: as it was pasted above or below the table; empty where it was not.
    """

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""

    @property
    def number(self) -> str:
        """Which table of the paper it is, such as "Table 1"; empty where no caption says so."""
        found = _CAPTION.match(self.caption)
        return f"Table {found[2]}" if found else ""


def read_pasted(text: str, name: str) -> Pasted:
    r"""Read a pasted table; blanks within a cell are one blank, and cells are otherwise verbatim.

    Args:
        text: the table, its headings on the first line.
        name: what messages call it.

    Raises:
        InvalidTableError: nothing was pasted, or the cells of a line cannot be told apart.

    >>> read_pasted("type  output size\nconv  112 x 112\n", "pasted.txt").rows
    (('conv', '112 x 112'),)
    """
    lines = [
        (number, line.rstrip().replace("\N{NO-BREAK SPACE}", " "))
        for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1)
        if not _RULE.fullmatch(line)
    ]
    caption = next((line for _, line in lines if _CAPTION.match(line)), "")
    lines = [(number, line) for number, line in lines if not _CAPTION.match(line)]
    if not lines:
        raise _refusal(name, 1, "there is no table in it")
    first = lines[0][1]
    if "\t" in first:
        found = [(number, line.split("\t")) for number, line in lines]
    elif "|" in first:
        found = [(number, _between_pipes(line)) for number, line in lines]
    elif _GAP.search(first.strip()):
        found = _aligned(lines, name)
    elif "," in first:
        found = [
            (number, cells)
            for number, cells in _by_commas(text, name)
            if not _CAPTION.match(",".join(cells))
        ]
    else:
        raise _refusal(name, lines[0][0], f"one column alone: {quote(first.strip())}")
    return replace(_even(found, name), caption=_clean(caption))


def _between_pipes(line: str) -> list[str]:
    return line.strip().removeprefix("|").removesuffix("|").split("|")


def _by_commas(text: str, name: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        return [(reader.line_num, cells) for cells in reader if any(map(str.strip, cells))]
    except csv.Error as error:
        raise _refusal(name, reader.line_num, f"no CSV: {error}") from None


def _aligned(lines: list[_LINE], name: str) -> list[tuple[int, list[str]]]:
    """Part columns where two blanks stand, or where they stand in every line, as for empty cells.

    Raises:
        InvalidTableError: neither gives every line as many cells as the first.
    """
    split = [(number, _GAP.split(line.strip())) for number, line in lines]
    columns = len(split[0][1])
    odd = [(number, cells) for number, cells in split if len(cells) != columns]
    if not odd:
        return split
    width = max(len(line) for _, line in lines)
    is_blank = [all(line[at : at + 1] in ("", " ") for _, line in lines) for at in range(width)]
    drawn = "".join(" " if blank else "x" for blank in is_blank)
    starts = [0, *(gap.end() for gap in _GAP.finditer(drawn) if gap.start() > 0), width]
    if len(starts) - 1 != columns:
        number, cells = odd[0]
        raise _refusal(
            name,
            number,
            f"{len(cells)} cells, and {columns} headings",
            "align the columns, or put a tab or | between cells, also where one is empty",
        )
    ends = list(pairwise(starts))
    return [(number, [line[start:end] for start, end in ends]) for number, line in lines]


def _even(found: list[tuple[int, list[str]]], name: str) -> Pasted:
    """Give every row as many cells as there are headings: empty ones at its end may be missing.

    Raises:
        InvalidTableError: a line has more, there are no rows, a cell has a |, or there is more of
            something than a table file may have.
    """
    headings, *rows = [(number, [*map(_clean, cells)]) for number, cells in found]
    columns = len(headings[1])
    if columns < 2 or not rows:
        what = "one column alone" if columns < 2 else "headings without rows"
        raise _refusal(name, headings[0], what)
    letters = max(len(cell) for _, cells in (headings, *rows) for cell in cells)
    for count, most, what in (
        (columns, MOST_ENTRIES, "columns"),
        (len(rows), MOST_ROWS - 1, "rows"),
        (letters, LONGEST_CELL, "letters in a cell"),
    ):
        if count > most:
            raise _refusal(name, headings[0], f"{count:,} {what}", f"keep at most {most:,}")
    for number, cells in (headings, *rows):
        if any(cells[columns:]):
            remedy = "leave a cell empty between two tabs, commas or | where nothing is printed"
            raise _refusal(name, number, f"{len(cells)} cells, and {columns} headings", remedy)
        if any("|" in cell for cell in cells):
            remedy = "write it otherwise: | parts the columns of a table file"
            raise _refusal(name, number, "a cell with |", remedy)
    filled: Iterable[list[str]] = ((cells + [""] * columns)[:columns] for _, cells in rows)
    return Pasted(tuple(headings[1]), tuple(map(tuple, filled)))


def _clean(cell: str) -> str:
    """Write blanks of any kind as one, and leave out what cannot be seen."""
    words = " ".join(cell.replace("\\|", "|").split())
    return "".join(letter for letter in words if letter.isprintable())


def _refusal(name: str, line: int, what: str, remedy: str = "") -> InvalidTableError:
    return InvalidTableError.of(what, allowed=ALLOWED, remedy=remedy, where=Location(name, line, 1))
