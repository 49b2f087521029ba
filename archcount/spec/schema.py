"""The schema of a table file; the JSON Schema for editors is made from it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from archcount.layers.by_word import FOLLOWERS
from archcount.spec.claim_schema import Claimed
from archcount.spec.column_schema import ColumnMeaning, NetworkRowEntry
from archcount.spec.schema_types import (
    BLOCK_MARKER,
    TEXT_OR_NUMBER,
    BlockTree,
    Entry,
    Inputs,
    Line,
    Name,
    Number,
    Printed,
    Prose,
    TableName,
    VariantName,
)

SCHEMA_VERSION = 1
"""The version that a file states as `archcount:`."""

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


_BLOCKS_SCHEMA: dict[str, Any] = {"type": "object", "additionalProperties": BLOCK_MARKER}


class SourceEntry(Entry):
    """Where the table was printed."""

    title: Line
    year: Annotated[int, Field(ge=1900, le=2100), BeforeValidator(_whole)] | None = None
    authors: tuple[Line, ...] = ()
    arxiv: Annotated[str, WithJsonSchema(TEXT_OR_NUMBER)] = ""
    table: Annotated[str, WithJsonSchema(TEXT_OR_NUMBER)] = ""
    url: str = ""
    note: Prose = ""


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


Digits = Annotated[int, Field(ge=1, le=15), BeforeValidator(_whole)]
Unit = Literal["thousand", "million", "billion", "trillion"]
"""What a whole column's numbers are in, as its heading says."""


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
    digits: Digits | None = None
    unit: Unit | None = None

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
    digits: Digits | None = None
    unit: Unit | None = None


class CheckedConvention(Entry):
    """How a column that is a quantity counts; what it counts is said under `columns:`."""

    K: Annotated[Literal[1000, 1024], BeforeValidator(_whole)] = 1000
    include: Annotated[tuple[Elementwise, ...], AfterValidator(_once)] = ()
    rounding: Rounding = "either"
    digits: Digits | None = None
    unit: Unit | None = None


class ConventionsEntry(Entry):
    """How the paper's columns count; a column that is a quantity stands under its own name."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[Name, CheckedConvention]

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
    model: Line = ""
    crops: Line = ""
    images: Annotated[int, Field(ge=1, le=10**12), BeforeValidator(_whole)] | None = None
    epochs: Annotated[int, Field(ge=1, le=10**6), BeforeValidator(_whole)] | None = None
    digits: Digits | None = None
    erratum: ClaimErratumEntry | None = None


class ReadingEntry(Entry):
    """Another block for a row, or other numbers for a model, from which its numbers were had."""

    row: Name | None = None
    block: BlockTree | None = None
    model: Line | None = None
    let: dict[Name, Number] = {}
    because: Line

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        row, model = self.row and self.block is not None, self.model and self.let
        if bool(row) == bool(model) or (row and (self.model or self.let)):
            raise PydanticCustomError("reading", "row: with block:, or model: with let:")
        return self


class ErratumEntry(Entry):
    """The verdict that a printed cell is known to get."""

    row: Name | None = None
    model: Line | None = None
    cell: Name
    verdict: Literal["convention", "reading", "contradiction", "off"]
    because: Line

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if bool(self.row) == bool(self.model):
            raise PydanticCustomError("erratum", "one of row: and model:")
        return self


class VariantEntry(Entry):
    """A named change of the same table: another column of it, or another network made of it."""

    of: Line | None = None
    printed: bool = False
    read: dict[Name, Name] = {}
    cells: dict[Name, dict[Name, Annotated[str, WithJsonSchema(TEXT_OR_NUMBER)]]] = {}
    let: dict[Name, Number] = {}
    input: Inputs | None = None
    layer: LayerEntry = LayerEntry()
    words: dict[Name, dict[str, Number]] = {}
    derive: dict[Name, Number] = {}
    blocks: Annotated[dict[Line, Any], WithJsonSchema(_BLOCKS_SCHEMA)] = {}
    heads: tuple[HeadEntry, ...] | None = None
    outputs: tuple[Name, ...] | None = None
    source: SourceEntry | None = None
    claims: tuple[ClaimEntry, ...] = ()
    errata: tuple[ErratumEntry, ...] = ()
    readings: tuple[ReadingEntry, ...] = ()
    notes: tuple[Line, ...] = ()


class TableFile(Entry):
    """A paper's printed architecture table, as data."""

    archcount: Annotated[Literal[1], BeforeValidator(_whole)]
    name: TableName
    source: SourceEntry
    task: Line = ""
    input: Inputs
    let: dict[Name, Number] = {}
    layer: LayerEntry = LayerEntry()
    conventions: ConventionsEntry = ConventionsEntry()
    columns: dict[Name, ColumnMeaning | None] = {}
    words: dict[Name, dict[str, Number]] = {}
    derive: dict[Name, Number] = {}
    connections: dict[Name, Annotated[str, StringConstraints(min_length=1)]] = {}
    blocks: Annotated[dict[Line, Any], WithJsonSchema(_BLOCKS_SCHEMA)] = {}
    rows: Literal["models"] | None = None
    turned: bool = False
    network: tuple[NetworkRowEntry, ...] = ()
    table: Annotated[str, StringConstraints(min_length=1)]
    heads: tuple[HeadEntry, ...] = ()
    outputs: tuple[Name, ...] = ()
    claims: tuple[ClaimEntry, ...] = ()
    readings: tuple[ReadingEntry, ...] = ()
    errata: tuple[ErratumEntry, ...] = ()
    variants: dict[VariantName, VariantEntry] = {}
    default: Line | None = None
    notes: tuple[Line, ...] = ()
