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
_NULLS = ("", "~", "null", "Null", "NULL")
_PLAIN_TAGS = {
    None,
    "!",
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
    builder = _TreeBuilder(text, name)
    try:
        tree = builder.document()
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
    if tree is None:
        raise InvalidTableError(
            Problem(
                what="the file is empty",
                remedy="begin from a shipped table, see the README",
                where=Location(name, 1, 1),
            )
        )
    if builder.problems:
        raise InvalidTableError(builder.problems)
    return tree


class _TreeBuilder:
    """Builds the tree from the parser's events, so that no alias or deep nesting is followed."""

    def __init__(self, text: str, name: str) -> None:
        self._events = iter(yaml.parse(text, Loader=_Loader))
        self._name = name
        self.problems: list[Problem] = []

    def document(self) -> Marked | None:
        """Return the tree of the only document; None where there is none.

        Raises:
            InvalidTableError: there is an alias, too deep a nesting, or a second document.
        """
        tree = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if tree is not None:
                    raise InvalidTableError(
                        Problem(
                            what="not YAML: a second document",
                            allowed="one document",
                            where=self._place(event),
                        )
                    )
                tree = self._node(next(self._events), 0)
        return tree

    def _place(self, event: Any) -> Location:
        return Location(self._name, event.start_mark.line + 1, event.start_mark.column + 1)

    def _refuse(self, event: Any, what: str, allowed: str = "", remedy: str = "") -> None:
        where = self._place(event)
        self.problems.append(Problem(what=what, allowed=allowed, remedy=remedy, where=where))

    def _node(self, event: Any, depth: int) -> Marked:
        where = self._place(event)
        if isinstance(event, yaml.AliasEvent):
            raise InvalidTableError(
                Problem(
                    what=f"alias {quote('*' + str(event.anchor))}",
                    allowed="no YAML aliases",
                    remedy="name the block under blocks: and write its name",
                    where=where,
                )
            )
        if depth > DEEPEST:
            raise InvalidTableError(
                Problem(
                    what="the nesting is too deep",
                    allowed=f"at most {DEEPEST} levels",
                    remedy="name inner blocks under blocks:",
                    where=where,
                )
            )
        if event.tag not in _PLAIN_TAGS:
            self._refuse(
                event, f"tag {quote(event.tag)}", "plain text, lists and mappings", "remove the tag"
            )
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(where, depth + 1)
        if isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
                items.append(self._node(event, depth + 1))
            return Marked(items, where)
        if _CONTROL.search(event.value):
            what = f"a control character in {quote(event.value)}"
            self._refuse(event, what, "printable text", "remove it")
        is_null = event.tag == _NULL or (event.implicit[0] and event.value in _NULLS)
        return Marked(None if is_null else event.value, where, style=event.style or "")

    def _mapping(self, where: Location, depth: int) -> Marked:
        values: dict[str, Marked] = {}
        keys: dict[str, Location] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            place = self._place(event)
            if not isinstance(event, yaml.ScalarEvent):
                self._refuse(event, "a key is no word", "a word")
                self._node(event, depth)
                self._node(next(self._events), depth)
                continue
            value = self._node(next(self._events), depth)
            if event.value in keys:
                first = keys[event.value].line
                what = f"key {quote(event.value)} stands twice, first at line {first}"
                self._refuse(event, what, remedy="remove one of them")
                continue
            keys[event.value], values[event.value] = place, value
        return Marked(values, where, keys)
