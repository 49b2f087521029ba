"""From a tree to a validated `TableFile`, or to all its problems at once."""

from __future__ import annotations

from itertools import takewhile
from typing import Any, TypeVar, cast, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from archcount.errors import InvalidTableError, Problem, quote, suggestion
from archcount.spec.claim_schema import COUNT, SUM
from archcount.spec.schema import TableFile
from archcount.spec.schema_types import MAPPING, SIZE, TEXT
from archcount.spec.yaml_tree import YamlNode

Schema = TypeVar("Schema", bound=BaseModel)


def validate(tree: YamlNode) -> TableFile:
    """Check the keys and values of a table file against the schema.

    Raises:
        InvalidTableError: with every problem, each with its location.
    """
    if not isinstance(tree.value, dict):
        raise InvalidTableError(
            tree.problem(
                "the file is not a mapping",
                "keys such as archcount, name, source, input, table",
                remedy="begin as the guide does, docs/table-format.md",
            )
        )
    return checked(tree, TableFile)


def checked(tree: YamlNode, schema: type[Schema]) -> Schema:
    """Check the keys and values of a mapping against a schema.

    Raises:
        InvalidTableError: with every problem, each with its location.
    """
    try:
        given = {key: item.plain() for key, item in tree.items() if item.value is not None}
        return schema.model_validate(given)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=True)
        raise InvalidTableError([_problem(tree, detail, schema) for detail in details]) from None


def _problem(tree: YamlNode, detail: ErrorDetails, schema: type[BaseModel]) -> Problem:
    path = tuple(step for step in detail["loc"] if step not in (TEXT, MAPPING, COUNT, SUM))
    label = ".".join(str(step) for step in path if step != "[key]")
    place = tree.find(path)
    where = place.where
    parent = tree.find(path[:-1])
    if detail["type"] == "extra_forbidden":
        key = str(path[-1])
        allowed = _keys(path[:-1], schema)
        return Problem(
            what=f"unknown key {quote(key)}",
            allowed=", ".join(allowed),
            remedy=suggestion(key, allowed) or _remedy(parent, key),
            where=parent.keys.get(key, where),
        )
    if detail["type"] == "missing":
        return parent.problem(f"{label} is missing", _EXAMPLES.get(str(path[-1]), ""), "add it")
    text = place.plain()
    shown = f" {quote(text)}" if isinstance(text, str) else ""
    if "[key]" in path:
        key = str(path[-2])
        where, shown = tree.find(path[:-2]).keys.get(key, where), f" {quote(key)}"
        label = f"a name under {'.'.join(str(step) for step in path[:-2])}"
    return Problem(what=f"{label}{shown} does not fit", allowed=_expected(detail), where=where)


def _remedy(parent: YamlNode, key: str) -> str:
    """Return what to do about an unknown key: a key that holds nothing is a piece of a text."""
    pieces = dict(parent.items())
    if key in pieces and pieces[key].value is None:
        before = takewhile(lambda each: each != key, pieces)
        filled = [each for each in before if pieces[each].value is not None]
        return f"remove it, or quote the text of {filled[-1]}: with its comma" if filled else ""
    return "remove it"


def _expected(detail: ErrorDetails) -> str:
    """Return what is allowed, in the words of the format."""
    context = detail.get("ctx", {})
    match detail["type"]:
        case "string_pattern_mismatch":
            return _PATTERNS.get(str(context.get("pattern")), f"text like {context['pattern']}")
        case "literal_error":
            return str(context["expected"])
        case "bool_parsing" | "bool_type":
            return "true, false"
        case "int_parsing" | "int_type":
            return "a whole number"
        case "string_type":
            return "a text"
        case "tuple_type" | "list_type":
            return "a list"
        case "dict_type" | "model_type":
            return "a mapping"
        case "string_too_long":
            return f"at most {context['max_length']} characters"
        case "string_too_short":
            return "some text"
    return detail["msg"].removeprefix("Input should be ")


_PATTERNS = {
    "^[A-Za-z][A-Za-z0-9_]*$": "letters, digits and _, beginning with a letter",
    "^[A-Za-z0-9][A-Za-z0-9_.-]*$": "letters, digits, _ . and -, beginning with a letter or digit",
    "^[a-z][a-z0-9_.-]*$": "small letters, digits, _ . and -, beginning with a letter",
    SIZE: "CxHxW, CxL, CxDxHxW or features, such as 3x224x224, each from 1 to 999,999,999",
}


def _model(path: tuple[int | str, ...], schema: type[BaseModel]) -> type[BaseModel] | None:
    """Find the schema's mapping that a path leads to."""
    here: Any = schema
    for step in path:
        if _is_model(here):
            fields = {info.alias or name: info for name, info in here.model_fields.items()}
            here = fields[str(step)].annotation if step in fields else None
        else:
            # A list's place or a mapping's key: go on with what it holds.
            here = _held(here)
    return _held(here)


def _held(thing: Any) -> type[BaseModel] | None:
    """Find the mapping of the schema in a type, however deep."""
    if _is_model(thing):
        return cast(type[BaseModel], thing)
    return next(filter(None, map(_held, get_args(thing))), None)


def _is_model(thing: Any) -> bool:
    return isinstance(thing, type) and issubclass(thing, BaseModel)


def _keys(path: tuple[int | str, ...], schema: type[BaseModel]) -> list[str]:
    model = _model(path, schema)
    return [info.alias or name for name, info in model.model_fields.items()] if model else []


_EXAMPLES = {
    "archcount": "archcount: 1 (the version of the file format)",
    "name": "name: googlenet",
    "source": "source: {title: ..., arxiv: ..., table: ...}",
    "title": "the paper's title",
    "input": "input: 3x224x224 (channels x height x width), or tokens 512 of 50257 (ids)",
    "table": "table: | and the printed rows below",
    "at": "the name of a row",
    "body": "a block",
    "what": "params, ops, depth, depth with pooling",
    "printed": "the number as printed",
    "from": "the place in the paper",
}
"""What belongs at a missing key."""
