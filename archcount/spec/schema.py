"""The schema of a table file; the JSON Schema for editors is made from it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from archcount.layers.by_word import FOLLOWERS

SCHEMA_VERSION = 1
"""The version that a file states as `archcount:`."""

NAME = r"[A-Za-z][A-Za-z0-9_]*"
"""What names of rows, columns, blocks' arguments and `let` look like."""

_TEXT_OR_NUMBER: dict[str, Any] = {"type": ["string", "number"]}

Name = Annotated[str, StringConstraints(pattern=f"^{NAME}$", max_length=60)]
TableName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]*$", max_length=60)]
VariantName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=60)
]
Line = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Printed = Annotated[Line, WithJsonSchema(_TEXT_OR_NUMBER)]
"""A printed value; a number there is kept as the text that was written."""
SIZE = r"^([1-9][0-9]{0,8}([x×][1-9][0-9]{0,8}){1,3}|tokens +[1-9][0-9]{0,8} +of +[1-9][0-9]{0,8})$"
Size = Annotated[str, StringConstraints(pattern=SIZE)]
Number = Annotated[str, WithJsonSchema(_TEXT_OR_NUMBER), StringConstraints(max_length=200)]


Claimed = Literal[
    "params",
    "weights",
    "buffers",
    "params and buffers",
    "ops",
    "depth",
    "depth with pooling",
    "layers",
    "concatenations",
    "neurons",
    "sum of params",
    "sum of ops",
    "sum of depth",
    "crops",
    "training time",
]
"""What a claim may speak of; a sum is that of the printed column."""
Elementwise = Literal["bias", "norm", "activation", "pool", "softmax", "add", "scale", "other"]
"""The cost categories that are not multiply-accumulates."""


