"""The schema of columns with a meaning of their own, and of the rows of networks."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from archcount.spec.schema_types import (
    MAPPING,
    TEXT,
    BlockTree,
    Entry,
    Line,
    Name,
    Number,
    form,
)


class CheckedEntry(Entry):
    """What the numbers of a printed column are: a quantity, of a part or without one."""

    what: Line
    of: str = ""
    without: str = ""

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if self.of and self.without:
            raise PydanticCustomError("part", "one of of: and without:")
        return self


_Meaning = Annotated[
    Annotated[Line, Tag(TEXT)] | Annotated[CheckedEntry, Tag(MAPPING)], Discriminator(form)
]


class ColumnEntry(Entry):
    """A column of the paper: its printed heading, and what its numbers are."""

    heading: Line | None = None
    is_: Annotated[_Meaning | None, Field(alias="is")] = None


ColumnMeaning = Annotated[
    Annotated[Line, Tag(TEXT)] | Annotated[ColumnEntry, Tag(MAPPING)], Discriminator(form)
]
"""A printed heading, or a heading and more."""


class NetworkRowEntry(Entry):
    """A row of every network of a table of models."""

    row: Name
    block: BlockTree
    n: Number | None = None
    source: Annotated[Name | None, Field(alias="from")] = None
