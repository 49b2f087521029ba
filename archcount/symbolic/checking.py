"""Expressions held against the sweep at points of their domain."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from fractions import Fraction

from archcount.engines.sweep import Axes, Point, sweep
from archcount.spec.table import Table
from archcount.symbolic.domain import Domain, Range
from archcount.symbolic.formulas import Formulas
from archcount.symbolic.side import Side

Values = Mapping[str, int | Fraction]
"""A value for each symbol."""
_TRIES = 20
"""How many points are drawn for each that is wanted; conditions on several names refuse some."""


def points(domain: Domain, seed: int) -> Iterator[Values]:
    """Draw points of a domain without end, the same ones for the same seed."""
    draw = random.Random(seed)
    while True:
        point: dict[str, int | Fraction] = {
            side.name: _side(side, draw) for side in domain.sides
        } | {item.name: _number(item, draw) for item in domain.ranges}
        yield point


def _side(side: Side, draw: random.Random) -> int:
    """Draw near the least value as often as anywhere."""
    remainder = draw.choice(side.remainders)
    first = side.least + (remainder - side.least) % side.modulus
    value = first + side.modulus * draw.choice((0, draw.randint(0, 1 + 600 // side.modulus)))
    return value if value in side else side.least


def _number(item: Range, draw: random.Random) -> Fraction:
    step = Fraction(1, 16) if item.unit is None else 1 / item.unit
    least = item.least if item.least is not None else Fraction(1)
    value = -(-least // step) * step + step * draw.choice((0, 1, draw.randint(0, 200)))
    return value + step if item.above and value == item.least else value


def counted(table: Table, found: Formulas, point: Values) -> Point:
    """Count a table by the sweep at a point, its other numbers the table's own."""
    channels, height, width = found.input
    size = point.get("size")
    shape = tuple(
        int(point.get(name, size if name != "C" and size is not None else own))
        for name, own in zip("CHW", (channels, height, width), strict=True)
    )
    lets = {name: [str(point[name])] for name in found.symbols if name in found.lets}
    axes = Axes(inputs=[shape], lets=lets, batches=(int(point.get("batch", 1)),))
    return next(sweep(table, found.variant, axes, jobs=1))


def check(table: Table, found: Formulas, number: int = 5, seed: int = 0) -> int:
    """Hold the whole network's expressions against the sweep.

    Args:
        table: the table.
        found: its expressions.
        number: how many points are counted, the table's own numbers besides.
        seed: of the points.

    Returns:
        How many points were counted; all agree.

    Raises:
        AssertionError: one does not, which is a mistake of archcount's own.
    """
    drawn = points(found.domain, seed)
    tried = [next(drawn) for _ in range(number * _TRIES)]
    chosen = [found.point, *[point for point in tried if point in found.domain][:number]]
    for point in chosen:
        own = counted(table, found, point)
        values = [of.at(point) for of in found.total.quantities().values()]
        output = tuple(int(side.at(point)) for side in found.total.output)
        if values != [own.params, own.weights, own.macs] or output != own.output:
            # Not an assert, for the report says that this was held, also where Python skips those.
            raise AssertionError(f"{found.name} at {point}: {values}, {output}, and counted {own}")
    return len(chosen)
