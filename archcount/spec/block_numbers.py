"""What keys of a block hold: `repeat: 3`, and those of experts and of joins with named branches."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from archcount.architecture import Block, Expression, LocatedText
from archcount.architecture.argument_parser import condition_over, expression_over
from archcount.architecture.blocks import BoundArgument, ExpertsBlock, JoinBlock, WhenBlock
from archcount.architecture.layer_parser import argument_value
from archcount.errors import InvalidTableError, InvalidValueError, Problem, each, quote, suggestion
from archcount.layers.by_word import NAMED_JOINS
from archcount.layers.kind import Argument, arguments_of
from archcount.spec.yaml_tree import YamlNode


def text_of(marked: YamlNode, key: str, allowed: str) -> LocatedText:
    """Return what a key of a block holds, or raise InvalidTableError where it is no text."""
    if not isinstance(marked.value, str):
        raise InvalidTableError.of(f"{key} is not {allowed}", allowed=allowed, where=marked.where)
    return LocatedText(marked.value, marked.text_start)


def number_over(text: LocatedText, key: str, names: Collection[str]) -> Expression:
    """Read the expression over names that a key holds, or raise InvalidTableError."""
    try:
        return expression_over(text.text, names)
    except InvalidValueError as error:
        raise InvalidTableError(error.at(text.where, key)) from None


def read_when(
    value: Mapping[str, YamlNode], read: Callable[[YamlNode], Block], names: Collection[str]
) -> WhenBlock:
    """Read `when:` with its blocks, these with `read`, or raise InvalidTableError."""
    text = text_of(value["when"], "when", "a condition")
    try:
        condition = condition_over(text.text, names)
    except InvalidValueError as error:
        raise InvalidTableError(error.at(text.where, "when")) from None
    otherwise = read(value["else"]) if "else" in value else None
    return WhenBlock(condition, read(value["block"]), otherwise, text)


def read_experts(
    marked: YamlNode, read: Callable[[YamlNode], Block], names: Collection[str]
) -> ExpertsBlock:
    """Read what stands under `experts:`, its block with `read`, or raise InvalidTableError."""
    value = marked.value if isinstance(marked.value, dict) else {}
    if sorted(value) != ["active", "block", "of"]:
        raise InvalidTableError.of(
            "experts needs of:, active: and block:",
            allowed="experts: {of: 8, active: 2, block: ...}",
            where=marked.where,
        )
    texts = [text_of(value[key], key, "a number or an expression") for key in ("of", "active")]
    of, active = (number_over(text, "experts", names) for text in texts)
    return ExpertsBlock(of, active, read(value["block"]), *texts)


def read_named_join(
    text: LocatedText, marked: YamlNode, read: Callable[[YamlNode], Block], names: Collection[str]
) -> JoinBlock:
    """Read a join whose branches have names, and its options beside them.

    Raises:
        InvalidTableError: with every problem of it.
    """
    kind = NAMED_JOINS[text.text]
    options = {item.name: item for item in arguments_of(kind)}
    allowed = [*kind.branch_names, *options]
    value = marked.value if isinstance(marked.value, dict) else {}
    problems = [
        Problem(
            what=f"{text.text} has no {quote(key)}",
            allowed=", ".join(allowed),
            remedy=suggestion(key, allowed),
            where=marked.keys[key],
        )
        for key in value
        if key not in allowed
    ]
    problems += [
        Problem(what=f"{text.text}: {name} is missing", allowed=item.allowed, where=text.where)
        for name, item in options.items()
        if item.required and name not in value
    ]
    found: tuple[str, ...] = ()
    try:
        found = kind.in_order(value)
    except InvalidValueError as error:
        problems.append(error.at(text.where))
    if problems:
        raise InvalidTableError(problems)
    branches = each([value[name] for name in found], read)
    bound = each(
        [(item, value[name]) for name, item in options.items() if name in value],
        lambda pair: _bound(text.text, *pair, names),
    )
    return JoinBlock(kind, tuple(branches), text, found, tuple(bound))


def _bound(
    word: str, argument: Argument, marked: YamlNode, names: Collection[str]
) -> BoundArgument:
    text = text_of(marked, argument.name, argument.allowed)
    try:
        value = argument_value(argument, text.text, names)
    except InvalidValueError as error:
        raise InvalidTableError(error.at(text.where, f"{word}: {argument.name}")) from None
    return BoundArgument(argument=argument, value=value, text=text)
