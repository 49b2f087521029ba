"""A table counted at many input sizes, values of its `let` names and batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Any

from archcount.api.tables import Table, load
from archcount.reporting.formats import FORMATS
from archcount.reporting.report import Lines, Parts, Report
from archcount.reporting.sweep_output import SCHEMA, STREAMS, point_lines, sweep_sheet
from archcount.symbolic.sweep import Point, Sweep
from archcount.symbolic.sweep_axes import Values, read_axes


def _stream(form: str, report: Any, width: int | None, colour: bool) -> str:
    return "".join(report.lines(form))


@dataclass(frozen=True)
class SweepReport(Report):
    """A table at many points, each counted when it is asked for.

    Iterating yields the points in order, the batch changing fastest; each has `input`, `lets`,
    `batch`, `params`, `weights`, `macs`, `output`, and `problem` where the rows are incompatible.
    """

    command = "sweep {record.name}"
    schema = SCHEMA
    formats = MappingProxyType(
        {form: replace(FORMATS[form], write=partial(_stream, form)) for form in STREAMS}
        | {"html": FORMATS["html"]}
    )

    record: Sweep

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.record)

    def __iter__(self) -> Iterator[Point]:
        return iter(self.record)

    def lines(self, form: str) -> Iterator[str]:
        """Yield the text of a format, a line a point, as the points are counted."""
        yield from STREAMS[form](self.record) if form in STREAMS else [self.render(form)]

    def _tidy(self) -> Lines:
        return list(point_lines(self.record))

    def _sheets(self) -> Parts:
        return [[sweep_sheet(self.record)]]


def sweep(
    table: Table | str,
    *,
    input: Values = "",
    let: Mapping[str, Values] = MappingProxyType({}),
    batch: Values = 1,
    variant: str = "",
) -> SweepReport:
    """Count a table at every combination of input sizes, `let` values and batches.

    Several values are a sequence, or text with commas in which 128..512:32 is a range.

    Args:
        table: the table, or its name.
        input: input sizes, each CxHxW or the side of a square; by default the table's own.
        let: values of the table's `let` names.
        batch: how many images the operations are for.
        variant: a variant of the table.

    Raises:
        UsageError: there is no such table, variant or name; a value can never be a number; or
            there are more than 10,000,000 combinations.
        InvalidTableError: the table cannot be read.

    >>> report = sweep("mobilenet_v1", input="160,224", let={"alpha": [0.5, 1]})
    >>> [point.macs for point in report]
    [76524800, 290675200, 149497088, 568740352]
    """
    network = (load(table) if isinstance(table, str) else table).variant(variant)
    return SweepReport(Sweep(network=network, axes=read_axes(network, input, let, batch)))
