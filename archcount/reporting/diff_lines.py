"""The lines of `archcount diff`: rows, blocks and layers, equal ones in a run once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from archcount.difference import (
    DIFFERENT,
    LayerPair,
    ModelDifference,
    RowDifference,
    describe,
    findings,
)
from archcount.difference.block_changes import FEWER, MORE, OTHER, BlockChange, block_changes

FINDINGS, ROWS, BLOCKS, LAYERS, EVERYTHING = range(5)
"""The depths: what differs in short, rows, blocks, layers that differ, every layer by itself."""
FITTING = 40
"""Where no depth is asked for, layers are listed if no more lines than these come of it."""

VERDICTS = ("same", "follows", "changed", "missing", "extra")
_MARKS = {"same": " ", "follows": " ", "changed": "~", "missing": "-", "extra": "+"}
_ROLES = {"same": "dim", "follows": "dim", "changed": "warn", "missing": "bad", "extra": "good"}
_OF_BLOCKS = {MORE: "extra", FEWER: "missing", OTHER: "changed"}


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line: a row, a block or a layer, or several alike.

    Attributes:
        verdict: what is said of it.
        name: the module, within what it stands in.
        words: what differs.
        left: what it is on the left side.
        right: likewise.
        level: how deep it stands: 0 of a row, 1 in it, 2 in a block.
        below: what is listed below it.
        number: how many layers it stands for, or blocks.
        what: what equal lines have in common besides the verdict.
        is_counted: whether the words say how many layers of it differ.
    """

    verdict: str
    name: str
    words: str
    left: str = ""
    right: str = ""
    level: int = 0
    below: tuple[DiffLine, ...] = ()
    number: int = 1
    what: str = ""
    is_counted: bool = False

    @property
    def mark(self) -> str:
        """The sign before it, as in a diff."""
        return _MARKS[self.verdict]

    @property
    def role(self) -> str:
        """Its colour."""
        return _ROLES[self.verdict]

    @property
    def key(self) -> tuple[object, ...]:
        """What is equal of lines that are alike, whatever the widths in them."""
        below = tuple((line.name, line.key) for line in self.below)
        return self.verdict, self.what or self.words, below


def difference_lines(found: ModelDifference, depth: int | None) -> list[DiffLine]:
    """Return the lines of a difference; as deep as is read at a glance where no depth is given."""
    if depth is not None:
        return [*_Lines(found, depth).lines()] if depth >= ROWS else []
    fitting = [*_Lines(found, LAYERS).lines()]
    return fitting if len(fitting) <= FITTING else [*_Lines(found, BLOCKS).lines()]


