"""A network counted at many points: by expressions where they hold, expanded elsewhere."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from operator import mul
from typing import ClassVar

from archcount.architecture.context import ExpansionCache
from archcount.engines.formula import count
from archcount.errors import ArchcountError, UsageError
from archcount.spec.variant import Variant
from archcount.symbolic.guards import Guard
from archcount.symbolic.polynomial import Number, Polynomial, names_of
from archcount.symbolic.sweep_axes import Axes, number_of
from archcount.symbolic.symbolic_count import count_symbolically
from archcount.symbolic.symbols import axes_of, sides_of

_PAYS = 100
"""Expansions that take as long as deriving expressions."""
_KEPT = 50
"""Compiled expressions that are kept, each for another part of the points."""
_REMEMBERED = 20_000
"""Blocks that are remembered at a time: at the ends of networks many sizes are alike."""
_FACTORS = 10_000
"""Sizes, and combinations of `let` values, whose factors are kept."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """One combination, counted.

    Attributes:
        input: (channels, height, width), or (1, positions) of the ids of tokens.
        of_ids: whether it is a sequence of ids.
        lets: the values of the names that were varied.
        batch: how many images `macs` are of.
        params: trained numbers; None where the rows are incompatible.
        weights: those of kernels.
        macs: multiply-accumulates of the batch.
        output: (channels, height, width).
        problem: why it cannot be counted, or empty.
    """

    input: tuple[int, ...]
    lets: tuple[str, ...]
    batch: int = 1
    params: int | None = None
    weights: int | None = None
    macs: int | None = None
    output: tuple[int, ...] | None = None
    problem: str = ""
    of_ids: bool = False

    @property
    def shown(self) -> str:
        """The input as text."""
        return f"{self.input[1]} tokens" if self.of_ids else "x".join(map(str, self.input))

    @property
    def rest(self) -> dict[str, str | None]:
        """What is written of it beside its numbers."""
        return {"output": None if self.output is None else "x".join(map(str, self.output))}

    def of_batch(self, images: int) -> Point:
        """Return the same of so many images, where it is of one."""
        macs = None if self.macs is None else self.macs * images
        return replace(self, batch=images, macs=macs)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sweep:
    """A network at every combination of some numbers, in order, the batch changing fastest."""

    figures: ClassVar = (("params", "params"), ("weights", "weights"), ("macs", "MACs"))
    schema: ClassVar = "archcount.sweep/1"

    network: Variant
    axes: Axes

    @property
    def title(self) -> str:
        """What is counted."""
        return f"{self.name}: counted by formula, MACs of the batch, without auxiliary heads"

    @property
    def head(self) -> dict[str, str | None]:
        """The names of what is counted."""
        return {"name": self.network.table, "variant": self.network.name or None}

    @property
    def name(self) -> str:
        """The name of the network as commands take it: that of the table, and of the variant."""
        return "@".join(filter(None, (self.network.table, self.network.name)))

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.axes)

    def __iter__(self) -> Iterator[Point]:
        counter = _Counter(self.network, self.axes)
        sizes = self.axes.inputs or (None,)
        for size, lets in product(sizes, product(*self.axes.lets.values())):
            point = counter.point(size, lets)
            for batch in self.axes.batches:
                yield point.of_batch(batch)


class _Counter:
    """Counts a network at one point after another."""

    def __init__(self, network: Variant, axes: Axes) -> None:
        self._network, self._lets = network, tuple(axes.lets)
        self._axes = axes_of(network.input)
        inputs = dict(zip(self._axes, zip(*axes.inputs, strict=True), strict=False))
        values = {**inputs, **axes.lets}
        self._varied = {name for name, found in values.items() if len({*found}) > 1}
        self._cache = ExpansionCache()
        self._expanded = self._tried = 0
        self._compiled: deque[CompiledCounts] = deque(maxlen=_KEPT)

    def point(self, size: tuple[int, ...] | None, lets: tuple[str, ...]) -> Point:
        """Count one image.

        Expressions are derived after every `_PAYS` points that had to be expanded, so that this
        never takes longer than the expansions.
        """
        for found in self._compiled:
            counts = found.at(size or (), lets)
            if counts is not None:
                params, weights, macs, *output = counts
                return Point(
                    input=size or self._own(lets),
                    lets=lets,
                    params=params,
                    weights=weights,
                    macs=macs,
                    output=tuple(output),
                    of_ids=self._network.input.vocabulary > 0,
                )
        point = self._expand(size, lets)
        if not point.problem and self._expanded >= _PAYS * (1 + self._tried):
            self._derive(size, lets)
        return point

    def _own(self, lets: tuple[str, ...]) -> tuple[int, ...]:
        """Return the network's own input, which may read `let` names."""
        if not any(size.names for size in self._network.written_inputs):
            return self._network.input.dims
        numbers = {name: number_of(text) for name, text in zip(self._lets, lets, strict=True)}
        return self._network.input_with({name: n for name, n in numbers.items() if n}).dims

    def _expand(self, size: tuple[int, ...] | None, lets: tuple[str, ...]) -> Point:
        if len(self._cache) > _REMEMBERED:
            self._cache = ExpansionCache()
        self._expanded += 1
        values = dict(zip(self._lets, lets, strict=True))
        return expanded(self._network, size, values, self._cache)

    def _derive(self, size: tuple[int, ...] | None, lets: tuple[str, ...]) -> None:
        """Derive expressions that hold at a point, and wherever a run decides the same."""
        self._tried += 1
        numbers = {name: number_of(text) for name, text in zip(self._lets, lets, strict=True)}
        values = {name: number for name, number in numbers.items() if number is not None}
        if len(values) < len(lets) or {*values} & {*sides_of(self._network.input)}:
            return
        point = dict(zip(self._axes, size or (), strict=False)) | values
        varied = {name: value for name, value in point.items() if name in self._varied}
        try:
            counted = count_symbolically(self._network, size, varied, values)
        except UsageError:
            return  # they grow too long
        axes = self._axes if size else ()
        found = CompiledCounts(counted.total.numbers, counted.guards, self._lets, axes)
        if found.is_separable:
            self._compiled.appendleft(found)


