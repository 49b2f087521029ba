"""From a table file to a loaded table, or to all its problems at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from archcount.errors import InvalidTableError, Problem
from archcount.spec.models import read_models
from archcount.spec.sections import read_sections
from archcount.spec.table import Table
from archcount.spec.validate import validate
from archcount.spec.variant_reader import TableSource, in_order
from archcount.spec.yaml_reader import parse, read_text


def load_table(
    path: Path, label: str = "", *, variant: str = "", every_variant: bool = False
) -> Table:
    """Load a table from its file.

    The file as a whole and one variant are read; another variant is read when it is first asked
    for, and its problems are raised then.

    Args:
        path: the file.
        label: what messages call it; the path if empty.
        variant: the one that is meant where none is named; that of the file if empty.
        every_variant: read every variant now.

    Raises:
        InvalidTableError: with every problem found, each with its line and column.
        UsageError: there is no such variant.
    """
    label = label or str(path)
    text = read_text(path, label)
    tree, lines = parse(text, label), text.split("\n")
    problems: list[Problem] = []
    entries = base = None
    try:
        entries = validate(tree)
    except InvalidTableError as error:
        problems += error.problems
    known = len(problems)
    models = read_models(tree, lines, problems)
    if len(problems) > known:
        raise InvalidTableError(in_order(problems))
    if models is not None and entries is not None:
        tree = models.tree
        entries = validate(tree)
    if models is not None or dict(tree.items()).get("rows") is None:
        base = read_sections(tree, lines, problems, models=models)
    if entries is None or base is None:
        raise InvalidTableError(in_order(problems))
    source = TableSource(tree=tree, lines=lines, entries=entries, base=base, models=models)
    if variant:
        source = replace(source, chosen=source.find(variant))
    wanted = source.default or source.networks[0]
    read = {
        name: source.read(name, problems)
        for name in source.networks
        if every_variant or name == wanted
    }
    if problems:
        raise InvalidTableError(in_order(problems))
    return Table(path=path, _source=source, _read=read)
