"""What is said of a block that is written wrongly: what is allowed, and what was probably meant."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from archcount.errors import Location, Problem, quote, suggestion
from archcount.layers.by_word import JOINS, KINDS, NAMED_JOINS

FORMS = (
    f"a layer, a block's name, a list, {', '.join(f'{word}:' for word in (*JOINS, *NAMED_JOINS))}, "
    "repeat: with block:, experts: with of:, active: and block:, "
    "or when: with block: and perhaps else:"
)
"""What a block may be."""
_KEYS = (*JOINS, *NAMED_JOINS, "repeat", "block", "experts", "when", "else")


def with_blocks(problem: Problem, text: str, blocks: Collection[str]) -> Problem:
    """Name the file's own blocks among what is allowed."""
    own = f"the blocks {', '.join(map(repr, blocks))}; " if blocks else ""
    near = suggestion(text, [*blocks, *KINDS])
    return replace(
        problem, allowed=f"{own}or a layer: {', '.join(KINDS)}", remedy=near or problem.remedy
    )


def unknown_keys(keys: Collection[str], blocks: Collection[str], where: Location) -> Problem:
    """Say that no block has these keys; a block of the file among them is no key."""
    unknown = next((key for key in keys if key not in _KEYS), "")
    return Problem(
        what=f"a block with the keys {', '.join(map(quote, keys)) or 'none'}",
        allowed=FORMS,
        remedy=f"name block {quote(unknown)} without a colon"
        if unknown in blocks
        else suggestion(unknown, [*_KEYS, *blocks]),
        where=where,
    )


def arguments(number: int) -> str:
    """Return a number of arguments in words."""
    return "1 argument" if number == 1 else f"{number} arguments"


def one_branch(word: str, where: Location) -> Problem:
    """Say that a join has one branch, which it would leave as it is."""
    remedy = "write what is in it without the join"
    if JOINS[word].takes_shortcut:
        remedy = f"a list is one branch: {word}: [[conv 3x3 64, conv 3x3 64], shortcut] has two"
    return Problem(
        what=f"{word} has one branch", allowed="two branches or more", remedy=remedy, where=where
    )
