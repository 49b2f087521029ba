"""What was found, below the table: cells by cause, then claims, each with the file's reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from archcount.comparison import ComparedCell, ComparedClaim, Comparison
from archcount.comparison.answers import KINDS
from archcount.comparison.finding_groups import FindingGroup, finding_groups, remark
from archcount.comparison.verdicts import percent
from archcount.reporting.compared_columns import role
from archcount.reporting.sheet import Column, Sheet, Span, make_sheet


def finding_sheets(
    comparison: Comparison, shown: Sequence[str], names: Mapping[str, str] | None = None
) -> Iterator[list[Sheet]]:
    """Yield the findings on the cells of some rows, then the claims, where there are any."""
    groups = finding_groups(comparison, shown, names)
    notes = [note for group in groups for note in _group_notes(comparison, group)]
    said = {item.cell.verdict.sentence for group in groups for item in group.found}
    said |= {claim.verdict.sentence for claim in comparison.claims}
    notes += [
        Span(f"contradiction: {item.sentence}", "bad")
        for item in comparison.contradictions
        if not item.row and item.sentence not in said
    ]
    if notes:
        yield [make_sheet("Findings, the worst first", (), (), notes=notes)]
    if any(claim.verdict.status in KINDS for claim in comparison.claims):
        yield _claim_sheets(comparison)


def _state(comparison: Comparison, because: str) -> str:
    """Return what follows a verdict: whether the file declares it."""
    if not comparison.is_own:
        return ""
    return ", known" if because else ", new"


def _group_notes(comparison: Comparison, group: FindingGroup) -> Iterator[Span]:
    """Yield the cause, and below it the cells, and below those of one reason the reason."""
    state = _state(comparison, "" if group.is_new else "known")
    yield Span(f"{group.status}{state}: {group.cause}", role(group.found[0].cell))
    because = ""
    for item in group.found:
        if because and item.cell.because != because:
            yield Span(f"    known: {_joined(because)}")
        because = item.cell.because
        yield Span(f"  {item.row}: {_numbers(item.cell)}{_more(group, item.cell)}")
    if because:
        yield Span(f"    known: {_joined(because)}")


def _joined(text: str) -> str:
    return " ".join(text.split())


def _numbers(item: ComparedCell) -> str:
    error = item.verdict.error
    by = f" ({percent(error)})" if error is not None else ""
    return f"printed {item.printed}, computed {item.shown}{by}"


def _more(group: FindingGroup, cell: ComparedCell) -> str:
    """Return what is said of one cell alone."""
    if group.status == "off":
        return f". {remark(cell)}" if remark(cell) else ""
    if group.status == "contradiction" and len(group.found) == 1:
        return f"; {cell.verdict.sentence}"
    return ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _claim_sheets(comparison: Comparison) -> list[Sheet]:
    """Lay out the claims that do not match, this paper's first; the others are a number."""
    judged = [claim for claim in comparison.claims if claim.verdict.status in KINDS]
    ours = [claim for claim in judged if not claim.elsewhere]
    theirs = [claim for claim in judged if claim.elsewhere]
    open_ours, open_theirs = (
        [claim for claim in claims if claim.verdict.status != "match"] for claims in (ours, theirs)
    )
    lines = [*open_ours, *open_theirs]
    title = "; ".join(
        f"{name} {_tallied(claims)}"
        for name, claims in (("Claims of this paper:", ours), ("of other papers:", theirs))
        if claims
    )
    title = _capital(title) if ours else f"Claims {title}"
    rule = (len(open_ours),) if open_ours and open_theirs else ()
    columns = _claim_columns(comparison)
    if not lines:
        return [make_sheet(title, (), ())]
    why: Column[ComparedClaim] = Column("Why", _why)
    reasons = [
        Span(f"{claim.source} ({claim.what}): {_why(claim)}") for claim in lines if _why(claim)
    ]
    return [
        make_sheet(title, [*columns, why], lines, rule_before=rule),
        make_sheet(title, columns, lines, rule_before=rule, notes=reasons),
    ]


def _tallied(claims: Iterable[ComparedClaim]) -> str:
    tally = Counter(KINDS[claim.verdict.status] for claim in claims)
    if {*tally} == {"match"}:
        return f"all {tally.total()} match" if tally.total() > 1 else "the one matches"
    rest = (f"{tally[kind]} {kind}" for kind in ("explained", "wrong") if tally[kind])
    return ", ".join((f"{tally['match']} of {tally.total()} match", *rest))


def _claim_columns(comparison: Comparison) -> list[Column[ComparedClaim]]:
    def verdict(claim: ComparedClaim) -> Span:
        words = f"{claim.verdict.status}{_state(comparison, claim.because)}"
        return Span(words, role(claim))

    def error(claim: ComparedClaim) -> str:
        return "" if claim.verdict.error is None else percent(claim.verdict.error)

    return [
        Column("Claim", lambda claim: f"{claim.source} ({claim.what})"),
        Column("Printed", lambda claim: claim.printed),
        Column("Computed", lambda claim: claim.shown),
        Column("Off by", error, right=True),
        Column("Verdict", verdict),
    ]


def _why(claim: ComparedClaim) -> str:
    """Return the reason that the file gives, and what the verdict says beyond the numbers.

    Where there is neither, it is the number that was computed, to its last digit.
    """
    beyond = claim.verdict.sentence.partition(". ")[2]
    exactly = claim.verdict.sentence.partition(", printed")[0]
    return ". ".join(filter(None, (_joined(claim.because), beyond))) or exactly
