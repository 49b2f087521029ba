"""An implementation held against a paper's table: does this code implement that paper?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archcount import difference
from archcount.api.comparing import Known, compare_with_references
from archcount.api.diff_report import Side, difference_of, side_of
from archcount.api.table_report import TableReport, count_table
from archcount.api.tables import Table, load
from archcount.comparison import VERDICTS
from archcount.comparison.implementation import cancellations, compare_implementation
from archcount.comparison.not_judged import without_verdicts
from archcount.difference import LayerFinding, ModelDifference
from archcount.difference.common_layers import common_layers, is_another_network
from archcount.difference.implemented_rows import implemented_rows
from archcount.engines.count_request import CountRequest
from archcount.engines.counts import Count
from archcount.errors import unknown_name
from archcount.loading.model_target import built, inputs_of
from archcount.reporting.detail import Detail
from archcount.reporting.implementation_result import (
    ImplementationResult,
    ImplementedResult,
    tidy_implementation,
)
from archcount.reporting.implementation_sheets import implementation_sheets
from archcount.reporting.implementation_words import summary
from archcount.reporting.report import Lines, Parts, Report
from archcount.reporting.sheet import Span
from archcount.reporting.table_result import ResultRow, TableWarning
from archcount.tracing.traced_layer import LayerSequence

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class ImplementationReport(Report):
    """An implementation with a verdict on every printed number, and what it does otherwise.

    Attributes:
        layers: the difference from the network that the table builds, layer by layer.
        detail: how much of it people are shown.
    """

    command = "table {record.name} --compare-paper --model {record.model}"
    schema = "archcount.implementation/1"
    index = "row"

    record: ImplementationResult
    layers: ModelDifference
    detail: Detail = "findings"

    @property
    def answer(self) -> str:
        """The same as `summary`."""
        return self.summary

    @property
    def summary(self) -> str:
        """Whether the code implements the paper, in words."""
        return summary(self.record)

    @property
    def is_changed(self) -> bool:
        """Whether the implementation differs from the network that the table builds."""
        return self.record.is_changed

    @property
    def findings(self) -> tuple[LayerFinding, ...]:
        """What differs, equal changes of many layers said once."""
        return self.record.findings

    @property
    def verdicts(self) -> dict[str, int]:
        """How many of the printed cells and claims got each verdict, blank cells aside."""
        compared = self.record.comparison
        found = [cell.verdict.status for row in compared.printed for cell in row.cells.values()]
        found += [claim.verdict.status for claim in compared.claims]
        words = [word for word in VERDICTS if word in found and word != "unpublished"]
        return {word: found.count(word) for word in words}

    def select(self, rows: Iterable[str]) -> ImplementationReport:
        """Return a report of some rows; the summary and totals stay those of the whole.

        Raises:
            UsageError: there is no such row.
        """
        known = [line.row.id for line in self.record.rows]
        for name in rows:
            if name not in known:
                raise unknown_name(f"{self.record.name} has no row", name, known)
        chosen = tuple(line for line in self.record.rows if line.row.id in rows)
        return replace(self, record=replace(self.record, rows=chosen))

    def _gist(self) -> str:
        sides = f"{self.record.name}, {self.record.model}"
        return f"{sides}: {'changed' if self.is_changed else 'equal'}"

    def _tidy(self) -> Lines:
        return tidy_implementation(self.record)

    def _sheets(self) -> Parts:
        return implementation_sheets(self.record, self.detail)

    def _remarks(self) -> Iterable[Span]:
        return [Span(self.summary), *(Span(str(each)) for each in self.record.warnings)]


def compare_model(
    model: str | nn.Module,
    table: str | Path | Table,
    *,
    variant: str = "",
    input: Any = "",
    let: Mapping[str, str | int] | None = None,
    arguments: Mapping[str, Any] | None = None,
    map: Mapping[str, str] | None = None,
    device: str = "meta",
) -> ImplementationReport:
    """Hold an implementation against a paper's table.

    The network that the table builds and the implementation are run once on copies without
    weights; their layers are aligned, by structure first and by names second, so that each row's
    numbers are those of the layers that stand for it.

    Args:
        model: a module, or a text as `diff` takes it, such as "torchvision:googlenet".
        table: the table, or its name or file, `name@variant` for a variant.
        variant: the name of a variant; of a table of models also as it is printed.
        input: what both are called with, as `count` takes it; the table's own where it is empty.
        let: other values of the `let` names of the table.
        arguments: what the callable that `model` names is given by name.
        map: by row the modules that stand for it, where the reader knows better: a module, the
            first and the last as "features.3:features.6", or several of these with commas.
        device: `meta`, or `cpu` for models whose code reads values of activations.

    Raises:
        UsageError: there is no such model, table or variant, or the two take no one input.
        UserCodeError: the model raised something.
        InvalidTableError: the table cannot be read.
        UnavailableError: the model is too large to run.

    >>> from archcount.api.tables import load
    >>> compare_model(load("vgg").build(variant="D"), "vgg@D").is_changed
    False
    """
    table, variant = _named(table, variant)
    resized = input if _is_size(input) else ""
    counted = count_table(table, variant=variant, input=resized, let=let, engine="formula")
    counted = compare_with_references(counted, table, Known())
    architecture = counted.architecture
    name = f"{table.name}@{architecture.variant}" if architecture.variant else table.name
    left = Side(built(architecture, device), name, inputs_of(architecture))
    request = CountRequest(batch=1, device=device)
    right, given = side_of(model, device, arguments), "" if resized else input
    found = difference_of(left, right, given, request, map)
    return ImplementationReport(_result(table, counted, found), found)


def _named(table: str | Path | Table, variant: str) -> tuple[Table, str]:
    """Return a table and the name of its variant, which may be written as it is printed."""
    if not isinstance(table, Table):
        table = load(table)
    labels = {label: name for name, label in table.models.items()}
    return table, labels.get(variant, variant)


def _is_size(input: Any) -> bool:
    """Return whether an input is a size of images, which a table can be expanded to."""
    return isinstance(input, str) and input.replace("x", "").isdigit()


def _result(table: Table, counted: TableReport, found: ModelDifference) -> ImplementationResult:
    """Put together what the report says."""
    first = counted.counts[0]
    implementation = implemented_rows(found, first.rows)
    rows = tuple(row.count for row in implementation.rows)
    count = replace(
        first,
        engine="implementation",
        rows=(*rows, *implementation.outside),
        heads=(),
        depth=LayerSequence(found.right.layers, found.right.results).depth,
        uncounted=(),
    )
    network = table.variant(counted.architecture.variant)
    printed = network.printed if network.is_printed else network.printed.without_numbers()
    compared = compare_implementation(printed, count, counted.record.comparison)
    own = counted.record.comparison
    if own is not None and not own.is_own:
        compared = without_verdicts(compared)
    cells = {row.id: row.cells for row in compared.rows}
    lines = tuple(
        ImplementedResult(
            code=row.verdict,
            findings=difference.findings(implementation.difference, row.id),
            modules=row.modules,
            row=ResultRow(id=row.id, label="", count=row.count, cells=cells[row.id]),
            table=own,
        )
        for row, own in zip(implementation.rows, first.rows, strict=True)
    )
    whole = compared.whole or compared.others[0]
    common = common_layers(found)
    return ImplementationResult(
        name=found.left.name,
        model=found.right.name,
        source=counted.record.source,
        inputs=found.inputs,
        rows=lines,
        outside=implementation.outside,
        total=ResultRow(id="total", label="", count=count.total, cells=whole.cells, part="total"),
        table=first.total,
        findings=difference.findings(implementation.difference),
        counterparts=(common.same[0], common.weighted[0]),
        joins=common.told_of_joins,
        is_another=is_another_network(found),
        results=str(found.results or ""),
        remarks=tuple(_remarked(implementation.difference)),
        cancellations=cancellations(printed, rows),
        comparison=compared,
        warnings=tuple(_warnings(counted, found, count)),
    )


def _remarked(found: ModelDifference) -> Iterable[str]:
    """Yield what is remarked on layers, each once with the rows that have such layers."""
    rows: dict[str, list[str]] = {}
    for row in found.rows:
        for remark in dict.fromkeys(remark for pair in row.pairs for remark in pair.remarks):
            rows.setdefault(remark, []).append(row.name.strip("()"))
    for remark, names in rows.items():
        yield f"{remark} ({', '.join(names) if len(names) < 4 else f'in {len(names)} rows'})"


def _warnings(counted: TableReport, found: ModelDifference, count: Count) -> Iterable[TableWarning]:
    yield from counted.record.warnings
    yield from (TableWarning(what=remark) for remark in found.remarks)
    name, ours, own = found.right.name, count.total, found.right
    if ours.params < own.params:
        what = f"{own.params - ours.params:,} params of {name} are in no layer that is compared"
        yield TableWarning(what=what)
    if ours.params > own.params or ours.cost.macs != own.macs:
        yield TableWarning(
            what=f"the rows count {ours.params:,} params and {ours.cost.macs:,} MACs, and {name} "
            f"runs with {own.params:,} and {own.macs:,}",
            advice="do not trust the numbers of the rows, and report this",
        )
