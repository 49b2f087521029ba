"""The verdict on a ratio: how many times fewer or more than elsewhere, or by how many per cent."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from archcount.comparison.claim_values import (
    claimed_value,
    compared_claim,
    depth_of,
    part_words,
    text_convention,
)
from archcount.comparison.conventions import computed_value
from archcount.comparison.results import ComparedClaim, Verdict
from archcount.comparison.verdicts import shortened, write, write_percent
from archcount.engines.counts import Count
from archcount.engines.network_parts import NetworkParts
from archcount.printed import (
    Claim,
    Interval,
    PrintedTable,
    Quantity,
    Reference,
    parse_percent,
    parse_quantity,
    parse_ratio,
)

_TINY = Fraction(1, 10**30)
"""Below any number that a printed 0 stands for."""


def compare_ratio(
    claim: Claim,
    than: Reference,
    printed: PrintedTable,
    count: Count,
    parts: NetworkParts,
    references: Mapping[str, Count],
) -> ComparedClaim:
    """Judge how many times fewer, or more, than elsewhere."""
    rise = "%" in claim.printed
    quantity = parse_percent(claim.printed) if rise else parse_ratio(claim.printed)
    value, counts = claimed_value(claim, printed, count, parts)
    other: Quantity | int
    if than.table:
        other = _reference_value(claim.what, printed, references[than.name])
    else:
        other = parse_quantity(than.printed)
    verdict = judge_ratio(quantity, other, than.name, value, counts, more=than.more, rise=rise)
    point = _point(other)
    ratio = _ratio(point, value, more=than.more, rise=rise) if point and value else Fraction(0)
    return compared_claim(
        claim,
        quantity,
        ratio,
        verdict,
        what=f"{claim.what}{part_words(claim)} vs {than.name}",
        shown=write_percent(ratio, quantity) if rise else f"{write(ratio, quantity, 1000)}x",
    )


def judge_ratio(
    printed: Quantity,
    other: Quantity | int,
    name: str,
    computed: int,
    unit: str,
    *,
    more: bool = False,
    rise: bool = False,
) -> Verdict:
    """Judge a printed ratio of another number to a computed value.

    Where the other number is printed too, all its values are tried, and one that fits is enough.

    Args:
        printed: the printed ratio.
        other: the other number, printed (K is 1000) or counted.
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
    point, text = _point(other), f"{other:,}" if isinstance(other, int) else other.text
    pair = (f"{computed:,} {unit}", f"{text} of {name}")
    words = " / ".join(pair if more else pair[::-1])
    if not (computed and point):
        sentence = f"{words} cannot be set against 0."
        return Verdict(status="off", why="differs", sentence=sentence)
    words += f" = {float(_ratio(point, computed, more=more, rise=False)):.3g}"
    ratio = _ratio(point, computed, more=more, rise=rise)
    if rise:
        words += f", {float(ratio):.3g}% {'more' if more else 'fewer'}"
    words += f", printed {printed.text}"
    if isinstance(other, int):
        if ratio == printed.value():
            return Verdict(status="match", why="equal", sentence=f"{words}: exactly.")
        rounded, truncated = ratio in printed.rounded(), ratio in printed.truncated()
    else:
        quotients = [
            _quotients(each, computed, more=more, rise=rise)
            for each in (other.rounded(), other.truncated())
        ]
        rounded = any(printed.rounded().meets(quotient) for quotient in quotients)
        truncated = any(printed.truncated().meets(quotient) for quotient in quotients)
    return shortened(words, rounded, truncated, ratio, printed.value())


def _point(other: Quantity | int) -> Fraction:
    return Fraction(other) if isinstance(other, int) else other.value()


def _ratio(other: Fraction, computed: int, *, more: bool, rise: bool) -> Fraction:
    """Return a ratio to another number, or by how many per cent there are more, or fewer."""
    if not more:
        return (1 - computed / other) * 100 if rise else other / computed
    return (computed / other - 1) * 100 if rise else computed / other


def _quotients(interval: Interval, computed: int, *, more: bool, rise: bool) -> Interval:
    """Return the ratios that a number in an interval can have to a computed one."""
    ends = [
        _ratio(max(end, _TINY), computed, more=more, rise=rise)
        for end in (interval.low, interval.high)
    ]
    return Interval(min(ends), max(ends))


def _reference_value(what: str, printed: PrintedTable, other: Count) -> int:
    if what.startswith("depth"):
        return depth_of(what, other)[0]
    if what == "weights":
        return other.total.weights
    return computed_value(other.total, text_convention(what, printed))
