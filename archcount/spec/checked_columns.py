"""What `columns:` says of the paper's columns: headings, and quantities that are compared."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from archcount.architecture.argument_parser import expression_over
from archcount.errors import InvalidValueError, Problem, quote
from archcount.printed import SETTINGS, CheckedColumn, parse_quantity, parse_setting
from archcount.spec.grid import COLUMNS
from archcount.spec.row_reader import BLANK
from archcount.spec.yaml_tree import YamlNode

QUANTITIES = (
    *("params", "weights", "active params", "buffers"),
    *("ops", "macs", "flops", "depth", "neurons"),
    *SETTINGS,
)
"""What a printed column can be."""
_LINEAR = ("params", "weights", "buffers", "ops", "macs", "flops", "neurons")
"""Those that parts can be added up of, and left out of."""
INFORMATION = "information"
"""What a column is that says nothing of the network."""


@dataclass(frozen=True, slots=True)
class OwnColumns:
    """The columns that a file declares.

    Attributes:
        headings: by name, as printed; empty for one of the file's own.
        checked: those whose numbers are compared, and what they are.
        information: those that say nothing of the network.
    """

    headings: Mapping[str, str] = field(default_factory=dict)
    checked: Mapping[str, CheckedColumn] = field(default_factory=dict)
    information: frozenset[str] = frozenset()

    @property
    def unread(self) -> frozenset[str]:
        """The columns that no layer has to read."""
        return self.information | self.checked.keys()


def read_columns(tree: YamlNode, names: Collection[str], problems: list[Problem]) -> OwnColumns:
    """Read `columns:`; expressions are over `names`. What is wrong goes to `problems`."""
    headings: dict[str, str] = {}
    checked: dict[str, CheckedColumn] = {}
    information: set[str] = set()
    for name, entry in tree.section("columns").items():
        parts = dict(entry.items())
        heading = parts.get("heading", entry)
        headings[name] = heading.text
        meaning = parts.get("is")
        if meaning is None or meaning.value is None:
            continue
        if name in COLUMNS:
            what = f"column {name} is {COLUMNS[name]}"
            problems.append(meaning.problem(what, remedy=f"for example, call it {name}_"))
        elif meaning.text == INFORMATION:
            information.add(name)
        else:
            try:
                checked[name] = _meaning(meaning, [each for each in names if each != name])
            except InvalidValueError as error:
                problems.append(error.at(meaning.text_start, f"column {name}"))
    return OwnColumns(headings, checked, frozenset(information))


def _meaning(written: YamlNode, names: Collection[str]) -> CheckedColumn:
    """Read what a column is: a quantity in a text or a mapping, or an expression."""
    parts = {key: item.text for key, item in written.items()}
    what, of, without = parts.get("what", ""), parts.get("of", ""), parts.get("without", "")
    if written.text:
        found = next((each for each in QUANTITIES if _begins(written.text, each)), "")
        rest = written.text[len(found) :].split(maxsplit=1) if found else []
        if not found or (rest and (len(rest) < 2 or rest[0] not in ("of", "without"))):
            return _expression(written.text, names)
        what = found
        of, without = (rest[1] if rest and rest[0] == word else "" for word in ("of", "without"))
    if what not in QUANTITIES:
        raise InvalidValueError(f"{quote(what)} is no quantity", allowed=", ".join(QUANTITIES))
    column = CheckedColumn(what=what, of=_listed(of), without=_listed(without))
    if (column.without or len(column.of) > 1) and what not in _LINEAR:
        raise InvalidValueError(
            f"the {what} of several parts, or without one",
            allowed=f"of or without parts: {', '.join(_LINEAR)}",
        )
    for parts_of in (column.of, column.without):
        for place, part in enumerate(parts_of):
            whole = next(
                (each for each in parts_of[:place] if f"{part}.".startswith(f"{each}.")), ""
            )
            if whole:
                raise InvalidValueError(
                    f"{quote(part)} would be counted twice, with {quote(whole)}",
                    remedy="leave one of them out",
                )
    return column


def _begins(text: str, quantity: str) -> bool:
    return text == quantity or text.startswith(f"{quantity} ")


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part for part in re.split(r"\s*,\s*|\s+and\s+", text) if part)


def _expression(text: str, names: Collection[str]) -> CheckedColumn:
    """Read an expression over known names."""
    try:
        return CheckedColumn(expression=text, reads=expression_over(text, names).names)
    except InvalidValueError as error:
        raise InvalidValueError(
            f"{quote(text)} is neither a quantity nor an expression: {error.what}",
            allowed=f"{', '.join(QUANTITIES)}, of a row or without one; {INFORMATION}; "
            f"or an expression over {', '.join(names) or 'names'}",
            remedy=error.remedy,
        ) from None


_INCLUDED = {
    "weights": ("bias", "norm"),
    **dict.fromkeys(
        ("ops", "macs", "flops"),
        ("bias", "norm", "activation", "pool", "softmax", "add", "scale", "other"),
    ),
}
"""What may be counted beside a quantity."""


def check_conventions(tree: YamlNode, own: OwnColumns) -> Iterator[Problem]:
    """Refuse conventions of columns that are no quantity, and what is no part of one."""
    written = tree.section("conventions")
    quantities = {
        name: column.what
        for name, column in own.checked.items()
        if column.what and column.what not in SETTINGS
    }
    for name, said in written.items():
        if name in ("params", "ops"):
            continue
        if name not in quantities:
            known = ["params", "ops", *quantities]
            remedy = "say what the column is under columns:"
            yield written.key(name).unknown("conventions of", known, remedy)
            continue
        allowed = _INCLUDED.get(quantities[name], ())
        for item in said.listing("include"):
            if item.text not in allowed:
                yield item.unknown(f"{quantities[name]} include", allowed)


def check_cells(
    cells: Iterable[Mapping[str, YamlNode]], own: OwnColumns, problems: list[Problem]
) -> None:
    """Refuse cells of compared columns that are no printed number."""
    for row in cells:
        for name in own.checked:
            cell = row.get(name)
            if cell is not None and cell.text not in BLANK:
                what = own.checked[name].what
                try:
                    if what in SETTINGS:
                        parse_setting(what, cell.text)
                    else:
                        parse_quantity(cell.text)
                except InvalidValueError as error:
                    problems.append(error.at(cell.where, f"column {name}"))
