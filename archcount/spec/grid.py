"""The aligned pipe block of a table file: rows of cells, each with its location."""

from __future__ import annotations

import re
from dataclasses import dataclass

from archcount.errors import InvalidTableError, Location, Problem, quote
from archcount.spec.schema_types import NAME
from archcount.spec.yaml_tree import YamlNode

COLUMNS = {
    "row": "the row's name, and the name of its module",
    "block": "a block's name, or one layer",
    "type": "the row's printed label",
    "patch": "the printed patch and stride, 7x7/2",
    "input": "the printed input size, HxWxC",
    "output": "the printed output size, HxWxC",
    "from": "the row whose output it reads",
    "n": "how often the block is repeated",
    "depth": "the printed depth",
    "params": "the printed number of parameters",
    "ops": "the printed number of operations",
}
"""The columns that every table may have; others are declared under `columns:`."""

MOST_ROWS = 1_000
"""The most rows of one table; the longest that is shipped has 50."""
LONGEST_CELL = 1_000
"""The most letters of one cell; the longest that is shipped has 82."""

# The space-separated form keeps sixty names on ten lines.
RESERVED = frozenset(
    "T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda "
    "double dump_patches eval extra_repr float forward forward_with_heads get_buffer "
    "get_extra_state get_parameter get_submodule half heads input_names ipu load_state_dict loss "
    "loss_weights modules mtia named_buffers named_children named_modules named_parameters "
    "parameters register_backward_hook register_buffer register_forward_hook "
    "register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook "
    "register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module "
    "register_parameter register_state_dict_post_hook register_state_dict_pre_hook "
    "kept outputs reading requires_grad_ rows sources set_extra_state set_submodule share_memory "
    "state_dict to to_empty train training type xpu zero_grad".split()
)
"""Names that a row may not have, because every torch module has them already (tested)."""


@dataclass(frozen=True, slots=True)
class GridRow:
    """One line of the table: its cells by column, stripped, blank ones included."""

    id: str
    cells: dict[str, YamlNode]
    where: Location


def parse_grid(
    tree: YamlNode, lines: list[str], declared: dict[str, str], *, blocks: bool = True
) -> tuple[list[GridRow], list[str]]:
    """Read the rows of the pipe block, and its columns in order.

    With `blocks`, there must be a column `block` or `type`: no variant reads another so. A column
    `block` that is missing beside `type` is blank.

    Raises:
        InvalidTableError: with every problem of the grid.
    """
    placed = placed_lines(tree, lines)
    problems: list[Problem] = []
    header = cells_of(*placed[0])
    has_types = any(cell.text == "type" for cell in header)
    needed = ["row", *(["block"] if blocks and not has_types else [])]
    needed += [name for name in declared if name not in COLUMNS]
    names = _header(header, declared, needed, problems)
    rows: list[GridRow] = []
    seen: dict[str, Location] = {}
    for text, where in placed[1:]:
        cells = cells_of(text, where)
        if len(cells) != len(header):
            problems.append(miscount(cells, header, where))
            continue
        row = GridRow(
            cells[names.index("row")].text if "row" in names else "",
            dict(zip(names, cells, strict=True)),
            where,
        )
        if blocks and has_types:
            row.cells.setdefault("block", YamlNode("", where))
        check_id(row, seen, problems)
        rows.append(row)
    if len(placed) == 1:
        problems.append(tree.problem("the table has no rows", remedy="write one a line"))
    if problems:
        raise InvalidTableError(problems)
    return rows, names


