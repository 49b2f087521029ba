"""The Python interface: load a table, count it, compare it, report it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from archcount import comparison, counting, reporting, spec
from archcount.architecture import Architecture
from archcount.counting import Count, RowCount
from archcount.errors import InvalidValueError, Problem, UsageError, quote, suggestion
from archcount.layers import Shape
from archcount.printed import PrintedTable, Source

if TYPE_CHECKING:
    import pandas as pd

    from archcount.modules import Network


@dataclass(frozen=True)
class Table:
    """A paper's architecture table, loaded.

    Attributes:
        file: the loaded file.
    """

    file: spec.LoadedTable

    @property
    def name(self) -> str:
        """The table's name."""
        return self.file.name

    @property
    def source(self) -> Source:
        """Where it was printed."""
        return self.file.printed.source

    @property
    def printed(self) -> PrintedTable:
        """What the paper printed, verbatim."""
        return self.file.printed

    @property
    def input(self) -> tuple[int, int, int]:
        """The (channels, height, width) that its numbers are printed for."""
        return self.file.input.chw

    @property
    def variants(self) -> tuple[str, ...]:
        """The names of its variants."""
        return self.file.variants

    def architecture(self, *, variant: str = "", input: str = "") -> Architecture:
        """Expand the table to an architecture.

        Args:
            variant: the name of a variant, or empty for the table as printed.
            input: another input size, "CxHxW".

        Raises:
            UsageError: there is no such variant, or the input is no size.
            InvalidTableError: the rows do not go together.

        >>> load("googlenet").architecture().params
        6998552
        """
        try:
            shape = Shape.parse(input) if input else None
        except InvalidValueError as error:
            raise UsageError(
                Problem(
                    what=f"input: {error.what}",
                    allowed="channels x height x width, such as 3x224x224",
                )
            ) from None
        return self.file.architecture(variant, shape)

    def build(self, *, variant: str = "", input: str = "", logits: bool = False) -> Network:
        """Build the PyTorch module; arguments and errors as `architecture`.

        Args:
            variant: the name of a variant.
            input: another input size, "CxHxW".
            logits: leave a final softmax out in eval mode too.
        """
        from archcount.builder import build

        return build(self.architecture(variant=variant, input=input), logits=logits)


@dataclass(frozen=True)
class Report:
    """A count of one network, compared with its paper or not.

    Attributes:
        architecture: what was counted.
        counts: what each engine found, for one image; the first one's is reported.
        record: everything the report says.
    """

    architecture: Architecture
    counts: tuple[Count, ...]
    record: reporting.TableReport

    @cached_property
    def total(self) -> RowCount:
        """The sums over all rows, without heads, for the whole batch."""
        return self.record.total.count

    def to_frame(self) -> pd.DataFrame:
        """Give one record per row as a pandas data frame."""
        return reporting.to_frame(self.record)

    def to_markdown(self) -> str:
        """Write the report as a Markdown table."""
        return reporting.render_table(self.record, "md")

    def to_csv(self) -> str:
        """Write one line per row, in base units."""
        return reporting.render_table(self.record, "csv")

    def to_json(self) -> str:
        """Write everything as JSON, `archcount.table/1`."""
        return reporting.render_table(self.record, "json")

    def _repr_html_(self) -> str:
        return reporting.render_table(self.record, "html")

    def select(self, rows: Sequence[str]) -> Report:
        """Keep only some rows; totals, verdict counts and claims stay those of the whole.

        Raises:
            UsageError: there is no such row.
        """
        known = {row.id: row for row in self.record.rows}
        for name in rows:
            if name not in known:
                raise UsageError(
                    Problem(
                        what=f"{self.record.name} has no row {quote(name)}",
                        allowed=", ".join(known),
                        remedy=suggestion(name, known),
                    )
                )
        kept = tuple(row for row in self.record.rows if row.id in rows)
        return replace(self, record=replace(self.record, rows=kept))


def load(name: str | Path) -> Table:
    """Load a table by its shipped name, or from a file.

    Raises:
        UsageError: there is no such table.
        InvalidTableError: with every problem of the file.

    >>> load("googlenet").input
    (3, 224, 224)
    """
    path, label = (name, str(name)) if isinstance(name, Path) else spec.find_table(name)
    return Table(spec.load_table(path, label))