def _once(values: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse a category that stands twice, for it would be counted twice."""
    if len(set(values)) < len(values):
        raise PydanticCustomError("twice", "each category once")
    return values


def _whole(value: Any) -> Any:
    """Take the text of a whole number for the number."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


# Blocks are read by `spec.block_reader`, whose messages are better than those of a union; pydantic
# takes no reference to a definition it does not know, so that a marker stands in for it.
BLOCK_MARKER = {"title": "a block of spec.block_reader"}
BlockTree = Annotated[Any, WithJsonSchema(BLOCK_MARKER)]
_BLOCKS_SCHEMA: dict[str, Any] = {"type": "object", "additionalProperties": BLOCK_MARKER}


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
    act: Literal[("none", *FOLLOWERS["act"])] | None = None  # type: ignore[valid-type]
    norm: Literal[("none", *FOLLOWERS["norm"])] | None = None  # type: ignore[valid-type]
    eps: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    momentum: float | None = Field(default=None, ge=0, le=1)
    scale: bool | None = None


Rounding = Literal["either", "nearest", "down"]
"""How a column's numbers were shortened: to the nearest, cut off, or sometimes so, sometimes so."""


def _categories(names: tuple[str, ...]) -> WithJsonSchema:
    """Describe a list of categories without one twice."""
    return WithJsonSchema(
        {"type": "array", "items": {"enum": list(names)}, "uniqueItems": True, "default": []}
    )


class ParamsConvention(Entry):
    """How the params column counts."""

    K: Annotated[Literal[1000, 1024], BeforeValidator(_whole)] = 1000
    count: Literal["weights", "params"] = "params"
    include: Annotated[
        tuple[Literal["bias", "norm"], ...],
        AfterValidator(_once),
        _categories(("bias", "norm")),
    ] = ()
    rounding: Rounding = "either"

    @model_validator(mode="after")
    def _nothing_twice(self) -> Self:
        if self.count == "params" and self.include:
            raise PydanticCustomError(
                "twice", "no include beside count: params, which are all of them"
            )
        return self


class OpsConvention(Entry):
    """How the ops column counts."""

    K: Annotated[Literal[1000, 1024], BeforeValidator(_whole)] = 1000
    count: Literal["macs", "flops"] = "macs"
    include: Annotated[
        tuple[Elementwise, ...],
        AfterValidator(_once),
        _categories(get_args(Elementwise)),
    ] = ()
    rounding: Rounding = "either"


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
    """What a ratio is set against: a number printed elsewhere, or the count of another table."""

    name: Line = ""
    printed: Printed = ""
    source: Annotated[str, Field(alias="from")] = ""
    table: TableName | None = None
    variant: VariantName | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        number = bool(self.name and self.printed and self.source)
        both = self.table and (self.name or self.printed)
        if number == bool(self.table) or both or (self.variant and not self.table):
            raise PydanticCustomError(
                "reference", "either name, printed and from, or the name of a shipped table"
            )
        return self


class ClaimErratumEntry(Entry):
    """The verdict that a claim is known to get."""

    verdict: Literal["convention", "contradiction", "off"]
    because: Line


class ClaimEntry(Entry):
    """A number printed outside the rows."""

    what: Claimed
    printed: Printed
    paper: Line = ""
    source: Line = Field(alias="from")
    fewer_than: ReferenceEntry | None = None
    more_than: ReferenceEntry | None = None
    heads: bool = False
    of: Line = ""
    layers: Line = ""
    crops: Line = ""
    images: Annotated[int, Field(ge=1, le=10**12), BeforeValidator(_whole)] | None = None
    epochs: Annotated[int, Field(ge=1, le=10**6), BeforeValidator(_whole)] | None = None
    erratum: ClaimErratumEntry | None = None


class ReadingEntry(Entry):
    """Another block for a row, from which its printed numbers were had."""

    row: Name
    block: BlockTree
    because: Line


class ErratumEntry(Entry):
    """The verdict that a printed cell is known to get."""

    row: Name
    cell: Literal["input", "output", "depth", "params", "ops"]
    verdict: Literal["convention", "reading", "contradiction", "off"]
    because: Line


class VariantEntry(Entry):
    """A named change of the same table: another column of it, or another network made of it."""

    of: VariantName | None = None
    printed: bool = False
    read: dict[Name, Name] = {}
    cells: dict[Name, dict[Name, Annotated[str, WithJsonSchema(_TEXT_OR_NUMBER)]]] = {}
    let: dict[Name, Number] = {}
    input: Size | None = None
    layer: LayerEntry = LayerEntry()
    words: dict[Name, dict[str, Number]] = {}
    derive: dict[Name, Number] = {}
    blocks: Annotated[dict[Line, Any], WithJsonSchema(_BLOCKS_SCHEMA)] = {}
    heads: tuple[HeadEntry, ...] | None = None
    source: SourceEntry | None = None
    claims: tuple[ClaimEntry, ...] = ()
    errata: tuple[ErratumEntry, ...] = ()
    notes: tuple[Line, ...] = ()


class TableFile(Entry):
    """A paper's printed architecture table, as data."""

    archcount: Annotated[Literal[1], BeforeValidator(_whole)]
    name: TableName
    source: SourceEntry
    input: Size
    let: dict[Name, Number] = {}
    layer: LayerEntry = LayerEntry()
    conventions: ConventionsEntry = ConventionsEntry()
    columns: dict[Name, Line | None] = {}
    words: dict[Name, dict[str, Number]] = {}
    derive: dict[Name, Number] = {}
    blocks: Annotated[dict[Line, Any], WithJsonSchema(_BLOCKS_SCHEMA)] = {}
    table: Annotated[str, StringConstraints(min_length=1)]
    heads: tuple[HeadEntry, ...] = ()
    claims: tuple[ClaimEntry, ...] = ()
    readings: tuple[ReadingEntry, ...] = ()
    errata: tuple[ErratumEntry, ...] = ()
    variants: dict[VariantName, VariantEntry] = {}
    default: VariantName | None = None
    notes: tuple[Line, ...] = ()