def placed_lines(tree: YamlNode, lines: list[str]) -> list[tuple[str, Location]]:
    """Return the filled lines of a pipe block, with the location of their first character.

    Raises:
        InvalidTableError: it is not a literal block, or empty.
    """
    if tree.style != "|":
        raise InvalidTableError(
            tree.problem(
                "table is not a literal block",
                "table: | and the rows on the lines below it",
                remedy="write table: |",
            )
        )
    placed = [line for line in _located(tree, lines) if line[0].strip()]
    if not placed:
        raise InvalidTableError(tree.problem("the table is empty", remedy="write its rows"))
    if len(placed) > MOST_ROWS:
        raise InvalidTableError.of(
            f"a table of {len(placed):,} lines",
            allowed=f"at most {MOST_ROWS:,}",
            remedy="repeat equal rows by a column n",
            where=placed[MOST_ROWS][1],
        )
    if long := [line for line in placed if len(max(line[0].split("|"), key=len)) > LONGEST_CELL]:
        raise InvalidTableError.of(
            "a cell that is too long",
            allowed=f"at most {LONGEST_CELL:,} letters",
            remedy="name what it holds under blocks:",
            where=long[0][1],
        )
    return placed


def _located(tree: YamlNode, lines: list[str]) -> list[tuple[str, Location]]:
    """Return the block's lines with the location of their first character."""
    text = str(tree.value)
    start = tree.where
    placed = []
    for offset, line in enumerate(text.splitlines()):
        number = start.line + 1 + offset
        raw = lines[number - 1] if number <= len(lines) else line
        placed.append((line, Location(start.file, number, raw.find(line) + 1 if line else 1)))
    return placed


def cells_of(text: str, where: Location) -> list[YamlNode]:
    """Split a line into its cells, each with its location."""
    cells = []
    column = where.column
    for part in text.split("|"):
        inner = len(part) - len(part.lstrip()) if part.strip() else 0
        cells.append(YamlNode(part.strip(), Location(where.file, where.line, column + inner)))
        column += len(part) + 1
    return cells


def _header(
    header: list[YamlNode], declared: dict[str, str], needed: list[str], problems: list[Problem]
) -> list[str]:
    names: list[str] = []
    allowed = [*COLUMNS, *(name for name in declared if name not in COLUMNS)]
    for cell in header:
        if cell.text in names:
            what = f"duplicate column {quote(cell.text)}"
            problems.append(cell.problem(what, remedy="rename one of them"))
        elif cell.text not in allowed:
            problems.append(cell.unknown("unknown column", allowed, "declare it under columns:"))
        names.append(cell.text)
    for name in needed:
        if name not in names:
            why = COLUMNS.get(name, "declared under columns:")
            what = f"column {quote(name)} is missing from the table's first line ({why})"
            problems.append(header[0].problem(what, remedy=f"add the column {name}"))
    return names


def miscount(cells: list[YamlNode], header: list[YamlNode], where: Location) -> Problem:
    """Return the problem of a line with another number of cells than the first."""
    word = "too few" if len(cells) < len(header) else "too many"
    return Problem(
        what=f"row {quote(cells[0].text)} has {len(cells)} cells, {word}",
        allowed=f"{len(header)} cells: {' | '.join(cell.text for cell in header)}",
        remedy="leave a cell blank between two | where nothing is printed",
        where=where,
    )


def check_id(row: GridRow, seen: dict[str, Location], problems: list[Problem]) -> None:
    """Refuse a row's name that no module can have, or that another row has."""
    cell = row.cells.get("row")
    if cell is None:
        return
    what = f"row name {quote(row.id)}"
    if not re.fullmatch(NAME, row.id):
        allowed = "letters, digits and _, beginning with a letter"
        remedy = "write the printed label in the column type"
        problems.append(cell.problem(what, allowed, remedy))
    elif row.id in RESERVED:
        what = f"{what} is taken by torch modules"
        problems.append(cell.problem(what, remedy=f"for example, call it {row.id}1"))
    elif row.id.lower() == "total":
        remedy = "for a printed total, write a claim: {what: params, printed: ..., from: ...}"
        problems.append(cell.problem(f"{what} is that of the sum of all rows", remedy=remedy))
    elif row.id in seen:
        what = f"duplicate {what}, first at line {seen[row.id].line}"
        problems.append(cell.problem(what, remedy="rename one of them"))
    else:
        seen[row.id] = cell.where
