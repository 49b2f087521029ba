"""The readings of a row that are tried: one change each, with its words and its bits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import gcd, isqrt, prod

from archcount.comparison.plausibility import (
    GRID_BITS,
    KIND_BITS,
    kernel_bits,
    place_bits,
    small_bits,
    stride_bits,
)
from archcount.edits import Edit, NumberCell, PatchCell, Plan, Site
from archcount.printed import joined_by_x

_OBLONG = (*((1, side) for side in (3, 5, 7)), *((side, 1) for side in (3, 5, 7)))
"""The kernels of maps that are tried beside square ones."""
_MULTIPLIERS = (*range(1, 17), 24, 32, 64)
_NUMBERS = {"kernel": range(1, 12), "stride": range(1, 5)}
"""The numbers that a cell may say instead; of what is not here, those of multipliers."""
_MOST_PADDING = 16
"""Paddings below this are tried."""
_CONVOLUTIONS = ("conv", "dwconv", "sepconv")


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """One reading of a row.

    Attributes:
        why: what it changes, a word of `WHYS`.
        bits: how unlikely it is.
        adds: how many weights the row gains, where nothing else of its parameters changes; None
            where only counting it tells.
    """

    why: str
    what: str
    edits: tuple[Edit, ...]
    bits: float
    adds: int | None = None


def fixed_candidates(
    plan: Plan, *, pools: bool, grids: bool = True, grid: tuple[int, ...] = ()
) -> Iterator[Candidate]:
    """Yield the readings that have a few values each.

    Args:
        plan: what can be read otherwise in the row.
        grid: the height and width that the row must give; empty for any.
        pools: try what no weight depends on too: paddings, and the kernels and strides of pools.
        grids: try what changes no parameter: other grids, strides, paddings and pools.
    """
    if plan.printed_input is not None:
        yield Candidate(
            why="printed-input",
            what=f"on the {_size(plan.printed_input)} that is printed as its input",
            edits=(Edit(kind="input", to=plan.printed_input),),
            bits=KIND_BITS["printed-input"],
        )
    if grids:
        yield from _grids(plan, grid)
    yield from _repeats(plan)
    yield from _patches(plan, strides=grids)
    yield from _small_numbers(plan)
    sites = [site for site in plan.sites if site.word != "shortcut"]
    weighted = [site for site in sites if site.weights]
    # Nothing behind a layer has other parameters then, as long as its width stays.
    alone = plan.windows is not None and not plan.bends
    for site in sites:
        if site.weights or (pools and grids):
            yield from _spatial(site, len(sites), strides=grids, alone=alone)
            yield site_candidate(site, len(sites), "without", (), "left out", why="layer")
        if pools and grids:
            yield from _padded(site, len(sites))
    for site in weighted:
        yield from _structure(site, len(weighted), alone=alone)


def _grids(plan: Plan, wanted: tuple[int, ...]) -> Iterator[Candidate]:
    """Yield other input grids, of those from which the one wanted can be reached."""
    if len(plan.input) == 2 and plan.windows is None:
        return  # of tokens, as many as there are
    channels, *sides = plan.input
    others = {tuple(2 * side for side in sides): 0, tuple(side // 2 for side in sides): 0}
    for more in (1, -1, 2, -2, 3, -3):
        others.setdefault(tuple(side + more for side in sides), abs(more))
    for grid, bits in others.items():
        if min(grid, default=0) > 0 and (not wanted or _reaches(plan, grid, wanted)):
            to = (channels, *grid)
            yield Candidate(
                why="input",
                what=f"on {_size(to)} instead of {_size(plan.input)}",
                edits=(Edit(kind="input", to=to),),
                bits=KIND_BITS["input"] + GRID_BITS + bits,
            )


def _reaches(plan: Plan, grid: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return len(grid) == len(wanted) and plan.reaches(grid, wanted)


def _repeats(plan: Plan) -> Iterator[Candidate]:
    for where, times in plan.repeats.items():
        place = f", line {where.line}" if len(plan.repeats) > 1 else ""
        others = {*range(times - 2, times + 5), 1} - {times}
        for new in sorted(item for item in others if item > 0):
            words = "once" if new == 1 else f"{new} times"
            yield Candidate(
                why="repeats",
                what=f"its block {words} instead of {times} times{place}",
                edits=(Edit(kind="repeats", to=(new,), where=where),),
                bits=KIND_BITS["repeats"] + min(abs(new - times), new),
            )


def _other_kernels(old: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], str, float]]:
    """Yield kernels with their words and bits."""
    equal = [(side,) * len(old) for side in range(1, 12)]
    for kernel in (*equal, *(_OBLONG if len(old) == 2 else ())):
        if kernel != old:
            words = f"with kernel {joined_by_x(kernel)} instead of {joined_by_x(old)}"
            yield kernel, words, kernel_bits(old, kernel)


def _other_strides(old: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], str, float]]:
    """Yield strides with their words and bits."""
    for stride in (1, 2, 3, 4):
        new = (stride,) * len(old)
        if new != old:
            words = f"with stride {stride} instead of {_stride(old)}"
            yield new, words, stride_bits(stride)


def _spatial(site: Site, places: int, *, strides: bool, alone: bool) -> Iterator[Candidate]:
    """Yield other kernels, and strides where these are asked for."""
    if site.kernel is None or site.stride is None:
        return
    scales = alone and site.word in ("conv", "dwconv")
    for kernel, words, bits in _other_kernels(site.kernel):
        new = site.weights * prod(kernel) // prod(site.kernel)
        adds = new - site.weights if scales else None
        yield site_candidate(site, places, "kernel", kernel, words, bits, adds=adds)
    for stride, words, bits in _other_strides(site.stride) if strides else ():
        yield site_candidate(site, places, "stride", stride, words, bits)


def _patches(plan: Plan, *, strides: bool) -> Iterator[Candidate]:
    """Yield other patches of a cell that several layers read."""
    for cell in plan.patches.values():
        if cell.readers > 1:
            for kernel, words, bits in _other_kernels(cell.kernel):
                yield _patch(cell, "kernel", (*kernel, *cell.stride), words, bits)
            for stride, words, bits in _other_strides(cell.stride) if strides else ():
                yield _patch(cell, "stride", (*cell.kernel, *stride), words, bits)


def _small_numbers(plan: Plan) -> Iterator[Candidate]:
    """Yield other values of cells that say kernels, strides, factors and such: no widths."""
    for cell in plan.cells.values():
        numbers = _NUMBERS.get(cell.says, _MULTIPLIERS)
        for new in numbers if cell.says != "filters" else ():
            if new != cell.value:
                candidate = cell_candidate(cell, len(plan.cells), new)
                yield replace(candidate, bits=candidate.bits + _number_bits(cell, new))


def _number_bits(cell: NumberCell, new: int) -> float:
    if cell.says == "kernel":
        return kernel_bits((cell.value, cell.value), (new, new))
    return stride_bits(new) if cell.says == "stride" else small_bits(new)


def _patch(cell: PatchCell, why: str, to: tuple[int, ...], words: str, bits: float) -> Candidate:
    return Candidate(
        why=why,
        what=f"{cell.name} {words}, in {cell.readers} layers",
        edits=(Edit(kind="patch", to=to, where=cell.where, name=cell.name),),
        bits=KIND_BITS["patch"] + bits,
    )


def _padded(site: Site, places: int) -> Iterator[Candidate]:
    """Yield other paddings."""
    if site.kernel is not None:
        for pad in range(min(max(site.kernel) // 2 + 2, max(site.kernel), _MOST_PADDING)):
            words = f"padded by {pad}" if pad else "without padding"
            yield site_candidate(site, places, "pad", (pad,), words, 1.0, why="padding")


def _structure(site: Site, places: int, *, alone: bool) -> Iterator[Candidate]:
    """Yield groups, separable kernels, multipliers, and the layer once more."""
    yield site_candidate(site, places, "twice", (), "standing twice", why="layer")
    if site.word == "dwconv":
        words = "and the convolution behind it as one"
        yield site_candidate(site, places, "joined", (), words, why="groups")
    if site.word not in _CONVOLUTIONS:
        return
    current = site.groups if site.word == "conv" else site.input[0]
    most = gcd(site.input[0], site.output[0])
    for groups in (1,) if site.word == "sepconv" else _divisors(most):
        if groups != current and (site.word == "conv" or groups < current):
            bits = 1.0 if groups in (1, 2, most) else small_bits(groups)
            words = _grouped(groups, current)
            new = site.weights * site.groups // groups
            adds = new - site.weights if alone and site.word == "conv" else None
            yield site_candidate(site, places, "groups", (groups,), words, bits, adds=adds)
    if site.multiplier:
        for multiplier in _MULTIPLIERS:
            if multiplier != site.multiplier:
                words = f"with multiplier {multiplier} instead of {site.multiplier}"
                bits = small_bits(multiplier)
                yield site_candidate(site, places, "multiplier", (multiplier,), words, bits)
    elif set(site.kernel or ()) != {1} and site.groups == 1:
        for multiplier in _MULTIPLIERS:
            words = f"as a separable convolution with depth multiplier {multiplier}"
            bits = small_bits(multiplier)
            yield site_candidate(site, places, "separable", (multiplier,), words, bits)


def _divisors(number: int) -> list[int]:
    """Return the divisors of a number in rising order.

    >>> _divisors(12)
    [1, 2, 3, 4, 6, 12]
    """
    low = [one for one in range(1, isqrt(number) + 1) if number % one == 0]
    return sorted({*low, *(number // one for one in low)})


def _grouped(groups: int, current: int) -> str:
    if groups == 1:
        return "as an ordinary convolution"
    return f"with {groups} groups" + (f" instead of {current}" if current > 1 else "")


def site_candidate(
    site: Site,
    places: int,
    kind: str,
    to: tuple[int, ...],
    words: str,
    bits: float = 0.0,
    *,
    why: str = "",
    adds: int | None = None,
) -> Candidate:
    """Return the reading in which one layer is another, of so many places where one might be."""
    return Candidate(
        why=why or kind,
        what=f"{_label(site)} {words}",
        edits=(Edit(kind=kind, to=to, where=site.where),),
        bits=KIND_BITS[kind] + place_bits(places) + bits,
        adds=adds,
    )


def cell_candidate(cell: NumberCell, places: int, new: int) -> Candidate:
    """Return the reading in which a printed number is another."""
    label = cell.name if cell.heading == cell.name else f"{cell.name} ({cell.heading})"
    return Candidate(
        why=cell.says,
        what=f"{label} {new} instead of {cell.value}",
        edits=(Edit(kind="cell", to=(new,), where=cell.where, name=cell.name),),
        bits=KIND_BITS["cell"] + place_bits(places),
    )


def _label(site: Site) -> str:
    """Return the name of a layer: its place in the row, where it has one, and as it is written."""
    return repr(site.text) if site.path == site.word else f"{site.path} ({site.text})"


def _size(dims: tuple[int, ...]) -> str:
    return "x".join(str(side) for side in (*dims[1:], dims[0]))


def _stride(stride: tuple[int, ...]) -> str:
    return str(stride[0]) if len(set(stride)) == 1 else joined_by_x(stride)
