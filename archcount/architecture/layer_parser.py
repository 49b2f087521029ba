"""From the text of a layer, "conv 3x3/2 64 bias=false", to a located `LayerBlock`."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from archcount.architecture.argument_parser import expression_over, patch_of_names
from archcount.architecture.blocks import BoundArgument, Given, LayerBlock, LocatedText
from archcount.architecture.expression import parse_expression
from archcount.errors import InvalidTableError, InvalidValueError, Problem, quote, suggestion
from archcount.layers import Argument, ArgumentType
from archcount.layers.by_word import FOLLOWERS, KINDS


def parse_layer(text: LocatedText, names: Collection[str]) -> LayerBlock:
    """Read one layer as a table file writes it.

    Its expressions may read `names`.

    Raises:
        InvalidTableError: with every problem of the text, each at its own column.

    >>> from archcount.errors import Location
    >>> text = LocatedText("conv 3x3/2 4*w bias=false", Location("a.yaml", 1, 1))
    >>> layer = parse_layer(text, ["w"])
    >>> layer.kind.word, [bound.argument.name for bound in layer.arguments]
    ('conv', ['patch', 'width', 'bias'])
    """
    words = [text.part(*match.span()) for match in re.finditer(r"\S+", text.text)]
    if not words or words[0].text not in KINDS:
        first = words[0].text if words else text.text
        raise InvalidTableError.of(
            f"unknown layer kind or block {quote(first)}",
            allowed=", ".join(KINDS) + ", or the name of a block under blocks:",
            remedy=suggestion(first, KINDS),
            where=text.where,
        )
    return _Reader(text, words, names).read()


class _Reader:
    """Reads the words of one layer, gathering problems."""

    def __init__(self, text: LocatedText, words: list[LocatedText], names: Collection[str]) -> None:
        self.text, self.words, self.names = text, words, names
        self.kind = KINDS[words[0].text]
        self.problems: list[Problem] = []
        self.bound: dict[str, BoundArgument] = {}
        self.follow: dict[str, str | Given] = {}
        self.seen: set[str] = set()

    def read(self) -> LayerBlock:
        arguments = self.kind.arguments()
        positional = sorted(
            (item for item in arguments if item.position is not None),
            key=lambda item: item.position or 0,
        )
        by_name = {item.name: item for item in arguments}
        for word in self.words[1:]:
            name, equals, _ = word.text.partition("=")
            if equals:
                self._named(word, name, word.part(len(name) + 1, len(word.text)), by_name)
            elif positional:
                self._bind(positional.pop(0), word)
            else:
                remedy = "write an expression without blanks: 2*c" * (word.text in "+-*/")
                what = f"{quote(word.text)} is an unexpected word"
                self._refuse(word, what, self._usage(), remedy)
        for item in arguments:
            if item.required and item.name not in self.seen:
                self._refuse(self.text, f"{item.name} is missing", self._usage())
        pad, same = self.bound.get("pad"), self.bound.get("same")
        if pad is not None and same is not None and pad.value == "valid":
            self._refuse(same.text, "same has no effect under pad=valid", "same beside pad=same")
        if self.problems:
            raise InvalidTableError(self.problems)
        return LayerBlock(
            text=self.text,
            kind=self.kind,
            arguments=tuple(self.bound.values()),
            follow=self.follow,
        )

    def _usage(self) -> str:
        """Return how the kind is written."""
        words = [self.kind.word]
        options = []
        for item in self.kind.arguments():
            if item.position is not None:
                words.append(item.name.upper() if item.required else f"[{item.name.upper()}]")
            else:
                options.append(f"{item.name}=")
        return " ".join([*words, *options, *(f"{name}=" for name in self.kind.follows)])

    def _refuse(self, word: LocatedText, what: str, allowed: str, remedy: str = "") -> None:
        self.problems.append(
            Problem(
                what=f"in {quote(self.text.text)}: {what}",
                allowed=allowed,
                remedy=remedy,
                where=word.where,
            )
        )

    def _named(
        self, word: LocatedText, name: str, value: LocatedText, by_name: Mapping[str, Argument]
    ) -> None:
        if name in self.kind.follows:
            if name in self.follow:
                self._refuse(word, f"{name} is a duplicate option", self._usage())
            elif value.text in (words := ("none", *FOLLOWERS[name])):
                self.follow[name] = value.text
            elif value.text in self.names:
                self.follow[name] = Given(value=parse_expression(value.text), text=value)
            else:
                self._refuse(value, f"{name} is {quote(value.text)}", ", ".join(words))
        elif name in by_name:
            self._bind(by_name[name], value)
        else:
            known = [*by_name, *self.kind.follows]
            remedy = suggestion(name, known)
            if name in ("stride", "strides") and "patch" in known:
                remedy = "write the stride in the patch, 3x3/2"
            self._refuse(word, f"unknown option {quote(name)}", ", ".join(known), remedy)

    def _bind(self, argument: Argument, word: LocatedText) -> None:
        if argument.name in self.seen:
            self._refuse(word, f"{argument.name} is a duplicate option", self._usage())
            return
        self.seen.add(argument.name)
        try:
            value = argument_value(argument, word.text, self.names)
        except InvalidValueError as error:
            self._refuse(word, f"{argument.name}: {error.what}", error.allowed, error.remedy)
            return
        self.bound[argument.name] = BoundArgument(argument=argument, value=value, text=word)


def argument_value(argument: Argument, text: str, names: Collection[str]) -> Any:
    """Read what is written for an argument: a value, or something over names to work out per row.

    Raises:
        InvalidValueError: it is none of what is allowed.
    """
    if argument.type is ArgumentType.PATCH:
        return patch_of_names(text, names)
    if argument.type in (ArgumentType.INTEGER, ArgumentType.NUMBER):
        return expression_over(text, names)
    if argument.type is ArgumentType.CONNECTIONS:
        return expression_over(text, names)
    is_row = argument.type is ArgumentType.ROW  # a row may be called what a number is
    if text in names and text not in argument.choices and not is_row:
        return parse_expression(text)  # a cell says the word
    return literal(argument, text)


def _boolean(argument: Argument, text: str) -> bool:
    if text not in ("true", "false"):
        raise InvalidValueError(f"{quote(text)} is neither true nor false", allowed="true, false")
    return text == "true"


def _choice(argument: Argument, text: str) -> str:
    if text not in argument.choices:
        raise InvalidValueError(
            f"{quote(text)} is not one of the allowed words",
            allowed=argument.allowed,
            remedy=suggestion(text, argument.choices),
        )
    return text


def _size(argument: Argument, text: str) -> tuple[int, ...]:
    # A 0 is a size to `pad`, so the sides are read here and checked against `least` after.
    if not re.fullmatch(r"\d{1,6}([x×]\d{1,6}){0,2}", text, re.ASCII):
        raise InvalidValueError(f"{quote(text)} is not a size", allowed=argument.allowed)
    return tuple(int(side) for side in re.split("[x×]", text))


def _row(argument: Argument, text: str) -> str:
    if not text:
        raise InvalidValueError(f"{argument.name} is empty", allowed=argument.allowed)
    return text


def _padding(argument: Argument, text: str) -> str | tuple[int, ...]:
    return text if text in ("same", "valid") else _size(argument, text)


def parse_padding(text: str) -> str | tuple[int, ...]:
    """Read a padding: `same`, `valid`, a number, or one for each axis, HEIGHTxWIDTH.

    Raises:
        InvalidValueError: it is none of them.

    >>> parse_padding("1"), parse_padding("2x1"), parse_padding("same")
    ((1,), (2, 1), 'same')
    """
    return _padding(Argument(name="pad", type=ArgumentType.PADDING), text)


LITERALS: Mapping[ArgumentType, Callable[[Argument, str], Any]] = {
    ArgumentType.BOOLEAN: _boolean,
    ArgumentType.CHOICE: _choice,
    ArgumentType.SIZE: _size,
    ArgumentType.PADDING: _padding,
    ArgumentType.ROW: _row,
}
"""How the text of an argument that does not vary by row is read."""


def literal(argument: Argument, text: str) -> Any:
    """Return the value of an argument that is a word, a size, or true or false.

    Raises:
        InvalidValueError: it is none that is allowed.
    """
    value = LITERALS[argument.type](argument, text)
    check_bounds(argument, value)
    return value


def check_bounds(argument: Argument, value: Any) -> None:
    """Raise InvalidValueError if a number, or a side of a size, is out of bounds."""
    sides = value if isinstance(value, tuple) else (value,)
    for side in sides:
        if isinstance(side, str | bool):
            continue
        low = argument.least is not None and side < argument.least
        high = argument.most is not None and side > argument.most
        if low or high:
            raise InvalidValueError(f"{float(side):g} is out of range", allowed=argument.allowed)
