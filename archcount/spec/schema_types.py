"""The types that the entries of a table file are made of."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    WithJsonSchema,
)

TEXT, MAPPING = "(text)", "(mapping)"
"""Two forms in which something may be written, as they stand in the place of an error."""


def form(value: Any) -> str:
    """Return in which of two forms something is written; no key of a file is called so."""
    return MAPPING if isinstance(value, dict) else TEXT


NAME = r"[A-Za-z][A-Za-z0-9_]*"
"""What names of rows, columns, blocks' arguments and `let` look like."""

TEXT_OR_NUMBER: dict[str, Any] = {"type": ["string", "number"]}

Name = Annotated[str, StringConstraints(pattern=f"^{NAME}$", max_length=60)]
TableName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]*$", max_length=60)]
VariantName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=60)
]
_IN_ONE_LINE = AfterValidator(lambda text: re.sub(r"\s*\n\s*", " ", text.strip()))
Prose = Annotated[str, _IN_ONE_LINE]
"""A text that may stand in several lines in the file, and is one."""
Line = Annotated[str, StringConstraints(min_length=1, max_length=1000), _IN_ONE_LINE]
Printed = Annotated[Line, WithJsonSchema(TEXT_OR_NUMBER)]
"""A printed value; a number there is kept as the text that was written."""
_NUMBER = r"[1-9][0-9]{0,8}"
_OR_NAME = rf"({_NUMBER}|{NAME})"
SIZE = (
    rf"^({_NUMBER}([x×]{_NUMBER}){{0,3}}|{_OR_NAME}( +[x×] +{_OR_NAME}){{0,3}}"
    rf"|tokens +{_OR_NAME} +of +{_OR_NAME})$"
)
Size = Annotated[str, StringConstraints(pattern=SIZE)]
Inputs = Annotated[
    Annotated[Size, Tag(TEXT)] | Annotated[dict[Name, Size], Field(min_length=2), Tag(MAPPING)],
    Discriminator(form),
]
"""One input, or several by name."""
Number = Annotated[str, WithJsonSchema(TEXT_OR_NUMBER), StringConstraints(max_length=200)]


# Blocks are read by `spec.block_reader`, whose messages are better than those of a union; pydantic
# takes no reference to a definition it does not know, so that a marker stands in for it.
BLOCK_MARKER = {"title": "a block of spec.block_reader"}
BlockTree = Annotated[Any, WithJsonSchema(BLOCK_MARKER)]


class Entry(BaseModel):
    """A mapping of the file: fixed keys, nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True)
