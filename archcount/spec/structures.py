"""Other structures that the networks of a table may have had: each a change of its file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from archcount.edits import Structure
from archcount.spec.file_changes import leaves, read_again, rewritten
from archcount.spec.table import Table
from archcount.spec.yaml_tree import YamlNode

_WITH_BIAS = re.compile(r"(linear|attention|conv|dwconv) ")
Change = Callable[[YamlNode], YamlNode]


def structures(table: Table) -> tuple[Structure, ...]:
    """Return the other structures of the networks of a table of models that change its file."""
    return tuple(
        Structure(name, words)
        for name, words, change in _changes(table)
        if rewritten(table._source.tree, change).plain() != table._source.tree.plain()
    )


def restructured(table: Table, structure: Structure) -> Table:
    """Return a table of models whose networks have another structure.

    Raises:
        InvalidTableError: they do not go together so.
    """
    [change] = [each for name, _, each in _changes(table) if name == structure.name]
    source = table._source
    again = read_again(source, rewritten(source.tree, change), change)
    return Table(path=table.path, _source=again)


def _changes(table: Table) -> Iterator[tuple[str, str, Change]]:
    """Yield the name of each structure, its words, and the change of a part of the file."""
    yield "untied", "with an output projection of its own, not tied to the embedding", _untied
    if tied := _tied(table._source.tree):
        yield "tied", "with the output projection tied to the embedding", tied
    yield "unbiased", "without biases", _unbiased
    yield "biased", "with biases", _biased
    yield "gated", "with gated feed-forward layers, of three matrices", _gated
    yield "plain", "with plain feed-forward layers, of two matrices", _plain


def _untied(node: YamlNode) -> YamlNode:
    return _written(node, re.sub(r" tied=\w+", "", node.text))


def _tied(tree: YamlNode) -> Change | None:
    """Return the change that ties the last row; None where it is tied, or cannot be."""
    rows = [dict(entry.items()) for entry in tree.listing("network")]
    last = rows[-1].get("block") if rows else None
    if last is None or not last.text.startswith("linear ") or "tied=" in last.text:
        return None
    blocks = dict(tree.section("blocks").items())
    embedded = [
        row["row"].text
        for row in rows
        for leaf in leaves(row.get("block", last))
        for text in (leaf, *(leaves(blocks[leaf]) if leaf in blocks else ()))
        if text.startswith("embedding ")
    ]
    if not embedded:
        return None
    return lambda node: _written(node, f"{last.text} tied={embedded[0]}") if node is last else node


def _unbiased(node: YamlNode) -> YamlNode:
    has = _WITH_BIAS.match(node.text) and "bias=" not in node.text
    return _written(node, f"{node.text} bias=false") if has else node


def _biased(node: YamlNode) -> YamlNode:
    has = _WITH_BIAS.match(node.text) and "tied=" not in node.text
    return _written(node, node.text.replace(" bias=false", "")) if has else node


def _gated(node: YamlNode) -> YamlNode:
    if isinstance(node.value, dict) and "mul" in node.value:
        return replace(node)  # it is as it is, and nothing in it is gated once more
    if not re.match(r"linear .* act=(relu|gelu|silu|swish)\b", node.text):
        return node
    other = _written(node, re.sub(r" act=\w+", "", node.text))
    return YamlNode({"mul": YamlNode([node, other], node.where)}, node.where, {"mul": node.where})


def _plain(node: YamlNode) -> YamlNode:
    if not isinstance(node.value, dict) or list(node.value) != ["mul"]:
        return node
    branches = node.listing("mul")
    is_gate = len(branches) == 2 and all(each.text.startswith("linear ") for each in branches)
    return branches[0] if is_gate and "act=" in branches[0].text else node


def _written(node: YamlNode, text: str) -> YamlNode:
    """Return a text of the file with another in its place; the same node where it is the same."""
    return node if not node.text or text == node.text else replace(node, value=text)
