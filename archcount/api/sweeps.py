"""A table counted at many input sizes, values of its `let` names and batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from archcount.api.tables import Table, load
from archcount.reporting.sweeps import sweep_lines, tidy_point
from archcount.symbolic.axes import Axes, Values, read_axes
from archcount.symbolic.sweeps import Point, sweep_points

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class SweepReport:
    """A table at many points, each counted when it is asked for.

    Iterating yields the points in order, the batch changing fastest; each has `input`, `lets`,
    `batch`, `params`, `weights`, `macs`, `output`, and `problem` where the rows do not go together.

    Attributes:
        table: the table.
        variant: of the table.
        axes: what is varied.
    """

    table: Table
    variant: str
    axes: Axes

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.axes)

    def __iter__(self) -> Iterator[Point]:
        return sweep_points(self.table, self.variant, self.axes)

    def lines(self, form: str) -> Iterator[str]:
        """Yield the text of plain, csv, md or json, a line a point, as the points are counted."""
        return sweep_lines(self.table.name, self.variant, tuple(self.axes.lets), self, form)

    def to_csv(self) -> str:
        """Return one line per point, in base units."""
        return "".join(self.lines("csv"))

    def to_json(self) -> str:
        """Return all points as JSON, `archcount.sweep/1`."""
        return "".join(self.lines("json"))

    def to_markdown(self) -> str:
        """Return the points as a Markdown table."""
        return "".join(self.lines("md"))

    def to_frame(self) -> pd.DataFrame:
        """Return one record per point as a pandas data frame."""
        import pandas as pd

        return pd.DataFrame.from_records([tidy_point(tuple(self.axes.lets), p) for p in self])


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
    loaded = load(table) if isinstance(table, str) else table
    return SweepReport(loaded, variant, read_axes(loaded, variant, input, let, batch))
