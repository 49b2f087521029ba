"""The numbers that keys of a block hold, `repeat: 3` and those of experts."""

from __future__ import annotations

from collections.abc import Callable, Collection

from archcount.architecture import Block, Expression, LocatedText
from archcount.architecture.argument_parser import expression_over
from archcount.architecture.blocks import ExpertsBlock
from archcount.errors import InvalidTableError, InvalidValueError
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
