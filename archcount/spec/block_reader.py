"""The `blocks:` of a file: parsed once, references followed, problems gathered."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
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
from archcount.errors import InvalidTableError, InvalidValueError, Problem, quote
from archcount.layers.registry import JOINS, KINDS
from archcount.spec.block_names import HOLE, listed, means_a_layer, pattern
from archcount.spec.schema import NAME
from archcount.spec.yaml_tree import YamlNode

_FORMS = (
    f"a layer, a block's name, a list, {', '.join(f'{word}:' for word in JOINS)}, "
    "or repeat: with block:"
)


class BlockReader:
    """Reads blocks and remembers each by its name.

    Args:
        blocks: the file's `blocks:`.
        names: the names that an expression may read.
    """

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
            if not name.strip():
                problems.append(
                    Problem(
                        what="a block without a name",
                        remedy="name the block",
                        where=self._keys[name],
                    )
                )
                continue
            if means_a_layer(name) or name == "shortcut":
                problems.append(
                    Problem(
                        what=f"block name {quote(name)} begins with the word of a layer kind",
                        remedy="rename the block",
                        where=self._keys[name],
                    )
                )
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
                    where=self._keys[name],
                )
                for hole in HOLE.findall(name)
                if hole and hole not in read
            ]
        return problems

    def _strange_holes(self, name: str) -> Iterator[Problem]:
        """Yield a problem if a number in a block's name cannot be read by an expression."""
        holes = [hole for hole in HOLE.findall(name) if hole]
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
        """Read a block written as a tree.

        Raises:
            InvalidTableError: with every problem in it.
        """
        if isinstance(marked.value, str):
            return self.read_text(LocatedText(marked.value, marked.text_start))
        if isinstance(marked.value, list):
            return SequenceBlock(self._all(marked))
        if isinstance(marked.value, dict):
            return self._mapping(marked, marked.value)
        raise InvalidTableError(
            Problem(what="a block is missing", allowed=_FORMS, where=marked.where)
        )

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
        parts = list(listed(text))
        if len(parts) > 1:
            return self._each(parts)
        try:
            return parse_layer(text, self._names)
        except InvalidTableError as error:
            if text.text.split()[:1] and text.text.split()[0] in KINDS:
                raise
            raise InvalidTableError(
                [self._with_blocks(problem) for problem in error.problems]
            ) from None

    def _holding(self, text: LocatedText) -> BoundBlock | None:
        """Read a text as the block whose name holds its numbers; None where there is none.

        Raises:
            InvalidTableError: several blocks could be meant.
        """
        found = {
            name: match
            for name in self._written
            if "{" in name and (match := pattern(name).fullmatch(text.text))
        }
        if len(found) > 1:
            raise InvalidTableError(
                Problem(
                    what=f"{quote(text.text)} could be {' and '.join(map(quote, found))}",
                    remedy="rename one of them",
                    where=text.where,
                )
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
        return Problem(
            what=problem.what,
            allowed=f"{blocks}or a layer: {', '.join(KINDS)}",
            remedy=problem.remedy,
            where=problem.where,
        )

    def _named(self, name: str, caller: LocatedText | None = None) -> Block:
        if name in self._open:
            circle = " -> ".join([*self._open[self._open.index(name) :], name])
            raise InvalidTableError(
                Problem(
                    what=f"block {quote(name)} contains itself ({circle})",
                    remedy="write one of them out",
                    where=caller.where if caller else self._keys[name],
                )
            )
        if name not in self._done:
            self._open.append(name)
            outer, self._names = self._names, (*self._table_names, *HOLE.findall(name))
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

    def _each(self, parts: list[LocatedText]) -> SequenceBlock:
        """Read texts one after another, gathering the problems of all."""
        done: list[Block] = []
        problems: list[Problem] = []
        for part in parts:
            try:
                done.append(self.read_text(part))
            except InvalidTableError as error:
                problems += error.problems
        if problems:
            raise InvalidTableError(problems)
        return SequenceBlock(tuple(done))

    def _all(self, marked: YamlNode) -> tuple[Block, ...]:
        """Read every item of a list, gathering the problems of all."""
        items = marked.value if isinstance(marked.value, list) else []
        if not items:
            raise InvalidTableError(
                Problem(what="an empty list of blocks", allowed=_FORMS, where=marked.where)
            )
        done: list[Block] = []
        problems: list[Problem] = []
        for item in items:
            try:
                done.append(self.read(item))
            except InvalidTableError as error:
                problems += error.problems
        if problems:
            raise InvalidTableError(problems)
        return tuple(done)

    def _mapping(self, marked: YamlNode, value: dict[str, YamlNode]) -> Block:
        match sorted(value):
            case [word] if word in JOINS:
                return JoinBlock(JOINS[word], self._all(value[word]), marked.keys[word])
            case ["block", "repeat"]:
                if not isinstance(value["repeat"].value, str):
                    raise InvalidTableError(
                        Problem(
                            what="repeat is not a number",
                            allowed="a number or an expression",
                            where=value["repeat"].where,
                        )
                    )
                times = LocatedText(value["repeat"].value, value["repeat"].text_start)
                return self.repeated(times, self.read(value["block"]))
        raise InvalidTableError(
            Problem(
                what=f"a block with the keys {', '.join(map(quote, value)) or 'none'}",
                allowed=_FORMS,
                where=marked.where,
            )
        )

    def repeated(self, times: LocatedText, body: Block) -> RepeatBlock:
        """Repeat a block as often as the text says.

        Raises:
            InvalidTableError: the text is not an expression over known names.
        """
        try:
            expression = parse_expression(times.text)
        except InvalidValueError as error:
            raise InvalidTableError(error.at(times.where, "repeat")) from None
        for name in expression.names:
            if name not in self._names:
                raise InvalidTableError(
                    Problem(
                        what=f"repeat: unknown name {quote(name)}",
                        allowed=", ".join(self._names),
                        where=times.where,
                    )
                )
        return RepeatBlock(expression, body, times)
