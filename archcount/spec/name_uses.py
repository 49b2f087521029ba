"""What the numbers of a row set in its layers: widths, kernels, strides, factors of widths."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from archcount.architecture import Expression, Value
from archcount.architecture.blocks import Block, Given, LayerBlock, PatchText
from archcount.architecture.scope import BLOCK_INPUT_NAMES, INPUT_NAMES

_SHAPES = frozenset((*INPUT_NAMES, *BLOCK_INPUT_NAMES))
_SAID = ("groups", "multiplier", "stride", "kernel", "factor")
"""What is no width, so that few numbers are likely."""


@dataclass(frozen=True)
class Uses:
    """Who reads the names of a row.

    Attributes:
        layers: the layers as written that may stand in it.
        given: the arguments of its blocks, by name.
        derived: the names that are worked out of others.
    """

    layers: Sequence[LayerBlock]
    given: Sequence[tuple[str, Given]]
    derived: Mapping[str, Expression]

    @classmethod
    def of(
        cls,
        blocks: Iterable[Block],
        given: Iterable[tuple[str, Given | Value]],
        values: Mapping[str, Value],
    ) -> Uses:
        """Gather who reads the names of a row, whose `values` are known."""
        return cls(
            [block for block in blocks if isinstance(block, LayerBlock)],
            [(name, item) for name, item in given if isinstance(item, Given)],
            {
                name: value.value
                for name, value in values.items()
                if isinstance(value.value, Expression)
            },
        )

    def says(self, name: str) -> str:
        """Return what a number sets, a word of `NumberCell`; a width where it sets several."""
        said = set(self._said(name, ()))
        [only] = said if len(said) == 1 else ["filters"]
        return only if only in _SAID else "filters"

    def _said(self, name: str, way: tuple[str, ...]) -> Iterator[str]:
        """Yield what a name sets, itself or by the names that are worked out of it."""
        for layer in self.layers:
            for bound in layer.arguments:
                if name in bound.names:
                    yield self._word(bound.argument.name, bound.value, name)
        for inner, value in (
            *((inner, item.value) for inner, item in self.given),
            *self.derived.items(),
        ):
            if name in value.names and inner not in (name, *way):
                for word in self._said(inner, (*way, name)):
                    yield self._word(word, value, name)

    def _word(self, word: str, value: object, name: str) -> str:
        """Return what a name sets that stands in the text of an argument."""
        if isinstance(value, PatchText):
            return "stride" if name in value.is_stride_of else "kernel"
        if word == "patch":
            return "kernel"
        is_width = word in ("width", "filters")
        if is_width and isinstance(value, Expression) and not _SHAPES.isdisjoint(value.names):
            times = rf"[*/]\s*{re.escape(name)}\b|\b{re.escape(name)}\s*[*/]"
            return "factor" if re.search(times, value.text) else "filters"
        return "filters" if is_width else word
