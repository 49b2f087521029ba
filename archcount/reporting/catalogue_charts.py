"""Charts of a catalogue: the sizes of all networks, and printed against computed numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from archcount.control_characters import visible
from archcount.reporting.charts import ACCENT, BAD, DIM, GOOD, INK, WARN, chart
from archcount.reporting.figures import params_headline

_KINDS = ((ACCENT, "o"), (WARN, "s"), (GOOD, "^"), (BAD, "D"), (DIM, "v"), (INK, "P"))
"""The colour and the mark of each kind of network; further ones take turns."""
_VERDICTS = {"match": (GOOD, "o"), "explained": (WARN, "s"), "wrong": (BAD, "D")}


@dataclass(frozen=True, kw_only=True, slots=True)
class SizePoint:
    """A network by its size.

    Attributes:
        kind: of network, which its colour and mark say.
    """

    label: str
    kind: str
    params: int
    macs: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PrintedPoint:
    """A printed number beside what was computed.

    Attributes:
        kind: whether it is a match, explained or wrong.
    """

    label: str
    kind: str
    printed: float
    computed: float


def size_chart(points: Sequence[SizePoint]) -> str:
    """Return params against MACs as an `svg` element; empty without matplotlib."""
    kinds = list(dict.fromkeys(point.kind for point in points))

    def draw(axes: Any) -> None:
        for place, kind in enumerate(kinds):
            colour, mark = _KINDS[place % len(_KINDS)]
            _scatter(
                axes,
                [(p.params, p.macs, f"{p.label}: {p.params:,} params, {p.macs:,} MACs")
                 for p in points if p.kind == kind],
                colour,
                mark,
                kind,
            )  # fmt: skip
        _label(axes, "params", "MACs for one input")
        axes.xaxis.set_major_formatter(_params)

    return chart(
        draw,
        f"{len(points)} networks by params and MACs, from {_least(points)} to {_most(points)}",
        (8.5, 5.0),
    )


def _params(number: float, _: object) -> str:
    """Write the label of a tick, a power of ten."""
    return params_headline(round(number)).replace(".00", "").replace(".0", "")


def _least(points: Sequence[SizePoint]) -> str:
    return min(points, key=lambda point: point.params).label


def _most(points: Sequence[SizePoint]) -> str:
    return max(points, key=lambda point: point.params).label


def printed_chart(points: Sequence[PrintedPoint]) -> str:
    """Return printed numbers against computed ones as an `svg` element; empty as above."""

    def draw(axes: Any) -> None:
        ends = [
            end([point.printed for point in points] + [point.computed for point in points])
            for end in (min, max)
        ]
        axes.plot(ends, ends, color=DIM, linewidth=0.8)
        for kind, (colour, mark) in _VERDICTS.items():
            of_kind = [
                (
                    point.printed,
                    point.computed,
                    f"{point.label}: printed {point.printed:,.0f}, computed {point.computed:,.0f}",
                )
                for point in points
                if point.kind == kind
            ]
            _scatter(axes, of_kind, colour, mark, f"{kind} ({len(of_kind)})")
        _label(axes, "printed", "computed")

    wrong = sum(point.kind == "wrong" for point in points)
    return chart(
        draw,
        f"{len(points)} printed params and operations against the computed ones, {wrong} wrong",
        (8.5, 5.0),
    )


def _scatter(
    axes: Any, points: Sequence[tuple[float, float, str]], colour: str, mark: str, label: str
) -> None:
    if points:
        across, up, said = zip(*points, strict=True)
        axes.scatter(
            across,
            up,
            s=22,
            c=colour,
            marker=mark,
            alpha=0.6,
            linewidths=0,
            label=label,
            urls=[f"#{visible(words)}" for words in said],
        )


def _label(axes: Any, across: str, up: str) -> None:
    from matplotlib.ticker import EngFormatter

    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.xaxis.set_major_formatter(EngFormatter(sep=" "))
    axes.yaxis.set_major_formatter(EngFormatter(sep=" "))
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid(visible=True)
    axes.legend(loc="upper left", fontsize=8)
