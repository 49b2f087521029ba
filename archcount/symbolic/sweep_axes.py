"""What a sweep varies: input sizes, values of `let` names, and batches."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from archcount.architecture import parse_expression
from archcount.errors import InvalidValueError, UsageError, quote
from archcount.layers import Shape
from archcount.spec.variant import Variant

Value = str | int | float | Fraction
Values = Value | Iterable[Value]
"""One value, several, or text of values and ranges with commas between them."""

_RANGE = re.compile(r"([0-9]{1,6})\.\.([0-9]{1,6})(?::(x?)([0-9]{1,6}))?")
_WHOLE = re.compile(r"[0-9]{1,9}")
_SIZES = "128..512:32, 224,299 or CxHxW"
_MOST = 10_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Axes:
    """What is varied, each in order.

    Attributes:
        inputs: input sizes, (channels, height, width); empty for the table's own alone.
        lets: the values of each `let` name.
        batches: how many images operations are counted for.
    """

    inputs: Sequence[tuple[int, ...]] = ()
    lets: Mapping[str, Sequence[str]]
    batches: Sequence[int] = (1,)

    def __len__(self) -> int:
        """Return the number of combinations."""
        number = max(1, len(self.inputs)) * len(self.batches)
        for values in self.lets.values():
            number *= len(values)
        return number


def read_axes(
    network: Variant, inputs: Values, lets: Mapping[str, Values], batches: Values
) -> Axes:
    """Read what is to be varied; an input size is CxHxW, or the length of every axis.

    Raises:
        UsageError: there is no such name, a value can never be a number, or there are too many
            combinations.
    """
    axes = read_model_axes(inputs, network.input.dims, lets, batches)
    known = list(network.let)
    if any(name not in known for name in lets):
        network.expand(None, dict.fromkeys(lets, "1"))
    for name, texts in axes.lets.items():
        for text in texts:
            if not _WHOLE.fullmatch(text):
                _check_value(name, text, known[: known.index(name)])
    return axes


def read_model_axes(
    sizes: Values, own: tuple[int, ...], lets: Mapping[str, Values], batches: Values
) -> Axes:
    """Read what is to be varied of a model with an input of its own; else as `read_axes`."""
    axes = Axes(
        inputs=_sizes(sizes, own),
        lets={name: _numbers(f"let {name}", values) for name, values in lets.items()},
        batches=_batches(batches),
    )
    if len(axes) > _MOST:
        raise UsageError.of(f"{len(axes):,} combinations", allowed=f"at most {_MOST:,}")
    return axes


def number_of(text: str) -> Fraction | None:
    """Return the number that a `let` value is; None where it reads other names.

    >>> number_of("1/4"), number_of("w/2")
    (Fraction(1, 4), None)
    """
    expression = parse_expression(text)
    return None if expression.names else Fraction(expression.evaluate(lambda _: Fraction(1)))


def _words(values: Values) -> list[str]:
    if isinstance(values, str):
        return [word.strip() for word in values.split(",") if word.strip()]
    return [str(value) for value in as_several(values)]


def as_several(values: Values) -> Iterable[Value]:
    """Return one value or several as several.

    >>> as_several(3), as_several([1, 2])
    ([3], [1, 2])
    """
    return [values] if isinstance(values, str) or not isinstance(values, Iterable) else values


def _sizes(values: Values, own: tuple[int, ...]) -> Sequence[tuple[int, ...]]:
    """Read input sizes: ranges and numbers are the length of all axes but channels."""
    words = _words(values)
    if values and not words:
        raise UsageError.of(f"input {quote(str(values))} has no size", allowed=_SIZES)
    found: list[tuple[int, ...]] = []
    for word in words:
        if "x" in word and ".." not in word:
            found.append(_shape(word, len(own)))
            continue
        sides = _range("input", word)
        if sides is None and not _WHOLE.fullmatch(word):
            raise UsageError.of(f"input {quote(word)}", allowed=_SIZES)
        sides = range(int(word), int(word) + 1) if sides is None else sides
        if not sides[0]:
            raise UsageError.of(f"input {quote(word)}", allowed="sides of 1 or more")
        found += [(own[0], *[side] * (len(own) - 1)) for side in sides]
    return found


def _shape(word: str, rank: int) -> tuple[int, ...]:
    try:
        dims = Shape.parse(word).dims
    except InvalidValueError as error:
        raise UsageError.of(f"input: {error.what}", allowed=_SIZES) from None
    if len(dims) != rank:
        raise UsageError.of(f"input {quote(word)}, of another input's axes", allowed=_SIZES)
    return dims


def _range(what: str, word: str) -> Sequence[int] | None:
    """Return the numbers of a range FIRST..LAST:STEP, or :xFACTOR; None for another word."""
    found = _RANGE.fullmatch(word)
    if found is None:
        return None
    first, last, step = int(found[1]), int(found[2]), int(found[4] or 1)
    if not step or first > last:
        raise UsageError.of(f"{what} {quote(word)} is an empty range", allowed="128..512:32")
    if found[3] and not (first and step > 1):
        raise UsageError.of(f"{what} {quote(word)} never ends", allowed="128..4096:x2")
    if not found[3]:
        return range(first, last + 1, step)
    numbers = [first]
    while numbers[-1] * step <= last:
        numbers.append(numbers[-1] * step)
    return numbers


def _numbers(what: str, values: Values) -> Sequence[str]:
    """Read ranges of whole numbers, and any expression that a table file may have for a name."""
    found: list[str] = []
    for word in _words(values):
        numbers = _range(what, word)
        found += [word] if numbers is None else map(str, numbers)
    if not found:
        raise UsageError.of(f"{what} has no value", allowed="alpha=0.25,0.5")
    return found


def _batches(values: Values) -> Sequence[int]:
    words = _words(values)
    if not words or not all(_WHOLE.fullmatch(word) and int(word) for word in words):
        shown = values if isinstance(values, str) else ",".join(words)
        raise UsageError.of(
            f"batch {quote(shown)}", allowed="whole numbers of 1 or more, such as 1,8"
        )
    return [int(word) for word in words]


def _check_value(name: str, value: str, before: Sequence[str]) -> None:
    """Refuse what can be no number, whatever the other names are.

    Raises:
        UsageError: it is no expression, reads another name, or is never a number.
    """
    try:
        expression = parse_expression(value)
        unknown = [read for read in expression.names if read not in before]
        if unknown:
            allowed = ", ".join(["numbers", *before])
            raise InvalidValueError(f"unknown name {quote(unknown[0])}", allowed=allowed)
        if not expression.names:
            expression.evaluate(lambda _: Fraction(1))
    except InvalidValueError as error:
        raise UsageError(error.at(None, f"let {name}")) from None
