"""Random rows that pass arguments to blocks and derive their widths, and what may be wrong in them.

They are like MobileNetV2's and EfficientNet's: kernels, strides, expansion factors and ratios of
squeeze-and-excite stand in columns of their own, widths are rounded, and a block has a shortcut
where the shapes allow it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

_WIDTHS = (16, 24, 32, 40, 48, 64, 80, 96, 112, 128, 160, 192)
_COLUMNS = {
    "width": ("c", _WIDTHS),
    "expansion": ("t", (2, 3, 4, 6, 8)),
    "kernel": ("k", (3, 5, 7)),
    "ratio": ("r", (1, 2, 4, 8)),
    "stride": ("s", (1, 2)),
    "repeats": ("n", (1, 2, 3, 4, 5)),
}
CAUSES = tuple(_COLUMNS)
"""What may be wrong in one row."""
WHYS = {"width": "filters", "expansion": "factor", "ratio": "factor"}
"""Where the tool's word for a cause is another."""


@dataclass(frozen=True)
class Line:
    """One row: its name, its block, and what the grid prints for it."""

    id: str
    block: str
    cells: dict[str, str | int]


@dataclass(frozen=True, kw_only=True)
class Family:
    """How tables of one kind are written, beside their rows.

    Attributes:
        columns: the paper's own columns with their headings.
        blocks: every block by its name.
        head: further lines of the file.
    """

    columns: dict[str, str]
    blocks: dict[str, str]
    head: tuple[str, ...] = ()


_SHORTCUT = "{when: first(s) == 1 and in.c == w, block: {add: [identity, %s]}, else: %s}"
INVERTED = Family(
    columns={"t": "expansion", "c": "c", "s": "stride"},
    head=("let: {alpha: 0.75}", "derive: {w: round8(c*alpha)}"),
    blocks={
        "stem": "conv 3x3/s w",
        "inverted": "[conv 1x1 t*in.c, dwconv 3x3/first(s), conv 1x1 w act=none]",
        "bottleneck": _SHORTCUT % ("inverted", "inverted"),
        "last": "conv 1x1 w",
        "classifier": "[global_avgpool, flatten, linear c]",
    },
)
EXCITED = Family(
    columns={"k": "kernel", "t": "expansion", "c": "channels", "s": "stride", "r": "SE ratio"},
    blocks={
        "stem": "conv kxk/s c",
        "se(q)": "{mul: [identity, [global_avgpool, conv 1x1 q norm=none act=silu, "
        "conv 1x1 in.c norm=none act=sigmoid]]}",
        "mbconv(kernel, t)": "[{when: t != 1, block: conv 1x1 t*in.c}, "
        "dwconv kernelxkernel/first(s), se(in.c/r), conv 1x1 c act=none]",
        "bottleneck": "{when: first(s) == 1 and in.c == c, block: {add: [identity, "
        '"mbconv(k, t)"]}, else: "mbconv(k, t)"}',
        "last": "conv 1x1 c",
        "classifier": "[global_avgpool, flatten, linear c]",
    },
)


FAMILIES = {"inverted residuals": INVERTED, "with squeeze-and-excite": EXCITED}


def causes(family: Family) -> tuple[str, ...]:
    """Return what may be wrong in the rows of a family."""
    return tuple(cause for cause in CAUSES if _COLUMNS[cause][0] in (*family.columns, "n"))


def draw_lines(rng: random.Random, family: Family) -> tuple[Line, ...]:
    """Draw a stem, five to eight rows of bottlenecks, a last convolution and the classifier."""
    lines = [_line("stem", "stem", family, k=3, s=2, c=rng.choice(_WIDTHS[:4]), t=None, r=None)]
    for number in range(rng.randint(5, 8)):
        cells = {
            "k": rng.choice([3, 3, 5]),
            "t": rng.choice([1, 2, 4, 6, 6]),
            "c": rng.choice(_WIDTHS),
            "s": rng.choice([1, 1, 2]) if number < 4 else 1,
            "r": rng.choice([2, 4]),
        }
        line = _line(f"stage{number + 1}", "bottleneck", family, **cells)
        lines.append(replace(line, cells={**line.cells, "n": rng.randint(1, 4)}))
    lines.append(_line("last", "last", family, c=rng.choice([512, 1024, 1280])))
    lines.append(_line("scores", "classifier", family, c=rng.choice([10, 100, 1000])))
    return tuple(lines)


def _line(name: str, block: str, family: Family, **cells: int | None) -> Line:
    own = {key: cell for key, cell in cells.items() if cell is not None and key in family.columns}
    return Line(name, block, own)


def changed(line: Line, cause: str, rng: random.Random) -> Iterator[Line]:
    """Yield the ways in which a row may truly have been otherwise than the grid prints it."""
    column, choices = _COLUMNS[cause]
    if line.block == "bottleneck" and column in line.cells:
        new = rng.choice([value for value in choices if value != line.cells[column]])
        yield replace(line, cells={**line.cells, column: new})
