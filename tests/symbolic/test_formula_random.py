"""Formulas of random tables: inside their domain, at its edge and around it, against the sweep."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import islice

import pytest
from helpers.random_tables import random_table

import archcount as ac
from archcount.symbolic.expansion_check import counted, points
from archcount.symbolic.formulas import formulas

SYMBOLS = (
    (), (), ("H", "W"), ("H", "W", "w", "v"), ("w", "g"), ("C", "size", "batch"),
    ("C", "H", "g", "v"), ("H", "W", "s"), ("W", "times"),
)  # fmt: skip


def around(found, draw, seed):
    """Give points of the domain, and those with one value changed."""
    for point in [found.point, *islice(points(found.domain, seed), 6)]:
        yield point
        for name in found.symbols:
            whole = name in ("H", "W", "C", "size", "batch")
            number = Fraction(draw.randint(1, 40), draw.choice((1, 1, 1, 2)))
            yield {**point, name: draw.randint(1, 40) if whole else number}


def agreeing(path, seed):
    """Hold one random table against the sweep; give how many points lay in its domain."""
    draw = random.Random(seed)
    path.write_text(random_table(draw))
    try:
        table = ac.load(path)
        found = formulas(table.variant(), draw.choice(SYMBOLS), draw.choice((1, 1, 1, 2, 4, 6)))
    except ac.ArchcountError:
        return 0  # layers that do not go together, or a symbol that they depend on
    assert found.point in found.domain, seed
    inside = 0
    for point in around(found, draw, seed):
        if point not in found.domain:
            continue
        inside += 1
        assert all(guard.holds(point) for guard in found.guards), (seed, point)
        own = counted(table.variant(), found, point)
        if "too many layers" in own.problem:
            continue  # nobody expands so many to compare with
        assert not own.problem, (seed, point)
        values = [of.at(point) for of in found.total.quantities().values()]
        assert values == [own.params, own.weights, own.macs], (seed, point)
        assert tuple(side.at(point) for side in found.total.output) == own.output, (seed, point)
    return inside


def test_random_tables(tmp_path):
    assert sum(agreeing(tmp_path / "random.yaml", seed) for seed in range(150)) > 1000


@pytest.mark.slow
def test_many_random_tables(tmp_path):
    assert sum(agreeing(tmp_path / "random.yaml", seed) for seed in range(150, 8000)) > 50_000
