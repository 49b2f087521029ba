"""The schema of what a claim is of: a count, or the sum of a printed column."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, StringConstraints, Tag

from archcount.spec.schema_types import NAME

_Counted = Literal[
    "params",
    "weights",
    "buffers",
    "params and buffers",
    "ops",
    "macs",
    "flops",
    "depth",
    "depth with pooling",
    "layers",
    "concatenations",
    "neurons",
    "crops",
    "training time",
]
"""What a claim may speak of, beside the sum of a printed column."""
COUNT, SUM = "(count)", "(sum)"
"""The two, as they stand in the place of an error; no key of a file is called so."""
_SumOfColumn = Annotated[str, StringConstraints(pattern=f"^sum of {NAME}$", max_length=70)]


def _claimed_form(value: Any) -> str:
    is_sum = isinstance(value, str) and value.startswith("sum of ")
    return SUM if is_sum else COUNT


Claimed = Annotated[
    Annotated[_Counted, Tag(COUNT)] | Annotated[_SumOfColumn, Tag(SUM)],
    Discriminator(_claimed_form),
]
"""What a claim is of."""
