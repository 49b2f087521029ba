"""The verdict on one printed number: an interval test, never a tolerance."""

from __future__ import annotations

from fractions import Fraction

from archcount.comparison.records import Verdict
from archcount.printed import Bound, Interval, Quantity, parse_size

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
    told = tell(printed, computed, k, unit)
    if computed == printed.value(k):
        return Verdict(
            status="match", why="equal", sentence=f"{told}, printed {printed.text}: exactly."
        )
    if rounded or truncated:
        why = "either" if rounded and truncated else "rounded" if rounded else "truncated"
        manner = "rounded or truncated" if why == "either" else why
        return Verdict(
            status="match", why=why, sentence=f"{told}, printed {printed.text}: {manner}."
        )
    error = relative_error(Fraction(computed), printed.value(k))
    return Verdict(
        status="off",
        why="differs",
        sentence=f"{told}, printed {printed.text}: computed is {percent(error)} from printed.",
        error=error,
    )


def tell(printed: Quantity, computed: Fraction | int, k: int, unit: str) -> str:
    """Write a computed value exactly, and in the notation of a printed one.

    >>> from archcount.printed import parse_quantity
    >>> tell(parse_quantity("2.7K"), 9408, 1024, "weights")
    '9,408 weights = 9.19K with K = 1024'
    """
    exact = f"{computed:,}" if isinstance(computed, int) else f"{float(computed):.6g}"
    told = f"{exact} {unit}".strip()
    return f"{told} = {write(computed, printed, k)} with K = {k}" if printed.power else told


def judge_bound(printed: Bound, computed: int, unit: str) -> Verdict:
    """Judge a number that something is said to be below or above.

    >>> from archcount.printed import parse_bound
    >>> judge_bound(parse_bound("<25M"), 23_834_568, "params").why
    'bound'
    """
    told = f"{computed:,} {unit}, printed {printed.text}"
    if printed.holds(computed):
        return Verdict(status="match", why="bound", sentence=f"{told}: so it is.")
    error = relative_error(Fraction(computed), printed.quantity.value())
    return Verdict(
        status="off",
        why="differs",
        sentence=f"{told}: computed is {percent(error)} from the bound."
        if error
        else f"{told}: it is just that, and not {printed.side}.",
        error=error,
    )


def judge_ratio(
    printed: Quantity,
    reference: Quantity,
    name: str,
    computed: int,
    unit: str,
    *,
    more: bool = False,
    rise: bool = False,
) -> Verdict:
    """Judge a printed ratio of another printed number to a computed value.

    The other number is printed too, so that all its values are tried, and one that fits is
    enough.

    Args:
        printed: the printed ratio.
        reference: the other printed number, whose K is 1000.
        name: whose number it is.
        computed: the computed value.
        unit: what is counted.
        more: whether the computed value is divided by the other number, not the other way.
        rise: whether the printed number is by how many per cent it is more.

    >>> from archcount.printed import parse_quantity, parse_ratio
    >>> sixty = parse_quantity("60M")
    >>> judge_ratio(parse_ratio("12x"), sixty, "AlexNet", 6998552, "params").status
    'off'
    >>> judge_ratio(parse_ratio("12x"), sixty, "AlexNet", 5000000, "params").status
    'match'
    """
    if not computed:
        sentence = f"{reference.text} {unit} of {name} cannot be set against 0."
        return Verdict(status="off", why="differs", sentence=sentence)
    quotients = [
        _quotient(interval, computed, more=more, rise=rise)
        for interval in (reference.rounded(), reference.truncated())
    ]
    rounded = any(printed.rounded().meets(quotient) for quotient in quotients)
    truncated = any(printed.truncated().meets(quotient) for quotient in quotients)
    point = reference.value()
    ratio = computed / point if more else point / computed
    pair = (f"{computed:,} {unit}", f"{reference.text} of {name}")
    told = f"{' / '.join(pair if more else pair[::-1])} = {float(ratio):.3g}"
    if rise:
        ratio = (ratio - 1) * 100 if more else (1 - 1 / ratio) * 100
        told += f", {float(ratio):.3g}% {'more' if more else 'fewer'}"
    if rounded or truncated:
        why = "either" if rounded and truncated else "rounded" if rounded else "truncated"
        return Verdict(status="match", why=why, sentence=f"{told}, printed {printed.text}.")
    error = relative_error(ratio, printed.value())
    return Verdict(
        status="off",
        why="differs",
        sentence=f"{told}, printed {printed.text}: computed is {percent(error)} from printed.",
        error=error,
    )


def _quotient(interval: Interval, computed: int, *, more: bool, rise: bool) -> Interval:
    """Give the ratios that a printed number can have to a computed one."""
    if not more:
        found = interval.divided_by(computed)
    else:
        tiny = Fraction(1, 10**30)  # a printed 0 is below any number
        found = Interval(computed / interval.high, computed / max(interval.low, tiny))
    if not rise:
        return found
    if more:
        return Interval((found.low - 1) * 100, (found.high - 1) * 100)
    return Interval((1 - 1 / found.low) * 100, (1 - 1 / found.high) * 100)


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


def judge_size(printed: str, chw: tuple[int, int, int]) -> Verdict:
    """Judge a printed size, height x width and channels where they are printed.

    >>> judge_size("112x112x64", (64, 112, 112)).status
    'match'
    """
    size = parse_size(printed, parts=(2, 3))
    computed = (chw[1], chw[2], chw[0])[: len(size)]
    shown = "x".join(str(side) for side in computed)
    if size == computed:
        return Verdict(status="match", why="equal", sentence=f"{shown}, printed {printed}.")
    return Verdict(status="off", why="differs", sentence=f"{shown} computed, {printed} printed.")


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
    """Give (computed - printed) / printed, or None where 0 is printed."""
    return (computed - printed) / printed if printed else None


def percent(error: Fraction | None) -> str:
    """Write a relative error with its sign, fine enough never to read as nothing.

    >>> percent(Fraction(1, 40)), percent(Fraction(-1, 30000)), percent(Fraction(5))
    ('+2.5%', '-0.0033%', '+500%')
    """
    if error is None:
        return "beyond all measure"
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
    suffix = like.text.lstrip("0123456789.,") if like.power or like.exponent else ""
    digits = max(len(str(like.unit.denominator)) - 1, 0)
    scaled = Fraction(value) / like.scale(k)
    if scaled.denominator == 1 and not suffix:
        return f"{int(scaled):,}"
    return f"{float(scaled):,.{digits + 1}f}{suffix}"
