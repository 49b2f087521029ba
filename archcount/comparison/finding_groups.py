"""What a comparison found, by cause and the worst first: what of a table has to be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from archcount.comparison.answers import KINDS
from archcount.comparison.reasons import WHYS
from archcount.comparison.results import CommonCause, ComparedCell, ComparedRow, Comparison

_WORST_FIRST = ("contradiction", "off", "reading", "convention")


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundCell:
    """A cell that does not match, and the row or model that it is in."""

    row: str
    cell: ComparedCell


@dataclass(frozen=True, kw_only=True, slots=True)
class FindingGroup:
    """Cells that do not match for one cause.

    Attributes:
        status: their verdict.
        cause: why they do not match, in words.
        is_new: whether the file declares none of them, or they are of an implementation; what is
            of neither network is not new.
        found: the cells, in order.
    """

    status: str
    cause: str
    is_new: bool
    found: tuple[FoundCell, ...]


def finding_groups(
    comparison: Comparison, shown: Iterable[str], names: Mapping[str, str] | None = None
) -> tuple[FindingGroup, ...]:
    """Return the cells of some rows that do not match, by cause.

    What the file does not declare comes first, and what is wrong before what is explained.

    Args:
        comparison: the verdicts.
        shown: the rows.
        names: what rows are called, where that is not their id.
    """
    groups: dict[tuple[bool, str, str], list[FoundCell]] = {}
    rows = {*shown}
    for row in comparison.printed:
        if row.id not in rows:
            continue
        for column, cell in row.cells.items():
            if KINDS.get(cell.verdict.status, "match") == "match":
                continue
            is_ours = cell.verdict.why == "implementation"
            is_new = is_ours or (comparison.is_own and not cell.because)
            key = (is_new, cell.verdict.status, _cause(comparison.cause, row, cell))
            name = (names or {}).get(row.id, row.id)
            found = FoundCell(row=" ".join((name, column)).strip(), cell=cell)
            groups.setdefault(key, []).append(found)
    return tuple(sorted(_grouped(groups), key=_worst))


def _grouped(groups: Mapping[tuple[bool, str, str], list[FoundCell]]) -> Iterator[FindingGroup]:
    for (is_new, status, cause), found in groups.items():
        yield FindingGroup(status=status, cause=cause, is_new=is_new, found=tuple(found))


def _worst(group: FindingGroup) -> tuple[bool, int]:
    return not group.is_new, _WORST_FIRST.index(group.status)


def _cause(common: CommonCause | None, row: ComparedRow, cell: ComparedCell) -> str:
    """Return in words why a cell does not match; equal words for equal causes."""
    verdict = cell.verdict
    if common is not None and common.why == verdict.why:
        return common.sentence
    if verdict.status == "reading":
        head, colon, _ = verdict.sentence.partition(": ")
        return head if colon else WHYS["reading"][verdict.why]
    if verdict.status == "convention":
        tail = remark(cell).removeprefix("It ").removesuffix(".")
        return tail[:1].lower() + tail[1:]
    if verdict.status == "off" and verdict.why != "implementation":
        return "no convention gives it, and no other reading that is likely"
    return WHYS[verdict.status].get(verdict.why, verdict.why)


def remark(cell: ComparedCell) -> str:
    """Return what a verdict says beyond the two numbers; empty where it says no more.

    >>> from archcount.comparison.results import Verdict
    >>> verdict = Verdict(status="off", why="differs", sentence="9 here, 8 printed. No idea.")
    >>> remark(ComparedCell(column="ops", printed="8", computed=9, shown="9", verdict=verdict))
    'No idea.'
    """
    return cell.verdict.sentence.partition(". ")[2]
