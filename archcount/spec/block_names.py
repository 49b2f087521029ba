"""The names of blocks: words, words with numbers in them, and names with arguments."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from archcount.architecture import Expression, LocatedText, Value
from archcount.architecture.argument_parser import value_over
from archcount.architecture.blocks import Given, PatchText
from archcount.errors import InvalidTableError, InvalidValueError, Problem, quote
from archcount.layers.by_word import FOLLOWERS, KINDS
from archcount.printed import Patch
from archcount.spec.schema_types import NAME

_HOLE = re.compile(r"\{([^{}]*)\}")
"""A number in a block's name, `conv3-{width}`."""
_CALL = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*)\((.*)\)")
"""A block with what it is given, `se(in.c/4)`, or with the names of it, `se(r)`."""
_NUMBER = r"\d{1,9}+(?:\.\d{1,6}+)?+"
"""Takes all digits that there are: what gives some back tries every way to share them out."""
_OPTIONS = ("none", *(word for words in FOLLOWERS.values() for word in words))
"""The words of options that a block may be given."""
_IS_NUMBER = re.compile(_NUMBER, re.ASCII).fullmatch


@dataclass(frozen=True)
class BlockName:
    """The name of a block as the file writes it: `stem`, `conv3-{width}` or `se(r)`."""

    text: str

    @cached_property
    def holes(self) -> tuple[str, ...]:
        """The names of the numbers in it; those that no layer reads have none."""
        return tuple(hole for hole in _HOLE.findall(self.text) if hole)

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The names of its arguments; none where it takes none."""
        match = _CALL.fullmatch(self.text)
        words = [word.strip() for word in match[2].split(",")] if match else []
        return tuple(words) if all(re.fullmatch(NAME, word) for word in words) else ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names that it gives a meaning inside."""
        return self.holes or self.parameters

    @cached_property
    def word(self) -> str:
        """What is written to mean it, its arguments left out."""
        return self.text.partition("(")[0] if self.parameters else self.text

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What texts mean it: its own, with a number for each hole."""
        if "{" not in self.text or not self._holes_are_names():
            return re.compile(re.escape(self.text))  # it is refused elsewhere
        texts = [
            re.escape(piece) if place % 2 == 0 else f"(?P<{piece}>{_NUMBER})" if piece else _NUMBER
            for place, piece in enumerate(_HOLE.split(self.text))
        ]
        return re.compile("".join(texts), re.ASCII)

    def _holes_are_names(self) -> bool:
        are_names = all(re.fullmatch(NAME, hole) for hole in self.holes)
        return are_names and len({*self.holes}) == len(self.holes)

    def problems(self, taken: Collection[str]) -> Iterator[Problem]:
        """Yield what is wrong with it, where names of the table are `taken`, without a place."""
        if not self.text.strip():
            yield Problem(what="a block without a name", remedy="name the block")
        elif self._means_a_layer() or self.word == "shortcut":
            what = f"block name {quote(self.text)} begins with the word of a layer kind"
            yield Problem(what=what, remedy="rename the block")
        elif not self._holes_are_names() or {*self.holes} & {*taken}:
            wrong = next(
                hole
                for hole in self.holes
                if not re.fullmatch(NAME, hole) or hole in taken or self.holes.count(hole) > 1
            )
            yield Problem(
                what=f"the number {quote('{' + wrong + '}')} in block name {quote(self.text)}",
                allowed="letters, digits and _, each name once and none of a column or let:",
                remedy="rename it",
            )
        elif len({*self.parameters}) < len(self.parameters):
            what = f"block name {quote(self.text)} has an argument twice"
            yield Problem(what=what, remedy="rename one of them")

    def _means_a_layer(self) -> bool:
        """Return whether it could be a layer: a kind's word alone may need more."""
        kind = KINDS.get(self.word.split()[0])
        if kind is None:
            return False
        needs_more = any(item.required for item in kind.arguments())
        return bool(self.parameters) or self.word != kind.word or not needs_more


def call_of(text: LocatedText) -> tuple[str, LocatedText] | None:
    """Take the text of a call apart, `se(in.c/4)`: the word, and what stands in parentheses."""
    match = _CALL.fullmatch(text.text)
    alone = match is not None and len(list(listed(text))) == 1
    return (match[1], text.part(*match.span(2))) if match and alone else None


def given_argument(
    name: str, item: LocatedText, call: LocatedText, names: Collection[str]
) -> Value | Given:
    """Read what a block is given: a number, a patch, a word, or an expression over known names.

    Raises:
        InvalidTableError: it is none of them.
    """
    try:
        value: Fraction | Patch | PatchText | Expression | str
        if item.text.startswith("@") or (item.text in _OPTIONS and item.text not in names):
            value = item.text
        else:
            value = Fraction(item.text) if _IS_NUMBER(item.text) else value_over(item.text, names)
    except InvalidValueError as error:
        raise InvalidTableError(error.at(item.where, f"in {quote(call.text)}: {name}")) from None
    if isinstance(value, Fraction | Patch | str):
        return Value(value=value, text=item.text, where=item.where, what=f"argument {name}")
    return Given(value=value, text=item)


def listed(text: LocatedText) -> Iterator[LocatedText]:
    """Yield what stands between the commas of a text; those in brackets are left alone."""
    depth = start = 0
    for place, letter in enumerate((*text.text, ",")):
        depth += (letter in "([") - (letter in ")]")
        if (letter == "," and depth == 0) or place == len(text.text):
            piece = text.text[start:place]
            begin = start + len(piece) - len(piece.lstrip())
            yield text.part(begin, begin + len(piece.strip()))
            start = place + 1
