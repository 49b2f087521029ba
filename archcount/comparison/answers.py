"""The answer of a comparison in one line: what matches, what is explained, what is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from archcount.comparison.constraints import QUANTITIES, SIZES
from archcount.comparison.results import ComparedCell, ComparedClaim, Comparison

KINDS: Mapping[str, str] = {
    "match": "match",
    "convention": "explained",
    "reading": "explained",
    "contradiction": "wrong",
    "off": "wrong",
}
"""What the answer says of a number with a verdict; of one that is not judged it says nothing."""

Judged = ComparedCell | ComparedClaim


def verdict_words(comparison: Comparison) -> str:
    """Return in a line how many printed numbers match, are explained, and are wrong.

    Columns that match as a whole are said together; the numbers of the file's own network that
    do not match are known where the file declares them.
    """
    if not comparison.is_own:
        return "not judged"
    groups = _judged(comparison)
    if not groups:
        return "no printed number to compare"
    tallies = kinds_by_name(comparison)
    right = [name for name, tally in tallies.items() if {*tally} == {"match"}]
    words = [f"{_listed(right)} all match"] if right else []
    words += [_said(name, tally) for name, tally in tallies.items() if name not in right]
    return "; ".join([*words, *_known(item for found in groups.values() for item in found)])


def kinds_by_name(comparison: Comparison) -> dict[str, Counter[str]]:
    """Count what matches, is explained and is wrong, by what the answer calls the numbers."""
    return {
        name: Counter(KINDS[item.verdict.status] for item in found)
        for name, found in _judged(comparison).items()
    }


def _judged(comparison: Comparison) -> dict[str, list[Judged]]:
    """Return the numbers that were judged, by the column or kind that the answer names."""
    groups: dict[str, list[Judged]] = {}
    for column in comparison.columns:
        cells = (row.cells[column] for row in comparison.printed if column in row.cells)
        _add(groups, _name(comparison, column), cells)
    _add(groups, "claims", comparison.claims)
    return groups


def _add(groups: dict[str, list[Judged]], name: str, items: Iterable[Judged]) -> None:
    found = [item for item in items if item.verdict.status in KINDS]
    if found:
        groups.setdefault(name, []).extend(found)


def _name(comparison: Comparison, column: str) -> str:
    if column in SIZES:
        return "sizes"
    if column in (*QUANTITIES, "depth"):
        return "depths" if column == "depth" else column
    return comparison.headings.get(column) or column


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _said(name: str, tally: Counter[str]) -> str:
    rest = (f"{tally[kind]} {kind}" for kind in ("explained", "wrong") if tally[kind])
    return ", ".join([f"{name} {tally['match']} of {tally.total()} match", *rest])


def _known(items: Iterable[Judged]) -> list[str]:
    """Say how many of the numbers that do not match are declared in the file."""
    open_items = [item for item in items if KINDS[item.verdict.status] != "match"]
    number, new = len(open_items), sum(not item.because for item in open_items)
    if not number:
        return []
    if number == 1:
        return [f"the one disagreement is {'new' if new else 'known'}"]
    if new in (0, number):
        every = "both" if number == 2 else f"all {number}"
        return [f"{every} disagreements are {'new' if new else 'known'}"]
    return [f"{new} of {number} disagreements {'are' if new > 1 else 'is'} new"]
