"""Tables whose printed rows are whole networks: each reduces to a variant of one file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from archcount.errors import InvalidTableError, Location, Problem, quote
from archcount.spec.checked_columns import OwnColumns, check_cells, read_columns
from archcount.spec.grid import GridRow, cells_of, check_id, miscount, placed_lines
from archcount.spec.model_reduction import Model, Reduction
from archcount.spec.model_values import ModelValues
from archcount.spec.row_reader import check_notations
from archcount.spec.schema_types import NAME
from archcount.spec.summary import slug
from archcount.spec.yaml_tree import YamlNode

PRINTED_NUMBERS = ("params", "ops", "depth")
"""The columns that are compared without being declared."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelTable:
    """A table of models, reduced to a file with a variant a model.

    Attributes:
        tree: the file that it reduces to; its rows are those of `network`.
        network: the rows of each network.
        models: the printed models, in order.
        columns: the columns of the grid, in order.
        own: what is declared of the columns.
        carried: the columns that are no names of `let`, but cells of every row.
        to_read: the columns that a network has to read.
        turned: whether each column of the grid is a model.
    """

    tree: YamlNode
    network: tuple[GridRow, ...]
    models: tuple[Model, ...]
    columns: tuple[str, ...]
    own: OwnColumns
    carried: tuple[str, ...]
    to_read: tuple[str, ...]
    turned: bool

    def model(self, name: str) -> Model | None:
        """Return a model by its printed name or its variant's; None where there is none."""
        return next((each for each in self.models if each.name == slug(name)), None)


def read_models(tree: YamlNode, lines: list[str], problems: list[Problem]) -> ModelTable | None:
    """Read a table of models; None for a table of rows, or one that cannot be read.

    What is wrong goes to `problems`.
    """
    written = dict(tree.items())
    if written.get("rows", tree).text != "models":
        problems += _misplaced(written)
        return None
    known = len(problems)
    found = _read_grid(written.get("table", tree), lines, written, problems)
    network = tuple(_network(tree, problems))
    if found is None or not network or len(problems) > known:
        return None
    columns, models = found
    own = read_columns(tree, [*columns, *tree.section("let").keys], problems)
    problems += _check_declared(tree, columns)
    check_cells((model.cells for model in models), own, problems)
    for model in models:
        check_notations(f"model {model.label}", model.cells, PRINTED_NUMBERS, problems)
    values = ModelValues.read(tree, columns, [model.cells for model in models], own)
    reduced = Reduction(tree, models, values, problems).tree()
    first = next((each for each in models if each.name == _default(reduced)), models[0])
    carried = {name: values.cell(first.cells[name], name) for name in values.carried}
    if len(problems) > known:
        return None
    return ModelTable(
        tree=reduced,
        network=tuple(replace(row, cells={**row.cells, **carried}) for row in network),
        models=models,
        columns=columns,
        own=own,
        carried=values.carried,
        to_read=values.to_read,
        turned=written.get("turned", tree).text == "true",
    )


def _misplaced(written: Mapping[str, YamlNode]) -> Iterator[Problem]:
    """Refuse what only a table of models has, in a table of rows."""
    for key in ("network", "turned"):
        item = written.get(key)
        if item is not None and item.value not in (None, "false"):
            yield item.problem(
                f"{key}: beside a table whose rows are parts of one network",
                remedy="write rows: models where each printed row is a whole network",
            )


def _read_grid(
    table: YamlNode, lines: list[str], written: Mapping[str, YamlNode], problems: list[Problem]
) -> tuple[tuple[str, ...], tuple[Model, ...]] | None:
    """Read columns and models of the grid; None where that cannot be done."""
    if not isinstance(table.value, str):
        return None  # the schema has reported it
    try:
        placed = placed_lines(table, lines)
    except InvalidTableError as error:
        problems += error.problems
        return None
    cells = [cells_of(*line) for line in placed]
    known = len(problems)
    problems += [
        miscount(line, cells[0], where)
        for line, (_, where) in zip(cells, placed, strict=True)
        if len(line) != len(cells[0])
    ]
    if len(problems) > known:
        return None
    if written.get("turned", table).text == "true":
        cells = [list(column) for column in zip(*cells, strict=True)]
    header, *rows = cells
    problems += _check_header(header)
    if not rows:
        problems.append(table.problem("the table has no models", remedy="write one a line"))
    columns = tuple(cell.text for cell in header)
    if "model" not in columns:
        return None
    models = tuple(
        Model(slug(row[0].text), row[0].text, dict(zip(columns, row, strict=True)), row[0].where)
        for row in rows
    )
    problems += _check_names(models)
    return (columns, models) if len(problems) == known else None


def _check_header(header: Sequence[YamlNode]) -> Iterator[Problem]:
    """Refuse a grid of models without their names, or with columns of a table of rows."""
    if header[0].text != "model":
        yield header[0].problem(
            f"the first column of a table of models is {quote(header[0].text)}",
            allowed="model, the printed name of each network",
            remedy="call it model; with turned: true it is the first line",
        )
    seen: set[str] = set()
    for cell in header[1:]:
        if cell.text in ("row", "block", "from"):
            yield cell.problem(
                f"column {quote(cell.text)} in a table of models",
                remedy="list the rows of the networks under network:",
            )
        elif cell.text == "n":
            yield cell.problem(
                "column 'n' in a table of models: n repeats a row of its network",
                remedy="call the column otherwise, for example layers, and write n: layers",
            )
        elif not re.fullmatch(NAME, cell.text):
            allowed = "letters, digits and _, beginning with a letter"
            remedy = "write the printed heading under columns:"
            yield cell.problem(f"column {quote(cell.text)}", allowed, remedy)
        elif cell.text in seen:
            yield cell.problem(f"duplicate column {quote(cell.text)}", remedy="rename one of them")
        seen.add(cell.text)


def _check_names(models: Sequence[Model]) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for model in models:
        if not model.name:
            where = model.cells["model"]
            allowed = "a name with letters or digits"
            yield where.problem(f"a model called {quote(model.label)}", allowed)
        elif model.name in seen:
            yield model.cells["model"].problem(
                f"models {quote(seen[model.name])} and {quote(model.label)} are both {model.name}",
                remedy="rename one of them",
            )
        seen.setdefault(model.name, model.label)


def _check_declared(tree: YamlNode, columns: Sequence[str]) -> Iterator[Problem]:
    """Refuse declared columns, and words of columns, that the grid does not have."""
    for section in ("columns", "words"):
        entries = tree.section(section)
        for name in entries.keys:
            if name not in columns:
                yield entries.key(name).unknown(f"{section}: of unknown column", columns)


def _network(tree: YamlNode, problems: list[Problem]) -> Iterator[GridRow]:
    """Read the rows of each network."""
    listed = tree.listing("network")
    if not listed:
        place = dict(tree.items()).get("network", dict(tree.items())["rows"])
        what, example = "rows: models without the rows of a network", "network: [{row: ...}]"
        problems.append(place.problem(what, f"{example}, each with a block", "add network:"))
    seen: dict[str, Location] = {}
    for entry in listed:
        cells = {key: item for key, item in entry.items() if item.value is not None}
        if not {"row", "block"} <= cells.keys() or not isinstance(cells["row"].value, str):
            continue  # the schema has reported it
        blank = YamlNode("", cells["row"].where)
        every = {name: cells.get(name, blank) for name in ("row", "block", "n", "from")}
        row = GridRow(cells["row"].text, every, cells["row"].where)
        check_id(row, seen, problems)
        yield row


def _default(tree: YamlNode) -> str:
    found = dict(tree.items()).get("default")
    return found.text if found else ""
