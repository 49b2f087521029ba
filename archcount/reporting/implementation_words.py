"""Whether code implements a paper, in one sentence, and why a total agrees by accident."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from archcount.comparison.implementation import Cancellation
from archcount.printed import PaperSource

if TYPE_CHECKING:
    from archcount.reporting.implementation_result import ImplementationResult

_SAID = 8
_LISTED = 3


def summary(result: ImplementationResult) -> str:
    """Return the answer to whether the code implements the paper."""
    paper = _paper(result.source, result.name)
    if result.is_another:
        found, of = result.counterparts
        joins = result.joins if found else ""
        return (
            f"{result.model} is another network than {paper}: {found} of the table's {of} layers "
            f"with weights have a counterpart of the same kernel and widths{joins}. It has "
            f"{_totals(result)}."
        )
    said = [str(finding) for finding in result.findings[:_SAID]]
    more = len(result.findings) - len(said)
    if more:
        said.append(f"{more} more difference{'s' if more > 1 else ''}")
    said += [f"{count.id}, which belongs to no row" for count in result.outside]
    said += [result.results] if result.results else []
    but = f" but for {'; '.join(said)}" if said else ", layer by layer"
    words = f"{result.model} implements {paper}{but}. It has {_totals(result)}."
    rest = [*map(told, result.cancellations), *_printed(result)]
    return " ".join([words, *(f"{_sentence(each)}." for each in rest)])


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _paper(source: PaperSource, name: str) -> str:
    return f"{name} ({', '.join(filter(None, (source.short_authors, source.table)))})"


def _totals(result: ImplementationResult) -> str:
    """Return the params and MACs, and the table's where these are others."""
    ours, theirs = result.total.count, result.table
    pairs = (
        ("params", ours.params, theirs.params),
        ("MACs", ours.cost.macs, theirs.cost.macs),
    )
    equal = [f"{here:,} {what}" for what, here, there in pairs if here == there]
    words = [
        f"{here:,} {what} instead of {there:,}" for what, here, there in pairs if here != there
    ]
    if equal:
        words.append(f"the table's {' and '.join(equal)}")
    return ", ".join(words)


def _printed(result: ImplementationResult) -> Iterator[str]:
    """Return what is printed of the whole network, and is not what the implementation has."""
    cells = result.total.cells if result.comparison.whole else {}
    for column, cell in cells.items():
        if cell.printed is not None and cell.verdict.status not in ("match", "unpublished"):
            how, sentence = _SHORT[cell.verdict.status], cell.verdict.sentence.rstrip(".")
            yield f"the paper prints {cell.printed} ({column}), {how}: {sentence}"


_SHORT = {
    "convention": "by another convention",
    "reading": "by another reading",
    "contradiction": "which contradicts its other numbers",
    "off": "which is off",
}


def told(item: Cancellation) -> str:
    """Return why a total agrees with what is printed by accident."""
    return (
        f"the {item.value:,} {item.unit} agree with the printed column added up "
        f"({_number(item.printed)}) only because differences cancel: {_sum(item.above)} against "
        f"{_sum(item.below)}"
    )


def _sum(errors: tuple[tuple[str, Fraction], ...]) -> str:
    total = sum((error for _, error in errors), Fraction(0))
    rows = [name for name, _ in errors]
    where = ", ".join(rows) if len(rows) <= _LISTED else f"{len(rows)} rows"
    return f"{'+' if total > 0 else '-'}{_number(abs(total))} in {where}"


def _number(value: Fraction) -> str:
    """Write a number in three or four digits.

    >>> _number(Fraction(84_013_952)), _number(Fraction(1_502_000_000)), _number(Fraction(512))
    ('84.0M', '1502M', '512')
    """
    for scale, letter in ((10**9, "G"), (10**6, "M"), (10**3, "K")):
        if value >= scale * (10 if letter == "G" else 1):
            short = float(value / scale)
            return f"{short:.0f}{letter}" if short >= 1000 else f"{short:.1f}{letter}"
    return f"{float(value):.0f}"
