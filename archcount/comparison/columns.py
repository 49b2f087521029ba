"""One whole column under each listed convention: which fits how many of its printed numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from archcount.comparison.conventions import accepted, computed_value, listed, plain
from archcount.comparison.plausibility import evidence
from archcount.counting.records import RowCount
from archcount.printed import Convention, Quantity

_ROUNDING_BITS = {"nearest": 1.0, "down": 2.0, "either": 3.0}
_COUNT_BITS = {"params": 0.0, "weights": 1.0, "macs": 0.0, "flops": 1.0}
_INCLUDE_BITS = {"weights": 1.5, "macs": 3.0, "flops": 3.0}
_K_BITS = {1000: 0.0, 1024: 1.0}


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnFit:
    """A convention held against a whole column.

    Attributes:
        convention: the convention, its rounding included.
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
    """Hold every listed convention, and each way of rounding, against a column.

    Args:
        column: `params` or `ops`.
        printed: the printed numbers by row.
        rows: the counted rows by name.
        declared: the convention that the file declares; it is tried too.

    Returns:
        The fits, the likeliest first. Conventions that no row tells apart stand together in one.
    """
    conventions = dict.fromkeys([*((plain(declared),) if declared else ()), *listed(column)])
    first = plain(declared) if declared else None
    classes: dict[tuple[int, ...], list[Convention]] = {}
    for convention in conventions:
        values = (convention.k, *(computed_value(row, convention) for row in rows.values()))
        classes.setdefault(values, []).append(convention)
    found = [
        _fit(replace(same[0], rounding=rounding), tuple(same[1:]), printed, rows)
        for same in (
            sorted(items, key=lambda item: (item != first, _prior_bits(item)))
            for items in classes.values()
        )
        for rounding in _ROUNDING_BITS
    ]
    return tuple(sorted(found, key=lambda fit: fit.bits))


def _fit(
    convention: Convention,
    like: tuple[Convention, ...],
    printed: Mapping[str, Quantity],
    rows: Mapping[str, RowCount],
) -> ColumnFit:
    fits, misses = [], []
    bits = _prior_bits(convention) + _ROUNDING_BITS[convention.rounding]
    for row, quantity in printed.items():
        value = computed_value(rows[row], convention)
        interval = accepted(quantity, convention)
        if value not in interval:
            misses.append(row)
            bits += evidence(interval) + 1
            continue
        fits.append(row)
        both = value in quantity.rounded(convention.k) and value in quantity.truncated(convention.k)
        if convention.rounding == "either" and not both:
            bits += 1  # it says less of a number than the one way of rounding that gives it
    return ColumnFit(
        convention=convention, fits=tuple(fits), misses=tuple(misses), bits=bits, like=like
    )


def _prior_bits(convention: Convention) -> float:
    """Give the bits of a convention before any number is looked at."""
    include = _INCLUDE_BITS.get(convention.count, 0.0) * bool(convention.include)
    return _K_BITS[convention.k] + _COUNT_BITS[convention.count] + include


def supported(
    fits: tuple[ColumnFit, ...], declared: Convention, most: int = 4
) -> tuple[Convention, ...]:
    """Give the conventions that a column bears out as well as the declared one, that one first.

    One printed number bears nothing out but itself.
    """
    counts = {plain(fit.convention): fit for fit in fits if fit.convention.rounding == "either"}
    ours = counts.pop(plain(declared), None)
    least = max(2, len(ours.fits) if ours else 0)
    others = [convention for convention, fit in counts.items() if len(fit.fits) >= least]
    return (declared, *others[:most])
