"""The reasons of the numbers of a table of models that do not match."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from archcount.comparison.digits import with_fewer_digits
from archcount.comparison.model_causes import shared_cause
from archcount.comparison.model_cell import other_cell
from archcount.comparison.model_cells import ModelCells, Rows, right
from archcount.comparison.reasons import WHYS
from archcount.comparison.results import CommonCause, ComparedCell, ComparedRow, Verdict
from archcount.engines.model_recount import FileChange, ModelRecount
from archcount.printed import parse_quantity


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelReason:
    """Another reading of one model.

    Attributes:
        row: the verdicts, with it.
        lets: the numbers that are others, by name.
        change: what is another in the file of all models.
    """

    row: ComparedRow
    lets: Mapping[str, int] = field(default_factory=dict)
    change: FileChange | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelReasons:
    """What was found of the models of a table, by the names of their variants.

    Attributes:
        cause: one change of all networks, where there is one.
        is_cut_short: whether the search stopped before all readings were tried.
    """

    found: Mapping[str, ModelReason] = field(default_factory=dict)
    cause: CommonCause | None = None
    is_cut_short: bool = False


def model_reasons(recount: ModelRecount, rows: Rows) -> ModelReasons:
    """Return the readings that are believed of the models of a table.

    Args:
        recount: the table's networks, to be counted otherwise.
        rows: the verdicts as the table stands, and as its declared readings have them.
    """
    convention = common_convention(rows)
    shared = shared_cause(ModelCells(recount, rows, conventions=convention is not None))
    cells = ModelCells(recount, rows, conventions=True)
    found = {}
    for model, row in rows.items():
        if shared is not None and model in shared.cause.rows:
            read = read_so(row, shared.rows[model], shared.cause.why, shared.cause.what)
            found[model] = ModelReason(row=read, lets=shared.lets, change=shared.change)
        elif cells.missed(model) and (other := other_cell(cells, model)):
            read = read_so(row, other.row, "cell", other.what)
            found[model] = ModelReason(row=read, lets=other.lets)
        elif missed := cells.missed(model):
            read = with_cells(row, {cell.column: _told(cells, model, cell) for cell in missed})
            found[model] = ModelReason(row=read)
    return ModelReasons(
        found=found,
        cause=shared.cause if shared else convention,
        is_cut_short=recount.is_spent,
    )


def _told(cells: ModelCells, model: str, cell: ComparedCell) -> Verdict:
    """Return the verdict on a number that no reading gives: its zeros, or the odd one out."""
    if cell.verdict.status == "contradiction":
        odd = odd_cell(cells, model, cell)
        said = f"{cell.verdict.sentence} The odd one out: {odd}."
        return replace(cell.verdict, sentence=said) if odd else cell.verdict
    declared = cells.recount.printed(model).conventions.get(cell.column)
    if declared is None:
        return cell.verdict
    column = (row.cells.get(cell.column) for name, row in cells.rows.items() if name != model)
    others = [each.printed for each in column if each is not None and each.printed is not None]
    return with_fewer_digits(cell, declared, others) or cell.verdict


def odd_cell(cells: ModelCells, model: str, cell: ComparedCell) -> str:
    """Return the only one of the cells of an expression that a whole number could mend.

    Empty where several could: 24 heads of 128 are 3,072, and so are the printed 2,048 of 16.
    """
    assert cell.printed is not None, "a printed cell"
    stated, said = cell.computed, parse_quantity(cell.printed).value()
    if not isinstance(stated, int | Fraction) or not stated or not said:
        return ""
    mended = [cell.column] if Fraction(stated).denominator == 1 else []
    numbers = cells.recount.numbers(model)
    for name in cells.recount.printed(model).checked[cell.column].reads:
        ratios = (said / stated, stated / said) if name in numbers else ()
        for new in {numbers[name] * ratio for ratio in ratios}:
            if new.denominator == 1 and new > 0:
                counted = cells.recount.count(model, {name: int(new)})
                if counted is not None and counted.stated.get(("", cell.column)) == said:
                    mended.append(name)
    return mended[0] if len(mended) == 1 else ""


def common_convention(rows: Rows) -> CommonCause | None:
    """Return the convention by which most numbers of a column of models are printed otherwise."""
    every = [cell for row in rows.values() for cell in row.cells.values() if cell.printed]
    for column in dict.fromkeys(cell.column for cell in every):
        printed = [cell.verdict for cell in every if cell.column == column]
        before = sum(verdict.status == "match" for verdict in printed)
        whys = Counter(verdict.why for verdict in printed if verdict.status == "convention")
        for why, times in whys.most_common(1):
            if times < 2 or times * 2 <= len(printed) - before:
                continue
            models = [
                model
                for model, row in rows.items()
                if column in row.cells
                and row.cells[column].verdict.status == "convention"
                and row.cells[column].verdict.why == why
            ]
            return CommonCause(
                why=why,
                what=f"where {' and '.join(WHYS['convention'][word] for word in why.split('+'))}",
                printed=len(printed),
                right=before + len(models),
                before=before,
                rows=tuple(models),
                bits=0.0,
                of=column,
            )
    return None


def with_cells(row: ComparedRow, verdicts: Mapping[str, Verdict]) -> ComparedRow:
    """Return a row with other verdicts on some of its cells."""
    changed = {name: replace(row.cells[name], verdict=each) for name, each in verdicts.items()}
    return replace(row, cells={**row.cells, **changed})


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
