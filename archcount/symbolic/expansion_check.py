"""Expressions compared with the expanded table at points of their domain."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from fractions import Fraction

from archcount.spec.variant import Variant
from archcount.symbolic.domain import Domain, RationalSet
from archcount.symbolic.formulas import Formulas
from archcount.symbolic.integer_set import IntegerSet
from archcount.symbolic.polynomial import Number
from archcount.symbolic.sweep import Point, expanded
from archcount.symbolic.symbols import axes_of

_TRIES = 20
"""Points drawn for each that is wanted; conditions on several names refuse some."""


def points(domain: Domain, seed: int) -> Iterator[Mapping[str, Number]]:
    """Yield random points of a domain without end, the same ones for the same seed."""
    draw = random.Random(seed)
    while True:
        sides = {side.name: _side(side, draw) for side in domain.sides}
        yield sides | {item.name: _number(item, draw) for item in domain.ranges}


def _side(side: IntegerSet, draw: random.Random) -> int:
    """Draw near the least value as often as anywhere."""
    remainder = draw.choice(side.remainders)
    first = side.least + (remainder - side.least) % side.modulus
    value = first + side.modulus * draw.choice((0, draw.randint(0, 1 + 600 // side.modulus)))
    return value if value in side else side.least


def _number(item: RationalSet, draw: random.Random) -> Fraction:
    step = Fraction(1, 16) if item.unit is None else 1 / item.unit
    least = item.least if item.least is not None else Fraction(1)
    value = -(-least // step) * step + step * draw.choice((0, 1, draw.randint(0, 200)))
    return value + step if item.above and value == item.least else value


def counted(network: Variant, found: Formulas, point: Mapping[str, Number]) -> Point:
    """Count a network by expanding it at a point, its other numbers its own."""
    square = {name: point["size"] for name in "HW" if "size" in point}
    lets = {name: str(point[name]) for name in found.lets}
    own = network.input_with({name: Fraction(point[name]) for name in found.lets})
    axes, given = axes_of(own), {**square, **point}
    size = None
    if given.keys() & {*axes}:
        sides = zip(axes, own.dims, strict=True)
        size = tuple(int(given.get(name, side)) for name, side in sides)
    one = expanded(network, size, lets)
    return one.of_batch(int(point.get("batch", 1)))


def check(network: Variant, found: Formulas, number: int = 5, seed: int = 0) -> int:
    """Compare the total with the expanded table, at its own numbers and some random points.

    Returns:
        How many points were counted; all agree.

    Raises:
        AssertionError: one does not, which is a mistake of archcount's own.
    """
    drawn, draw = points(found.domain, seed), random.Random(seed)
    tried = [next(drawn) for _ in range(number * _TRIES)]
    # Conditions on several names hold more often where some of them have the network's numbers.
    tried += [
        {name: draw.choice((value, found.point[name])) for name, value in point.items()}
        for point in tried
    ]
    chosen = [found.point, *[point for point in tried if point in found.domain][:number]]
    for point in chosen:
        own = counted(network, found, point)
        values = [of.at(point) for of in found.total.quantities().values()]
        output = tuple(int(side.at(point)) for side in found.total.output)
        if values != [own.params, own.weights, own.macs] or output != own.output:
            # Not an assert, since the report says that this was checked, with python -O too.
            raise AssertionError(f"{found.name} at {point}: {values}, {output}, and counted {own}")
    return len(chosen)
