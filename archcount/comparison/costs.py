"""Claims about cost: images tested in many crops, and trainings whose duration is printed."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import prod

from archcount.comparison.results import ComparedClaim, Verdict
from archcount.comparison.verdicts import judge_quantity
from archcount.printed import Claim, parse_duration, parse_product, parse_quantity


def crops(claim: Claim, macs: int) -> ComparedClaim:
    """Judge a number of crops, and say what testing one image in so many costs.

    Args:
        claim: the claim.
        macs: multiply-accumulates of one crop.

    Source: arXiv:1409.4842, sec. 7, on 144 crops.
    """
    number = prod(parse_product(claim.crops))
    quantity = parse_quantity(claim.printed)
    verdict = judge_quantity(quantity, number, 1000, f"crops = {claim.crops}")
    cost = number * macs
    sentence = f"{number:,} crops of {macs:,} MACs are {cost:,} MACs an image."
    return ComparedClaim(
        what=claim.what,
        printed=claim.printed,
        source=claim.source,
        computed=number,
        shown=f"{number:,}",
        verdict=replace(verdict, sentence=f"{verdict.sentence} {sentence}"),
        figures={"macs_per_crop": macs, "macs_per_image": cost},
    )


def training_time(claim: Claim, forward: int, backward: int) -> ComparedClaim:
    """Turn a printed duration into the rate that it means; a duration itself cannot be counted."""
    assert claim.training is not None, "the file was checked: a training has images"
    images = claim.training.images * claim.training.epochs
    total = images * (forward + backward)
    rate = total / parse_duration(claim.printed)
    each = f"{forward:,} forward + {backward:,} backward MACs"
    return ComparedClaim(
        what=claim.what + (" with heads" if claim.heads else ""),
        printed=claim.printed,
        source=claim.source,
        computed=rate,
        shown=_rate(rate),
        verdict=Verdict(
            status="unpublished",
            why="rate",
            sentence=f"{images:,} images of {each} are {total:,} MACs, in {claim.printed}: "
            f"{_rate(rate)} achieved; no rate is printed to hold it against.",
        ),
        figures={
            "images": images,
            "forward_macs": forward,
            "backward_macs": backward,
            "macs": total,
            "macs_per_second": float(rate),
        },
    )


def _rate(rate: Fraction) -> str:
    """Write a rate with three digits.

    >>> _rate(Fraction(1_234_567_890_000))
    '1.23 TMAC/s'
    """
    value = float(rate)
    for unit in ("", "K", "M", "G", "T"):
        if value < 999.5:
            return f"{value:.3g} {unit}MAC/s"
        value /= 1000
    return f"{value:.3g} PMAC/s"
