"""The search for what a paper counted: readings that give every printed number of a row."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from archcount.comparison.candidates import Candidate, fixed_candidates
from archcount.comparison.constraints import Constraints, Conventions, Fit, NearMiss, all_options
from archcount.comparison.conventions import computed_value, differences
from archcount.comparison.plausibility import KIND_BITS, believable, width_bits
from archcount.comparison.results import Explanation
from archcount.comparison.widths import Width, common, through, width_candidates, widths_within
from archcount.edits import Edit, Plan
from archcount.engines.counts import RowCount
from archcount.engines.recount import Recount
from archcount.printed import Convention, grid_and_channels

_PLAIN_BITS = 9.0
"""The most bits of a reading that is worth naming though it does not fit."""
_NO_SLIP = 2.0
"""The bits of ops that are off together with params, from which they follow."""
_MOST_WIDTHS = 40
"""How many widths of one family are counted, the likeliest first."""
_BRACKETED = 8
"""How many times as large as it stands a width is looked for where widths are rounded."""
_MANY = 1000
"""More widths than this are thinned out before they are priced."""


def believed(explanation: Explanation) -> bool:
    """Return whether an explanation is likelier than an accident.

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
    constraints: Constraints,
    count: RowCount,
    recount: Recount,
    conventions: Conventions,
    known: Collection[int],
) -> Found:
    """Search for the readings of a row that give all its printed cells at once."""
    declared = {column: found[0] for column, found in conventions.items()}
    missed = dict(constraints.missed(count, declared))
    if not missed:
        return Found()
    near = NearMiss(constraints, count, conventions)
    run = _Search(constraints, count, recount, conventions, known, missed, near)
    run.search()
    return Found(
        explanations=tuple(
            sorted(run.found, key=lambda item: (not item.declared, item.bits, item.what))
        ),
        tried=run.tried,
        nearest="" if run.found else near.words,
    )


