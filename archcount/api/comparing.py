"""A count compared with what a paper printed: readings searched for, then built and counted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from archcount import comparison, engines
from archcount.api.model_table_report import ModelTableReport, model_table
from archcount.api.table_report import TableReport, table_result
from archcount.api.tables import Table
from archcount.architecture import Architecture
from archcount.comparison import ComparedRow, Comparison, Explanation, believed
from archcount.comparison.errata import with_reasons_declared
from archcount.comparison.model_reasons import ModelReasons, model_reasons
from archcount.comparison.not_judged import without_verdicts
from archcount.comparison.whole_readings import read_as
from archcount.engines import Count
from archcount.engines.model_recount import ModelRecount
from archcount.engines.network_parts import NetworkParts
from archcount.engines.recount import Recount
from archcount.errors import UsageError
from archcount.loading.reference import check_class
from archcount.printed import PrintedTable
from archcount.spec.catalogue import find_table
from archcount.spec.load import load_table
from archcount.spec.variant import Variant

if TYPE_CHECKING:
    from torch import nn

    from archcount.api.implementation_report import ImplementationReport


@dataclass(frozen=True, slots=True)
class Known:
    """What was worked out for reports before, by a caller that compares many.

    Attributes:
        references: the counts of the tables that ratios are set against, by name.
        reasons: what was found of the models of a table, by its file.
    """

    references: dict[str, Count] = field(default_factory=dict)
    reasons: dict[Path, ModelReasons] = field(default_factory=dict)


@overload
def compare(report: TableReport, table: Table) -> TableReport: ...


@overload
def compare(report: ModelTableReport, table: Table) -> ModelTableReport: ...


@overload
def compare(
    report: TableReport | ModelTableReport, table: Table
) -> TableReport | ModelTableReport: ...


@overload
def compare(
    report: str | nn.Module, table: Table | str | Path, **options: Any
) -> ImplementationReport: ...


def compare(
    report: TableReport | ModelTableReport | str | nn.Module,
    table: Table | str | Path,
    **options: Any,
) -> TableReport | ModelTableReport | ImplementationReport:
    """Compare a report, or an implementation, with what a paper printed.

    A report is returned with a verdict on every cell added. Where the printed rows are not those of
    the variant that was counted, only its claims are compared. A model gives a report of the
    table's rows with the model's numbers, and of what it does otherwise.

    Args:
        report: a count of the table's architecture; or a model, as a module or a text such as
            "torchvision:googlenet".
        table: the table with the printed numbers; for a model also its name or file.
        **options: for a model `variant`, `input`, `let`, `arguments`, `map` and `device`, as
            `compare_model` takes them.

    Raises:
        UsageError: the report is of another table; of a model, errors as `compare_model`.

    >>> from archcount.api.counting import count
    >>> from archcount.api.tables import load
    >>> report = compare(count(load("googlenet"), engine="formula"), load("googlenet"))
    >>> report.record.comparison.tally("ops")["match"]
    10
    """
    check_class(report)
    if not isinstance(report, TableReport | ModelTableReport):
        from archcount.api.implementation_report import compare_model

        return compare_model(report, table, **options)
    if options or not isinstance(table, Table):
        allowed = "a report and its table, or a model with these options"
        raise UsageError.of("what goes with a model is given with a report", allowed=allowed)
    if isinstance(report, ModelTableReport):
        if table.models.keys() != report.networks.keys():
            raise UsageError.of(f"the report is not of the models of the table {table.name}")
        known = Known()
        networks = {
            name: compare_with_references(each, table, known)
            for name, each in report.networks.items()
        }
        return model_table(table, networks)
    variant = report.architecture.variant
    printed = table.variant(variant) if variant in table.networks else None
    counted = [row.id for row in report.architecture.rows]
    if printed is None or counted != [row.id for row in printed.printed.rows]:
        raise UsageError.of(
            f"the report is of {report.architecture.name}, whose rows are not those of "
            f"the table {table.name}",
            remedy="compare a report with the table that it was counted from",
        )
    return compare_with_references(report, table, Known())


def compare_with_references(report: TableReport, table: Table, known: Known) -> TableReport:
    """Compare a report with its table.

    A caller that compares many reports passes the same `known`, so that each table that ratios
    are set against is counted once, and the models of a table are searched once.
    """
    compared = compare_with_reasons(table, report.architecture, report.counts, known=known)
    before = report.record
    record = table_result(report.architecture, report.counts, before.batch, table, compared)
    return replace(report, record=replace(record, chosen=before.chosen))


def compare_with_reasons(
    table: Table,
    architecture: Architecture,
    counts: Sequence[Count],
    only: Collection[str] | None = None,
    build: int = 1,
    known: Known | None = None,
) -> Comparison:
    """Compare; give reasons only where the count is of what the paper's numbers are of.

    The first engine's count is compared; all of them confirm the readings. Reasons are searched for
    the rows `only`, else for all; so many of a row's likeliest readings are built as `build` says.
    """
    network = table.variant(architecture.variant)
    printed = network.printed if network.is_printed else network.printed.without_numbers()
    is_own = architecture.input == network.input and not architecture.lets
    as_printed = network.is_printed and is_own
    recount = Recount(network) if as_printed else None
    known = Known() if known is None else known
    compared = comparison.compare(
        printed,
        counts[0],
        recount,
        _references(printed, known.references),
        only,
        parts=NetworkParts(architecture),
        stated=network.stated(architecture.lets) if printed.checked else {},
    )
    if compared.whole is not None and as_printed:
        engine = counts[0].engine
        compared = _read_otherwise(compared, network, engine)
        compared = _with_model_reasons(compared, table, known, network.name, engine)
    elif recount:
        compared = _confirmed(compared, recount, counts, build)
    return with_reasons_declared(printed, compared) if is_own else without_verdicts(compared)


def _read_otherwise(compared: Comparison, network: Variant, engine: str) -> Comparison:
    """Count the reading that the file declares of a whole network, in closed form and by an engine.

    Each gives the verdicts only if it gives every printed number.
    """
    for reading in network.printed.readings:
        architecture = network.expand(lets=reading.let)
        count = engines.engine("formula").count(architecture)
        if engines.engine(engine).count(architecture).rows != count.rows:
            continue
        parts, stated = NetworkParts(architecture), network.stated(reading.let)
        changed = comparison.compare(network.printed, count, parts=parts, stated=stated)
        assert compared.whole is not None, "a network that is a printed row"
        assert changed.whole is not None, "a network that is a printed row"
        read = read_as(compared.whole, changed.whole, reading.let, network.let)
        if read is not None:
            return replace(compared, whole=read)
    return compared


def _reasons(table: Table, known: Known) -> ModelReasons:
    """Search for the reasons of all models of a table, once."""
    if table.path not in known.reasons:
        rows = {name: _as_it_stands(table.variant(name)) for name in table.models}
        known.reasons[table.path] = model_reasons(ModelRecount(table), rows)
    return known.reasons[table.path]


def _as_it_stands(network: Variant) -> ComparedRow:
    """Return the verdicts on a model in closed form, as its declared readings have them."""
    count = engines.engine("formula").count(network.architecture)
    compared = comparison.compare(
        replace(network.printed, claims=()),
        count,
        Recount(network),
        parts=NetworkParts(network.architecture),
        stated=network.stated() if network.printed.checked else {},
    )
    whole = _read_otherwise(compared, network, "formula").whole
    assert whole is not None, "a network that is a printed row"
    return whole


def _with_model_reasons(
    compared: Comparison, table: Table, known: Known, model: str, engine: str
) -> Comparison:
    """Add what was found of a model, once an engine has built and counted it likewise."""
    reasons = _reasons(table, known)
    found = reasons.found.get(model)
    compared = replace(compared, cause=reasons.cause, is_cut_short=reasons.is_cut_short)
    if found is None or compared.whole is None:
        return compared
    counted = ModelRecount(table).count(model, found.lets, found.change)
    assert counted is not None, "it has been counted before"
    if engines.engine(engine).count(counted.architecture).rows != counted.count.rows:
        return compared
    cells = {
        name: replace(cell, verdict=found.row.cells[name].verdict)
        for name, cell in compared.whole.cells.items()
    }
    return replace(compared, whole=replace(compared.whole, cells=cells))


def _references(printed: PrintedTable, known: dict[str, Count]) -> dict[str, Count]:
    """Count the shipped tables that ratios are set against, by name, but for those known."""
    for claim in printed.claims:
        other = claim.than
        if other is not None and other.table and other.name not in known:
            table = load_table(*find_table(other.table), variant=other.variant)
            network = table.architecture(variant=other.variant)
            known[other.name] = engines.engine("formula").count(network)
    return known


def _confirmed(
    compared: Comparison, recount: Recount, counts: Sequence[Count], most: int
) -> Comparison:
    """Build the readings that are believed of a row, and count them with the engines."""

    def built(row: ComparedRow, reading: Explanation) -> Explanation:
        alone = recount.alone(row.id, reading.edits, declared=reading.declared)
        agreeing = tuple(
            each.engine
            for each in counts
            if engines.engine(each.engine).count(alone).rows[0] == reading.count
        )
        return replace(reading, engines=agreeing)

    def confirmed(row: ComparedRow) -> ComparedRow:
        likeliest = [
            built(row, each) if believed(each) and (each.edits or each.declared) else each
            for each in row.explanations[:most]
        ]
        return replace(row, explanations=(*likeliest, *row.explanations[most:]))

    return replace(compared, rows=tuple(confirmed(row) for row in compared.rows))
