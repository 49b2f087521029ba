"""The `blocks:` of a file, their names and the numbers in them: parsed once, problems gathered."""

from __future__ import annotations

from collections.abc import Collection
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
    parse_layer,
)
from archcount.architecture.blocks import RowBlock
from archcount.architecture.insides import Insides
from archcount.architecture.scope import BLOCK_INPUT_NAMES
from archcount.errors import (
    InvalidTableError,
    Location,
    Problem,
    each,
    quote,
    suggestion,
)
from archcount.layers.by_word import JOINS, KINDS, NAMED_JOINS
from archcount.spec.block_messages import (
    FORMS,
    arguments,
    nested_too_deep,
    one_branch,
    refuse_misuse,
    unknown_keys,
    with_blocks,
)
from archcount.spec.block_names import BlockName, call_of, given_argument, listed
from archcount.spec.block_numbers import (
    number_over,
    read_experts,
    read_named_join,
    read_when,
    text_of,
)
from archcount.spec.yaml_reader import DEEPEST
from archcount.spec.yaml_tree import YamlNode


class BlockReader:
    """Reads blocks over the names of a table, and remembers each by its name."""

    def __init__(
        self, blocks: YamlNode, names: Collection[str], rows: Collection[str] = ()
    ) -> None:
        self._written = dict(blocks.items())
        self._keys = blocks.keys
        self._titles = {name: BlockName(name) for name in self._written}
        self._table_names, self._rows = names, rows
        inner = (name for title in self._titles.values() for name in title.names)
        # A block may read the arguments of those that name it: `_checked` sees whether it can.
        self._names = tuple(dict.fromkeys((*names, *inner)))
        self._done: dict[str, Block] = {}
        self._refused: dict[str, InvalidTableError] = {}
        self._insides = Insides()
        self._open: list[str] = []

    def read_all(self) -> list[Problem]:
        """Read every named block, used or not; return the problems found."""
        problems: list[Problem] = []
        words: dict[str, str] = {}
        for name, title in self._titles.items():
            where = self._keys[name]
            own = list(title.problems(self._table_names))
            if title.parameters and words.setdefault(title.word, name) != name:
                what = f"blocks {quote(words[title.word])} and {quote(name)} are called alike"
                own.append(Problem(what=what, remedy="rename one of them"))
            problems += [replace(problem, where=where) for problem in own]
            if own and not title.holes:
                continue
            try:
                read = {item for item, _ in self._insides.free(self._named(name))}
            except InvalidTableError as error:
                problems += [item for item in error.problems if item not in problems]
                continue
            problems += [
                Problem(
                    what=f"block {quote(name)} does not read {quote(item)}",
                    remedy="write {} for a number that no layer reads"
                    if title.holes
                    else "remove the argument",
                    where=where,
                )
                for item in title.names
                if item not in read
            ]
        return problems

    def read(self, marked: YamlNode) -> Block:
        """Read a block written as a tree, or raise InvalidTableError with every problem in it."""
        return self._checked(self._tree(marked))

    def read_text(self, text: LocatedText) -> Block:
        """Read a block written as text: a block's name, `shortcut`, one layer, or some of them.

        Several stand one after another, with commas between them.

        Raises:
            InvalidTableError: it is none of them.
        """
        return self._checked(self._text(text))

    def _checked(self, block: Block) -> Block:
        """Return a block that reads what the rows know, or raise InvalidTableError."""
        problems = []
        for name, text in self._insides.free(block):
            if name in self._table_names:
                continue
            owners = [quote(key) for key, title in self._titles.items() if name in title.names]
            problem = Problem(
                what=f"{quote(text.text)} reads {quote(name)}, an argument of block "
                f"{' and of '.join(owners)}, where that block is not around it",
                allowed=", ".join(self._table_names),
                remedy=f"give it {name} as an argument of its own",
                where=text.where,
            )
            if problem not in problems:
                problems.append(problem)
        if problems:
            raise InvalidTableError(problems)
        return block

    def _tree(self, marked: YamlNode) -> Block:
        if isinstance(marked.value, str):
            return self._text(LocatedText(marked.value, marked.text_start))
        if isinstance(marked.value, list):
            return SequenceBlock(self._all(marked))
        if isinstance(marked.value, dict):
            return self._mapping(marked, marked.value)
        raise InvalidTableError.of("a block is missing", allowed=FORMS, where=marked.where)

    def _text(self, text: LocatedText) -> Block:
        if text.text.count("(") != text.text.count(")"):
            raise InvalidTableError.of(
                f"{quote(text.text)} has a parenthesis without its other half",
                remedy='quote what has commas in parentheses: ["unit(3, 6)", relu]',
                where=text.where,
            )
        title = self._titles.get(text.text)
        if title is not None and not title.parameters:
            return self._named(text.text, text)
        if text.text in ("shortcut", "shortcut=project"):
            return Shortcut(text.where, is_projected=text.text != "shortcut")
        if text.text == "shortcut=identity":
            text = LocatedText("identity", text.where)
        if text.text.startswith("@"):
            return self._row(text)
        bound = self._holding(text) or self._called(text)
        if bound is not None:
            return bound
        parts = list(listed(text))
        if len(parts) > 1:
            return SequenceBlock(tuple(each(parts, self._text)))
        refuse_misuse(text, self._titles.values())
        try:
            return parse_layer(text, self._names)
        except InvalidTableError as error:
            if text.text.split()[:1] and text.text.split()[0] in KINDS:
                raise
            raise InvalidTableError(
                [with_blocks(problem, text.text, self._written) for problem in error.problems]
            ) from None

    def _row(self, text: LocatedText) -> RowBlock:
        """Read `@enc4`: a row's output, or that of the row that a cell or an argument names."""
        name = text.text[1:]
        if name not in (*self._rows, *self._names):
            raise InvalidTableError.of(
                f"{quote(text.text)} is the output of no row",
                allowed=", ".join(self._rows),
                remedy=suggestion(name, self._rows),
                where=text.where,
            )
        return RowBlock(name, name not in self._names, text)

    def _holding(self, text: LocatedText) -> BoundBlock | None:
        """Read a text as the block whose name holds its numbers; None where there is none."""
        found = {
            name: match
            for name, title in self._titles.items()
            if "{" in name and (match := title.pattern.fullmatch(text.text))
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

    def _called(self, text: LocatedText) -> BoundBlock | None:
        """Read a text as a block with what it is given, `se(in.c/4)`; None where it is none."""
        call = call_of(text)
        for name, title in self._titles.items() if call else ():
            if call is None or not title.parameters or title.word != call[0]:
                continue
            items = list(listed(call[1]))
            if len(items) != len(title.parameters):
                raise InvalidTableError.of(
                    f"{quote(text.text)} gives block {quote(name)} {arguments(len(items))}",
                    allowed=f"{len(title.parameters)}: {', '.join(title.parameters)}",
                    where=text.where,
                )
            values = each(
                zip(title.parameters, items, strict=True),
                lambda pair: given_argument(*pair, text, self._names),
            )
            block = self._named(name, text)
            return BoundBlock(block, dict(zip(title.parameters, values, strict=True)))
        return None

    def _named(self, name: str, caller: LocatedText | None = None) -> Block:
        if name in self._open:
            circle = " -> ".join([*self._open[self._open.index(name) :], name])
            raise InvalidTableError.of(
                f"block {quote(name)} contains itself ({circle})",
                remedy="write one of them out",
                where=caller.where if caller else self._keys[name],
            )
        if name in self._refused:
            raise self._refused[name]
        if name not in self._done:
            if len(self._open) == DEEPEST:
                raise nested_too_deep(caller.where if caller else self._keys[name])
            self._open.append(name)
            try:
                block = self._tree(self._written[name])
                if self._insides.depth(block) > DEEPEST:
                    raise nested_too_deep(self._keys[name])
                # Only what reads its own input has to be known as a block by itself.
                is_bound = any(item in BLOCK_INPUT_NAMES for item, _ in self._insides.free(block))
                self._done[name] = BoundBlock(block, {}) if is_bound else block
            except InvalidTableError as error:
                self._refused[name] = error
                raise
            finally:
                self._open.pop()
        return self._done[name]

    def _all(self, marked: YamlNode, instead: str = "") -> tuple[Block, ...]:
        """Read every item of a list, gathering the problems of all."""
        items = marked.value if isinstance(marked.value, list) else []
        if not items or any(item.value == [] for item in items):
            raise InvalidTableError.of(
                "an empty list of blocks", allowed=FORMS, remedy=instead, where=marked.where
            )
        return tuple(each(items, self._tree))

    def _mapping(self, marked: YamlNode, value: dict[str, YamlNode]) -> Block:
        match sorted(value):
            case [word] if word in (*JOINS, *NAMED_JOINS):
                return self._join(word, value[word], marked.keys[word])
            case ["block", "repeat"]:
                times = text_of(value["repeat"], "repeat", "a number or an expression")
                return self._repeated(times, self._tree(value["block"]))
            case ["experts"]:
                return read_experts(value["experts"], self._tree, self._names)
            case ["block", "when"] | ["block", "else", "when"]:
                return read_when(value, self._tree, self._names)
        raise InvalidTableError(unknown_keys(value, self._titles, marked.where))

    def _join(self, word: str, marked: YamlNode, where: Location) -> JoinBlock:
        if word in NAMED_JOINS:
            return read_named_join(LocatedText(word, where), marked, self._tree, self._names)
        branches = self._all(marked, "write identity for a branch without layers")
        if len(branches) < 2:
            raise InvalidTableError(one_branch(word, where))
        return JoinBlock(JOINS[word], branches, LocatedText(word, where))

    def repeated(self, times: LocatedText, body: Block) -> Block:
        """Repeat a block as often as the text, an expression over known names, says."""
        return self._checked(self._repeated(times, body))

    def _repeated(self, times: LocatedText, body: Block) -> RepeatBlock:
        return RepeatBlock(number_over(times, "repeat", self._names), body, times)
