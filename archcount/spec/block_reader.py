"""The `blocks:` of a file, their names and the numbers in them: parsed once, problems gathered."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from fractions import Fraction

from archcount.architecture import (
    Block,
    BoundBlock,
    JoinBlock,
    LocatedText,
    RepeatBlock,
    SequenceBlock,
    Shortcut,
    Value,
    parse_expression,
    parse_layer,
)
from archcount.architecture.scope import BLOCK_INPUT_NAMES
from archcount.errors import InvalidTableError, InvalidValueError, Problem, each, quote
from archcount.layers.by_word import JOINS, KINDS
from archcount.spec.schema import NAME
from archcount.spec.yaml_tree import YamlNode

_HOLE = re.compile(r"\{([^{}]*)\}")
"""A number in a block's name, `conv3-{width}`."""
_FORMS = (
    f"a layer, a block's name, a list, {', '.join(f'{word}:' for word in JOINS)}, "
    "or repeat: with block:"
)


class BlockReader:
    """Reads blocks over the names of a table, and remembers each by its name."""

    def __init__(self, blocks: YamlNode, names: Collection[str]) -> None:
        self._written = dict(blocks.items())
        self._keys = blocks.keys
        self._names = names
        self._table_names = names
        self._done: dict[str, Block] = {}
        self._open: list[str] = []

    def read_all(self) -> list[Problem]:
        """Read every named block, used or not; return the problems found."""
        problems: list[Problem] = []
        for name in self._written:
            where = self._keys[name]
            if not name.strip():
                what, remedy = "a block without a name", "name the block"
                problems.append(Problem(what=what, remedy=remedy, where=where))
                continue
            if _means_a_layer(name) or name == "shortcut":
                what = f"block name {quote(name)} begins with the word of a layer kind"
                problems.append(Problem(what=what, remedy="rename the block", where=where))
                continue
            problems += self._strange_holes(name)
            try:
                read = {item for part in self._named(name).parts() for item in part.names}
            except InvalidTableError as error:
                problems += [item for item in error.problems if item not in problems]
                continue
            problems += [
                Problem(
                    what=f"block {quote(name)} does not read {quote(hole)}",
                    remedy="write {} for a number that no layer reads",
                    where=where,
                )
                for hole in _HOLE.findall(name)
                if hole and hole not in read
            ]
        return problems

    def _strange_holes(self, name: str) -> Iterator[Problem]:
        """Yield a problem if a number in a block's name cannot be read by an expression."""
        holes = [hole for hole in _HOLE.findall(name) if hole]
        for hole in holes:
            if not re.fullmatch(NAME, hole) or hole in self._table_names or holes.count(hole) > 1:
                yield Problem(
                    what=f"the number {quote('{' + hole + '}')} in block name {quote(name)}",
                    allowed="letters, digits and _, each name once and none of a column or let:",
                    remedy="rename it",
                    where=self._keys[name],
                )
                return

    def read(self, marked: YamlNode) -> Block:
        """Read a block written as a tree, or raise InvalidTableError with every problem in it."""
        if isinstance(marked.value, str):
            return self.read_text(LocatedText(marked.value, marked.text_start))
        if isinstance(marked.value, list):
            return SequenceBlock(self._all(marked))
        if isinstance(marked.value, dict):
            return self._mapping(marked, marked.value)
        raise InvalidTableError.of("a block is missing", allowed=_FORMS, where=marked.where)

    def read_text(self, text: LocatedText) -> Block:
        """Read a block written as text: a block's name, `shortcut`, one layer, or some of them.

        Several stand one after another, with commas between them.

        Raises:
            InvalidTableError: it is none of them.
        """
        if text.text in self._written:
            return self._named(text.text, text)
        if text.text == "shortcut":
            return Shortcut(text.where)
        holding = self._holding(text)
        if holding is not None:
            return holding
        parts = list(_listed(text))
        if len(parts) > 1:
            return SequenceBlock(tuple(each(parts, self.read_text)))
        try:
            return parse_layer(text, self._names)
        except InvalidTableError as error:
            if text.text.split()[:1] and text.text.split()[0] in KINDS:
                raise
            raise InvalidTableError(
                [self._with_blocks(problem) for problem in error.problems]
            ) from None

    def _holding(self, text: LocatedText) -> BoundBlock | None:
        """Read a text as the block whose name holds its numbers; None where there is none."""
        found = {
            name: match
            for name in self._written
            if "{" in name and (match := _pattern(name).fullmatch(text.text))
        }
        if len(found) > 1:
            raise InvalidTableError.of(
                f"{quote(text.text)} could be {' and '.join(map(quote, found))}",
                remedy="rename one of them",
                where=text.where,
            )
        for name, match in found.items():
            values = {
                hole: Value(value=Fraction(number), text=number, where=text.where, what=hole)
                for hole, number in match.groupdict().items()
            }
            return BoundBlock(self._named(name, text), values)
        return None

    def _with_blocks(self, problem: Problem) -> Problem:
        """Name the file's own blocks among what is allowed."""
        blocks = f"the blocks {', '.join(map(repr, self._written))}; " if self._written else ""
        return replace(problem, allowed=f"{blocks}or a layer: {', '.join(KINDS)}")

    def _named(self, name: str, caller: LocatedText | None = None) -> Block:
        if name in self._open:
            circle = " -> ".join([*self._open[self._open.index(name) :], name])
            raise InvalidTableError.of(
                f"block {quote(name)} contains itself ({circle})",
                remedy="write one of them out",
                where=caller.where if caller else self._keys[name],
            )
        if name not in self._done:
            self._open.append(name)
            outer, self._names = self._names, (*self._table_names, *_HOLE.findall(name))
            try:
                block = self.read(self._written[name])
                reads = {item for part in block.parts() for item in part.names}
                # Only what reads its own input has to be known as a block by itself.
                is_bound = bool(reads & {*BLOCK_INPUT_NAMES})
                self._done[name] = BoundBlock(block, {}) if is_bound else block
            finally:
                self._open.pop()
                self._names = outer
        return self._done[name]

    def _all(self, marked: YamlNode) -> tuple[Block, ...]:
        """Read every item of a list, gathering the problems of all."""
        items = marked.value if isinstance(marked.value, list) else []
        if not items:
            raise InvalidTableError.of(
                "an empty list of blocks", allowed=_FORMS, where=marked.where
            )
        return tuple(each(items, self.read))

    def _mapping(self, marked: YamlNode, value: dict[str, YamlNode]) -> Block:
        match sorted(value):
            case [word] if word in JOINS:
                return JoinBlock(JOINS[word], self._all(value[word]), marked.keys[word])
            case ["block", "repeat"]:
                if not isinstance(value["repeat"].value, str):
                    raise InvalidTableError.of(
                        "repeat is not a number",
                        allowed="a number or an expression",
                        where=value["repeat"].where,
                    )
                times = LocatedText(value["repeat"].value, value["repeat"].text_start)
                return self.repeated(times, self.read(value["block"]))
        raise InvalidTableError.of(
            f"a block with the keys {', '.join(map(quote, value)) or 'none'}",
            allowed=_FORMS,
            where=marked.where,
        )

    def repeated(self, times: LocatedText, body: Block) -> RepeatBlock:
        """Repeat a block as often as the text, an expression over known names, says."""
        try:
            expression = parse_expression(times.text)
        except InvalidValueError as error:
            raise InvalidTableError(error.at(times.where, "repeat")) from None
        for name in expression.names:
            if name not in self._names:
                raise InvalidTableError.of(
                    f"repeat: unknown name {quote(name)}",
                    allowed=", ".join(self._names),
                    where=times.where,
                )
        return RepeatBlock(expression, body, times)


