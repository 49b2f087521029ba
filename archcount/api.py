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
from archcount.counting.recount import Recount
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
    names = counting.choose(engine)
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

    Raises:
        UsageError: the report is of another table.

    >>> report = compare(count(load("googlenet"), engine="formula"), load("googlenet"))
    >>> report.record.comparison.tally("ops")["match"]
    10
    """
    counted = [row.id for row in report.architecture.rows]
    if counted != [row.id for row in table.printed.rows]:
        raise UsageError(
            Problem(
                what=f"the report is of {report.architecture.name}, whose rows are not those of "
                f"the table {table.name}",
                remedy="compare a report with the table that it was counted from",
            )
        )
    compared = _compared(report, table)
    record = _record(report.architecture, report.counts, report.record.batch, table, compared)
    return replace(report, record=record)


def _compared(report: Report, table: Table) -> comparison.Comparison:
    """Compare; give reasons only where the count is of what the paper's numbers are of."""
    printed = table.printed
    references = {
        claim.fewer_than.table: _reference(claim.fewer_than.table)
        for claim in printed.claims
        if claim.fewer_than is not None and claim.fewer_than.table
    }
    as_printed = not report.architecture.variant and report.architecture.input.chw == table.input
    rereader = Recount(table.file.rereading()) if as_printed else None
    compared = comparison.compare(printed, report.counts[0], rereader, references)
    return _confirmed(compared, rereader, report) if rereader else compared


def _reference(name: str) -> Count:
    """Count the table that a ratio is set against."""
    return counting.engine("formula").count(load(name).architecture())


def _confirmed(
    compared: comparison.Comparison, recount: Recount, report: Report
) -> comparison.Comparison:
    """Build each reading that is said of a row, and count it with the report's engines."""

    def confirmed(row: comparison.ComparedRow) -> comparison.ComparedRow:
        first, *others = row.explanations or (None,)
        told = any(cell.verdict.status == "reading" for cell in row.cells.values())
        if first is None or not told:
            return row
        alone = recount.alone(row.id, first.edits, declared=first.declared)
        agreeing = tuple(
            each.engine
            for each in report.counts
            if counting.engine(each.engine).count(alone).rows[0] == first.count
        )
        kept = (replace(first, engines=agreeing), *(item for item in others if item))
        return replace(row, explanations=kept)

    return replace(compared, rows=tuple(confirmed(row) for row in compared.rows))


def _record(
    architecture: Architecture,
    counts: tuple[Count, ...],
    batch: int,
    table: Table | None,
    compared: comparison.Comparison | None = None,
) -> reporting.TableReport:
    """Gather everything a report says."""
    subject = reporting.Subject(
        name=architecture.name,
        variant=architecture.variant,
        unread=architecture.unread,
        printed=table.printed if table else None,
        printed_input=table.input if table else None,
    )
    return reporting.assemble(counts, subject, batch, compared)