class CompiledCounts:
    """Counts of one network, ready for many points.

    Each count is a sum of terms a * b, where a reads the input size alone and b the `let` names
    alone; so is each guard. Both are worked out once a size, and once a combination of values.
    """

    def __init__(
        self,
        counts: Sequence[Polynomial],
        guards: Sequence[Guard],
        lets: Sequence[str],
        axes: Sequence[str],
    ) -> None:
        self._axes = axes
        split = [count.by_names(axes) for count in counts]
        self._terms = list(dict.fromkeys(term for parts in split for term in parts))
        none = Polynomial.of(0)
        self._factors = [[parts.get(term, none) for term in self._terms] for parts in split]
        self._guards = guards
        self._lets = lets
        self._of_size = lru_cache(_FACTORS)(self._size_part)
        self._of_lets = lru_cache(_FACTORS)(self._lets_part)

    @property
    def is_separable(self) -> bool:
        """Whether no rounding, nor any guard, reads names of both kinds."""
        atoms = [names_of(atom) for term in self._terms for atom, _ in term]
        read = [*atoms, *(guard.of.names for guard in self._guards)]
        axes = {*self._axes}
        return all({*names} <= axes or not {*names} & axes for names in read)

    def at(self, size: tuple[int, ...], lets: tuple[str, ...]) -> tuple[int, ...] | None:
        """Return the counts at sizes of the axes and `let` values; None outside."""
        terms, factors = self._of_size(size), self._of_lets(lets)
        if terms is None or factors is None:
            return None
        rows, scale = factors
        sums = [sum(map(mul, row, terms)) for row in rows]
        assert not any(number % scale for number in sums), "a count is whole where it holds"
        return tuple(int(number // scale) for number in sums)

    def _size_part(self, size: tuple[int, ...]) -> list[Number] | None:
        point = dict(zip(self._axes, size, strict=True))
        if not self._holds(point):
            return None
        return [Polynomial({term: 1}).at(point) for term in self._terms]

    def _lets_part(self, lets: tuple[str, ...]) -> tuple[list[list[int]], int] | None:
        """Return whole factors of the terms, by count, and what all of them are multiplied by."""
        point = {}
        for name, text in zip(self._lets, lets, strict=True):
            number = number_of(text)
            if number is None:
                return None
            point[name] = number
        if not self._holds(point):
            return None
        rows = [[factor.at(point) for factor in row] for row in self._factors]
        scale = math.lcm(*(factor.denominator for row in rows for factor in row))
        return [[int(factor * scale) for factor in row] for row in rows], scale

    def _holds(self, point: Mapping[str, Number]) -> bool:
        """Return whether every guard holds that reads no other names."""
        return all(guard.holds(point) for guard in self._guards if guard.of.names <= point.keys())


def expanded(
    network: Variant,
    size: tuple[int, ...] | None,
    lets: dict[str, str],
    cache: ExpansionCache | None = None,
) -> Point:
    """Count one image of a size, or of the network's own, by expanding the network."""
    own = network.input
    point = Point(input=size or own.dims, lets=tuple(lets.values()), of_ids=own.vocabulary > 0)
    try:
        architecture = network.expand(None, lets, cache, dims=size)
    except ArchcountError as error:
        return replace(point, problem=error.problems[0].what)
    found = count(architecture).total
    return replace(
        point,
        input=architecture.input.dims,
        params=found.params,
        weights=found.weights,
        macs=found.cost.macs,
        output=found.output,
    )
