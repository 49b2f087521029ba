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
    comparison: Comparison,
    shown: Sequence[str],
    names: Mapping[str, str] | None = None,
    *,
    is_selected: bool = False,
) -> Iterator[list[Sheet]]:
    """Yield the findings on the cells of some rows, then the claims, where there are any.

    Where rows were selected it is only said how many claims match, for they are of the whole.
    """
    found = cell_findings(comparison, shown, names)
    if found is not None:
        yield [found]
    if any(claim.verdict.status in KINDS for claim in comparison.claims):
        title = claims_title(comparison)
        yield [make_sheet(title, (), ())] if is_selected else _claim_sheets(title, comparison)


def cell_findings(
    comparison: Comparison, shown: Sequence[str], names: Mapping[str, str] | None = None
) -> Sheet | None:
    """Return what was found of the cells of some rows, by cause; None where all match."""
    groups = finding_groups(comparison, shown, names)
    notes = [note for group in groups for note in _group_notes(comparison, group)]
    said = {item.cell.verdict.sentence for group in groups for item in group.found}
    said |= {claim.verdict.sentence for claim in comparison.claims}
    notes += [
        Span(f"contradiction: {item.sentence}", "bad")
        for item in comparison.contradictions
        if not item.row and item.sentence not in said
    ]
    return make_sheet("Findings, the worst first", (), (), notes=notes) if notes else None


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


def _claim_sheets(title: str, comparison: Comparison) -> list[Sheet]:
    """Lay out the claims that do not match, and with the reasons below them."""
    lines = [claim for claim in judged_claims(comparison) if claim.verdict.status != "match"]
    if not lines:
        return [make_sheet(title, (), ())]
    reasons = [
        Span(f"{claim.source} ({claim.what}): {_why(claim)}") for claim in lines if _why(claim)
    ]
    return [
        claims_sheet(title, comparison, lines),
        make_sheet(
            title, _claim_columns(comparison), lines, rule_before=_rule(lines), notes=reasons
        ),
    ]


def judged_claims(comparison: Comparison) -> list[ComparedClaim]:
    """Return the claims that were judged, this paper's first."""
    judged = [claim for claim in comparison.claims if claim.verdict.status in KINDS]
    return sorted(judged, key=lambda claim: claim.elsewhere)


def claims_title(comparison: Comparison) -> str:
    """Return how many claims match, of this paper and of others."""
    judged = judged_claims(comparison)
    ours = [claim for claim in judged if not claim.elsewhere]
    theirs = [claim for claim in judged if claim.elsewhere]
    title = "; ".join(
        f"{name} {_tallied(claims)}"
        for name, claims in (("Claims of this paper:", ours), ("of other papers:", theirs))
        if claims
    )
    return _capital(title) if ours else f"Claims {title}"


def claims_sheet(title: str, comparison: Comparison, claims: Sequence[ComparedClaim]) -> Sheet:
    """Lay out claims with their verdicts and the reasons for them, this paper's first."""
    why: Column[ComparedClaim] = Column("Why", _why)
    return make_sheet(title, [*_claim_columns(comparison), why], claims, rule_before=_rule(claims))


def _rule(claims: Sequence[ComparedClaim]) -> tuple[int, ...]:
    """Return where the claims of other papers begin, where both kinds stand."""
    ours = sum(not claim.elsewhere for claim in claims)
    return (ours,) if 0 < ours < len(claims) else ()


def _tallied(claims: Iterable[ComparedClaim]) -> str:
    tally = Counter(KINDS[claim.verdict.status] for claim in claims)
    if {*tally} == {"match"}:
        return f"all {tally.total()} match" if tally.total() > 1 else "the one matches"
    rest = (f"{tally[kind]} {kind}" for kind in ("explained", "wrong") if tally[kind])
    return ", ".join((f"{tally['match']} of {tally.total()} match", *rest))


def _claim_columns(comparison: Comparison) -> list[Column[ComparedClaim]]:
    def verdict(claim: ComparedClaim) -> Span:
        state = "" if claim.verdict.status == "match" else _state(comparison, claim.because)
        return Span(claim.verdict.status + state, role(claim))

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
