"""The verdict on a claim: a number of the network, a ratio, a share, a sum, a bound, a cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from math import log, prod

from archcount.comparison.claim_values import (
    claimed_part,
    claimed_value,
    compared_claim,
    part_words,
    text_convention,
)
from archcount.comparison.constraints import QUANTITIES, Option, all_options
from archcount.comparison.conventions import accepted, computed_value, contrast, differences, unit
from archcount.comparison.digits import judge_by
from archcount.comparison.plausibility import believable, evidence
from archcount.comparison.ratios import compare_ratio
from archcount.comparison.results import ComparedClaim, Contradiction, Verdict
from archcount.comparison.verdicts import (
    judge_bound,
    judge_quantity,
    percent,
    relative_error,
    write_percent,
)
from archcount.engines.counts import Count, RowCount
from archcount.engines.network_parts import NetworkParts
from archcount.printed import (
    Claim,
    Convention,
    PrintedTable,
    Quantity,
    parse_bound,
    parse_duration,
    parse_percent,
    parse_product,
    parse_quantity,
)


def compare_claim(
    claim: Claim,
    printed: PrintedTable,
    count: Count,
    parts: NetworkParts,
    references: Mapping[str, Count],
    found: Sequence[Contradiction] = (),
) -> ComparedClaim:
    """Judge one claim."""
    if claim.what == "crops":
        return _crops(claim, count.total.cost.macs)
    if claim.what == "training time":
        part = parts.whole(heads=claim.heads)
        backward = parts.backward_macs(heads=claim.heads)
        return _training_time(claim, part.count.cost.macs, backward)
    if claim.than is not None:
        return compare_ratio(claim, claim.than, printed, count, parts, references)
    if claim.what.startswith("sum of "):
        return _column_sum(claim, printed)
    value, counts = claimed_value(claim, printed, count, parts)
    if "%" in claim.printed:
        return _share(claim, printed, count, parts)
    bound = parse_bound(claim.printed)
    if bound is not None:
        return compared_claim(claim, bound.quantity, value, judge_bound(bound, value, counts))
    quantity = parse_quantity(claim.printed)
    verdict = judge_by(
        quantity, value, Convention(k=1000, count=claim.what, digits=claim.digits), counts
    )
    quantity = quantity.with_digits(claim.digits)
    if claim.what == "neurons":
        has = f"{claim.of or claim.layers or 'the network'} has {value:,} neurons"
        words = verdict.sentence.replace(f"{value:,} {counts}", has, 1)
        verdict = replace(verdict, sentence=words)
    if verdict.status != "match" and claim.is_total:
        verdict = _otherwise(quantity, claim.what, printed, count) or verdict
        verdict = verdict if claim.elsewhere else _contradicted(verdict, claim, found)
    if verdict.status == "off":
        nearest = _nearest(claim, quantity, value, printed, count, parts)
        verdict = replace(verdict, sentence=" ".join((verdict.sentence, nearest)).strip())
    return compared_claim(claim, quantity, value, verdict)


def _column_sum(claim: Claim, printed: PrintedTable) -> ComparedClaim:
    """Judge the sum of a column as it is printed."""
    quantity = parse_quantity(claim.printed)
    total = printed.column_sum(claim.what.removeprefix("sum of "))
    value = int(total) if total.denominator == 1 else total
    return compared_claim(
        claim, quantity, value, judge_quantity(quantity, value, 1000, "added up as printed")
    )


def _share(claim: Claim, printed: PrintedTable, count: Count, parts: NetworkParts) -> ComparedClaim:
    """Judge the share that a part has of the whole; a table's shares count as its columns do."""
    quantity = parse_percent(claim.printed)
    part = claimed_part(claim, parts)
    assert part is not None, "the file was checked: a share is of a part"
    convention = (
        Convention(k=1000, count="weights")
        if claim.what == "weights"
        else printed.conventions[claim.what]
    )
    some, every = (computed_value(row, convention) for row in (part.count, count.total))
    share = Fraction(100 * some, every) if every else Fraction(0)
    words = f"% = {some:,}{part_words(claim)} / {every:,} {unit(convention)}"
    verdict = judge_quantity(quantity, share, 1000, words)
    shown = write_percent(share, quantity)
    return compared_claim(claim, quantity, share, verdict, shown=shown)


def _otherwise(
    quantity: Quantity, what: str, printed: PrintedTable, count: Count
) -> Verdict | None:
    """Return the verdict for another convention that gives a claimed total."""
    if what not in QUANTITIES:
        return None
    declared = text_convention(what, printed)
    column = replace(printed.conventions[what], rounding="either", digits=0)
    tried: tuple[Option, ...] = all_options(what, (declared, column))
    worth = evidence(accepted(quantity, declared))
    for convention, bits in sorted(tried[1:], key=lambda option: option[1]):
        value = computed_value(count.total, convention)
        if value in accepted(quantity, convention) and believable(bits, worth):
            return convention_verdict(quantity, count.total, declared, convention, of_column=False)
    return None


