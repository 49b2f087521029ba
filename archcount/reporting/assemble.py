"""From counts and a comparison to the record that is rendered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from archcount.comparison import Comparison
from archcount.counting import Count, RowCount, cross_check
from archcount.printed import PrintedTable, Source
from archcount.reporting.records import EngineResult, ReportRow, TableReport, Warning


def assemble(
    counts: tuple[Count, ...],
    *,
    name: str,
    variant: str,
    batch: int,
    printed: PrintedTable | None,
    printed_input: tuple[int, int, int] | None,
    compared: Comparison | None,
    unread: tuple[str, ...] = (),
) -> TableReport:
    """Gather everything a report says.

    Args:
        counts: what each engine found, for one image; the first one's is reported.
        name: the table's name.
        variant: the variant's name, or empty.
        batch: how many images the report is for.
        printed: what the paper printed, where there is a paper.
        printed_input: the (channels, height, width) that the paper's numbers are for.
        compared: the verdicts, where there was a comparison.
        unread: the printed cells that no layer reads, in words.
    """
    first = counts[0]
    rows = {row.id: row.cells for row in compared.rows} if compared else {}
    others = {row.id: row.cells for row in compared.others} if compared else {}
    labels = _labels(printed) if printed else {}
    found = {other.engine: cross_check(first, other) for other in counts[1:]}

    def scaled(row: RowCount) -> RowCount:
        return replace(row, cost=row.cost.scaled(batch))

    def line(row: RowCount, part: str) -> ReportRow:
        return ReportRow(
            id=row.id,
            label=labels.get(row.id, "") if part == "row" else "",
            count=scaled(row),
            cells=(rows if part == "row" else others).get(row.id, {}),
            part=part,
        )

    return TableReport(
        name=name,
        variant=variant,
        source=printed.source if printed else Source(title=""),
        input=first.total.input,
        batch=batch,
        rows=tuple(line(row, "row") for row in first.rows),
        heads=tuple(line(row, "head") for row in first.heads),
        total=line(first.total, "total"),
        total_with_heads=line(first.total_with_heads, "total") if first.heads else None,
        depth_with_pooling=first.depth_with_pooling,
        engines=tuple(
            EngineResult(
                name=each.engine,
                version=each.version,
                total=scaled(each.total),
                agrees=not found.get(each.engine),
            )
            for each in counts
        ),
        disagreements=tuple(item for items in found.values() for item in items),
        uncounted=tuple(op for each in counts for op in each.uncounted),
        comparison=compared,
        notes=printed.notes if printed else (),
        warnings=(
            *_unread(unread),
            *(_unlike(variant, first.total.input, printed_input) if compared else ()),
        ),
    )


def _labels(printed: PrintedTable) -> dict[str, str]:
    """Give the rows' printed labels, where there are some."""
    return {row.id: row.cells["type"].text for row in printed.rows if "type" in row.cells}


def _unread(cells: tuple[str, ...]) -> Iterator[Warning]:
    """Warn of printed cells that the network does not depend on."""
    for cell in cells:
        yield Warning(what=f"{cell}, and its block does not read it")


def _unlike(
    variant: str, counted: tuple[int, int, int], printed: tuple[int, int, int] | None
) -> Iterator[Warning]:
    """Warn where the printed numbers were not printed for what was counted."""
    if variant:
        yield Warning(
            what=f"the printed numbers are the table's, this count is of its variant {variant}",
            advice="a difference may be the variant's own",
        )
    if printed is not None and counted != printed:
        here, there = ("x".join(str(side) for side in size) for size in (counted, printed))
        yield Warning(
            what=f"the paper's numbers are for an input of {there}, this count is of {here}",
            advice="sizes and operations cannot be expected to match",
        )
