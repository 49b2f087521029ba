"""The columns of a sheet in so many characters: folded between words, or below one another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from rich.cells import cell_len

from archcount.reporting.sheet import Sheet


@dataclass(frozen=True, slots=True)
class FittedColumns:
    """Columns that stand side by side.

    Attributes:
        widths: the width of each by its number.
        gap: the blanks between two.
    """

    widths: Mapping[int, int]
    gap: int

    @property
    def total(self) -> int:
        """How wide all of them are."""
        return sum(self.widths.values()) + self.gap * max(len(self.widths) - 1, 0)

    @classmethod
    def natural(cls, sheet: Sheet, gap: int) -> FittedColumns:
        """Return all columns of a sheet, none of them folded."""
        widths = {index: _width(sheet, index, str.splitlines) for index in _indices(sheet)}
        return cls(widths, gap)

    def only(self, columns: Iterable[int]) -> FittedColumns:
        """Return some of the columns."""
        return FittedColumns({index: self.widths[index] for index in columns}, self.gap)


def fitted(sheet: Sheet, width: int, gap: int) -> Iterator[FittedColumns]:
    """Yield pieces of a sheet that are no wider than a width, the first column in each.

    Columns of words are folded between words. Where that is not enough, columns stand in a further
    piece; a column that says something of the one before it stays beside it.
    """
    natural = FittedColumns.natural(sheet, gap)
    least = FittedColumns({index: _least(sheet, index) for index in _indices(sheet)}, gap)
    for columns in _balanced(sheet, least, width):
        yield _shrunk(natural.only(columns), least, width)


def _indices(sheet: Sheet) -> range:
    return range(len(sheet.headings))


def _least(sheet: Sheet, index: int) -> int:
    """Return how wide a column has to be."""
    return _width(sheet, index, str.splitlines if sheet.whole[index] else str.split)


def _width(sheet: Sheet, index: int, split: Callable[[str], list[str]]) -> int:
    texts = [sheet.headings[index], *(line[index].text for line in sheet.lines)]
    return max((cell_len(piece) for text in texts for piece in split(text)), default=0)


def _balanced(sheet: Sheet, least: FittedColumns, width: int) -> list[list[int]]:
    """Return as few pieces as there can be, of widths as equal as can be."""
    pieces = [*_pieces(sheet, least, width)]
    for narrower in range(width - 1, 0, -1):
        found = [*_pieces(sheet, least, narrower)]
        if len(found) > len(pieces):
            break
        pieces = found
    return pieces


def _pieces(sheet: Sheet, least: FittedColumns, width: int) -> Iterator[list[int]]:
    groups: list[list[int]] = [[]]
    for index in _indices(sheet):
        if sheet.attached[index] or not index:
            groups[-1].append(index)
        else:
            groups.append([index])
    first, *rest = groups
    piece = [*first]
    for group in rest:
        if len(piece) > len(first) and least.only([*piece, *group]).total > width:
            yield piece
            piece = [*first]
        piece += group
    yield piece


def _shrunk(columns: FittedColumns, least: FittedColumns, width: int) -> FittedColumns:
    """Take what is too much off the widest column that can be folded, again and again."""
    widths = dict(columns.widths)
    excess = columns.total - width
    while excess > 0:
        can = [index for index, found in widths.items() if found > least.widths[index]]
        if not can:
            break
        widths[max(can, key=lambda index: widths[index])] -= 1
        excess -= 1
    return FittedColumns(widths, columns.gap)
