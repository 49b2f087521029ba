"""The layout of `archcount formula`: counts as expressions, and where they hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from archcount.reporting.exports import Value, to_csv, to_json
from archcount.reporting.sheet import Column, Sheet, Text, make_sheet

SCHEMA = "archcount.formula/1"
"""The name and version of the JSON form."""
QUANTITIES = {"params": "params", "weights": "weights", "macs": "MACs"}
"""What is given as an expression, and its heading."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WrittenRow:
    """One row's counts as text that sympy reads, or the whole network's.

    Attributes:
        id: the row's name; `total` for the whole network.
        output: channels, height and width.
        params: all trained numbers.
        weights: parameters of kernels.
        macs: multiply-accumulates, of the batch where `batch` is a symbol.
    """

    id: str
    output: tuple[str, ...]
    params: str
    weights: str
    macs: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """The values of one symbol for which expressions hold.

    Attributes:
        name: the symbol.
        least: the least value; empty where there is none.
        above: whether the least value itself is left out.
        most: the greatest value; empty where there is none.
        multiple: what it is a multiple of; empty where any fraction may stand.
        modulus: what remainders are of; 0 where it has none.
        remainders: those that are allowed.
    """

    name: str
    least: str = ""
    above: bool = False
    most: str = ""
    multiple: str = ""
    modulus: int = 0
    remainders: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class FormulaReport:
    """What `archcount formula` says.

    Attributes:
        name: the table's name.
        variant: the variant's name, or empty.
        symbols: the symbols, each with the table's own value.
        fixed: the `let` names that have their number in the expressions.
        tied: of these, the ones that cannot be symbols, with the reason.
        rows: what is given.
        conditions: where it holds, by symbol.
        others: conditions on several symbols at once, as text that sympy reads.
        most: no number that a layer has may be above this.
    """

    name: str
    variant: str
    symbols: Mapping[str, str]
    fixed: Mapping[str, str]
    tied: Mapping[str, str]
    rows: tuple[WrittenRow, ...]
    conditions: tuple[Condition, ...]
    others: tuple[str, ...]
    most: int

    def _repr_html_(self) -> str:
        from archcount.reporting.render import render_sheets

        parts = formula_sheets(self)
        return render_sheets(parts, "html", width=None, colour=False, heading=self.name)


def told(condition: Condition) -> str:
    """Say a condition in words.

    >>> told(Condition(name="H", least="223", modulus=32, remainders=(0, 31)))
    'H: 223 or more, leaving 0 or 31 when divided by 32'
    >>> told(Condition(name="alpha", least="1/32", multiple="1/32"))
    'alpha: 1/32 or more, a multiple of 1/32'
    """
    words = []
    if condition.least:
        words.append(
            f"above {condition.least}" if condition.above else f"{condition.least} or more"
        )
    if condition.most:
        words.append(f"{condition.most} or less")
    if condition.modulus > 1:
        listed = [str(item) for item in condition.remainders]
        few = " or ".join([", ".join(listed[:-1]), listed[-1]] if listed[1:] else listed)
        words.append(f"leaving {few} when divided by {condition.modulus}")
    if condition.multiple:
        whole = condition.multiple == "1"
        words.append("a whole number" if whole else f"a multiple of {condition.multiple}")
    return f"{condition.name}: {', '.join(words) or 'any value'}"


def formula_sheets(report: FormulaReport) -> list[list[Sheet]]:
    """Lay a report out: a table of expressions for each row, with notes below the last."""
    title = f"{report.name} {report.variant}".strip()
    parts = []
    for number, row in enumerate(report.rows):
        records = [("output", " x ".join(row.output))]
        records += [(head, getattr(row, name)) for name, head in QUANTITIES.items()]
        last = number == len(report.rows) - 1
        columns: list[Column[tuple[str, str]]] = [
            Column(heading="Count", text=lambda record: record[0], whole=True),
            Column(heading="Expression", text=lambda record: record[1]),
        ]
        sheet = make_sheet(
            f"{title}, {'the whole network' if row.id == 'total' else f'row {row.id}'}",
            columns,
            records,
            notes=tuple(_notes(report)) if last else (),
        )
        parts.append([sheet])
    return parts


def _notes(report: FormulaReport) -> Iterator[Text]:
    counted = "of the batch" if "batch" in report.symbols else "for one image"
    yield Text(
        f"exact, counted in closed form at inference; MACs (multiply-accumulates) {counted}, "
        "auxiliary heads left out"
    )
    if report.symbols:
        own = ", ".join(f"{name} = {value}" for name, value in report.symbols.items())
        yield Text(f"the table itself has {own}")
    if report.fixed:
        fixed = ", ".join(f"{name} = {value}" for name, value in report.fixed.items())
        yield Text(f"with their numbers in the expressions: {fixed}")
    for name, reason in report.tied.items():
        yield Text(f"{name} is no symbol: {reason}")
    if report.conditions:
        yield Text("shown to hold for " + "; ".join(told(each) for each in report.conditions))
    for other in report.others:
        yield Text(f"and where {other}")
    if report.symbols:
        yield Text(
            f"and no number of a layer above {report.most:,}; for other values the rows may not "
            "go together, or the expressions may be others"
        )


def formula_csv(report: FormulaReport) -> str:
    """Write one line per row and count."""
    records: list[dict[str, Value]] = [
        {"row": row.id, "count": name, "expression": text}
        for row in report.rows
        for name, text in (
            *zip(("channels", "height", "width"), row.output, strict=False),
            *((name, getattr(row, name)) for name in QUANTITIES),
        )
    ]
    return to_csv(records)


def formula_json(report: FormulaReport) -> str:
    """Write everything as JSON, `archcount.formula/1`."""
    record: dict[str, Any] = {
        "schema": SCHEMA,
        "name": report.name,
        "variant": report.variant or None,
        "symbols": dict(report.symbols),
        "fixed": dict(report.fixed),
        "tied": dict(report.tied),
        "rows": [
            {"id": row.id, "output": list(row.output)}
            | {name: getattr(row, name) for name in QUANTITIES}
            for row in report.rows
        ],
        "conditions": [
            {
                "name": each.name,
                "least": each.least or None,
                "above": each.above,
                "most": each.most or None,
                "multiple": each.multiple or None,
                "modulus": each.modulus or None,
                "remainders": list(each.remainders),
            }
            for each in report.conditions
        ],
        "others": list(report.others),
        "most": report.most,
    }
    return to_json(record)
