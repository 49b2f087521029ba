"""Differences against those that are declared: every one that is not, either way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from archcount.difference.findings import LayerFinding
from archcount.errors import Location
from archcount.printed.expected import Expectations, ExpectedDifference


@dataclass(frozen=True, kw_only=True, slots=True)
class UnexpectedDifference:
    """A difference that is not declared, or a declaration that nothing bears out.

    Attributes:
        where: the place of the declaration, None for a difference that has none.
    """

    what: str
    remedy: str
    where: Location | None = None


def unexpected_differences(
    findings: Sequence[LayerFinding],
    outside: Iterable[str],
    totals: Mapping[str, int],
    declared: Expectations,
) -> Iterator[UnexpectedDifference]:
    """Yield what the declarations do not expect, and what they expect in vain.

    Args:
        findings: what differs.
        outside: the modules that belong to no row.
        totals: the params and MACs of the implementation.
        declared: what is declared.
    """
    found: dict[str, Counter[str]] = {}
    for finding in findings:
        for row, number in finding.by_row.items():
            found.setdefault(finding.alone, Counter())[row] += number
    for name in outside:
        found[f"outside {name}"] = Counter([""])
    for words, rows in found.items():
        known = [item for item in declared.differences if item.differs == words]
        named = {row for item in known for row in item.rows}
        if any(not item.rows for item in known):
            continue
        if new := [row for row in rows if row not in named]:
            yield UnexpectedDifference(
                what=f"{words}{_in(new)}: not expected",
                remedy="mend the code, or declare it under expect: with the reason",
            )
    for item in declared.differences:
        yield from _in_vain(item, found.get(item.differs, Counter()))
    for name, number in declared.totals.items():
        if totals[name] != number:
            yield UnexpectedDifference(
                what=f"{totals[name]:,} {name}, not {number:,}",
                remedy=f"mend the code, or {name}:",
                where=declared.totals_at[name],
            )


def _s(number: int) -> str:
    return " differs" if number == 1 else "s differ"


def _in(rows: Sequence[str]) -> str:
    return f" ({', '.join(rows)})" if any(rows) else ""


def _in_vain(item: ExpectedDifference, found: Counter[str]) -> Iterator[UnexpectedDifference]:
    missing = [row for row in item.rows if row not in found]
    if not found or missing:
        yield UnexpectedDifference(
            what=f"{item.differs}{_in(missing)}: expected, and it does not differ so",
            remedy="remove the expectation" if not found else "remove the rows from it",
            where=item.where,
        )
        return
    number = sum(found[row] for row in item.rows or found)
    if item.layers not in (None, number):
        yield UnexpectedDifference(
            what=f"{item.differs}: {number} layer{_s(number)} so, not {item.layers}",
            remedy="mend the code, or layers:",
            where=item.where,
        )
