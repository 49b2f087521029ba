"""One cause of many printed sizes: another input size, `let` name, or default of layers.

Where a network is built on 224x224 and the paper's sizes are those of 227x227, every row is off for
the same reason. That is found here by expanding the whole network with one change, and said once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import log2

from archcount.comparison.constraints import Constraints, Conventions, options
from archcount.comparison.plausibility import (
    GRID_BITS,
    KIND_BITS,
    count_bits,
    place_bits,
    width_bits,
)
from archcount.comparison.results import CommonCause, Explanation
from archcount.comparison.search import Found, joint
from archcount.edits import Edit
from archcount.engines.counts import RowCount
from archcount.engines.recount import Recount
from archcount.printed import grid_and_channels

_USUAL = (192, 224, 227, 256, 299, 384)
"""The sides of images that networks are mostly built for."""
_STEPS = 16
"""How many pixels larger or smaller an input is tried beside them."""
_LETS = 8
"""How many `let` names are tried."""
Cells = Mapping[str, Constraints]
"""The printed cells of each row."""
Sizes = frozenset[tuple[str, str]]
"""Printed sizes, each by its row and column."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Change:
    """One change of the whole network."""

    why: str
    what: str
    edit: Edit
    bits: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Changed:
    """The network with the change that is the cause of many sizes.

    Attributes:
        cause: what is said of it.
        edit: the change.
        rows: the rows counted with it, by name.
    """

    cause: CommonCause
    edit: Edit
    rows: Mapping[str, RowCount]

    def explains(
        self, row: RowCount, cells: Constraints, recount: Recount, conventions: Conventions
    ) -> Explanation | None:
        """Return the explanation of a row by the cause; None where a printed cell is against it."""
        count = self.rows[row.id]
        own = () if self.edit.kind == "input" else (self.edit,)
        moved = () if count.input == row.input else (Edit(kind="input", to=count.input),)
        if row.id not in self.cause.rows or recount.count(row.id, (*moved, *own)) != count:
            return None  # what reads another row too is not had by changes of its own
        fit = cells.fit(
            count, cells.wanted({name: options(found) for name, found in conventions.items()})
        )
        if fit is None:
            return None
        missed = dict(cells.missed(row, {name: found[0] for name, found in conventions.items()}))
        cause = self.cause
        return Explanation(
            why=cause.why,
            what=f"{cause.what}, by which {cause.right} of the {cause.printed} printed sizes match",
            edits=(*moved, *own),
            conventions=fit[0],
            bits=cause.bits / len(cause.rows) + fit[1],
            evidence=joint(missed, recount.plan(row.id)),
            cells=tuple(missed),
            count=count,
        )


def common_cause(
    cells: Cells, rows: Sequence[RowCount], recount: Recount, found: Callable[[str], Found]
) -> Changed | None:
    """Return the one change that makes most printed sizes right.

    Two rows or more become right by it, no printed size that matches becomes wrong, and more become
    right than stay wrong. None where there is no such change, or where a likelier reading of the
    first row that is off gives the same output, which the rows behind it then follow.

    Args:
        cells: the printed cells by row.
        rows: the rows as the table stands.
        recount: the table's rows, to be counted otherwise.
        found: returns what was found of a row by itself.
    """
    right = _right(cells, {row.id: row for row in rows})
    every = frozenset((name, each) for name, row in cells.items() for each in row.sizes)
    every -= {(rows[0].id, "input")}  # what the network reads is what may have been mistaken
    right &= every
    wrong = _rows(every - right)
    if len(wrong) < 2:
        return None
    good = []
    for change in _changes(cells, rows, recount):
        counted = recount.whole(change.edit)
        now = _right(cells, counted) & every if counted is not None else right
        if now > right and len(now - right) > len(every - now) and len(_rows(now - right)) > 1:
            good.append((-len(now), change.bits, change, now, counted or {}))
    if not good:
        return None
    good.sort(key=lambda each: each[:2])
    _, bits, best, now, counted = good[0]
    first = next(row.id for row in rows if row.id in wrong)
    own = [
        each
        for each in found(first).explanations
        if each.edits
        and each.count.output == counted[first].output
        and not any(_same(edit, best.edit) for edit in each.edits)
    ]
    if any(each.declared or each.bits < bits for each in own):
        return None
    cause = CommonCause(
        why=best.why,
        what=best.what,
        printed=len(every),
        right=len(now),
        before=len(right),
        rows=tuple(row.id for row in rows if row.id in _rows(now - right)),
        others=(
            *(each[2].what for each in good[1:] if each[0] == -len(now)),
            *(f"row {first} read {each.what}" for each in own[:1]),
        ),
        bits=bits,
    )
    return Changed(cause=cause, edit=best.edit, rows=counted)


