"""What is said of a block that is written wrongly: what is allowed, and what was probably meant."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from archcount.architecture import LocatedText
from archcount.errors import InvalidTableError, Location, Problem, quote, suggestion
from archcount.layers.by_word import JOINS, KINDS, NAMED_JOINS
from archcount.spec.block_names import BlockName, call_of
from archcount.spec.yaml_reader import DEEPEST

FORMS = (
    f"a layer, a block's name, a list, {', '.join(f'{word}:' for word in (*JOINS, *NAMED_JOINS))}, "
    "repeat: with block:, experts: with of:, active: and block:, "
    "or when: with block: and perhaps else:"
)
"""What a block may be."""
_KEYS = (*JOINS, *NAMED_JOINS, "repeat", "block", "experts", "when", "else")

_OTHER_WORDS = {
    other: word
    for word, others in {
        "conv": "conv1d conv2d conv3d convolution",
        "upconv": "convtranspose convtranspose2d deconv deconvolution transposedconv",
        "dwconv": "depthwise depthwiseconv depthwiseconv2d",
        "sepconv": "separable separableconv separableconv2d",
        "linear": "dense fc fullyconnected innerproduct",
        "attention": "mha mhsa multiheadattention selfattention",
        "batchnorm": "bn batchnorm2d batchnormalization",
        "layernorm": "ln layernormalization",
        "groupnorm": "gn",
        "global_avgpool": "gap globalaveragepool globalaveragepooling",
        "avgpool": "averagepool averagepooling",
        "maxpool": "maxpooling pool",
        "map": "reshape unflatten view",
        "hswish": "hardswish",
        "hsigmoid": "hardsigmoid",
    }.items()
    for other in others.split()
}
"""What other programs and papers call a layer, in small letters and without underlines."""


def with_blocks(problem: Problem, text: str, blocks: Collection[str]) -> Problem:
    """Name the file's own blocks among what is allowed."""
    own = f"the blocks {', '.join(map(repr, blocks))}; or " if blocks else ""
    meant = _OTHER_WORDS.get(text.lower().replace("_", ""), "")
    near = f"did you mean {meant!r}?" if meant else suggestion(text, [*blocks, *KINDS])
    if not near and text[:1] in ("{", "["):
        near = "write it under blocks:, and its name here"
    return replace(
        problem, allowed=f"{own}a layer: {', '.join(KINDS)}", remedy=near or problem.remedy
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


def called_layer(text: LocatedText, word: str, given: LocatedText) -> InvalidTableError:
    """Say that a layer is written with blanks, not as a function is called."""
    return InvalidTableError.of(
        f"{quote(text.text)}: a layer has no parentheses",
        remedy=f"write {' '.join([word, *given.text.replace(',', ' ').split()])}",
        where=text.where,
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


def nested_too_deep(where: Location) -> InvalidTableError:
    """Return the error for blocks inside one another that are more than `DEEPEST`."""
    return InvalidTableError.of(
        "blocks are nested too deep",
        allowed=f"at most {DEEPEST} inside one another",
        remedy="write some of them out",
        where=where,
    )


def refuse_misuse(text: LocatedText, titles: Iterable[BlockName]) -> None:
    """Say how a block is written that is named with arguments it does not take, or without.

    Raises:
        InvalidTableError: a text names a block, or a layer, in a way that it is not named.
    """
    call = call_of(text)
    word = call[0] if call else text.text.partition(" ")[0]
    if word in KINDS:
        if call:
            raise called_layer(text, *call)
        return
    for title in titles:
        if title.word != word:
            continue
        what = f"block {quote(title.text)} takes " + (
            arguments(len(title.parameters)) if title.parameters else "no numbers"
        )
        raise InvalidTableError.of(
            f"{quote(text.text)}: {what}",
            allowed=title.text,
            remedy="" if title.parameters else f"name its arguments: {word}(a), or write {word}",
            where=text.where,
        )
