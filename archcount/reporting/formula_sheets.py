"""Counts as expressions: as a sheet, as CSV lines, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from archcount.printed import PaperSource
from archcount.reporting.domain_text import (
    condition,
    decimal,
    domain_record,
    domain_words,
    plain_number,
)
from archcount.reporting.encoding import Value
from archcount.reporting.expression_text import expression, terms
from archcount.reporting.report import how_many, network_name
from archcount.reporting.sheet import Column, Sheet, Span, make_sheet
from archcount.symbolic.formulas import Formulas
from archcount.symbolic.polynomial import Polynomial
from archcount.symbolic.symbolic_count import RowFormula

_HEADINGS = {"output": "output", "params": "params", "weights": "weights", "macs": "MACs"}


@dataclass(frozen=True, kw_only=True, slots=True)
class FormulaRecord:
    """A table's expressions, and which of them are shown.

    Attributes:
        shown: the rows to show, `total` for the whole network.
        checked: at how many points the expanded table counts the same.
    """

    found: Formulas
    source: PaperSource
    shown: tuple[RowFormula, ...]
    checked: int


@dataclass(frozen=True, slots=True)
class _Term:
    """One line of the sheet: a term of one quantity."""

    row: str
    quantity: str
    text: str


def formula_sheet(record: FormulaRecord, *, on_one_line: bool = False) -> Sheet:
    """Return the expressions, one term a line or each on one line."""
    found = record.found
    columns: list[Column[_Term]] = [
        Column("Row", lambda line: line.row, whole=True),
        Column("Count", lambda line: line.quantity, whole=True),
        Column("Expression", lambda line: line.text),
    ]
    lines = [
        line
        for row in record.shown
        for line in _row_terms(row, found.lengths, on_one_line=on_one_line)
    ]
    later = tuple(number for number, line in enumerate(lines) if line.row and number)
    title = network_name(found.name, found.variant)
    return make_sheet(
        f"{title}: {record.source}", columns, lines, rule_before=later, notes=_notes(record)
    )


def _row_terms(row: RowFormula, lengths: tuple[str, ...], *, on_one_line: bool) -> Iterator[_Term]:
    yield _Term(row.id, _HEADINGS["output"], _output(row, lengths))
    written = (lambda *of: [expression(*of)]) if on_one_line else terms
    for name, polynomial in row.quantities().items():
        for number, text in enumerate(written(polynomial, lengths)):
            yield _Term("", "" if number else _HEADINGS[name], text)


def _output(row: RowFormula, lengths: tuple[str, ...]) -> str:
    return " x ".join(_dimension(side, lengths) for side in row.output)


def _dimension(side: Polynomial, lengths: tuple[str, ...]) -> str:
    text = expression(side, lengths)
    return f"({text})" if len(side.terms) > 1 else text


def _notes(record: FormulaRecord) -> Iterator[Span]:
    found = record.found
    yield Span(f"holds for {domain_words(found.domain)}", "good")
    if found.domain.limits:
        yield Span("and where no number is above what a table file may say (1,000,000,000)")
    yield Span(
        "elsewhere the rows are incompatible, or the layers differ: archcount sweep counts those"
    )
    noun = "sequence" if found.input.vocabulary else "image"
    images = f"a batch of {noun}s" if "batch" in found.symbols else f"one {noun}"
    fixed_channels = not found.input.vocabulary and "C" not in found.symbols
    what = "channel" if found.input.spatial else "feature"
    channels = f" of {how_many(found.input.channels, what)}" if fixed_channels else ""
    yield Span(f"MACs of {images}{channels}, inference, without auxiliary heads")
    used = found.total.names.union(*(row.names for row in found.rows))
    idle = [name for name in found.symbols if name not in used]
    names = _listed({k: v for k, v in found.point.items() if k not in idle})
    total = {name: f"{of.at(found.point)}" for name, of in found.total.quantities().items()}
    numbers = ", ".join(f"{int(value):,} {_HEADINGS[name]}" for name, value in total.items())
    yield Span(f"for {names}: {numbers} in all" if names else f"in all: {numbers}")
    if fixed := _listed(_read(found)):
        yield Span(f"numbers here: {fixed}")
    for tie in found.ties:
        kept = ", ".join(name for name in found.fixed if name in tie.of.names)
        yield Span(f"kept as numbers: {kept}; the layers differ unless {condition(tie)}", "warn")
    if idle:
        yield Span(f"no count depends on {', '.join(idle)}")
    places = "1 point" if record.checked == 1 else f"{record.checked} points"
    yield Span(f"checked: the expanded table counts the same in all at {places}")


def _listed(numbers: Mapping[str, int | Fraction]) -> str:
    return ", ".join(f"{name} = {decimal(value)}" for name, value in numbers.items())


def _read(found: Formulas) -> dict[str, Any]:
    """Return the numbers that could have been symbols: those of `let`, and sizes of the input."""
    sides = {} if "size" in found.symbols else found.sizes
    return {k: v for k, v in sides.items() if k not in found.symbols} | dict(found.fixed)


def _row_fields(row: RowFormula, lengths: tuple[str, ...]) -> dict[str, Any]:
    return {
        "id": row.id,
        "output": [expression(side, lengths) for side in row.output],
        **{name: expression(of, lengths) for name, of in row.quantities().items()},
    }


def formula_lines(record: FormulaRecord) -> list[dict[str, Value]]:
    """Return one line for each row shown."""
    holds = domain_words(record.found.domain)
    lengths = record.found.lengths
    return [
        {**_row_fields(row, lengths), "output": _output(row, lengths), "holds": holds}
        for row in record.shown
    ]


def formula_document(record: FormulaRecord) -> dict[str, Any]:
    """Return the expressions as JSON holds them."""
    found = record.found
    return {
        "name": found.name,
        "variant": found.variant or None,
        "source": str(record.source),
        "symbols": list(found.symbols),
        "point": {name: plain_number(value) for name, value in found.point.items()},
        "numbers": {name: plain_number(value) for name, value in _read(found).items()},
        "ties": [condition(tie) for tie in found.ties],
        "rows": [_row_fields(row, found.lengths) for row in record.shown],
        "domain": domain_record(found.domain),
        "checked": record.checked,
    }
