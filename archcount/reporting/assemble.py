"""From counts and a comparison to the record that is rendered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from archcount.comparison import Comparison
from archcount.engines import Count, RowCount, cross_check
from archcount.printed import PrintedTable, Source
from archcount.reporting.records import EngineResult, ReportRow, TableReport, Warning


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What was counted.

    Attributes:
        name: the table's name.
        variant: the variant's name, or empty.
        lets: the `let` names that were given another value, with it.
        unread: the printed cells that no layer reads, in words.
        printed: what the paper printed, where there is a paper.
        printed_input: the (channels, height, width) that the paper's numbers are for.
        is_printed: whether the printed cells are this variant's.
    """

    name: str
    variant: str
    lets: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    printed: PrintedTable | None = None
    printed_input: tuple[int, int, int] | None = None
    is_printed: bool = True


def assemble(
    counts: tuple[Count, ...], subject: Subject, batch: int, compared: Comparison | None
) -> TableReport:
    """Gather everything a report says.

    Args:
        counts: what each engine found, for one image; the first one's is reported.
        subject: what was counted.
        batch: how many images the report is for.
        compared: the verdicts, where there was a comparison.
    """
    first = counts[0]
    total, printed = first.total, subject.printed
    rows = {row.id: row.cells for row in compared.rows} if compared else {}
    others = {row.id: row.cells for row in compared.others} if compared else {}
    labels = _labels(printed) if printed else {}

    def line(row: RowCount, part: str) -> ReportRow:
        return ReportRow(
            id=row.id,
            label=labels.get(row.id, "") if part == "row" else "",
            count=_scaled(row, batch),
            cells=(rows if part == "row" else others).get(row.id, {}),
            part=part,
        )

    checks = [cross_check(first, other) for other in counts[1:]]
    return TableReport(
        name=subject.name,
        variant=subject.variant,
        source=printed.source if printed else Source(title=""),
        input=total.input,
        batch=batch,
        rows=tuple(line(row, "row") for row in first.rows),
        heads=tuple(line(row, "head") for row in first.heads),
        total=line(total, "total"),
        total_with_heads=line(first.total_with_heads, "total") if first.heads else None,
        depth_with_pooling=first.depth_with_pooling,
        engines=tuple(
            EngineResult(
                name=each.engine,
                version=each.version,
                total=_scaled(each.total, batch),
                agrees=not found,
            )
            for each, found in zip(counts, [(), *checks], strict=True)
        ),
        disagreements=tuple(item for found in checks for item in found),
        uncounted=tuple(op for each in counts for op in each.uncounted),
        comparison=compared,
        is_printed=subject.is_printed,
        notes=printed.notes if printed else (),
        warnings=(
            *_warnings(subject, total.input, compared),
            *_unconfirmed(counts, compared),
        ),
    )


def _scaled(row: RowCount, batch: int) -> RowCount:
    """Count a row's operations for a batch."""
    return replace(row, cost=row.cost.scaled(batch))


def _labels(printed: PrintedTable) -> dict[str, str]:
    """Give the rows' printed labels, where there are some."""
    return {row.id: row.cells["type"].text for row in printed.rows if "type" in row.cells}


def _unconfirmed(counts: tuple[Count, ...], compared: Comparison | None) -> Iterator[Warning]:
    """Warn of readings that an engine, having built them, counts otherwise."""
    for row in compared.rows if compared else ():
        if any(cell.verdict.status == "reading" for cell in row.cells.values()):
            for count in counts:
                if count.engine not in row.explanations[0].engines:
                    yield Warning(
                        what=f"{count.engine} does not confirm the reading of row {row.id}",
                        advice="do not trust its verdicts, and report this",
                    )


def _warnings(
    subject: Subject, counted: tuple[int, int, int], compared: Comparison | None
) -> Iterator[Warning]:
    """Warn of unread cells, and where the printed numbers are not for what was counted."""
    if subject.is_printed:
        for cell in subject.unread:
            yield Warning(what=f"{cell}, and its block does not read it")
    if compared is None or not compared.columns:
        return
    for name, value in subject.lets.items():
        yield Warning(
            what=f"the paper's numbers are for its own {name}, this count is for {name} = {value}",
            advice="a difference may come from that",
        )
    printed = subject.printed_input
    if printed is not None and counted != printed:
        here, there = ("x".join(str(side) for side in size) for size in (counted, printed))
        yield Warning(
            what=f"the paper's numbers are for an input of {there}, this count is of {here}",
            advice="sizes and operations cannot be expected to match",
        )