def convention_verdict(
    quantity: Quantity,
    row: RowCount,
    declared: Convention,
    other: Convention,
    *,
    of_column: bool = True,
) -> Verdict:
    """Return the verdict that another convention gives a printed number, of a column or not."""
    value = computed_value(row, other)
    found = judge_by(quantity, value, other)
    return Verdict(
        status="convention",
        why="+".join(differences(declared, other, row)) or "rounding",
        sentence=f"{found.sentence} {contrast(other, declared, row, of_column=of_column)}",
    )


def _contradicted(verdict: Verdict, claim: Claim, found: Sequence[Contradiction]) -> Verdict:
    """Return `contradiction` for a claim that is off where the rows contradict it."""
    if verdict.status != "off":
        return verdict
    for item in found:
        if item.claim == claim.printed and item.cells == (claim.what,):
            return replace(verdict, status="contradiction", why=item.why, sentence=item.sentence)
    return verdict


def _nearest(
    claim: Claim,
    quantity: Quantity,
    value: int,
    printed: PrintedTable,
    count: Count,
    parts: NetworkParts,
) -> str:
    """Return in words the count nearest to a claimed number; empty where none is nearer."""
    wanted = quantity.value()
    found = [(words, number) for words, number in _others(claim, printed, count, parts) if number]
    if not wanted or not found:
        return ""
    words, number = min(found, key=lambda item: _distance(item[1], wanted))
    if value and 2 * _distance(number, wanted) > _distance(value, wanted):
        return ""  # hardly nearer than what it says it is
    exact = f"{int(number):,}" if number.denominator == 1 else f"{float(number):,.1f}"
    if number == wanted:
        return f"It is {words}."
    return f"Nearest: {words}, {exact} ({percent(relative_error(number, wanted))})."


def _distance(number: Fraction | int, wanted: Fraction) -> float:
    return abs(log(float(number)) - log(float(wanted)))


def _others(
    claim: Claim, printed: PrintedTable, count: Count, parts: NetworkParts
) -> Iterator[tuple[str, Fraction]]:
    """Yield other counts that a claim of params or operations may mean."""
    if claim.of or claim.layers:
        return
    if claim.what == "neurons":
        inputs = prod(count.rows[0].input)
        yield f"the neurons and the {inputs:,} inputs", Fraction(parts.whole().neurons + inputs)
    column = "ops" if claim.what in ("ops", "macs", "flops") else ""
    column = "params" if claim.what in ("params", "weights") else column
    column = "params" if claim.what.endswith("buffers") else column
    if not column:
        return
    for suffix, row in (("", count.total), (" with heads", parts.whole(heads=True).count)):
        for words, number in _counts(column, row).items():
            yield words + suffix, Fraction(number)
    last = next((row for row in reversed(count.rows) if row.weights), None)
    if last is not None:
        least = _counts(column, last)
        for words, number in _counts(column, count.total).items():
            without = number - least[words]
            yield f"{words} without row {last.id}", Fraction(without)
    if column in printed.columns:
        total, added = printed.column_sum(column), f"the printed column of {column} added up"
        yield added, total
        blank = {row.id for row in printed.rows if column not in row.cells}
        rows = [row for row in count.rows if row.id in blank]
        counted = sum(computed_value(row, printed.conventions[column]) for row in rows)
        if counted:
            yield f"{added}, with {counted:,} counted where nothing is printed", total + counted


def _counts(column: str, row: RowCount) -> dict[str, int]:
    if column == "ops":
        return {"MACs": row.cost.macs, "FLOPs": row.cost.flops()}
    both = row.params + row.buffers
    return {"params": row.params, "weights": row.weights, "params and buffers": both}


def _crops(claim: Claim, macs: int) -> ComparedClaim:
    """Judge a number of crops, and say what testing one image in so many costs.

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
        elsewhere=claim.elsewhere,
        computed=number,
        shown=f"{number:,}",
        verdict=replace(verdict, sentence=f"{verdict.sentence} {sentence}"),
        figures={"macs_per_crop": macs, "macs_per_image": cost},
    )


def _training_time(claim: Claim, forward: int, backward: int) -> ComparedClaim:
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
        elsewhere=claim.elsewhere,
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
    for prefix in ("", "K", "M", "G", "T"):
        if value < 999.5:
            return f"{value:.3g} {prefix}MAC/s"
        value /= 1000
    return f"{value:.3g} PMAC/s"