@dataclass
class _Search:
    """One row's search: what was tried, and what fits."""

    constraints: Constraints
    count: RowCount
    recount: Recount
    conventions: Conventions
    known: Collection[int]
    missed: Mapping[str, float]
    near: NearMiss
    found: list[Explanation] = field(default_factory=list)
    enough: list[Mapping[str, Convention]] = field(default_factory=list)
    later: list[Candidate] = field(default_factory=list)
    tried: int = 0

    def search(self) -> None:
        """Try conventions, the declared reading, then every candidate of the row."""
        plan = self.recount.plan(self.count.id)
        self._conventions()
        self._declared()
        self._candidates(plan)
        if plan.printed_input is not None:
            self._candidates(
                replace(plan, input=plan.printed_input, printed_input=None), moved=True
            )
        if not self.found:  # these fit nothing, and may be near
            for candidate in self.later:
                self._try(candidate)

    def _conventions(self) -> None:
        """Try the row as it stands under every listed convention."""
        every = {name: all_options(name, found) for name, found in self.conventions.items()}
        fit = self.constraints.fit(self.count, self.constraints.wanted(every))
        self.tried += sum(len(found) for found in every.values())
        if fit is not None:
            why = "+".join(
                dict.fromkeys(
                    word
                    for name, other in fit[0].items()
                    for word in differences(self.conventions[name][0], other, self.count)
                )
            )
            candidate = Candidate(why=why, what="the row as it stands", edits=(), bits=0.0)
            self.enough.append(fit[0])
            self._keep(candidate, self.count, fit)

    def _declared(self) -> None:
        """Try the reading that the file declares."""
        count = self.recount.declared(self.count.id)
        if count is None:
            return
        self.tried += 1
        fit = self.constraints.fit(count, self.near.wanted)
        if fit is not None:
            candidate = Candidate(
                why="declared", what="other layers, which the file declares", edits=(), bits=0.0
            )
            self._keep(candidate, count, fit, declared=True)

    def _candidates(self, plan: Plan, *, moved: bool = False) -> None:
        """Try every candidate of the row, or of the row on the input that is printed for it."""
        pools = "output" in self.missed or "output" not in self.constraints.sizes
        size = self.constraints.sizes.get("output")
        grid = grid_and_channels(size, self.count.output)[0] if size else ()
        # Where nothing adapts to a grid, no parameter depends on it.
        adapts = plan.bends or plan.windows is None
        grids = adapts or moved or self.near.fits_or_is_near(self.count)
        for candidate in fixed_candidates(plan, pools=pools, grids=grids, grid=grid):
            self._try(_on_printed(candidate, plan) if moved else candidate)
        for width in width_candidates(plan):
            for candidate in self._widths(width, plan, moved):
                self._try(candidate)

    def _widths(self, width: Width, plan: Plan, moved: bool) -> Iterator[Candidate]:
        """Yield the readings of one width that can give the printed numbers."""
        at = (lambda new: _on_printed(width.candidate(new), plan)) if moved else width.candidate
        points: list[tuple[int, RowCount]] = []
        if width.stands and width.old and not moved and not plan.bends:
            points.append((width.old, self.count))
        for times in range(2, 5 - len(points)):
            new = times * max(width.old, 1)
            count = self._recount(at(new))
            if count is not None:
                points.append((new, count))
        found = {*(self._solved(points) if len(points) == 3 else self.known)}
        # A width that makes a projection of a shortcut, or the other way round.
        ends = {site.input[0] for site in plan.sites} | {site.output[0] for site in plan.sites}
        special = {new for new in self.known if new in ends} - found
        if plan.bends or not self.near.wanted:
            found |= special
            if plan.rounds and width.stands:
                found |= {*self._bracketed(at, width.old)}
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

    def _bracketed(self, at: Callable[[int], Candidate], old: int) -> Iterator[int]:
        """Yield round and known widths whose counts, which rise with them, are the printed ones.

        Where widths are rounded themselves, no polynomial goes through the counts.
        """
        widths = sorted({*range(8, _BRACKETED * max(old, 64), 8), *self.known})
        counts: dict[int, RowCount | None] = {}

        def value(place: int, convention: Convention) -> int:
            if place not in counts:
                counts[place] = self._recount(at(widths[place]))
            count = counts[place]
            return 0 if count is None else computed_value(count, convention)

        for each in next(iter(self.near.wanted.values()), ()):
            key = partial(value, convention=each.convention)
            first = bisect_left(range(len(widths)), each.numbers.start, key=key)
            after = bisect_left(range(len(widths)), each.numbers.stop, key=key)
            yield from widths[first:after]

    def _priced(self, width: Width, at: Callable[[int], Candidate], new: int) -> Candidate:
        """Return the reading for a width, with the bits of the number."""
        candidate = at(new)
        return replace(candidate, bits=candidate.bits + width_bits(width.old, new, self.known))

    def _solved(self, points: Sequence[tuple[int, RowCount]]) -> list[int]:
        """Solve for the widths at which every printed number comes out."""
        if not self.constraints.grid_fits(points[0][1]):
            return []
        demands = []
        for wanted in self.near.wanted.values():
            ranges: list[range] = []
            for each in wanted:
                counted = [(x, computed_value(count, each.convention)) for x, count in points]
                ranges += widths_within(through(counted), [each.numbers])
            demands.append(ranges)
        size = self.constraints.sizes.get("output", ())
        _, channels = grid_and_channels(size, points[0][1].output)
        if channels is not None:
            line = through([(x, count.output[0]) for x, count in points])
            demands.append(widths_within(line, [range(channels, channels + 1)]))
        return common(demands)

    def _recount(self, candidate: Candidate) -> RowCount | None:
        self.tried += 1
        return self.recount.count(self.count.id, candidate.edits)

    def _try(self, candidate: Candidate) -> None:
        noted = not self.found and candidate.bits < _PLAIN_BITS
        if candidate.adds is not None:
            weights, params = (x + candidate.adds for x in (self.count.weights, self.count.params))
            parameters = replace(self.count, weights=weights, params=params)
            if not (self.near.fits_or_is_near if noted else self.near.fits)(parameters):
                self.tried += 1
                return
        count = self._recount(candidate)
        if count is None:
            return
        fit = self.constraints.fit(count, self.near.wanted)
        if fit is not None:
            if fit[0] not in self.enough:  # else the conventions alone are enough
                self._keep(candidate, count, fit)
        elif noted:
            self.near.note(candidate.what, count)

    def _keep(
        self, candidate: Candidate, count: RowCount, fit: Fit, *, declared: bool = False
    ) -> None:
        # Who reads what is printed as the input has that cell by saying so.
        moved = any(edit.kind == "input" for edit in candidate.edits)
        said = self.missed.get("input", 0.0) if moved else 0.0
        self.found.append(
            Explanation(
                why=candidate.why,
                what=candidate.what,
                edits=candidate.edits,
                declared=declared,
                conventions=fit[0],
                bits=candidate.bits + fit[1],
                evidence=joint(self.missed, self.recount.plan(self.count.id)) - said,
                cells=tuple(self.missed),
                count=count,
            )
        )


def joint(missed: Mapping[str, float], plan: Plan) -> float:
    """Return the bits that a row's missed cells carry together.

    Where every weight is used at equally many positions, ops follow from params: whatever moves
    the one moves the other, and the second says little more than that it was no slip.
    """
    bits = sum(missed.values())
    one = plan.positions is not None and plan.positions[0] == plan.positions[1]
    if one and {"params", "ops"} <= missed.keys():
        bits += min(_NO_SLIP, missed["params"], missed["ops"])
        bits -= min(missed["params"], missed["ops"])
    return bits


def _on_printed(candidate: Candidate, plan: Plan) -> Candidate:
    """Return a candidate on the input that is printed."""
    if any(edit.kind == "input" for edit in candidate.edits):
        return candidate
    return Candidate(
        why=candidate.why,
        what=f"{candidate.what}, on the printed input",
        edits=(Edit(kind="input", to=plan.input), *candidate.edits),
        bits=candidate.bits + KIND_BITS["printed-input"],
    )
