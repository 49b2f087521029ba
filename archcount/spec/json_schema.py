"""The JSON Schema of a table file, for editors and other tools."""

from __future__ import annotations

from typing import Any

from archcount.layers.by_word import JOINS, NAMED_JOINS
from archcount.layers.kind import arguments_of
from archcount.spec.schema import TableFile
from archcount.spec.schema_types import BLOCK_MARKER

BLOCK_SCHEMA: dict[str, Any] = {
    "title": "Block",
    "description": "A layer or a block's name, a list (one after another), "
    f"{', '.join((*JOINS, *NAMED_JOINS))}, repeat, experts or when.",
    "anyOf": [
        {"type": "string"},
        {"type": "array", "items": {"$ref": "#/$defs/Block"}, "minItems": 1},
        *(
            {
                "type": "object",
                "properties": {
                    join: {"type": "array", "items": {"$ref": "#/$defs/Block"}, "minItems": 1}
                },
                "required": [join],
                "additionalProperties": False,
            }
            for join in JOINS
        ),
        *(
            {
                "type": "object",
                "properties": {
                    join: {
                        "type": "object",
                        "properties": {
                            **{name: {"$ref": "#/$defs/Block"} for name in kind.branch_names},
                            **{
                                item.name: {"type": ["integer", "number", "boolean", "string"]}
                                for item in arguments_of(kind)
                            },
                        },
                        "required": [item.name for item in arguments_of(kind) if item.required],
                        "additionalProperties": False,
                    }
                },
                "required": [join],
                "additionalProperties": False,
            }
            for join, kind in NAMED_JOINS.items()
        ),
        {
            "type": "object",
            "properties": {
                "repeat": {"type": ["integer", "string"]},
                "block": {"$ref": "#/$defs/Block"},
            },
            "required": ["repeat", "block"],
            "additionalProperties": False,
        },
        {
            "type": "object",
            "properties": {
                "experts": {
                    "type": "object",
                    "properties": {
                        "of": {"type": ["integer", "string"]},
                        "active": {"type": ["integer", "string"]},
                        "block": {"$ref": "#/$defs/Block"},
                    },
                    "required": ["of", "active", "block"],
                    "additionalProperties": False,
                }
            },
            "required": ["experts"],
            "additionalProperties": False,
        },
        {
            "type": "object",
            "properties": {
                "when": {"type": ["integer", "string"]},
                "block": {"$ref": "#/$defs/Block"},
                "else": {"$ref": "#/$defs/Block"},
            },
            "required": ["when", "block"],
            "additionalProperties": False,
        },
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
    schema["$defs"]["Block"] = BLOCK_SCHEMA
    return dict(_with_blocks(schema))


def _with_blocks(schema: Any) -> Any:
    """Put the reference to a block where its marker stands."""
    if isinstance(schema, dict):
        if schema.get("title") == BLOCK_MARKER["title"]:
            return {"$ref": "#/$defs/Block"}
        return {key: _with_blocks(value) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_with_blocks(value) for value in schema]
    return schema
