"""The reasons of the numbers of a table of models that do not match."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from archcount.comparison.model_causes import ModelCells, Rows, right, shared_cause
from archcount.comparison.results import CommonCause, ComparedCell, ComparedRow
from archcount.edits import SharedNumber
from archcount.engines.model_recount import ModelRecount


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelReason:
    """Another reading of one model.

    Attributes:
        row: the verdicts, with it.
        lets: the numbers that are others, by name.
        number: the one of them that stands in the blocks, and has to be given its name.
    """

    row: ComparedRow
    lets: Mapping[str, int]
    number: SharedNumber | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelReasons:
    """What was found of the models of a table, by the names of their variants.

    Attributes:
        cause: one change of all networks, where there is one.
    """

    found: Mapping[str, ModelReason] = field(default_factory=dict)
    cause: CommonCause | None = None


def model_reasons(recount: ModelRecount, rows: Rows) -> ModelReasons:
    """Return the readings that are believed of the models of a table.

    Args:
        recount: the table's networks, to be counted otherwise.
        rows: the verdicts as the table stands, and as its declared readings have them.
    """
    cells = ModelCells(recount, rows)
    shared = shared_cause(cells)
    if shared is None:
        return ModelReasons()
    found = {}
    for model in shared.cause.rows:
        row = read_so(rows[model], shared.rows[model], shared.cause.why, shared.cause.what)
        lets = {shared.number.name: shared.value}
        found[model] = ModelReason(row=row, lets=lets, number=shared.number)
    return ModelReasons(found=found, cause=shared.cause)


def read_so(row: ComparedRow, changed: ComparedRow, why: str, what: str) -> ComparedRow:
    """Return the verdicts of a network, those that a reading makes right being `reading`."""
    made = right(changed) - right(row)

    def verdict(cell: ComparedCell) -> ComparedCell:
        if cell.column not in made:
            return cell
        sentence = f"{what}: {changed.cells[cell.column].verdict.sentence}"
        said = replace(cell.verdict, status="reading", why=why, sentence=sentence)
        return replace(cell, verdict=said)

    return replace(row, cells={name: verdict(cell) for name, cell in row.cells.items()})
