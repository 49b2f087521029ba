"""The schema of a table file; the JSON Schema for editors is made from it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

SCHEMA_VERSION = 1
"""The version that a file states as `archcount:`."""

NAME = r"[A-Za-z][A-Za-z0-9_]*"
"""What names of rows, columns, blocks' arguments and `let` look like."""

_TEXT_OR_NUMBER: dict[str, Any] = {"type": ["string", "number"]}

Name = Annotated[str, StringConstraints(pattern=f"^{NAME}$", max_length=60)]
TableName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]*$", max_length=60)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Printed = Annotated[Line, WithJsonSchema(_TEXT_OR_NUMBER)]
"""A printed value; a number there is kept as the text that was written."""
SIZE = r"^[1-9][0-9]{0,8}[x×][1-9][0-9]{0,8}[x×][1-9][0-9]{0,8}$"
Size = Annotated[str, StringConstraints(pattern=SIZE)]
Number = Annotated[str, WithJsonSchema(_TEXT_OR_NUMBER), StringConstraints(max_length=200)]


Elementwise = Literal["bias", "norm", "activation", "pool", "softmax", "add"]
"""The cost categories that are not multiply-accumulates."""


def _once(values: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse a category that stands twice, for it would be counted twice."""
    if len(set(values)) < len(values):
        raise PydanticCustomError("twice", "each category once")
    return values


def _whole(value: Any) -> Any:
    """Take the text of a whole number for the number."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


# Blocks are read by `spec.blocks`, whose messages are better than those of a union; pydantic
# takes no reference to a definition it does not know, so that a marker stands in for it.
_BLOCK_MARKER = {"title": "a block of spec.blocks"}
BlockTree = Annotated[Any, WithJsonSchema(_BLOCK_MARKER)]
_BLOCKS_SCHEMA: dict[str, Any] = {"type": "object", "additionalProperties": _BLOCK_MARKER}
BLOCK_SCHEMA: dict[str, Any] = {
    "title": "Block",
    "description": "A layer or a block's name, a list (one after another), concat, add or repeat.",
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
            for join in ("concat", "add")
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
    ],
}


class Entry(BaseModel):
    """A mapping of the file: fixed keys, nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceEntry(Entry):
    """Where the table was printed."""

    title: Line
    arxiv: Annotated[str, WithJsonSchema(_TEXT_OR_NUMBER)] = ""
    table: Annotated[str, WithJsonSchema(_TEXT_OR_NUMBER)] = ""
    url: str = ""
    note: str = ""


class LayerEntry(Entry):
    """Defaults that many layers share; every layer can say otherwise."""

    pad: Annotated[str, WithJsonSchema({"type": ["string", "integer"]})] | None = None
    same: Literal["symmetric", "asymmetric", "ceil"] | None = None
    bias: bool | None = None
    act: Literal["none", "relu"] | None = None
    norm: Literal["none", "batch"] | None = None


class ParamsConvention(Entry):
    """How the params column counts."""

    K: Annotated[Literal[1000, 1024], BeforeValidator(_whole)] = 1000
    count: Literal["weights", "params"] = "params"


class OpsConvention(Entry):
    """How the ops column counts."""

    K: Annotated[Literal[1000, 1024], BeforeValidator(_whole)] = 1000
    count: Literal["macs", "flops"] = "macs"
    include: Annotated[
        tuple[Elementwise, ...],
        AfterValidator(_once),
        WithJsonSchema(
            {
                "type": "array",
                "items": {"enum": list(get_args(Elementwise))},
                "uniqueItems": True,
            }
        ),
    ] = ()


class ConventionsEntry(Entry):
    """How the paper's columns count."""

    params: ParamsConvention = ParamsConvention()
    ops: OpsConvention = OpsConvention()


class HeadEntry(Entry):
    """An auxiliary classifier on a row's output, train-only."""

    at: Name
    loss_weight: float = Field(gt=0, allow_inf_nan=False)
    body: BlockTree


class ReferenceEntry(Entry):
    """A number printed elsewhere that a ratio is set against."""

    name: Line
    printed: Printed
    source: Line = Field(alias="from")


class ClaimEntry(Entry):
    """A number printed outside the rows."""

    what: Literal["params", "ops", "depth", "depth with pooling"]
    printed: Printed
    source: Line = Field(alias="from")
    fewer_than: ReferenceEntry | None = None


class VariantEntry(Entry):
    """A named change of the same table."""

    let: dict[Name, Number] = {}
    input: Size | None = None
    layer: LayerEntry = LayerEntry()


class TableFile(Entry):
    """A paper's printed architecture table, as data."""

    archcount: Annotated[Literal[1], BeforeValidator(_whole)]
    name: TableName
    source: SourceEntry
    input: Size
    let: dict[Name, Number] = {}
    layer: LayerEntry = LayerEntry()
    conventions: ConventionsEntry = ConventionsEntry()
    columns: dict[Name, Line] = {}
    blocks: Annotated[dict[Line, Any], WithJsonSchema(_BLOCKS_SCHEMA)] = {}
    table: Annotated[str, StringConstraints(min_length=1)]
    heads: tuple[HeadEntry, ...] = ()
    claims: tuple[ClaimEntry, ...] = ()
    variants: dict[TableName, VariantEntry] = {}
    notes: tuple[Line, ...] = ()


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
        if schema.get("title") == _BLOCK_MARKER["title"]:
            return {"$ref": "#/$defs/Block"}
        return {key: _with_blocks(value) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_with_blocks(value) for value in schema]
    return schema
