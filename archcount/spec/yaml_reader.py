"""From a table file to its tree, within the limits of what a table may hold."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, NoReturn

import yaml

from archcount.errors import InvalidTableError, Location, Problem, quote
from archcount.spec.yaml_comments import lost_texts
from archcount.spec.yaml_tree import YamlNode

LARGEST = 1024 * 1024
"""The largest table file read, in bytes; shipped ones have a few thousand."""
DEEPEST = 40
"""The deepest nesting read."""
MOST_ENTRIES = 1_000
"""The most entries of one list or mapping; the longest that is shipped has 50."""
LONGEST = 4_000
"""The most letters of one text; the longest that is shipped has 327."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)
"""What moves the cursor, ends a line, or turns the direction of the text after it."""
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
    """Read a table file; messages call it by `name`.

    Raises:
        InvalidTableError: it is missing, not a file, too large, or not UTF-8.
    """

    def refuse(
        what: str, allowed: str = "", remedy: str = "", line: int = 1, column: int = 1
    ) -> NoReturn:
        where = Location(name, line, column)
        raise InvalidTableError.of(what, allowed=allowed, remedy=remedy, where=where)

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


def parse(text: str, name: str) -> YamlNode:
    """Parse YAML into a tree with locations; aliases, tags and duplicate keys are refused.

    Raises:
        InvalidTableError: the text is not such YAML.

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
        raise InvalidTableError.of(
            f"not YAML: {what}",
            remedy='quote a text with ": " or " #" in it, or with a comma between {} or []',
            where=where,
        ) from None
    except yaml.YAMLError as error:
        position = getattr(error, "position", 0)
        before = text[: position if isinstance(position, int) else 0]
        where = Location(name, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
        what = str(getattr(error, "reason", error)).splitlines()[0]
        raise InvalidTableError.of(
            f"not YAML: {what}", allowed="printable text", where=where
        ) from None
    if tree is None:
        raise InvalidTableError.of(
            "the file is empty",
            remedy="begin as the guide does, docs/table-format.md",
            where=Location(name, 1, 1),
        )
    if problems := [*builder.problems, *lost_texts(text, name)]:
        raise InvalidTableError(problems)
    return tree


def _written(item: YamlNode, key: str) -> YamlNode:
    """Return what is written for a key: what it holds, or the key itself where it holds nothing."""
    return YamlNode(key, item.where) if item.value is None else item


class _TreeBuilder:
    """Builds the tree from the parser's events, so that no alias or deep nesting is followed."""

    def __init__(self, text: str, name: str) -> None:
        self._events = iter(yaml.parse(text, Loader=_Loader))
        self._name = name
        self.problems: list[Problem] = []

    def document(self) -> YamlNode | None:
        """Return the tree of the only document; None where there is none."""
        tree = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if tree is not None:
                    raise InvalidTableError.of(
                        "not YAML: a second document",
                        allowed="one document",
                        where=self._place(event),
                    )
                tree = self._node(next(self._events), 0)
        return tree

    def _place(self, event: Any) -> Location:
        return Location(self._name, event.start_mark.line + 1, event.start_mark.column + 1)

    def _refuse(self, event: Any, what: str, allowed: str = "", remedy: str = "") -> None:
        where = self._place(event)
        self.problems.append(Problem(what=what, allowed=allowed, remedy=remedy, where=where))

    def _node(self, event: Any, depth: int) -> YamlNode:
        where = self._place(event)
        if isinstance(event, yaml.AliasEvent):
            raise InvalidTableError.of(
                f"alias {quote('*' + str(event.anchor))}",
                allowed="no YAML aliases",
                remedy="name the block under blocks: and write its name",
                where=where,
            )
        if depth > DEEPEST:
            raise InvalidTableError.of(
                "the nesting is too deep",
                allowed=f"at most {DEEPEST} levels",
                remedy="name inner blocks under blocks:",
                where=where,
            )
        if event.tag not in _PLAIN_TAGS:
            self._refuse(
                event, f"tag {quote(event.tag)}", "plain text, lists and mappings", "remove the tag"
            )
        if isinstance(event, yaml.MappingStartEvent):
            flow = event.flow_style
            mapping = self._mapping(where, depth + 1)
            if flow:
                self._refuse_torn([_written(item, key) for key, item in mapping.items()])
            return mapping
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[YamlNode] = []
            flow = event.flow_style
            while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
                self._refuse_many(items, event)
                items.append(self._node(event, depth + 1))
            if flow:
                self._refuse_torn(items)
            return YamlNode(items, where)
        self._check_text(event)
        is_null = event.tag == _NULL or (event.implicit[0] and event.value in _NULLS)
        return YamlNode(None if is_null else event.value, where, style=event.style or "")

    def _check_text(self, event: Any) -> None:
        """Refuse what does not print, and a text that is none of a table."""
        if _CONTROL.search(event.value):
            what = f"a control character in {quote(event.value)}"
            self._refuse(event, what, "printable text", "remove it")
        if len(event.value) > LONGEST and event.style not in ("|", ">"):
            raise InvalidTableError.of(
                f"a text of {len(event.value):,} letters",
                allowed=f"at most {LONGEST:,}",
                remedy="is it a table file?",
                where=self._place(event),
            )

    def _refuse_many(self, entries: Collection[object], event: Any) -> None:
        """Refuse a list or mapping of more entries than any table has."""
        if len(entries) == MOST_ENTRIES:
            raise InvalidTableError.of(
                "a list or mapping of too many entries",
                allowed=f"at most {MOST_ENTRIES:,}",
                remedy="is it a table file?",
                where=self._place(event),
            )

    def _refuse_torn(self, items: Sequence[YamlNode]) -> None:
        """Refuse a text with parentheses that was taken apart at its comma, naming it whole."""
        for place, item in enumerate(items):
            whole = ""
            for piece in items[place:]:
                if not isinstance(piece.value, str) or piece.style:
                    break
                whole += f", {piece.value}" if whole else piece.value
                if whole.count("(") == whole.count(")"):
                    break
            if whole.count("(") == whole.count(")") and whole not in ("", item.value):
                what = f"YAML takes {quote(whole)} apart at its comma"
                remedy = f'quote it: "{whole}"'
                self.problems.append(item.problem(what, remedy=remedy))

    def _mapping(self, where: Location, depth: int) -> YamlNode:
        values: dict[str, YamlNode] = {}
        keys: dict[str, Location] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            place = self._place(event)
            self._refuse_many(keys, event)
            if isinstance(event, yaml.ScalarEvent):
                self._check_text(event)
            else:
                self._refuse(event, "a key that is not a text", "a text")
                self._node(event, depth)
                self._node(next(self._events), depth)
                continue
            value = self._node(next(self._events), depth)
            if event.value in keys:
                first = keys[event.value].line
                what = f"duplicate key {quote(event.value)}, first at line {first}"
                self._refuse(event, what, remedy="remove one of them")
                continue
            keys[event.value], values[event.value] = place, value
        return YamlNode(values, where, keys)
