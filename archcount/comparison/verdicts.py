"""The verdict on one printed number: an interval test, never a tolerance."""

from __future__ import annotations

from fractions import Fraction

from archcount.comparison.results import Verdict
from archcount.printed import (
    Bound,
    Interval,
    Quantity,
    grid_and_channels,
    joined_by_x,
    parse_output,
)

BLANK = Verdict(status="unpublished", why="blank", sentence="The paper prints nothing here.")
"""The verdict on a blank cell."""


def judge_quantity(
    printed: Quantity, computed: Fraction | int, k: int, unit: str, rounding: str = "either"
) -> Verdict:
    """Judge a printed quantity against a computed value.

    Args:
        printed: the printed number.
        computed: the computed one, in base units.
        k: what the suffix K stands for.
        unit: what is counted, for the sentence.
        rounding: how the number was shortened: `nearest`, `down`, or `either`.

    >>> from archcount.printed import parse_quantity
    >>> judge_quantity(parse_quantity("159K"), 163328, 1024, "weights").why
    'truncated'
    >>> judge_quantity(parse_quantity("2.7K"), 9408, 1024, "weights").status
    'off'
    """
    rounded = computed in printed.rounded(k) and rounding != "down"
    truncated = computed in printed.truncated(k) and rounding != "nearest"
    exact = f"{computed:,}" if isinstance(computed, int) else f"{float(computed):.6g}"
    words = f"{exact} {unit}".strip()
    words += f" = {write(computed, printed, k)} with K = {k}" if printed.power else ""
    words += f", printed {printed.text}"
    if computed == printed.value(k):
        return Verdict(status="match", why="equal", sentence=f"{words}: exactly.")
    return shortened(words, rounded, truncated, Fraction(computed), printed.value(k))


def shortened(
    words: str, rounded: bool, truncated: bool, computed: Fraction, printed: Fraction
) -> Verdict:
    """Return `match` for what is printed rounded or cut off, else `off` with its error."""
    if rounded or truncated:
        why = "either" if rounded and truncated else "rounded" if rounded else "truncated"
        manner = "rounded or truncated" if why == "either" else why
        return Verdict(status="match", why=why, sentence=f"{words}: {manner}.")
    error = relative_error(computed, printed)
    sentence = f"{words}: computed is {percent(error)} from printed."
    return Verdict(status="off", why="differs", sentence=sentence, error=error)


def judge_bound(printed: Bound, computed: int, unit: str) -> Verdict:
    """Judge a number that something is said to be below or above.

    >>> from archcount.printed import parse_bound
    >>> judge_bound(parse_bound("<25M"), 23_834_568, "params").why
    'bound'
    """
    words = f'{computed:,} {unit}, printed "{printed.text}"'
    if printed.holds(computed):
        return Verdict(status="match", why="bound", sentence=f"{words}: holds.")
    error = relative_error(Fraction(computed), printed.quantity.value())
    return Verdict(
        status="off",
        why="differs",
        sentence=f"{words}: computed is {percent(error)} from the bound."
        if error
        else f"{words}: exactly that, not {printed.side}.",
        error=error,
    )


def judge_whole(printed: str, computed: int) -> Verdict:
    """Judge a printed whole number, which must be equal.

    >>> judge_whole("2", 2).status
    'match'
    """
    if int(printed) == computed:
        return Verdict(status="match", why="equal", sentence=f"{computed}, printed {printed}.")
    error = relative_error(Fraction(computed), Fraction(printed))
    return Verdict(
        status="off",
        why="differs",
        sentence=f"{computed} computed, {printed} printed.",
        error=error,
    )


def judge_size(printed: str, dims: tuple[int, ...]) -> Verdict:
    """Judge a printed size, height x width and channels where they are printed.

    Other axes stand likewise; one number alone is the channels of a single position.

    >>> judge_size("112x112x64", (64, 112, 112)).status
    'match'
    """
    size = parse_output(printed)
    grid, channels = grid_and_channels(size, dims)
    shown = shown_size(size, dims)
    if grid == dims[1:] and channels in (None, dims[0]) and len(size) <= len(dims):
        return Verdict(status="match", why="equal", sentence=f"{shown}, printed {printed}.")
    return Verdict(status="off", why="differs", sentence=f"{shown} computed, {printed} printed.")


def shown_size(printed: tuple[int, ...], dims: tuple[int, ...]) -> str:
    """Write a computed size as one is printed: with or without channels, or these alone.

    >>> shown_size((56, 56), (64, 56, 56)), shown_size((1000,), (4096, 1, 1))
    ('56x56', '4096')
    """
    alone = len(printed) == 1 and len(dims) > 2 and set(dims[1:]) == {1}
    return joined_by_x(
        dims[:1] if alone else (*dims[1:], dims[0])[: max(len(printed), len(dims) - 1)]
    )


def interval_words(interval: Interval) -> str:
    """Write an interval's ends, whole where they are, never with more digits than can be read.

    >>> interval_words(Interval(Fraction(1997, 2), Fraction(1000)))
    '998.5 to 1,000'
    """
    return f"{_end(interval.low)} to {_end(interval.high)}"


def _end(value: Fraction) -> str:
    if value >= 10**15:
        return f"{float(value):.6g}"
    return f"{int(value):,}" if value.denominator == 1 else f"{float(value):,.1f}"


def relative_error(computed: Fraction, printed: Fraction) -> Fraction | None:
    """Return (computed - printed) / printed, or None where 0 is printed."""
    return (computed - printed) / printed if printed else None


def percent(error: Fraction | None) -> str:
    """Write a relative error with its sign, fine enough never to read as nothing.

    >>> percent(Fraction(1, 40)), percent(Fraction(-1, 30000)), percent(Fraction(5))
    ('+2.5%', '-0.0033%', '+500%')
    """
    if error is None:
        return "infinitely far"
    value = float(error) * 100
    if abs(value) >= 100:
        return f"{value:+,.0f}%"
    return f"{value:+.1f}%" if abs(value) >= 0.1 else f"{value:+.2g}%"


def write_percent(value: Fraction, like: Quantity) -> str:
    """Write a share or a rise, one digit finer than a printed one.

    >>> from archcount.printed import parse_percent
    >>> write_percent(Fraction(7459, 100), parse_percent("74.6%"))
    '74.59%'
    """
    digits = max(len(str(like.unit.denominator)) - 1, 0)
    return f"{float(value):.{digits + 1}f}%"


def write(value: Fraction | int, like: Quantity, k: int) -> str:
    """Write a value in the notation of a printed quantity, one digit finer.

    >>> from archcount.printed import parse_quantity
    >>> write(9408, parse_quantity("2.7K"), 1024), write(359661568, parse_quantity("360M"), 1000)
    ('9.19K', '359.7M')
    """
    suffix = like.suffix if like.power or like.exponent else ""
    digits = max(len(str(like.unit.denominator)) - 1, 0)
    scaled = Fraction(value) / like.scale(k)
    if scaled.denominator == 1 and not suffix:
        return f"{int(scaled):,}"
    return f"{float(scaled):,.{digits + 1}f}{suffix}"