def _means_a_layer(name: str) -> bool:
    """Return whether a block's name could be a layer: a kind's word alone may need more."""
    kind = KINDS.get(name.split()[0])
    if kind is None:
        return False
    return name != kind.word or not any(item.required for item in kind.arguments())


def _pattern(name: str) -> re.Pattern[str]:
    """Return a pattern of a block's name with numbers in it; those without a name are not read."""
    pieces = _HOLE.split(name)
    holes = [hole for hole in pieces[1::2] if hole]
    if not all(re.fullmatch(NAME, hole) for hole in holes) or len({*holes}) < len(holes):
        return re.compile(re.escape(name))  # it is refused elsewhere
    number = r"\d{1,9}(?:\.\d{1,6})?"
    texts = [
        re.escape(piece) if place % 2 == 0 else f"(?P<{piece}>{number})" if piece else number
        for place, piece in enumerate(pieces)
    ]
    return re.compile("".join(texts), re.ASCII)


def _listed(text: LocatedText) -> Iterator[LocatedText]:
    """Yield what stands between the commas of a text; those in brackets are left alone."""
    depth = start = 0
    for place, letter in enumerate((*text.text, ",")):
        depth += (letter in "([") - (letter in ")]")
        if (letter == "," and depth == 0) or place == len(text.text):
            piece = text.text[start:place]
            begin = start + len(piece) - len(piece.lstrip())
            yield text.part(begin, begin + len(piece.strip()))
            start = place + 1
