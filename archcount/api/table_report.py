"""A table counted row by row, and compared with its paper or not; or as the paper prints it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from archcount import engines
from archcount.api.tables import Table
from archcount.architecture import Architecture, Shortcut
from archcount.comparison import VERDICTS, Comparison
from archcount.engines import Count, RowCount, cross_check
from archcount.errors import UsageError, unknown_name
from archcount.printed import PaperSource
from archcount.reporting.detail import Detail
from archcount.reporting.report import Lines, Parts, Report
from archcount.reporting.sheet import Span
from archcount.reporting.table_result import (
    EngineResult,
    ResultRow,
    TableResult,
    TableWarning,
    tidy_rows,
)
from archcount.reporting.table_sheets import answer, remarks, table_sheets
from archcount.spec.variant import Variant


@dataclass(frozen=True)
class TableReport(Report):
    """A count of one network, compared with its paper or not.

    Attributes:
        architecture: what was counted.
        counts: what each engine found, for one image; the first one's is reported.
        detail: how much of it people are shown.
    """

    command = "table {record.name}"
    schema = "archcount.table/2"
    index = "row"

    architecture: Architecture
    counts: tuple[Count, ...]
    record: TableResult
    detail: Detail = "findings"

    @cached_property
    def total(self) -> RowCount:
        """The sums over all rows, without heads, for the whole batch."""
        return self.record.total.count

    @property
    def verdicts(self) -> Mapping[str, int]:
        """How many of the compared cells and claims got each verdict, blank cells aside."""
        compared = self.record.comparison
        if compared is None:
            return {}
        found = Counter(
            cell.verdict.status for row in compared.printed for cell in row.cells.values()
        )
        found += Counter(claim.verdict.status for claim in compared.claims)
        return {word: found[word] for word in VERDICTS if found[word] and word != "unpublished"}

    def select(self, rows: Sequence[str]) -> TableReport:
        """Return a report of some rows; totals, verdict counts and claims stay those of the whole.

        Raises:
            UsageError: there is no such row.
        """
        known = [row.id for row in self.record.rows]
        for name in rows:
            if name not in known:
                raise unknown_name(f"{self.record.name} has no row", name, known)
        chosen = tuple(row for row in self.record.rows if row.id in rows)
        fewer = len(chosen) < len(self.record.rows) or self.record.is_selected
        return replace(self, record=replace(self.record, rows=chosen, is_selected=fewer))

    @property
    def answer(self) -> str:
        """In a line how much of what is printed is right; without a comparison, the totals."""
        return answer(self.record)

    def _gist(self) -> str:
        variant = f"@{self.record.variant}" if self.record.variant else ""
        total = f"{self.total.params:,} params, {self.total.cost.macs:,} MACs"
        return f"{self.record.name}{variant}: {total}"

    def _tidy(self) -> Lines:
        return tidy_rows(self.record)

    def _sheets(self) -> Parts:
        return table_sheets(self.record, self.detail)

    def _remarks(self) -> Iterable[Span]:
        return remarks(self.record)


def count_table(
    thing: Table | Architecture,
    *,
    variant: str = "",
    input: str = "",
    let: Mapping[str, str | int] | None = None,
    engine: str = "auto",
    heads: bool = False,
    batch: int = 1,
) -> TableReport:
    """Count a table or an architecture, row by row.

    Args:
        thing: what to count.
        variant: the name of a variant, for a table.
        input: another input size, "CxHxW", for a table.
        let: other values of the `let` names of a table, such as `{"classes": 10}`.
        engine: `formula`, `fvcore`, `torch`, or `all`; whichever counts, `formula` checks it.
            `auto` is fvcore, and torch for a network too large to be run with numbers.
        heads: count the auxiliary classifiers too.
        batch: how many images the reported operations are for.

    Raises:
        UsageError: there is no such engine, variant or name, or the batch is below 1.
        InvalidTableError: the rows do not go together with this input.
        UnavailableError: there is not the memory for the engine.

    >>> from archcount.api.tables import load
    >>> count_table(load("googlenet"), engine="formula").total.cost.macs
    1582671872
    """
    if batch < 1:
        raise UsageError.of(f"batch {batch}", allowed="a whole number of 1 or more")
    engines.check_name(engine)
    if isinstance(thing, Table):
        table, architecture = thing, thing.architecture(variant=variant, input=input, let=let)
    elif variant or input or let:
        raise UsageError.of(
            "variant, input and let go with a table, and this is an architecture",
            remedy="give them to table.architecture(...)",
        )
    else:
        table, architecture = None, thing
    names = engines.choose(engine, architecture)
    counts = tuple(engines.engine(name).count(architecture, heads=heads) for name in names)
    is_chosen = engine == engines.AUTO and engines.is_large(architecture)
    record = table_result(architecture, counts, batch, table)
    return TableReport(
        architecture, counts, replace(record, chosen=_TOO_LARGE if is_chosen else "")
    )


_TOO_LARGE = (
    f"a network above {engines.MOST_PARAMS:,} params or {engines.MOST_MACS:,} MACs is counted by "
    "torch, without numbers; --engine fvcore runs it with numbers"
)


def table_result(
    architecture: Architecture,
    counts: Sequence[Count],
    batch: int,
    table: Table | None,
    compared: Comparison | None = None,
) -> TableResult:
    """Return everything that a report says of the first engine's count, for a batch."""
    first = counts[0]
    total = first.total
    network = table.variant(architecture.variant) if table else None
    printed = network.printed if network else None
    rows = {row.id: row.cells for row in compared.rows} if compared else {}
    others = {row.id: row.cells for row in compared.others} if compared else {}
    if compared and compared.whole:
        others["total"] = compared.whole.cells
    cells = {row.id: row.cells for row in printed.rows} if printed else {}
    labels = {id: of["type"].text for id, of in cells.items() if "type" in of}

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
        of_ids=architecture.input.vocabulary > 0,
        inputs={name: str(shape) for name, shape in architecture.inputs.items()},
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
    if network is not None:
        yield from _projections(architecture)
    if network is not None and network.is_printed:
        for cell in architecture.unread:
            yield (
                TableWarning(
                    what=f"no row of the network reads column {cell}",
                    advice="write is: information under columns: if it says nothing of the network",
                )
                if network.printed.whole
                else TableWarning(what=f"{cell}, and its block does not read it")
            )
    if network is None or compared is None or not compared.columns:
        return
    if compared.is_cut_short:
        yield TableWarning(
            what="the search for other readings stopped before all were tried",
            advice=""
            if network.printed.whole  # of the rows of such a network nothing is printed
            else "archcount explain searches those of one row",
        )
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


def _projections(architecture: Architecture) -> Iterator[TableWarning]:
    """Warn of convolutions that no line of the file writes: shortcuts where shapes differ."""
    built = [
        f"{row.id} ({layer.kind.patch}, {layer.params:,} params)"  # type: ignore[attr-defined]
        for row in architecture.rows
        for layer in row.node.layers()
        if isinstance(layer.origin, Shortcut) and not layer.origin.is_projected
    ]
    if built:
        yield TableWarning(
            what="where the shapes differ, the shortcut is a 1x1 convolution that the file does "
            f"not write: in {', '.join(built)}",
            advice="write shortcut=project if the paper has it, and identity if it has not",
        )
