"""Comparison with its reasons: readings searched for, then built and counted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cache

from archcount import engines
from archcount.api.tables import Table, load
from archcount.architecture import Architecture
from archcount.comparison import ComparedRow, Comparison, Explanation, believed, compare
from archcount.engines import Count
from archcount.engines.parts import Parts
from archcount.engines.recount import Recount


def compare_with_reasons(
    table: Table,
    architecture: Architecture,
    counts: Sequence[Count],
    only: Collection[str] | None = None,
    build: int = 1,
) -> Comparison:
    """Compare; give reasons only where the count is of what the paper's numbers are of.

    Args:
        table: the table with the printed numbers.
        architecture: what was counted.
        counts: what each engine found; the first one's is compared, all confirm readings.
        only: the rows whose reasons are searched for; all of them where it is None.
        build: how many of a row's likeliest readings are built, where they are believed.
    """
    network = table.variant(architecture.variant)
    printed = network.printed if network.is_printed else network.printed.without_numbers()
    references = {
        claim.than.name: _reference(claim.than.table, claim.than.variant)
        for claim in printed.claims
        if claim.than is not None and claim.than.table
    }
    as_printed = (
        network.is_printed and architecture.input == network.input and not architecture.lets
    )
    rereader = Recount(network.rereading()) if as_printed else None
    measured = Parts(architecture)
    compared = compare(printed, counts[0], rereader, references, only, measured=measured)
    return _confirmed(compared, rereader, counts, build) if rereader else compared


@cache
def _reference(table: str, variant: str) -> Count:
    """Count the shipped table that a ratio is set against; many claims name the same."""
    return engines.engine("formula").count(load(table).architecture(variant=variant))


def _confirmed(
    compared: Comparison, recount: Recount, counts: Sequence[Count], most: int
) -> Comparison:
    """Build the readings that are believed of a row, and count them with the engines."""

    def built(row: ComparedRow, reading: Explanation) -> Explanation:
        alone = recount.alone(row.id, reading.edits, declared=reading.declared)
        agreeing = tuple(
            each.engine
            for each in counts
            if engines.engine(each.engine).count(alone).rows[0] == reading.count
        )
        return replace(reading, engines=agreeing)

    def confirmed(row: ComparedRow) -> ComparedRow:
        likeliest = [
            built(row, each) if believed(each) and (each.edits or each.declared) else each
            for each in row.explanations[:most]
        ]
        return replace(row, explanations=(*likeliest, *row.explanations[most:]))

    return replace(compared, rows=tuple(confirmed(row) for row in compared.rows))
