"""The totals of many networks: one line each, with what is printed of them and the verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any

from archcount.comparison import VERDICTS, ComparedClaim
from archcount.comparison.answers import KINDS
from archcount.engines import RowCount
from archcount.reporting.compared_columns import MARKS
from archcount.reporting.encoding import Value, encode, fields_of
from archcount.reporting.report import how_many
from archcount.reporting.sheet import Column, Sheet, Span, make_sheet
from archcount.reporting.table_sheets import tallied


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkTotals:
    """One network of one table.

    Attributes:
        count: the sums over its rows for one image, without auxiliary heads.
        claims: what is printed of its params and operations as a whole, by `params` and `ops`.
    """

    name: str
    variant: str
    count: RowCount
    claims: Mapping[str, Sequence[ComparedClaim]] = field(default_factory=dict)
    verdicts: Mapping[str, int] = field(default_factory=dict)


def totals_sheets(networks: Sequence[NetworkTotals], remarks: Iterable[Span]) -> list[list[Sheet]]:
    """Lay totals out, with every number exact and for 80 columns; the answer first and last."""
    notes = (*_notes(), *remarks)
    table = [
        _sheet(networks, columns, notes) for columns in (_full_columns(), _narrow_columns(networks))
    ]
    return [table, [make_sheet(totals_answer(networks), (), ())]]


def kinds_of(networks: Iterable[NetworkTotals]) -> Counter[str]:
    """Count the printed numbers that match, are explained and are wrong."""
    tally: Counter[str] = Counter()
    for network in networks:
        for verdict, number in network.verdicts.items():
            tally[KINDS.get(verdict, "")] += number
    del tally[""]
    return tally


def totals_answer(networks: Sequence[NetworkTotals]) -> str:
    """Return in a line how many networks there are, and how many printed numbers match."""
    tables = how_many(len({network.name for network in networks}), "table")
    tally = kinds_of(networks)
    found = ", ".join(f"{tally[kind]:,} {kind}" for kind in ("match", "explained", "wrong"))
    numbers = how_many(tally.total(), "printed number")
    return f"{how_many(len(networks), 'network')} of {tables}; {numbers}: {found}"


def _sheet(
    networks: Sequence[NetworkTotals],
    columns: Sequence[Column[NetworkTotals]],
    notes: Iterable[Span],
) -> Sheet:
    rules = [
        place for place, (one, other) in enumerate(pairwise(networks), 1) if one.name != other.name
    ]
    return make_sheet(
        totals_answer(networks),
        columns,
        networks,
        rule_before=tuple(rules),
        notes=notes,
    )


def _notes() -> Iterator[Span]:
    yield Span(
        "counted in closed form for one image at inference, without auxiliary heads: params are "
        "all that is trained, weights those of kernels, MACs those of convolutions and linear "
        "layers, depth the layers with weights on the longest path"
    )
    yield Span(
        "printed: totals of running text, ✓ right, ≈ right under another convention, ✗ not; "
        "verdicts: on printed cells and claims, right, right in another way, and not"
    )


def _full_columns() -> list[Column[NetworkTotals]]:
    return [
        Column("Table", lambda item: item.name),
        Column("Variant", lambda item: item.variant),
        Column("Input", lambda item: "x".join(map(str, item.count.input))),
        Column("Params", lambda item: f"{item.count.params:,}", right=True),
        Column("printed", partial(_printed, "params")),
        Column("Weights", lambda item: f"{item.count.weights:,}", right=True),
        Column("MACs", lambda item: f"{item.count.cost.macs:,}", right=True),
        Column("printed", partial(_printed, "ops")),
        Column("Depth", lambda item: f"{item.count.depth}", right=True),
        Column("Verdicts", lambda item: tallied(item.verdicts)),
    ]


def _narrow_columns(networks: Sequence[NetworkTotals]) -> list[Column[NetworkTotals]]:
    first = {network.name: network.variant for network in reversed(networks)}

    def label(network: NetworkTotals) -> str:
        """Name the table once, and its other variants below it."""
        if network.variant != first[network.name]:
            return f"  {network.variant}"
        return " ".join((network.name, network.variant)).strip()

    return [
        Column("Network", label, whole=True),
        Column("Params", lambda item: f"{item.count.params:,}", right=True),
        Column("MACs", lambda item: f"{item.count.cost.macs:,}", right=True),
        Column("Depth", lambda item: f"{item.count.depth}", right=True),
        Column("printed", partial(_printed, "")),
        Column("✓≈✗", _tally, right=True),
    ]


def _printed(what: str, network: NetworkTotals) -> Span:
    """Write the printed totals of one kind, or of both."""
    kinds = (what,) if what else ("params", "ops")
    claims = [claim for kind in kinds for claim in network.claims.get(kind, ())]
    words = ", ".join(f"{claim.printed} {MARKS.get(claim.verdict.status, '✗')}" for claim in claims)
    right = [claim.verdict.status in MARKS for claim in claims]
    return Span(words, "" if all(right) else "warn" if any(right) else "bad")


def _tally(network: NetworkTotals) -> str:
    """Count the right, the right in another way, and the rest."""
    rest = dict(network.verdicts)
    right = rest.pop("match", 0)
    otherwise = rest.pop("convention", 0) + rest.pop("reading", 0)
    return f"{right} {otherwise} {sum(rest.values())}" if network.verdicts else ""


@encode.register
def _(network: NetworkTotals) -> dict[str, Any]:
    return {
        **encode(network.count),
        **fields_of(network, "count", "claims"),
        "printed": [
            {**encode(claim), "what": what}
            for what, claims in network.claims.items()
            for claim in claims
        ],
    }


def totals_lines(networks: Sequence[NetworkTotals]) -> list[dict[str, Value]]:
    """Return one line a network, what is printed of it joined by semicolons."""
    return [_line(network) for network in networks]


def _line(network: NetworkTotals) -> dict[str, Value]:
    count = network.count
    printed: dict[str, Value] = {}
    for what in ("params", "ops"):
        claims = network.claims.get(what, ())
        printed[f"{what}_printed"] = "; ".join(claim.printed for claim in claims) or None
        printed[f"{what}_verdict"] = "; ".join(claim.verdict.status for claim in claims) or None
        printed[f"{what}_why"] = "; ".join(claim.verdict.why for claim in claims) or None
    return {
        "table": network.name,
        "variant": network.variant or None,
        "input": "x".join(map(str, count.input)),
        "params": count.params,
        "weights": count.weights,
        "macs": count.cost.macs,
        "depth": count.depth,
        **printed,
        **{word: network.verdicts.get(word, 0) for word in VERDICTS if word != "unpublished"},
    }
