"""The schema of columns with a meaning of their own, and of the rows of networks."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from archcount.spec.schema_types import BlockTree, Entry, Line, Name, Number


def _form(value: Any) -> str:
    """Return in which of two forms something is written; no key of a file is called so."""
    return MAPPING if isinstance(value, dict) else TEXT


TEXT, MAPPING = "(text)", "(mapping)"
"""The two forms, as they stand in the place of an error."""


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
    Annotated[Line, Tag(TEXT)] | Annotated[CheckedEntry, Tag(MAPPING)], Discriminator(_form)
]


class ColumnEntry(Entry):
    """A column of the paper: its printed heading, and what its numbers are."""

    heading: Line | None = None
    is_: Annotated[_Meaning | None, Field(alias="is")] = None


ColumnMeaning = Annotated[
    Annotated[Line, Tag(TEXT)] | Annotated[ColumnEntry, Tag(MAPPING)], Discriminator(_form)
]
"""A printed heading, or a heading and more."""


class NetworkRowEntry(Entry):
    """A row of every network of a table of models."""

    row: Name
    block: BlockTree
    n: Number | None = None
    source: Annotated[Name | None, Field(alias="from")] = None
