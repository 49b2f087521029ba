"""One whole column under each listed convention: which fits how many of its printed numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from archcount.comparison.conventions import accepted_by, computed_value, listed, plain
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
    """Fit every listed convention, and each way of rounding, to a column.

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
    cells = {
        (k, rounding): [_PrintedNumber.of(row, each, k, rounding) for row, each in printed.items()]
        for k in {convention.k for convention in conventions}
        for rounding in _ROUNDING_BITS
    }
    found = [
        _fit(
            replace(same[0], rounding=rounding),
            tuple(same[1:]),
            cells[same[0].k, rounding],
            rows,
        )
        for same in (
            sorted(items, key=lambda item: (item != first, _prior_bits(item)))
            for items in classes.values()
        )
        for rounding in _ROUNDING_BITS
    ]
    return tuple(sorted(found, key=lambda fit: fit.bits))


@dataclass(frozen=True, slots=True)
class _PrintedNumber:
    """A printed number for one K and one way of rounding.

    Attributes:
        row: its row.
        numbers: the numbers that print so.
        either: those that print so in both ways of rounding.
        evidence: the bits that it carries.
    """

    row: str
    numbers: range
    either: range
    evidence: float

    @classmethod
    def of(cls, row: str, quantity: Quantity, k: int, rounding: str) -> _PrintedNumber:
        interval = accepted_by(quantity, k, rounding)
        rounded, truncated = quantity.rounded(k).whole(), quantity.truncated(k).whole()
        either = range(truncated.start, rounded.stop)
        return cls(row, interval.whole(), either, evidence(interval))


def _fit(
    convention: Convention,
    like: tuple[Convention, ...],
    printed: Sequence[_PrintedNumber],
    rows: Mapping[str, RowCount],
) -> ColumnFit:
    fits, misses = [], []
    bits = _prior_bits(convention) + _ROUNDING_BITS[convention.rounding]
    for cell in printed:
        value = computed_value(rows[cell.row], convention)
        if value not in cell.numbers:
            misses.append(cell.row)
            bits += cell.evidence + 1
            continue
        fits.append(cell.row)
        if convention.rounding == "either" and value not in cell.either:
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
