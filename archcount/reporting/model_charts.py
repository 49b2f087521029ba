"""Charts of a counted model: the memory of its forward pass, and its modules below a roofline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from archcount.engines.memory_timeline import MemoryStep, MemoryTimeline
from archcount.engines.memory_traffic import Machine
from archcount.engines.model_count import ModelCount
from archcount.reporting.charts import ACCENT, DIM, INK, RULE, WARN, chart
from archcount.reporting.figures import percent, rate, significant, size

_POINTS = 300
"""The most points of a line; where there are more steps, each stands for the most of several."""
_BANDS = 14
"""The most stretches of a timeline that are named."""
_NAMED = 8
"""How many points of a roofline are named."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """Steps one after another in one part of a model.

    Attributes:
        name: of the part; empty for the model's own code.
        first: the number of its first step, from 1.
        most: the most bytes that are alive in it.
    """

    name: str
    first: int
    last: int
    most: int


def stretches(steps: Sequence[MemoryStep], most: int) -> list[Stretch]:
    """Return the stretches of a timeline by modules, as deep as gives `most` of them at most."""
    deepest = max((step.path.count(".") + 1 for step in steps if step.path), default=1)
    found = list(_stretches(steps, 1))
    for depth in range(2, deepest + 1):
        finer = list(_stretches(steps, depth))
        if len(finer) > most:
            break
        found = finer
    return found


def _stretches(steps: Sequence[MemoryStep], depth: int) -> Iterator[Stretch]:
    numbered = enumerate(steps, 1)
    for name, group in groupby(numbered, lambda each: ".".join(each[1].path.split(".")[:depth])):
        pairs = list(group)
        most = max(step.alive for _, step in pairs)
        yield Stretch(name=name, first=pairs[0][0], last=pairs[-1][0], most=most)


def memory_chart(timeline: MemoryTimeline) -> str:
    """Return the memory of a pass over its steps as an `svg` element; empty without matplotlib."""
    steps = timeline.steps
    peak = max(range(len(steps)), key=lambda place: steps[place].alive)
    worth, unit = _unit(steps[peak].alive)
    wide = -(-len(steps) // _POINTS)
    starts = range(0, len(steps), wide)
    heights = [max(step.alive for step in steps[at : at + wide]) / worth for at in starts]
    bands = stretches(steps, _BANDS)

    def draw(axes: Any) -> None:
        edges = [*(at + 0.5 for at in starts), len(steps) + 0.5]
        axes.stairs(heights, edges, fill=True, color=ACCENT, alpha=0.25, linewidth=0)
        axes.stairs(heights, edges, color=ACCENT, linewidth=0.9)
        for place, band in enumerate(bands if len(bands) <= _BANDS else ()):
            if place % 2 == 0:
                axes.axvspan(band.first - 0.5, band.last + 0.5, color=RULE, alpha=0.3, linewidth=0)
            if (band.last - band.first + 1) / len(steps) > 0.012 * len(band.name):
                axes.text(
                    (band.first + band.last) / 2,
                    0.98,
                    band.name,
                    transform=axes.get_xaxis_transform(),
                    ha="center",
                    va="top",
                    color=DIM,
                    fontsize=8,
                    parse_math=False,
                )
        axes.plot([peak + 1], [heights[peak // wide]], "o", color=WARN, markersize=5)
        axes.set_xlim(0.5, len(steps) + 0.5)
        axes.set_ylim(0, max(heights) * 1.18 or 1)
        axes.set_xlabel("operation of the forward pass")
        axes.set_ylabel(f"{unit} alive")
        axes.grid(visible=True, axis="y")

    most = f"most {size(steps[peak].alive)} at operation {peak + 1} of {len(steps)}"
    return chart(draw, f"Bytes that are alive in the forward pass, {most}")


def _unit(number: int) -> tuple[int, str]:
    for unit, worth in (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if number >= worth:
            return worth, unit
    return 1, "B"


@dataclass(frozen=True, slots=True)
class _Point:
    """What equal modules do themselves: their place below the roof, and their share of the time."""

    name: str
    intensity: float
    flops_per_second: float
    share: float


def _points(count: ModelCount, machine: Machine) -> list[_Point]:
    """Return a point for the modules that multiply and move alike, the longest in time first."""
    moved = count.moved or {}
    alike: dict[tuple[int, int], list[str]] = {}
    for module in count.modules:
        work = (2 * module.own.macs, moved[module.path].own if module.path in moved else 0)
        if all(work):
            alike.setdefault(work, []).append(module.path or "(model)")
    times = {work: machine.seconds(*work) for work in alike}
    whole = sum(times[work] * len(paths) for work, paths in alike.items())
    if "" in moved and moved[""].seconds:
        whole = moved[""].seconds
    points = [
        _Point(
            paths[0] if len(paths) == 1 else f"{paths[0]} ×{len(paths)}",
            work[0] / work[1],
            work[0] / times[work],
            times[work] * len(paths) / whole,
        )
        for work, paths in alike.items()
    ]
    return sorted(points, key=lambda point: -point.share)


def roofline_chart(count: ModelCount, machine: Machine) -> str:
    """Return the modules on the roofline of a machine as an `svg` element; empty as above."""
    points = _points(count, machine)
    if not points:
        return ""
    least = min([machine.ridge / 20, *(point.intensity for point in points)]) / 2
    most = max([machine.ridge * 20, *(point.intensity for point in points)]) * 2
    lowest = min(machine.flops / 300, *(point.flops_per_second for point in points)) / 4

    def draw(axes: Any) -> None:
        roof = [(x, min(machine.flops, x * machine.bytes_per_second))
                for x in (least, machine.ridge, most)]  # fmt: skip
        axes.loglog(*zip(*roof, strict=True), color=INK, linewidth=1.2)
        axes.axvline(machine.ridge, color=RULE, linewidth=1)
        axes.scatter(
            [point.intensity for point in points],
            [point.flops_per_second for point in points],
            s=[16 + 900 * point.share for point in points],
            c=[WARN if point.intensity < machine.ridge else ACCENT for point in points],
            alpha=0.55,
            linewidths=0,
            urls=[f"#{point.name}: {percent(point.share)} of the time" for point in points],
        )
        _name(axes, points[:_NAMED])
        axes.set_xlim(least, most)
        axes.set_ylim(lowest, machine.flops * 2.5)
        axes.set_xlabel("FLOP for each byte moved")
        axes.set_ylabel("FLOP/s at most")
        axes.grid(visible=True)

    ridge = significant(machine.ridge, 3)
    bound = sum(point.share for point in points if point.intensity < machine.ridge)
    return chart(
        draw,
        f"The roof of a machine of {rate(machine.flops, 'FLOP/s')} and "
        f"{rate(machine.bytes_per_second, 'B/s')}, its ridge at {ridge} FLOP a byte; "
        f"{len(points)} kinds of modules on it, {percent(bound)} of the time left of the ridge",
        (8.5, 4.2),
    )


def _name(axes: Any, points: Sequence[_Point]) -> None:
    """Name points below the roof, with lines to them."""
    along = sorted(points, key=lambda point: point.intensity)
    for place, point in enumerate(along):
        axes.annotate(
            point.name,
            (point.intensity, point.flops_per_second),
            xytext=(0.98, 0.06 + 0.075 * place),
            textcoords="axes fraction",
            ha="right",
            fontsize=8,
            parse_math=False,
            arrowprops={"arrowstyle": "-", "linewidth": 0.5, "color": DIM},
        )
