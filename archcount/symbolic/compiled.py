"""Expressions compiled for many points: the input size apart from `let` names."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import mul

from archcount.symbolic.guards import Guard
from archcount.symbolic.polynomial import Number, Polynomial, names_of
from archcount.symbolic.sweep_axes import number_of
from archcount.symbolic.symbols import SIZE

_REMEMBERED = 10_000
"""Sizes, and combinations of `let` values, whose factors are kept."""


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
    ) -> None:
        split = [count.by_names(SIZE) for count in counts]
        self._terms = list(dict.fromkeys(term for parts in split for term in parts))
        none = Polynomial.of(0)
        self._factors = [[parts.get(term, none) for term in self._terms] for parts in split]
        self._guards = guards
        self._lets = lets
        self._of_size = lru_cache(_REMEMBERED)(self._size_part)
        self._of_lets = lru_cache(_REMEMBERED)(self._lets_part)

    @property
    def is_separable(self) -> bool:
        """Whether no rounding, nor any guard, reads names of both kinds."""
        atoms = [names_of(atom) for term in self._terms for atom, _ in term]
        read = [*atoms, *(guard.of.names for guard in self._guards)]
        return all({*names} <= {*SIZE} or not {*names} & {*SIZE} for names in read)

    def at(self, size: tuple[int, ...], lets: tuple[str, ...]) -> tuple[int, ...] | None:
        """Return the counts at a size (channels, height, width) and `let` values; None outside."""
        terms, factors = self._of_size(size), self._of_lets(lets)
        if terms is None or factors is None:
            return None
        rows, scale = factors
        sums = [sum(map(mul, row, terms)) for row in rows]
        assert not any(number % scale for number in sums), "a count is whole where it holds"
        return tuple(int(number // scale) for number in sums)

    def _size_part(self, size: tuple[int, ...]) -> list[Number] | None:
        point = dict(zip(SIZE, size, strict=True))
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
