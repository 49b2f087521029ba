"""A network counted at many points: by expressions where they hold, expanded elsewhere."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

from archcount.architecture.context import ExpansionCache
from archcount.engines.formula import count
from archcount.errors import ArchcountError, UsageError
from archcount.layers import Shape
from archcount.spec.variant import Variant
from archcount.symbolic.compiled import CompiledCounts
from archcount.symbolic.sweep_axes import Axes, number_of
from archcount.symbolic.symbolic_count import count_symbolically
from archcount.symbolic.symbols import SIDES, SIZE

_PAYS = 100
"""Expansions that take as long as deriving expressions."""
_KEPT = 50
"""Compiled expressions that are kept, each for another part of the points."""
_REMEMBERED = 20_000
"""Blocks that are remembered at a time: at the ends of networks many sizes are alike."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """One combination, counted.

    Attributes:
        input: (channels, height, width).
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

    def of_batch(self, images: int) -> Point:
        """Return the same of so many images, where it is of one."""
        macs = None if self.macs is None else self.macs * images
        return replace(self, batch=images, macs=macs)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sweep:
    """A network at every combination of some numbers, in order, the batch changing fastest.

    Attributes:
        network: the network.
        axes: what is varied, as `read_axes` has checked it.
    """

    network: Variant
    axes: Axes

    @property
    def name(self) -> str:
        """The names of the table and of the variant."""
        return f"{self.network.table} {self.network.name}".strip()

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.axes)

    def __iter__(self) -> Iterator[Point]:
        counter = _Counter(self.network, self.axes)
        sizes = self.axes.inputs or (self.network.input.dims,)
        for size, lets in product(sizes, product(*self.axes.lets.values())):
            point = counter.point(size, lets)
            for batch in self.axes.batches:
                yield point.of_batch(batch)


class _Counter:
    """Counts a network at one point after another."""

    def __init__(self, network: Variant, axes: Axes) -> None:
        self._network, self._lets = network, tuple(axes.lets)
        inputs = dict(zip(SIZE, zip(*axes.inputs, strict=True), strict=False))
        values = {**inputs, **axes.lets}
        self._varied = {name for name, found in values.items() if len({*found}) > 1}
        self._cache = ExpansionCache()
        self._expanded = self._tried = 0
        self._compiled: deque[CompiledCounts] = deque(maxlen=_KEPT)

    def point(self, size: tuple[int, ...], lets: tuple[str, ...]) -> Point:
        """Count one image.

        Expressions are derived after every `_PAYS` points that had to be expanded, so that this
        never takes longer than the expansions.
        """
        for found in self._compiled:
            counts = found.at(size, lets)
            if counts is not None:
                params, weights, macs, *output = counts
                return Point(
                    input=size,
                    lets=lets,
                    params=params,
                    weights=weights,
                    macs=macs,
                    output=tuple(output),
                )
        point = self._expand(size, lets)
        if not point.problem and self._expanded >= _PAYS * (1 + self._tried):
            self._derive(size, lets)
        return point

    def _expand(self, size: tuple[int, ...], lets: tuple[str, ...]) -> Point:
        if len(self._cache) > _REMEMBERED:
            self._cache = ExpansionCache()
        self._expanded += 1
        values = dict(zip(self._lets, lets, strict=True))
        return expanded(self._network, size, values, self._cache)

    def _derive(self, size: tuple[int, ...], lets: tuple[str, ...]) -> None:
        """Derive expressions that hold at a point, and wherever a run decides the same."""
        self._tried += 1
        numbers = {name: number_of(text) for name, text in zip(self._lets, lets, strict=True)}
        values = {name: number for name, number in numbers.items() if number is not None}
        if len(values) < len(lets) or {*values} & {*SIDES}:
            return
        point = dict(zip(SIZE, size, strict=True)) | values
        varied = {name: value for name, value in point.items() if name in self._varied}
        try:
            counted = count_symbolically(self._network, size, varied, values)
        except UsageError:
            return  # they grow too long
        found = CompiledCounts(counted.total.numbers, counted.guards, self._lets)
        if found.is_separable:
            self._compiled.appendleft(found)


def expanded(
    network: Variant,
    size: tuple[int, ...],
    lets: dict[str, str],
    cache: ExpansionCache | None = None,
) -> Point:
    """Count one image of a size (channels, height, width) by expanding the network."""
    point = Point(input=size, lets=tuple(lets.values()))
    try:
        found = count(network.expand(Shape(size), lets, cache)).total
    except ArchcountError as error:
        return replace(point, problem=error.problems[0].what)
    return replace(
        point,
        params=found.params,
        weights=found.weights,
        macs=found.cost.macs,
        output=found.output,
    )
