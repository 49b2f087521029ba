"""An implementation held against a printed table: its rows, verdicts and differences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archcount.comparison import Comparison
from archcount.comparison.implementation import Cancellation
from archcount.difference import LayerFinding
from archcount.engines import RowCount
from archcount.printed import PaperSource
from archcount.reporting.encoding import Value, encode, fields_of
from archcount.reporting.implementation_words import summary
from archcount.reporting.table_result import ResultRow, TableWarning, row_record


@dataclass(frozen=True, kw_only=True, slots=True)
class ImplementedResult:
    """One row of a table, with an implementation's numbers.

    Attributes:
        code: `same`; `follows`, where it differs by what came before it alone; `changed`;
            `missing`; or `not compared`.
        findings: what differs in the row.
        modules: the implementation's modules that stand for it.
        row: what the implementation counts, and the verdicts on what is printed.
        table: what the network that the table builds counts.
    """

    code: str
    findings: tuple[LayerFinding, ...] = ()
    modules: tuple[str, ...] = ()
    row: ResultRow
    table: RowCount


@dataclass(frozen=True, kw_only=True, slots=True)
class ImplementationResult:
    """An implementation, and the table that it is held against.

    Attributes:
        name: the table's network.
        model: the implementation.
        inputs: what both were called with.
        rows: the rows of the table.
        outside: modules of the implementation that belong to no row, and what they count.
        total: of the implementation, with the verdicts on what is printed of the whole network.
        table: the total of the network that the table builds.
        findings: what differs, equal changes of many layers said once.
        counterparts: how many layers with weights of the table have a counterpart of the same
            kernel and widths, and how many there are.
        joins: how many joins join other layers, in words; empty where these are few.
        is_another: whether the two have so little in common that rows say nothing.
        results: what gives the results, where others do in the implementation.
        remarks: what is written otherwise and changes no size, each with its rows.
        cancellations: where totals agree with what is printed by accident.
    """

    name: str
    model: str
    source: PaperSource
    inputs: str
    rows: tuple[ImplementedResult, ...]
    outside: tuple[RowCount, ...] = ()
    total: ResultRow
    table: RowCount
    findings: tuple[LayerFinding, ...] = ()
    counterparts: tuple[int, int]
    joins: str = ""
    is_another: bool = False
    results: str = ""
    remarks: tuple[str, ...] = ()
    cancellations: tuple[Cancellation, ...] = ()
    comparison: Comparison
    warnings: tuple[TableWarning, ...] = ()

    @property
    def is_changed(self) -> bool:
        """Whether the implementation is another network than the table's."""
        told = self.findings or self.outside or self.results or self.is_another
        ours, theirs = self.total.count, self.table
        return bool(told) or (ours.params, ours.cost.macs) != (theirs.params, theirs.cost.macs)


@encode.register
def _(line: ImplementedResult) -> dict[str, Any]:
    return {**encode(line.row), **fields_of(line, "row", "findings"), "differs": _said(line)}


def _said(line: ImplementedResult) -> list[str]:
    return [finding.words for finding in line.findings]


@encode.register
def _(result: ImplementationResult) -> dict[str, Any]:
    total = result.total.count
    return {
        "summary": summary(result),
        "changed": result.is_changed,
        **fields_of(result, "total", "table", "counterparts"),
        "counterparts": dict(zip(("found", "of"), result.counterparts, strict=True)),
        "totals": {**encode(total), "flops": total.cost.flops(), "table": encode(result.table)},
        "claims": encode(result.comparison.claims),
    }


def tidy_implementation(result: ImplementationResult) -> list[dict[str, Value]]:
    """Return one line a row, in base units; then the modules that belong to none."""
    axes = "chw"[: len(result.rows[0].row.count.output)] if result.rows else ""
    return [*_tidy(result, axes)]


def _tidy(result: ImplementationResult, axes: str) -> Iterator[dict[str, Value]]:
    columns = result.comparison.columns
    for line in result.rows:
        yield {
            **row_record(line.row, columns, 1, axes),
            "table_params": line.table.params,
            "table_macs": line.table.cost.macs,
            "code": line.code,
            "differs": "; ".join(_said(line)) or None,
            "modules": " ".join(line.modules) or None,
        }
    for count in result.outside:
        row = ResultRow(id=count.id, label="", count=count, part="outside")
        yield {
            **row_record(row, columns, 1, axes),
            "table_params": None,
            "table_macs": None,
            "code": "no row",
            "differs": None,
            "modules": count.id,
        }