def _same(one: Edit, other: Edit) -> bool:
    """Whether two edits give one name the same number."""
    both = (one, other)
    return all(edit.kind == "cell" for edit in both) and (one.name, Fraction(*one.to)) == (
        other.name,
        Fraction(*other.to),
    )


def _rows(sizes: Sizes) -> set[str]:
    return {name for name, _ in sizes}


def _right(cells: Cells, rows: Mapping[str, RowCount]) -> Sizes:
    """Return the printed sizes that a count gives."""
    return frozenset(
        (name, column)
        for name, row in cells.items()
        for column in row.sizes
        if column not in row.wrong_sizes(rows[name])
    )


def _changes(cells: Cells, rows: Sequence[RowCount], recount: Recount) -> Iterator[_Change]:
    yield from _inputs(rows[0].input if recount.reads_images else ())
    lets = list(recount.lets.items())[:_LETS]
    for name, old in lets:
        for new in sorted(_others(old, cells, rows)):
            whole = old.denominator == new.denominator == 1
            number = width_bits(int(old), int(new), ()) if whole else place_bits(_LETS)
            yield _Change(
                why="let",
                what=f"with {name} = {_written(new)}",
                edit=Edit(kind="cell", name=name, to=(new.numerator, new.denominator)),
                bits=KIND_BITS["cell"] + place_bits(len(lets)) + number,
            )
    for word in recount.other_defaults:
        key, _, value = word.partition("=")
        yield _Change(
            why="layer-default",
            what=f"with {{{key}: {value}}} under layer:",
            edit=Edit(kind="default", name=word),
            bits=KIND_BITS["pad"] + place_bits(2),
        )


def _inputs(size: tuple[int, ...]) -> Iterator[_Change]:
    """Yield images a few pixels larger or smaller, and those of the usual sizes."""
    if len(size) != 3:
        return
    channels, height, width = size
    steps = [sign * step for step in range(1, _STEPS + 1) for sign in (1, -1)]
    sides = {(height + step, width + step): log2(len(_USUAL)) + count_bits(step) for step in steps}
    for side in _USUAL if height == width else ():
        # Twice as large is what a stride would do as well.
        far = 0.0 if abs(side - height) <= _STEPS else GRID_BITS / 2
        sides[side, side] = log2(len(_USUAL)) + far
    for (high, wide), bits in sides.items():
        if (high, wide) != (height, width) and min(high, wide) > 0:
            yield _Change(
                why="input-size",
                what=f"with an input of {high}x{wide}",
                edit=Edit(kind="input", to=(channels, high, wide)),
                bits=KIND_BITS["input"] + bits,
            )


def _others(old: Fraction, cells: Cells, rows: Sequence[RowCount]) -> set[Fraction]:
    """Return other values of a name: small steps, and what gives a printed width in proportion."""
    found = {old + 1, old - 1, old + 2, old - 2, 2 * old, old / 2}
    for row in rows:
        printed = cells[row.id].sizes.get("output", ()) if row.id in cells else ()
        _, channels = grid_and_channels(printed, row.output)
        if channels is not None:
            found.add(old * Fraction(channels, row.output[0]))
    return {
        each
        for each in found
        if each > 0 and each != old and (old.denominator > 1 or each.denominator == 1)
    }


def _written(number: Fraction) -> str:
    return str(number.numerator) if number.denominator == 1 else f"{float(number):g}"


def with_explanation(found: Found, explanation: Explanation) -> Found:
    """Put the common cause before what was found of the row alone, but for what is declared."""
    declared = tuple(item for item in found.explanations if item.declared)
    others = tuple(item for item in found.explanations if not item.declared)
    return replace(found, explanations=(*declared, explanation, *others), nearest="")
