"""What the schema of an operator of torch says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor

from archcount.operators.operation import TensorSpec
from archcount.operators.registry import find


class OpSchema:
    """What the schema of an operator says, and what is known of it.

    Attributes:
        name: its name in the dispatcher, without the overload.
        arguments: the names of its arguments, with their defaults.
        is_view: whether it returns a view of an argument.
        is_pointwise: whether each number it gives comes of the numbers in the same place.
        changed: the places and names of the arguments that it writes to.
        is_fresh: whether all that it gives is new memory, and nothing is changed in place.
        is_torchs: whether it is torch's own, so that sizes alone decide on what it gives.
        is_in_place: whether it writes number by number to its first argument, and gives that.
        is_random: whether it draws what it gives.
        looks: whether what it gives, or how much, is in the numbers that it reads.
        is_filled: whether its first argument says no more than a size.
        shape: its shape rule, None where it has none.
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
        self.is_random = torch.Tag.nondeterministic_seeded in func.tags
        self.looks = not _LOOKS.isdisjoint(func.tags) or self.name in _LOOKING
        self.is_filled = self.name in _FILLED
        operator = find(self.name) if self.is_fresh or self.is_in_place else None
        self.shape = operator.shape if operator else None

    def written(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Any]:
        """Return the arguments that are written to."""
        return [args[place] if place < len(args) else kwargs[name] for place, name in self.changed]

    def named(
        self, args: Sequence[Any], kwargs: Mapping[str, Any], specs: Mapping[int, TensorSpec]
    ) -> dict[str, Any]:
        """Return the arguments by name, defaults filled in."""
        given = len(args)
        return {
            name: _written_out(args[place] if place < given else kwargs.get(name, default), specs)
            for place, (name, default) in enumerate(self.arguments)
        }


_LOOKS = {torch.Tag.data_dependent_output, torch.Tag.dynamic_output_shape}
_LOOKING = frozenset({"aten.is_nonzero", "aten._pack_padded_sequence", "aten._unsafe_index"})
_FILLED = frozenset(
    f"aten.{kind}"
    for kind in "zeros_like ones_like full_like empty_like new_zeros new_ones new_full new_empty "
    "new_empty_strided".split()
)


def _written_out(value: Any, specs: Mapping[int, TensorSpec]) -> Any:
    if isinstance(value, Tensor):
        return specs[id(value)]
    if isinstance(value, list | tuple):
        return [_written_out(item, specs) for item in value]
    return value


schema_of = cache(OpSchema)
"""Returns the schema of an operator.

>>> schema_of(torch.ops.aten.relu_.default).is_in_place
True
"""
