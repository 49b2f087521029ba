"""The conventions of a table, inferred from all its printed numbers."""

from __future__ import annotations

from archcount import engines
from archcount.api.tables import Table
from archcount.comparison import ColumnFit, fit_columns
from archcount.comparison.conventions import plain
from archcount.printed import Convention
from archcount.reporting.inferred import Inference


def infer(table: Table) -> Inference:
    """Infer how a paper counts, whatever the file declares.

    >>> from archcount.api.tables import load
    >>> infer(load("googlenet")).proposed["ops"].k
    1000
    """
    counted = engines.engine("formula").count(table.architecture())
    fits = fit_columns(table.printed, counted, declared=False)
    return Inference(
        name=table.name,
        fits=fits,
        ties={column: _ties(found) for column, found in fits.items()},
        declared=table.printed.conventions,
    )


def _ties(fits: tuple[ColumnFit, ...]) -> tuple[Convention, ...]:
    """List the conventions that give the same numbers as the likeliest, shortened alike."""
    best = fits[0]
    return tuple(
        plain(fit.convention)
        for fit in fits[1:]
        if fit.misses == best.misses and fit.convention.rounding == best.convention.rounding
    )
