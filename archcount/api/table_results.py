"""From counts of a table, and a comparison with its paper, to the record that is reported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from archcount.api.tables import Table
from archcount.architecture import Architecture
from archcount.comparison import Comparison
from archcount.engines import Count, RowCount, cross_check
from archcount.printed import PaperSource, PrintedTable
from archcount.reporting.table_result import EngineResult, ResultRow, TableResult, TableWarning
from archcount.spec.variant import Variant


def table_result(
    architecture: Architecture,
    counts: Sequence[Count],
    batch: int,
    table: Table | None,
    compared: Comparison | None = None,
) -> TableResult:
    """Return everything that a report says.

    Args:
        architecture: what was counted.
        counts: what each engine found, for one image; the first one's is reported.
        batch: how many images the report is for.
        table: the table it is of, where it is of one.
        compared: the verdicts, where there was a comparison.
    """
    first = counts[0]
    total = first.total
    network = table.variant(architecture.variant) if table else None
    printed = network.printed if network else None
    rows = {row.id: row.cells for row in compared.rows} if compared else {}
    others = {row.id: row.cells for row in compared.others} if compared else {}
    labels = _labels(printed) if printed else {}

    def line(row: RowCount, part: str) -> ResultRow:
        return ResultRow(
            id=row.id,
            label=labels.get(row.id, "") if part == "row" else "",
            count=_scaled(row, batch),
            cells=(rows if part == "row" else others).get(row.id, {}),
            part=part,
        )

    checks = [cross_check(first, other) for other in counts[1:]]
    return TableResult(
        name=architecture.name,
        variant=architecture.variant,
        source=printed.source if printed else PaperSource(title=""),
        input=total.input,
        batch=batch,
        rows=tuple(line(row, "row") for row in first.rows),
        heads=tuple(line(row, "head") for row in first.heads),
        total=line(total, "total"),
        total_with_heads=line(first.total_with_heads, "total") if first.heads else None,
        depth_with_pooling=first.depth_with_pooling,
        engines=tuple(
            _engine_result(each, batch, agrees=not found)
            for each, found in zip(counts, [(), *checks], strict=True)
        ),
        disagreements=tuple(item for found in checks for item in found),
        uncounted=tuple(op for each in counts for op in each.uncounted),
        comparison=compared,
        is_printed=network is not None and network.is_printed,
        notes=printed.notes if printed else (),
        warnings=(
            *_warnings(architecture, network, total.input, compared),
            *_unconfirmed(counts, compared),
        ),
    )


def _engine_result(count: Count, batch: int, *, agrees: bool) -> EngineResult:
    total = _scaled(count.total, batch)
    return EngineResult(name=count.engine, version=count.version, total=total, agrees=agrees)


def _scaled(row: RowCount, batch: int) -> RowCount:
    """Return a row's count with the operations of a batch."""
    return replace(row, cost=row.cost.scaled(batch))


def _labels(printed: PrintedTable) -> dict[str, str]:
    """Return the rows' printed labels, where there are some."""
    return {row.id: row.cells["type"].text for row in printed.rows if "type" in row.cells}


def _unconfirmed(counts: Sequence[Count], compared: Comparison | None) -> Iterator[TableWarning]:
    """Warn of readings that an engine, having built them, counts otherwise."""
    for row in compared.rows if compared else ():
        if any(cell.verdict.status == "reading" for cell in row.cells.values()):
            for count in counts:
                if count.engine not in row.explanations[0].engines:
                    yield TableWarning(
                        what=f"{count.engine} does not confirm the reading of row {row.id}",
                        advice="do not trust its verdicts, and report this",
                    )


def _warnings(
    architecture: Architecture,
    network: Variant | None,
    counted: tuple[int, ...],
    compared: Comparison | None,
) -> Iterator[TableWarning]:
    """Warn of unread cells, and where the printed numbers are not for what was counted."""
    if network is not None and network.is_printed:
        for cell in architecture.unread:
            yield TableWarning(what=f"{cell}, and its block does not read it")
    if network is None or compared is None or not compared.columns:
        return
    for name, value in architecture.lets.items():
        yield TableWarning(
            what=f"the paper's numbers are for its own {name}, this count is for {name} = {value}",
            advice="a difference may come from that",
        )
    printed = network.input.printed
    if counted != printed:
        here, there = ("x".join(str(side) for side in size) for size in (counted, printed))
        yield TableWarning(
            what=f"the paper's numbers are for an input of {there}, this count is of {here}",
            advice="sizes and operations cannot be expected to match",
        )
