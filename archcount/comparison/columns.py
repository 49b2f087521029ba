"""One whole column under each listed convention: which fits how many of its printed numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product

from archcount.comparison.conventions import accepted, computed_value, listed, plain
from archcount.comparison.plausibility import evidence
from archcount.engines.counts import RowCount
from archcount.printed import Convention, Quantity

_ROUNDING_BITS = {"nearest": 1.0, "down": 2.0, "either": 3.0}
_COUNT_BITS = {"params": 0.0, "weights": 1.0, "macs": 0.0, "flops": 1.0}
_INCLUDE_BITS = {"weights": 1.5, "macs": 3.0, "flops": 3.0}
_K_BITS = {1000: 0.0, 1024: 1.0}


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnFit:
    """A convention held against a whole column.

    Attributes:
        fits: the rows whose printed number it reproduces.
        misses: the rows whose printed number it does not.
        bits: how unlikely the column is under it; fewer is better.
        like: other conventions that give every row of the table the same number.
    """

    convention: Convention
    fits: tuple[str, ...]
    misses: tuple[str, ...]
    bits: float
    like: tuple[Convention, ...] = ()


def fit_column(
    column: str,
    printed: Mapping[str, Quantity],
    rows: Mapping[str, RowCount],
    declared: Convention | None = None,
) -> tuple[ColumnFit, ...]:
    """Fit every listed convention, the declared one too, and each way of rounding, to a column.

    Returns:
        The fits, the likeliest first. Conventions that no row tells apart stand together in one.
    """
    every = listed(column, declared.digits if declared else 0)
    conventions = dict.fromkeys([*((plain(declared),) if declared else ()), *every])
    first = plain(declared) if declared else None
    classes: dict[tuple[int, ...], list[Convention]] = {}
    for convention in conventions:
        values = (convention.k, *(computed_value(row, convention) for row in rows.values()))
        classes.setdefault(values, []).append(convention)
    # Every convention asks for the same few intervals.
    numbers: dict[tuple[int, str], dict[str, tuple[range, float]]] = {}
    for k, rounding in product({convention.k for convention in conventions}, _ROUNDING_BITS):
        shortened = replace(every[0], k=k, rounding=rounding)
        intervals = {row: accepted(each, shortened) for row, each in printed.items()}
        numbers[k, rounding] = {
            row: (interval.whole(), evidence(interval)) for row, interval in intervals.items()
        }
    found = []
    for items in classes.values():
        best, *like = sorted(items, key=lambda item: (item != first, _prior_bits(item)))
        for rounding in _ROUNDING_BITS:
            convention = replace(best, rounding=rounding)
            found.append(_fit(convention, tuple(like), numbers, rows))
    return tuple(sorted(found, key=lambda fit: fit.bits))


def _fit(
    convention: Convention,
    like: tuple[Convention, ...],
    numbers: Mapping[tuple[int, str], Mapping[str, tuple[range, float]]],
    rows: Mapping[str, RowCount],
) -> ColumnFit:
    """Return how well a convention, its rounding included, fits a column."""
    fits, misses = [], []
    k, rounding = convention.k, convention.rounding
    bits = _prior_bits(convention) + _ROUNDING_BITS[rounding]
    for row, (fitting, worth) in numbers[k, rounding].items():
        value = computed_value(rows[row], convention)
        if value not in fitting:
            misses.append(row)
            bits += worth + 1
            continue
        fits.append(row)
        alike = all(value in numbers[k, way][row][0] for way in ("nearest", "down"))
        if rounding == "either" and not alike:
            bits += 1  # it says less of a number than the one way of rounding that gives it
    return ColumnFit(
        convention=convention, fits=tuple(fits), misses=tuple(misses), bits=bits, like=like
    )


def _prior_bits(convention: Convention) -> float:
    """Return the bits of a convention before any number is looked at."""
    include = _INCLUDE_BITS.get(convention.count, 0.0) * bool(convention.include)
    return _K_BITS[convention.k] + _COUNT_BITS[convention.count] + include


def supported(
    fits: tuple[ColumnFit, ...], declared: Convention, most: int = 4
) -> tuple[Convention, ...]:
    """Return the conventions that a column bears out as well as the declared one, that one first.

    One printed number bears nothing out but itself.
    """
    counts = {plain(fit.convention): fit for fit in fits if fit.convention.rounding == "either"}
    ours = counts.pop(plain(declared), None)
    least = max(2, len(ours.fits) if ours else 0)
    others = [convention for convention, fit in counts.items() if len(fit.fits) >= least]
    return (declared, *others[:most])
