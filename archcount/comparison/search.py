"""The search for what a paper counted: readings that give every printed number of a row."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from archcount.comparison.candidates import Change, fixed_changes
from archcount.comparison.constraints import Fit, Target, all_options
from archcount.comparison.conventions import computed_value, differences
from archcount.comparison.near_miss import Nearness
from archcount.comparison.plausibility import KIND_BITS, believable, width_bits
from archcount.comparison.results import Explanation
from archcount.comparison.widths import Width, common, through, width_changes, widths_within
from archcount.edits import Edit, Plan
from archcount.engines.counts import RowCount
from archcount.engines.recount import Recount
from archcount.printed import Convention

_PLAIN_BITS = 9.0
"""The most bits of a reading that is worth naming though it does not fit."""
_NO_SLIP = 2.0
"""The bits of ops that are off together with params, from which they follow."""
_MOST_WIDTHS = 40
"""How many widths of one family are counted, the likeliest first."""
_MANY = 1000
"""More widths than this are thinned out before they are priced."""


def believed(explanation: Explanation) -> bool:
    """Tell whether an explanation is likelier than an accident.

    Declared ones are: their reason stands in the file.
    """
    return explanation.declared or believable(explanation.bits, explanation.evidence)


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What a search found.

    Attributes:
        explanations: every reading that fits, the likeliest first.
        tried: how many readings were counted.
        nearest: where none fits, the plain reading that comes near, and nearer than the table
            as it stands, in words.
    """

    explanations: tuple[Explanation, ...] = ()
    tried: int = 0
    nearest: str = ""


def search(
    target: Target,
    count: RowCount,
    recount: Recount,
    conventions: Mapping[str, Sequence[Convention]],
    known: Collection[int],
) -> Found:
    """Look for the readings of a row that give all its printed cells at once.

    Args:
        target: the printed cells.
        count: the row as the table stands.
        recount: the table's rows.
        conventions: by column the declared convention, then the others that it bears out.
        known: the widths that occur in the table.
    """
    declared = {column: found[0] for column, found in conventions.items()}
    missed = dict(target.missed(count, declared))
    if not missed:
        return Found()
    run = _Search(target, count, recount, conventions, known, missed)
    run.search()
    return Found(
        explanations=tuple(
            sorted(run.found, key=lambda item: (not item.declared, item.bits, item.what))
        ),
        tried=run.tried,
        nearest="" if run.found else run.near.told,
    )


