"""What is true of an operation of torch whenever it is met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch


class Facts:
    """What the schema of an operation says.

    Args:
        func: the operation, as dispatched.

    Attributes:
        name: its name in the dispatcher, without the overload.
        arguments: the names of its arguments, with their defaults.
        is_view: whether it gives another look at the same numbers.
        is_pointwise: whether each number it gives comes of the numbers in the same place.
        changed: the places and names of the arguments that it writes to.
        is_fresh: whether all that it gives is new memory, and nothing is changed in place.
        is_torchs: whether it is torch's own, so that sizes alone decide on what it gives.
        is_in_place: whether it writes number by number to its first argument, and gives that.
    """

    def __init__(self, func: Any) -> None:
        schema = func._schema
        self.name = str(func.overloadpacket)
        self.arguments = [(item.name, item.default_value) for item in schema.arguments]
        self.is_view = bool(func.is_view)
        self.is_pointwise = torch.Tag.pointwise in func.tags
        self.changed = [
            (place, item.name)
            for place, item in enumerate(schema.arguments)
            if item.alias_info is not None and item.alias_info.is_write
        ]
        items = (*schema.arguments, *schema.returns)
        self.is_fresh = not schema.is_mutable and all(item.alias_info is None for item in items)
        self.is_torchs = func.namespace in ("aten", "prims")
        self.is_in_place = (
            self.is_pointwise
            and [place for place, _ in self.changed] == [0]
            and len(schema.returns) == 1
            and self.name.endswith("_")
        )

    def written(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Any]:
        """Give the arguments that are written to."""
        return [args[place] if place < len(args) else kwargs[name] for place, name in self.changed]


def facts_of(func: Any) -> Facts:
    """Give what is true of an operation.

    >>> facts_of(torch.ops.aten.relu_.default).is_in_place
    True
    """
    known = _FACTS.get(func)
    if known is None:
        known = _FACTS[func] = Facts(func)
    return known


_FACTS: dict[Any, Facts] = {}