class _Lines:
    def __init__(self, found: ModelDifference, depth: int) -> None:
        self.found, self.depth = found, depth
        self.changes = {
            id(pair): change for change in block_changes(found) for pair in change.pairs
        }

    def lines(self) -> Iterator[DiffLine]:
        return self._folded(map(self._row, self.found.rows))

    def _folded(self, lines: Iterable[DiffLine]) -> Iterator[DiffLine]:
        """Say equal lines that follow one another once; of what stands below them, the first."""
        for _, run in groupby(lines, key=lambda line: line.key):
            first, *others = run
            if self.depth >= EVERYTHING:
                for line in (first, *others):
                    yield line
                    yield from line.below
            elif first.below:
                yield first
                yield from first.below
                if others:
                    yield replace(_several(others), words="likewise")
            else:
                yield _several([first, *others])

    def _row(self, row: RowDifference) -> DiffLine:
        number = len(row.pairs)
        if row.verdict not in DIFFERENT:
            words = "same" if row.verdict == "same" else "same, after what changed before"
            told = _layers(number)
            below = (*self._layers(row.pairs, row.name, 1),)
            return DiffLine(row.verdict, row.name, words, told, told, below=below, number=number)
        if self.depth == ROWS:
            words = "; ".join(each.words for each in findings(self.found, row.name))
            return DiffLine(row.verdict, row.name, words, is_counted=True)
        loose = [pair for pair in row.pairs if not _is_in_block(pair, row)]
        words = self._words(row, loose) if self.depth == BLOCKS else ""
        below = (*self._folded(self._parts(row)),)
        told = words or row.verdict
        return DiffLine(row.verdict, row.name, told, below=below, is_counted=bool(words))

    def _words(self, row: RowDifference, pairs: Sequence[LayerPair]) -> str:
        """Say what differs in some of a row's layers."""
        part = replace(self.found, rows=(replace(row, pairs=tuple(pairs)),))
        return "; ".join(each.words for each in findings(part))

    def _parts(self, row: RowDifference) -> Iterator[DiffLine]:
        """Return the blocks of a row, and the layers that stand in none, in order."""
        parts: dict[str | int, list[LayerPair]] = {}
        for number, pair in enumerate(row.pairs):
            parts.setdefault(pair.block if _is_in_block(pair, row) else number, []).append(pair)
        for name, pairs in parts.items():
            is_block = isinstance(name, str) and any(pair.verdict in DIFFERENT for pair in pairs)
            if isinstance(name, str) and is_block:
                yield self._block(row, name, pairs)
            else:
                yield from self._layers(pairs, row.name, 1)

    def _layers(self, pairs: Iterable[LayerPair], within: str, level: int) -> Iterator[DiffLine]:
        """Return the lines of the layers that differ or are remarked on, or of every one."""
        for pair in pairs if self.depth >= LAYERS else ():
            is_told = pair.verdict in DIFFERENT or pair.remarks
            if is_told or self.depth >= EVERYTHING:
                yield _layer_line(pair, within, level)

    def _block(self, row: RowDifference, name: str, pairs: Sequence[LayerPair]) -> DiffLine:
        change, short = self.changes.get(id(pairs[0])), name.removeprefix(f"{row.name}.")
        below = (*self._layers(pairs, name, 2),)
        if change is None:
            words = "changed" if below else self._words(row, pairs)
            return DiffLine("changed", short, words, level=1, below=below, is_counted=not below)
        left, right = (
            ", ".join(side.layers) if side else "" for side in (change.left, change.right)
        )
        is_whole = change.what != OTHER and self.depth < EVERYTHING
        return DiffLine(
            _OF_BLOCKS[change.what],
            short,
            _block_words(change.what, change),
            left,
            right,
            level=1,
            below=() if is_whole else below,
            what=change.what if change.what != OTHER else "",
        )


def _is_in_block(pair: LayerPair, row: RowDifference) -> bool:
    return pair.block not in ("", row.name)


def _block_words(what: str, change: BlockChange) -> str:
    if change.left and change.right:
        names = change.right.name, change.left.name
        is_named = all(names) and names[0] != names[1]
        return f"{names[0]} for {names[1]}" if is_named else "other layers"
    return "1 more block" if what == MORE else "1 block fewer"


def _several(lines: Sequence[DiffLine]) -> DiffLine:
    """Say several lines in one."""
    first, names = lines[0], [line.name for line in lines]
    if len(lines) == 1:
        return replace(first, below=())
    words, number = first.words, sum(line.number for line in lines)
    left, right = (
        _common(texts) for texts in zip(*((x.left, x.right) for x in lines), strict=True)
    )
    if first.verdict not in DIFFERENT:
        left = right = _layers(number)
    elif first.what in (MORE, FEWER):
        words = f"{number} more blocks" if first.what == MORE else f"{number} blocks fewer"
    elif first.is_counted:
        words = f"each: {words}"
    name = ", ".join(names) if len(names) == 2 else f"{names[0]} to {names[-1]}"
    return replace(first, name=name, words=words, left=left, right=right, number=number, below=())


def _common(texts: Iterable[str]) -> str:
    found = {*texts}
    return found.pop() if len(found) == 1 else ""


def _layers(number: int) -> str:
    return f"{number} layer{'s' if number != 1 else ''}"


def _layer_line(pair: LayerPair, within: str, level: int) -> DiffLine:
    """Return the line of a layer, named within its row or block."""
    name = pair.place.removeprefix(f"{within}.") or within
    words = ", ".join(map(str, pair.changes)) or "; ".join(pair.remarks) or pair.verdict
    left, right = (describe(each) if each else "" for each in (pair.left, pair.right))
    if pair.right and not pair.left:
        words, what = f"extra: {pair.right.path or within}", f"extra {pair.right.kind}"
        return DiffLine("extra", f"after {name}", words, left, right, level, what=what)
    return DiffLine(pair.verdict, name, words, left, right, level)
