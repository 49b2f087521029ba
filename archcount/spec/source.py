"""A table file's text as a tree of plain values, each with its place in the file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NoReturn

import yaml

from archcount.errors import InvalidTableError, Location, Problem, quote
from archcount.spec.marked import Marked

LARGEST = 1024 * 1024
"""The largest table file read, in bytes; shipped ones have a few thousand."""
DEEPEST = 40
"""The deepest nesting read."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_NULL = "tag:yaml.org,2002:null"
_PLAIN_TAGS = {
    _NULL,
    *(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "timestamp")),
    *(f"tag:yaml.org,2002:{kind}" for kind in ("seq", "map", "value", "merge")),
}


def read_text(path: Path, name: str) -> str:
    """Read a table file.

    Args:
        path: the file.
        name: what messages call it.

    Raises:
        InvalidTableError: it is missing, no file, too large, or not UTF-8.
    """

    def refuse(
        what: str, allowed: str = "", remedy: str = "", line: int = 1, column: int = 1
    ) -> NoReturn:
        where = Location(name, line, column)
        raise InvalidTableError(Problem(what=what, allowed=allowed, remedy=remedy, where=where))

    try:
        if path.is_dir():
            refuse("this is a directory", "a table file (.yaml)", "name the file in it")
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        refuse("there is no such file", "a table file (.yaml)", "check the path")
    except OSError as error:
        refuse(
            f"the file cannot be read: {error.strerror}", remedy="check its name and permissions"
        )
    except ValueError:
        refuse("no file can have this name", "a table file (.yaml)")
    if len(data) > LARGEST:
        refuse("the file is too large", f"at most {LARGEST:,} bytes", "is it a table file?")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        refuse(
            f"byte {data[error.start]:#04x} is not UTF-8",
            "UTF-8 text",
            "save the file as UTF-8",
            before.count(b"\n") + 1,
            len(before) - (before.rfind(b"\n") + 1) + 1,
        )


def parse(text: str, name: str) -> Marked:
    """Parse YAML into a tree with places; no aliases, no tags, no key twice.

    Raises:
        InvalidTableError: the text is no such YAML.

    >>> parse("a: {b: 1e9}", "x.yaml").plain()
    {'a': {'b': '1e9'}}
    """
    try:
        _check_events(text, name)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = Location(name, mark.line + 1, mark.column + 1) if mark else Location(name, 1, 1)
        what = " ".join(part for part in (error.context, error.problem) if part)
        raise InvalidTableError(
            Problem(what=f"not YAML: {what}", remedy="mend the YAML", where=where)
        ) from None
    except yaml.YAMLError as error:
        position = getattr(error, "position", 0)
        before = text[: position if isinstance(position, int) else 0]
        where = Location(name, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
        what = str(getattr(error, "reason", error)).splitlines()[0]
        raise InvalidTableError(
            Problem(what=f"not YAML: {what}", allowed="printable text", where=where)
        ) from None
    if node is None:
        raise InvalidTableError(
            Problem(
                what="the file is empty",
                remedy="begin from a shipped table, see the README",
                where=Location(name, 1, 1),
            )
        )
    problems: list[Problem] = []
    marked = _mark(node, name, problems)
    if problems:
        raise InvalidTableError(problems)
    return marked


def _check_events(text: str, name: str) -> None:
    """Refuse aliases and deep nesting before any tree is made of them."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        place = event.start_mark
        where = Location(name, place.line + 1, place.column + 1) if place else None
        if isinstance(event, yaml.AliasEvent):
            raise InvalidTableError(
                Problem(
                    what=f"alias {quote('*' + str(event.anchor))}",
                    allowed="no YAML aliases",
                    remedy="name the block under blocks: and write its name",
                    where=where,
                )
            )
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise InvalidTableError(
                Problem(
                    what="the nesting is too deep",
                    allowed=f"at most {DEEPEST} levels",
                    remedy="name inner blocks under blocks:",
                    where=where,
                )
            )


def _mark(node: yaml.Node, name: str, problems: list[Problem]) -> Marked:
    where = Location(name, node.start_mark.line + 1, node.start_mark.column + 1)
    if node.tag not in _PLAIN_TAGS:
        problems.append(
            Problem(
                what=f"tag {quote(node.tag)}",
                allowed="plain text, lists and mappings",
                remedy="remove the tag",
                where=where,
            )
        )
        return Marked(None, where)
    if isinstance(node, yaml.SequenceNode):
        return Marked([_mark(item, name, problems) for item in node.value], where)
    if isinstance(node, yaml.MappingNode):
        return _mark_mapping(node, name, where, problems)
    style = getattr(node, "style", "") or ""
    if _CONTROL.search(str(node.value)):
        problems.append(
            Problem(
                what=f"a control character in {quote(str(node.value))}",
                allowed="printable text",
                remedy="remove it",
                where=where,
            )
        )
    return Marked(None if node.tag == _NULL else node.value, where, style=style)


def _mark_mapping(
    node: yaml.MappingNode, name: str, where: Location, problems: list[Problem]
) -> Marked:
    values: dict[str, Marked] = {}
    keys: dict[str, Location] = {}
    for key_node, value_node in node.value:
        place = Location(name, key_node.start_mark.line + 1, key_node.start_mark.column + 1)
        if not isinstance(key_node, yaml.ScalarNode):
            problems.append(Problem(what="a key is no word", allowed="a word", where=place))
            continue
        key = str(key_node.value)
        if key in values:
            problems.append(
                Problem(
                    what=f"key {quote(key)} stands twice, first at line {keys[key].line}",
                    remedy="remove one of them",
                    where=place,
                )
            )
            continue
        keys[key] = place
        values[key] = _mark(value_node, name, problems)
    return Marked(values, where, keys)