def count(
    thing: Table | Architecture,
    *,
    variant: str = "",
    input: str = "",
    engine: str = "fvcore",
    heads: bool = False,
    batch: int = 1,
) -> Report:
    """Count a table or an architecture, row by row.

    Args:
        thing: what to count.
        variant: the name of a variant, for a table.
        input: another input size, "CxHxW", for a table.
        engine: `formula`, `fvcore`, or `all`; whichever counts, `formula` checks it.
        heads: count the auxiliary classifiers too.
        batch: how many images the reported operations are for.

    Raises:
        UsageError: there is no such engine or variant, or the batch is below 1.
        InvalidTableError: the rows do not go together with this input.
        UnavailableError: there is not the memory for the engine.

    >>> count(load("googlenet"), engine="formula").total.cost.macs
    1582671872
    """
    if batch < 1:
        raise UsageError(Problem(what=f"batch {batch}", allowed="a whole number of 1 or more"))
    names = _engines(engine)
    if isinstance(thing, Table):
        table, architecture = thing, thing.architecture(variant=variant, input=input)
    elif variant or input:
        raise UsageError(
            Problem(
                what="variant and input go with a table, and this is an architecture",
                remedy="give them to table.architecture(...)",
            )
        )
    else:
        table, architecture = None, thing
    counts = tuple(counting.engine(name).count(architecture, heads=heads) for name in names)
    return Report(architecture, counts, _record(architecture, counts, batch, table))


def compare(report: Report, table: Table) -> Report:
    """Compare a report with what a paper printed: the report, a verdict on every cell added.

    Args:
        report: a count of the table's architecture.
        table: the table with the printed numbers.

    >>> report = compare(count(load("googlenet"), engine="formula"), load("googlenet"))
    >>> report.record.comparison.tally("ops")["match"]
    10
    """
    compared = comparison.compare(table.printed, report.counts[0])
    record = _record(report.architecture, report.counts, report.record.batch, table, compared)
    return replace(report, record=record)


def _engines(name: str) -> list[str]:
    """Give the engines to run: the one asked for, then `formula` as its check."""
    if name == "all":
        return [other for other in counting.ENGINES if other != "formula"] + ["formula"]
    if name not in counting.ENGINES:
        allowed = [*counting.ENGINES, "all"]
        raise UsageError(
            Problem(
                what=f"unknown engine {quote(name)}",
                allowed=", ".join(allowed),
                remedy=suggestion(name, allowed),
            )
        )
    return list(dict.fromkeys([name, "formula"]))


def _record(
    architecture: Architecture,
    counts: Sequence[Count],
    batch: int,
    table: Table | None,
    compared: comparison.Comparison | None = None,
) -> reporting.TableReport:
    """Gather everything a report says."""
    first = counts[0]
    printed = table.printed if table else None
    cells = compared.cells if compared else {}
    found = {other.engine: counting.cross_check(first, other) for other in counts[1:]}

    def line(row: RowCount, part: str) -> reporting.ReportRow:
        return reporting.ReportRow(
            id=row.id,
            label=_label(printed, row.id),
            count=replace(row, cost=row.cost.scaled(batch)),
            cells=cells.get(row.id, {}),
            part=part,
        )

    return reporting.TableReport(
        name=architecture.name,
        variant=architecture.variant,
        source=printed.source if printed else Source(title=""),
        input=architecture.input.chw,
        batch=batch,
        rows=tuple(line(row, "row") for row in first.rows),
        heads=tuple(line(row, "head") for row in first.heads),
        total=line(first.total, "total"),
        total_with_heads=line(first.total_with_heads, "total") if first.heads else None,
        depth_with_pooling=first.depth_with_pooling,
        engines=tuple(
            reporting.EngineResult(
                name=each.engine,
                version=each.version,
                total=replace(each.total, cost=each.total.cost.scaled(batch)),
                agrees=not found.get(each.engine),
            )
            for each in counts
        ),
        disagreements=tuple(item for items in found.values() for item in items),
        uncounted=tuple(op for each in counts for op in each.uncounted),
        comparison=compared,
        warnings=tuple(_warnings(architecture, table)) if compared and table else (),
    )


def _label(printed: PrintedTable | None, row: str) -> str:
    """Give a row's printed label, where there is one."""
    if printed is None or row not in printed.by_id:
        return ""
    cell = printed.by_id[row].cells.get("type")
    return cell.text if cell else ""


def _warnings(architecture: Architecture, table: Table) -> list[reporting.Warning]:
    """Warn where the printed numbers were not printed for what was counted."""
    if architecture.input.chw == table.input:
        return []
    printed = "x".join(str(side) for side in table.input)
    return [
        reporting.Warning(
            what=f"the paper's numbers are for an input of {printed}, this count is of "
            f"{architecture.input}",
            advice="sizes and operations cannot be expected to match",
        )
    ]
