"""The JSON Schema of a table file, for editors and other tools."""

from __future__ import annotations

from typing import Any

from archcount.layers.by_word import JOINS, NAMED_JOINS
from archcount.layers.joins import JoinKind
from archcount.layers.kind import arguments_of
from archcount.spec.schema import TableFile
from archcount.spec.schema_descriptions import DESCRIPTIONS
from archcount.spec.schema_types import BLOCK_MARKER

_BLOCK = {"$ref": "#/$defs/Block"}
_NUMBER = {"type": ["integer", "string"], "description": "A number or an expression."}


def _mapping(description: str, properties: dict[str, Any], optional: str = "") -> dict[str, Any]:
    """Describe a mapping with these keys and no others, all of them required but one."""
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": [name for name in properties if name != optional],
        "additionalProperties": False,
    }


def _join(word: str, kind: type[JoinKind]) -> dict[str, Any]:
    what = _summary(kind)
    branches = {"type": "array", "items": _BLOCK, "minItems": 2, "description": what}
    return _mapping(what, {word: branches})


def _named_join(word: str, kind: type[JoinKind]) -> dict[str, Any]:
    branches = {
        name: {**_BLOCK, "description": f"The branch {name}."} for name in kind.branch_names
    }
    options = {
        item.name: {
            "type": ["integer", "number", "boolean", "string"],
            "description": f"{item.name}: {item.allowed}.",
        }
        for item in arguments_of(kind)
    }
    what = _summary(kind)
    inner = _mapping(what, {**branches, **options})
    inner["required"] = [item.name for item in arguments_of(kind) if item.required]
    return _mapping(what, {word: inner})


def _summary(kind: type) -> str:
    """Return the first line of a class's description."""
    return (kind.__doc__ or "").partition("\n")[0]


def _block_schema() -> dict[str, Any]:
    """Describe what `spec.block_reader` reads."""
    experts = {"of": _NUMBER, "active": _NUMBER, "block": _BLOCK}
    routed = "Equal blocks on tokens, of which a router gives each token to the active ones."
    return {
        "title": "Block",
        "description": "A layer or a block's name, a list (one after another), "
        f"{', '.join((*JOINS, *NAMED_JOINS))}, repeat, experts or when.",
        "anyOf": [
            {
                "type": "string",
                "description": "A layer (conv 3x3/2 64), a block's name or '@row'.",
            },
            {
                "type": "array",
                "items": _BLOCK,
                "minItems": 1,
                "description": "Blocks, one after another.",
            },
            *(_join(word, kind) for word, kind in JOINS.items()),
            *(_named_join(word, kind) for word, kind in NAMED_JOINS.items()),
            _mapping("A block so many times.", {"repeat": _NUMBER, "block": _BLOCK}),
            _mapping(routed, {"experts": _mapping(routed, experts)}),
            _mapping(
                "A block where a condition holds, such as s == 1 and in.c == c, else another one.",
                {
                    "when": {**_NUMBER, "description": "A condition over expressions."},
                    "block": _BLOCK,
                    "else": {**_BLOCK, "description": "What is there where it does not hold."},
                },
                optional="else",
            ),
        ],
    }


def json_schema() -> dict[str, Any]:
    """Make the JSON Schema of a table file, for editors and other tools.

    >>> json_schema()["properties"]["archcount"]["const"]
    1
    """
    schema = TableFile.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "archcount table file"
    for name, entry in {**schema["$defs"], TableFile.__name__: schema}.items():
        for key, what in DESCRIPTIONS.get(name, {}).items():
            entry["properties"][key]["description"] = what
    schema["$defs"]["Block"] = _block_schema()
    return dict(_finished(schema))


def _finished(schema: Any) -> Any:
    """Put the reference to a block where its marker stands, and close mappings of names."""
    if isinstance(schema, dict):
        if schema.get("title") == BLOCK_MARKER["title"]:
            described = {key: schema[key] for key in schema if key == "description"}
            return {**_BLOCK, **described}
        # pydantic writes patterns of keys down, but not that other keys are refused.
        closed = {"additionalProperties": False} if "patternProperties" in schema else {}
        return {**{key: _finished(value) for key, value in schema.items()}, **closed}
    if isinstance(schema, list):
        return [_finished(value) for value in schema]
    return schema
