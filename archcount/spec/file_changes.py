"""Changes of a table file as a whole: a number of its networks gets a name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

from archcount.edits import SharedNumber
from archcount.errors import InvalidTableError, Problem
from archcount.spec.models import ModelTable
from archcount.spec.sections import read_sections
from archcount.spec.table import Table
from archcount.spec.validate import validate
from archcount.spec.variant_reader import TableSource
from archcount.spec.yaml_tree import YamlNode

_PARTS = ("input", "network", "blocks")
"""What the networks of a table of models are made of."""
_NUMBER = re.compile(r"(?<![\w.@=/-])(?<!dropout )(\d+)(?![\w.]|%)|(?<=[a-z]=)(\d+)(?![\w.])")
"""A whole number that stands alone, or is all that an argument is."""
_NO_SIZES = ("eps", "rotary", "dropout", "momentum")
"""Arguments whose numbers say nothing of sizes."""
_MOST = 6
"""How many numbers of a file are considered, the largest first."""


def shared_numbers(table: Table) -> tuple[SharedNumber, ...]:
    """Return the whole numbers that all networks of a table of models read, the largest first."""
    source = table._source
    models = source.models
    assert models is not None, "a table of models"
    lets = {
        name: int(text)
        for name, text in source.entries.let.items()
        if text.isdigit() and name not in models.columns
    }
    parts = dict(source.tree.items())
    found = [
        int(text)
        for part in _PARTS
        if part in parts
        for leaf in leaves(parts[part])
        for text in _numbers(leaf)
    ]
    words = _words_of(parts["input"].text)
    numbers = [
        SharedNumber(name=name, value=value, words=words.get(name, f"{name} = {{}}"))
        for name, value in lets.items()
    ]
    numbers += [
        SharedNumber(
            name=f"number_{value}",
            value=value,
            words=words.get(str(value), f"{{}} in the place of {value:,}"),
            is_written=True,
        )
        for value in Counter(found)
        if value > 1
    ]
    return tuple(sorted(numbers, key=lambda each: -each.value)[:_MOST])


def _words_of(text: str) -> dict[str, str]:
    """Return what the sizes of an input of tokens are called."""
    match = re.fullmatch(r"tokens +(\w+) +of +(\w+)", text)
    return {match[1]: "a context of {}", match[2]: "a vocabulary of {}"} if match else {}


def leaves(node: YamlNode) -> Iterator[str]:
    """Yield the texts of a part of a file, without the names of rows."""
    if isinstance(node.value, list):
        for item in node.value:
            yield from leaves(item)
    elif isinstance(node.value, dict):
        for key, item in node.value.items():
            if key != "row":
                yield from leaves(item)
    elif node.value is not None:
        yield node.value


def _numbers(text: str) -> Iterator[str]:
    for match in _NUMBER.finditer(text):
        before = text[: match.start()]
        if not re.search(rf"\b({'|'.join(_NO_SIZES)})[ =]$", before):
            yield match[0]


def named(table: Table, number: SharedNumber) -> Table:
    """Return a table of models in which a number is a `let` name, wherever it stands.

    Raises:
        InvalidTableError: it may not be a name where it stands.
    """
    if not number.is_written:
        return table
    source = table._source
    text = str(number.value)

    def change(node: YamlNode) -> YamlNode:
        if not isinstance(node.value, str) or text not in _numbers(node.value):
            return node

        def put(match: re.Match[str]) -> str:
            return number.name if match[0] == text else match[0]

        return replace(node, value=_NUMBER.sub(put, node.value))

    changed = rewritten(source.tree, change)
    lets = changed.section("let")
    value = YamlNode(
        {number.name: YamlNode(text, lets.where), **dict(lets.items())},
        lets.where,
        {number.name: lets.where, **lets.keys},
    )
    entries = {**dict(changed.items()), "let": value}
    again = read_again(source, replace(changed, value=entries), change)
    return Table(path=table.path, _source=again)


def rewritten(tree: YamlNode, change: Callable[[YamlNode], YamlNode]) -> YamlNode:
    """Return a file with every part of its networks changed."""
    entries = dict(tree.items())
    for part in _PARTS:
        if part in entries:
            entries[part] = _mapped(entries[part], change)
    return replace(tree, value=entries)


def _mapped(node: YamlNode, change: Callable[[YamlNode], YamlNode]) -> YamlNode:
    changed = change(node)
    if changed is not node:
        return changed
    if isinstance(node.value, list):
        return replace(node, value=[_mapped(item, change) for item in node.value])
    if isinstance(node.value, dict):
        # The name of a row is no part of it.
        return replace(
            node,
            value={
                key: item if key == "row" else _mapped(item, change)
                for key, item in node.value.items()
            },
        )
    return node


def read_again(
    source: TableSource, tree: YamlNode, change: Callable[[YamlNode], YamlNode]
) -> TableSource:
    """Read a table of models with another file, the rows of its networks changed likewise.

    Raises:
        InvalidTableError: what is changed does not go together.
    """
    assert source.models is not None, "a table of models"
    network = tuple(
        replace(row, cells={**row.cells, "block": _mapped(row.cells["block"], change)})
        for row in source.models.network
    )
    models: ModelTable = replace(source.models, tree=tree, network=network)
    problems: list[Problem] = []
    entries = validate(tree)
    base = read_sections(tree, source.lines, problems, models=models)
    if problems:
        raise InvalidTableError(problems)
    return replace(source, tree=tree, entries=entries, base=base, models=models)
