"""The widths of a row that may have been others, each solved for by whoever asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from archcount.comparison.changes import Change, cell_change, site_change
from archcount.comparison.plausibility import KIND_BITS
from archcount.edits import Edit, Plan, Site


@dataclass(frozen=True, kw_only=True, slots=True)
class Width:
    """Readings that differ in one width, which is solved for.

    Attributes:
        old: the width as it stands, or one like it.
        change: the reading for a width, its bits without those of the number.
        stands: whether the row as it stands is the reading for the old width.
    """

    old: int
    change: Callable[[int], Change]
    stands: bool = True


def width_changes(plan: Plan) -> Iterator[Width]:
    """Yield the widths of a row that may have been others."""
    yield Width(old=plan.input[0], change=partial(_read, plan))
    for cell in plan.cells.values():
        if cell.says == "filters":
            yield Width(old=cell.value, change=partial(cell_change, cell, len(plan.cells)))
    weighted = [site for site in plan.sites if site.weights and site.word != "shortcut"]
    own = [site for site in weighted if site.width is not None and not _reads_alone(site, plan)]
    for site in own:
        # One width for all its repetitions is not the row as it stands where they differ.
        stands = len({outside for _, outside, _ in site.widths}) < 2
        change = partial(_filters, site, len(own))
        yield Width(old=site.width or 1, change=change, stands=stands)
    for site in weighted:
        if site.word == "conv" and site.groups == 1:
            change = partial(_reduced, site, len(weighted))
            yield Width(old=site.input[0], change=change, stands=False)


def _reads_alone(site: Site, plan: Plan) -> bool:
    """Tell whether a layer's width is a printed number that no other layer reads."""
    names = [name for name in site.reads if name in plan.cells]
    others = [name for other in plan.sites if other is not site for name in other.reads]
    alone = len(names) == 1 and names[0] not in others
    return alone and plan.cells[names[0]].value == site.width


def _read(plan: Plan, new: int) -> Change:
    return Change(
        why="input",
        what=f"{new} input channels instead of {plan.input[0]}",
        edits=(Edit(kind="input", to=(new, *plan.input[1:])),),
        bits=KIND_BITS["input"],
    )


def _filters(site: Site, places: int, new: int) -> Change:
    return site_change(
        site, places, "filters", (new,), f"with {new} filters instead of {site.width}", 0.0
    )


def _reduced(site: Site, places: int, new: int) -> Change:
    told = f"with a 1x1 convolution to {new} before it"
    return replace(site_change(site, places, "reduced", (new,), told, 0.0), why="layer")