class _Search:
    """One row's search: what was tried, and what fits."""

    def __init__(
        self,
        target: Target,
        count: RowCount,
        recount: Recount,
        conventions: Mapping[str, Sequence[Convention]],
        known: Collection[int],
        missed: Mapping[str, float],
    ) -> None:
        self.target, self.count, self.recount = target, count, recount
        self.conventions, self.known, self.missed = conventions, known, missed
        self.near = Nearness(target, count, conventions)
        self.wanted = self.near.wanted
        self.evidence = _joint(missed, recount.plan(count.id))
        self.found: list[Explanation] = []
        self.enough: list[Mapping[str, Convention]] = []
        self.later: list[Change] = []
        self.tried = 0

    def search(self) -> None:
        """Try conventions, the declared reading, then every change of the row."""
        plan = self.recount.plan(self.count.id)
        self._conventions()
        self._declared()
        self._changes(plan)
        if plan.printed_input is not None:
            self._changes(replace(plan, input=plan.printed_input, printed_input=None), moved=True)
        if not self.found:  # these fit nothing, and may be near
            for change in self.later:
                self._try(change)

    def _conventions(self) -> None:
        """Try the row as it stands under every listed convention."""
        every = {name: all_options(name, found) for name, found in self.conventions.items()}
        fit = self.target.fit(self.count, self.target.wanted(every))
        self.tried += sum(len(found) for found in every.values())
        if fit is not None:
            why = "+".join(
                dict.fromkeys(
                    word
                    for name, other in fit[0].items()
                    for word in differences(self.conventions[name][0], other, self.count)
                )
            )
            change = Change(why=why, what="the row as it stands", edits=(), bits=0.0)
            self.enough.append(fit[0])
            self._keep(change, self.count, fit)

    def _declared(self) -> None:
        """Try the reading that the file declares."""
        count = self.recount.declared(self.count.id)
        if count is None:
            return
        self.tried += 1
        fit = self.target.fit(count, self.wanted)
        if fit is not None:
            change = Change(why="declared", what="as the file declares", edits=(), bits=0.0)
            self._keep(change, count, fit, declared=True)

    def _changes(self, plan: Plan, *, moved: bool = False) -> None:
        """Try every change of the row, or of the row on the input that is printed for it."""
        pools = "output" in self.missed or "output" not in self.target.sizes
        grid = self.target.sizes.get("output", ())[:2]
        # Where nothing adapts to a grid, no parameter depends on it.
        adapts = plan.bends or plan.windows is None
        grids = adapts or moved or self.near.fits_or_is_near(self.count)
        for change in fixed_changes(plan, pools=pools, grids=grids, grid=grid):
            self._try(_on_printed(change, plan) if moved else change)
        for width in width_changes(plan):
            for change in self._widths(width, plan, moved):
                self._try(change)

    def _widths(self, width: Width, plan: Plan, moved: bool) -> Iterator[Change]:
        """Yield the readings of one width that can give the printed numbers."""
        at = (lambda new: _on_printed(width.change(new), plan)) if moved else width.change
        points: list[tuple[int, RowCount]] = []
        if width.stands and width.old and not moved and not plan.bends:
            points.append((width.old, self.count))
        for times in range(2, 5 - len(points)):
            new = times * max(width.old, 1)
            count = self._recount(at(new))
            if count is not None:
                points.append((new, count))
        found = {*(self._solved(points) if len(points) == 3 else self.known)}
        special = {new for new in self.known if self._special(new, plan)} - found
        if plan.bends or not self.wanted:
            found |= special
        else:  # every width that fits was solved for
            self.later += [self._priced(width, at, new) for new in special if new != width.old]
        found.discard(width.old)
        if len(found) > _MANY:
            # Whatever is dearer than the likeliest few is not worth its price.
            found = {new for new in found if new % 8 == 0 or abs(new - width.old) <= 160}
            found |= {*self.known, 2 * width.old}
        priced = sorted((width_bits(width.old, new, self.known), new) for new in found)
        for _, new in priced[:_MOST_WIDTHS]:
            yield self._priced(width, at, new)

    def _priced(self, width: Width, at: Callable[[int], Change], new: int) -> Change:
        """Give the reading for a width, with the bits of the number."""
        change = at(new)
        return replace(change, bits=change.bits + width_bits(width.old, new, self.known))

    def _special(self, new: int, plan: Plan) -> bool:
        """Tell whether a width may make a shortcut of a projection, or the other way round."""
        return any(new in (site.input[0], site.output[0]) for site in plan.sites)

    def _solved(self, points: Sequence[tuple[int, RowCount]]) -> list[int]:
        """Solve for the widths at which every printed number comes out."""
        if not self.target.grid_fits(points[0][1]):
            return []
        demands = []
        for wanted in self.wanted.values():
            ranges: list[range] = []
            for each in wanted:
                counted = [(x, computed_value(count, each.convention)) for x, count in points]
                ranges += widths_within(through(counted), [each.numbers])
            demands.append(ranges)
        size = self.target.sizes.get("output", ())
        if len(size) == 3:
            line = through([(x, count.output[0]) for x, count in points])
            demands.append(widths_within(line, [range(size[2], size[2] + 1)]))
        return common(demands)

    def _recount(self, change: Change) -> RowCount | None:
        self.tried += 1
        return self.recount.count(self.count.id, change.edits)

    def _try(self, change: Change) -> None:
        noted = not self.found and change.bits < _PLAIN_BITS
        if change.adds is not None:
            weights, params = (x + change.adds for x in (self.count.weights, self.count.params))
            parameters = replace(self.count, weights=weights, params=params)
            if not (self.near.fits_or_is_near if noted else self.near.fits)(parameters):
                self.tried += 1
                return
        count = self._recount(change)
        if count is None:
            return
        fit = self.target.fit(count, self.wanted)
        if fit is not None:
            if fit[0] not in self.enough:  # else the conventions alone are enough
                self._keep(change, count, fit)
        elif noted:
            self.near.note(change.what, count)

    def _keep(self, change: Change, count: RowCount, fit: Fit, *, declared: bool = False) -> None:
        # Who reads what is printed as the input has that cell by saying so.
        moved = any(edit.kind == "input" for edit in change.edits)
        said = self.missed.get("input", 0.0) if moved else 0.0
        self.found.append(
            Explanation(
                why=change.why,
                what=change.what,
                edits=change.edits,
                declared=declared,
                conventions=fit[0],
                bits=change.bits + fit[1],
                evidence=self.evidence - said,
                cells=tuple(self.missed),
                count=count,
            )
        )


def _joint(missed: Mapping[str, float], plan: Plan) -> float:
    """Give the bits that a row's missed cells carry together.

    Where every weight is used at equally many positions, ops follow from params: whatever moves
    the one moves the other, and the second says little more than that it was no slip.
    """
    bits = sum(missed.values())
    one = plan.positions is not None and plan.positions[0] == plan.positions[1]
    if one and {"params", "ops"} <= missed.keys():
        bits += min(_NO_SLIP, missed["params"], missed["ops"])
        bits -= min(missed["params"], missed["ops"])
    return bits


def _on_printed(change: Change, plan: Plan) -> Change:
    """Put a change on the input that is printed."""
    if any(edit.kind == "input" for edit in change.edits):
        return change
    return Change(
        why=change.why,
        what=f"{change.what}, on the printed input",
        edits=(Edit(kind="input", to=plan.input), *change.edits),
        bits=change.bits + KIND_BITS["printed-input"],
    )
