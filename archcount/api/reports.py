"""Reports: a table counted, and compared with its paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

from archcount import comparison, engines
from archcount.api.comparing import compare_with_reasons
from archcount.api.tables import Table
from archcount.architecture import Architecture
from archcount.engines import Count, RowCount
from archcount.errors import Problem, UsageError, quote, suggestion
from archcount.reporting.assemble import Subject, assemble
from archcount.reporting.records import TableReport
from archcount.reporting.tables import render_table
from archcount.reporting.tidy import to_frame

if TYPE_CHECKING:
    import pandas as pd
    from torch import nn

    from archcount.api.models import ModelReport


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
    record: TableReport

    @cached_property
    def total(self) -> RowCount:
        """The sums over all rows, without heads, for the whole batch."""
        return self.record.total.count

    def to_frame(self) -> pd.DataFrame:
        """Give one record per row as a pandas data frame."""
        return to_frame(self.record)

    def to_markdown(self) -> str:
        """Write the report as a Markdown table."""
        return render_table(self.record, "md")

    def to_csv(self) -> str:
        """Write one line per row, in base units."""
        return render_table(self.record, "csv")

    def to_json(self) -> str:
        """Write everything as JSON, `archcount.table/1`."""
        return render_table(self.record, "json")

    def _repr_html_(self) -> str:
        return render_table(self.record, "html")

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


@overload
def count(
    thing: Table | Architecture,
    *,
    variant: str = "",
    input: str = "",
    let: Mapping[str, str | int] | None = None,
    engine: str = "fvcore",
    heads: bool = False,
    batch: int = 1,
) -> Report: ...


@overload
def count(
    thing: nn.Module,
    *,
    input: Any,
    batch: int = 1,
    train: bool = False,
    device: str = "meta",
) -> ModelReport: ...


def count(
    thing: Table | Architecture | nn.Module,
    *,
    input: Any = "",
    batch: int = 1,
    **options: Any,
) -> Report | ModelReport:
    """Count a table or an architecture row by row, or any PyTorch module, module by module.

    Args:
        thing: what to count.
        input: another input size of a table, "CxHxW"; for a module what it is called with, as
            `count_model` takes it: "3x224x224", "ids:int64[1,128]", a list of such, a shape, a
            tensor, a tuple or mapping of these, or a function that gives one of them.
        batch: how many images the operations are for.
        **options: for a table `variant`, `let`, `engine`, `heads`, as `count_table` takes them;
            for a module `train` and `device`, as `count_model` does.

    Raises:
        UsageError: an option does not go with the thing, or has no such value.
        InvalidTableError: the rows do not go together with this input.
        UnavailableError: there is not the memory for the engine, or to run the module.

    >>> from archcount.api.tables import load
    >>> count(load("googlenet"), engine="formula").total.cost.macs
    1582671872
    >>> from torch import nn
    >>> count(nn.Conv2d(3, 8, 3), input="3x5x5").total.macs  # 8 x 3x3 outputs x 27
    1944
    """
    is_table = isinstance(thing, Table | Architecture)
    allowed = ("variant", "let", "engine", "heads") if is_table else ("train", "device")
    for option in options:
        if option not in allowed:
            raise UsageError(
                Problem(
                    what=f"{option} does not go with a {type(thing).__name__}",
                    allowed=", ".join(("input", "batch", *allowed)),
                )
            )
    if isinstance(thing, Table | Architecture):
        return count_table(thing, input=input, batch=batch, **options)
    from archcount.api.models import count_model

    return count_model(thing, input, batch=batch, **options)


def count_table(
    thing: Table | Architecture,
    *,
    variant: str = "",
    input: str = "",
    let: Mapping[str, str | int] | None = None,
    engine: str = "fvcore",
    heads: bool = False,
    batch: int = 1,
) -> Report:
    """Count a table or an architecture, row by row.

    Args:
        thing: what to count.
        variant: the name of a variant, for a table.
        input: another input size, "CxHxW", for a table.
        let: other values of the `let` names of a table, such as `{"classes": 10}`.
        engine: `formula`, `fvcore`, `torch`, or `all`; whichever counts, `formula` checks it.
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
        raise UsageError(Problem(what=f"batch {batch}", allowed="a whole number of 1 or more"))
    names = engines.choose(engine)
    if isinstance(thing, Table):
        table, architecture = thing, thing.architecture(variant=variant, input=input, let=let)
    elif variant or input or let:
        raise UsageError(
            Problem(
                what="variant, input and let go with a table, and this is an architecture",
                remedy="give them to table.architecture(...)",
            )
        )
    else:
        table, architecture = None, thing
    counts = tuple(engines.engine(name).count(architecture, heads=heads) for name in names)
    return Report(architecture, counts, _record(architecture, counts, batch, table))


def compare(report: Report, table: Table) -> Report:
    """Compare a report with what a paper printed: the report, a verdict on every cell added.

    Where the printed rows are not those of the variant that was counted, only its claims are
    compared.

    Args:
        report: a count of the table's architecture.
        table: the table with the printed numbers.

    Raises:
        UsageError: the report is of another table.

    >>> from archcount.api.tables import load
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
    compared = compare_with_reasons(table, report.architecture, report.counts)
    record = _record(report.architecture, report.counts, report.record.batch, table, compared)
    return replace(report, record=record)


def _record(
    architecture: Architecture,
    counts: tuple[Count, ...],
    batch: int,
    table: Table | None,
    compared: comparison.Comparison | None = None,
) -> TableReport:
    """Gather everything a report says."""
    subject = Subject(
        name=architecture.name,
        variant=architecture.variant,
        lets=architecture.lets,
        unread=architecture.unread,
        printed=table.file.printed(architecture.variant) if table else None,
        printed_input=table.file.input(architecture.variant).chw if table else None,
        is_printed=table is not None and table.file.is_printed(architecture.variant),
    )
    return assemble(counts, subject, batch, compared)
