"""The layout of `archcount infer`: the conventions that a table's numbers support."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from archcount.comparison import ColumnFit
from archcount.comparison.conventions import describe, plain
from archcount.printed import Convention
from archcount.reporting.encoding import Value, encode
from archcount.reporting.sheet import Column, Sheet, Span, make_sheet

_LEGEND = (
    "fits: how many printed numbers the convention gives; does not give: the rows of the others",
    "bits: how unlikely the misses and the convention are, together; the fewer, the likelier",
)
MOST_SHOWN = 6
FEW = 6
"""Below so many printed numbers a proposal is called weak."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Inference:
    """The conventions of a table, inferred from its printed numbers.

    Attributes:
        fits: by column every convention compared with it, the likeliest first; only columns
            with printed numbers.
        digits: by column the digits behind which zeros must be rounding for more numbers to fit
            the likeliest convention, and how many then do.
        ties: by column the other conventions that give the same printed numbers.
    """

    name: str
    fits: Mapping[str, tuple[ColumnFit, ...]]
    ties: Mapping[str, tuple[Convention, ...]]
    declared: Mapping[str, Convention]
    digits: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def proposed(self) -> dict[str, Convention]:
        """The likeliest convention of each column."""
        return {column: fits[0].convention for column, fits in self.fits.items()}

    def differs(self, column: str) -> bool:
        """Return whether a column is declared otherwise, in more than what no row tells apart."""
        best = self.fits[column][0]
        declared = replace(plain(self.declared[column]), digits=0)
        return declared not in (plain(best.convention), *map(plain, best.like))

    @property
    def block(self) -> str:
        """The `conventions:` line for the table file; empty where nothing is printed."""
        if not self.fits:
            return ""
        parts = [f"{column}: {_entry(found)}" for column, found in self.proposed.items()]
        return f"conventions: {{{', '.join(parts)}}}"


def _entry(convention: Convention) -> str:
    """Write a convention as a table file does.

    >>> _entry(Convention(k=1024, count="weights", rounding="down"))
    '{K: 1024, count: weights, rounding: down}'
    """
    words = [f"K: {convention.k}", f"count: {convention.count}"]
    if convention.include:
        words.append(f"include: [{', '.join(convention.include)}]")
    if convention.rounding != "either":
        words.append(f"rounding: {convention.rounding}")
    return f"{{{', '.join(words)}}}"


def inferred_sheets(inference: Inference) -> list[Sheet]:
    """Lay an inference out: the proposal, and how the conventions fare on each column."""
    sheets = [_sheet(inference, column, fits) for column, fits in inference.fits.items()]
    if not sheets:
        said = "nothing is printed that a convention could be inferred from"
        return [make_sheet(f"{inference.name}: {said}", (), ())]
    notes = [Span(inference.block, "strong"), *_differences(inference)]
    proposed = make_sheet(f"{inference.name}: proposed for the table file", (), (), notes=notes)
    last = replace(sheets[-1], notes=(*sheets[-1].notes, *map(Span, _LEGEND)))
    return [proposed, *sheets[:-1], last]


def _differences(inference: Inference) -> Iterator[Span]:
    """Say where what is proposed differs from what the file declares."""
    unlike = [column for column in inference.fits if inference.differs(column)]
    for column in unlike:
        declared = inference.declared[column]
        fits = inference.fits[column]
        told = next(
            (fit for fit in fits if fit.convention == replace(plain(declared), digits=0)), None
        )
        printed = len(fits[0].fits) + len(fits[0].misses)
        gives = f", which gives {len(told.fits)} of {printed}" if told else ""
        yield Span(
            f"{column}: the file declares {describe(declared)}{gives}; the likeliest gives "
            f"{len(fits[0].fits)} of {printed}",
            "warn",
        )
    same = [column for column in inference.fits if column not in unlike]
    if same:
        yield Span(f"as the file declares: {', '.join(same)}", "good")


def _sheet(inference: Inference, column: str, fits: tuple[ColumnFit, ...]) -> Sheet:
    printed = len(fits[0].fits) + len(fits[0].misses)
    columns: list[Column[ColumnFit]] = [
        Column("Counting", lambda fit: describe(fit.convention)),
        Column("fits", lambda fit: f"{len(fit.fits)} of {printed}", right=True),
        Column("bits", lambda fit: f"{fit.bits:.1f}", right=True),
        Column("does not give", lambda fit: _misses(fit)),
    ]
    return make_sheet(
        f"{inference.name}, {column}: {printed} printed numbers",
        columns,
        fits[:MOST_SHOWN],
        notes=_notes(inference, column, printed),
    )


def _misses(fit: ColumnFit) -> str:
    if len(fit.misses) > 4:
        return f"{', '.join(fit.misses[:3])} and {len(fit.misses) - 3} more"
    return ", ".join(fit.misses)


def _notes(inference: Inference, column: str, printed: int) -> Iterator[Span]:
    best = inference.fits[column][0]
    yield Span(f"likeliest: {describe(best.convention)}", "good" if best.fits else "bad")
    same = [describe(found) for found in best.like]
    if same:
        yield Span(f"no row tells it from: {'; '.join(same)}")
    ties = [describe(found) for found in inference.ties.get(column, ())]
    if ties:
        yield Span(f"the printed digits fit as well: {'; '.join(ties)}", "warn")
    if column in inference.digits:
        digits, gives = inference.digits[column]
        yield Span(
            f"it gives {gives} of {printed} where the last zeros of whole numbers are rounding "
            f"(digits: {digits})",
            "warn",
        )
    if printed < FEW:
        yield Span(f"weak: only {printed} printed numbers", "warn")
    if not best.fits:
        yield Span("no listed convention gives a single printed number", "bad")


@encode.register
def _(inference: Inference) -> dict[str, Any]:
    return {
        "name": inference.name,
        "block": inference.block or None,
        "columns": {
            column: {
                "proposed": describe(fits[0].convention),
                "declared": describe(inference.declared[column]),
                "differs": inference.differs(column),
                "digits": inference.digits.get(column, (None,))[0],
                "ties": [describe(found) for found in inference.ties.get(column, ())],
                "tried": [_line(fit) for fit in fits],
            }
            for column, fits in inference.fits.items()
        },
    }


def inferred_lines(inference: Inference) -> list[dict[str, Value]]:
    """Return every convention tried, one a line."""
    return [
        {"column": column, **_line(fit)} for column, fits in inference.fits.items() for fit in fits
    ]


def _line(fit: ColumnFit) -> dict[str, Value]:
    return {
        "convention": describe(fit.convention),
        "fits": len(fit.fits),
        "printed": len(fit.fits) + len(fit.misses),
        "bits": round(fit.bits, 2),
    }
