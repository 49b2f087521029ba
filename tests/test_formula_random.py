"""Formulas of random tables: inside their domain, at its edge and around it, against the sweep."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import islice

import pytest

import archcount as ac
from archcount.symbolic.expansion_check import counted, points
from archcount.symbolic.formulas import formulas

TABLE = """archcount: 1
name: random
source: {{title: A random table, table: Table 1}}
input: 8x{height}x{width}
let: {{w: 16, v: 8, g: 2, p: 0.5, s: 2, times: 2}}
layer: {{pad: same, same: {same}, bias: true, norm: {norm}}}
blocks:
{blocks}
table: |
  row | block
{rows}
"""
WIDTHS = (
    "w", "v", "2*w", "w/2", "w+v", "8*v", "max(w,v)", "min(w,24)", "w//3", "input.c", "v*w//4",
    "16", "g*4", "w-v+16", "(w+1)//2",
)  # fmt: skip
KERNELS = ("1x1", "3x3", "2x2", "5x5", "3x1", "4x4", "7x7", "1x3")
STRIDES = ("", "", "/2", "/3", "/2x1")
PADS = ("", "pad=valid", "pad=1", "pad=same same=asymmetric", "pad=2", "pad=1x0")
MAXPOOLS = (
    "", "pad=valid", "pad=valid ceil=true", "pad=1", "pad=1 ceil=true", "same=ceil",
    "same=asymmetric",
)  # fmt: skip
AVGPOOLS = (
    "", "pad=valid", "pad=valid ceil=true", "same=asymmetric", "same=asymmetric count_pad=true",
    "pad=1 count_pad=true",
)  # fmt: skip
SYMBOLS = (
    (), (), ("H", "W"), ("H", "W", "w", "v"), ("w", "g"), ("C", "size", "batch"),
    ("C", "H", "g", "v"), ("H", "W", "s"), ("W", "times"),
)  # fmt: skip


def layer(draw):
    patch = draw.choice(KERNELS) + draw.choice(STRIDES)
    width, pad = draw.choice(WIDTHS), draw.choice(PADS)
    return draw.choice(
        (
            f"conv {patch} {width} {pad}",
            f"conv {patch} {width} {pad} dilation=2",
            f"conv {patch} {width} {pad} groups=g",
            f"dwconv {patch} {pad} multiplier={draw.choice(('1', 'g', '2'))}",
            f"sepconv {patch} {width} {pad}",
            f"maxpool {patch} {draw.choice(MAXPOOLS)}",
            f"avgpool {patch} {draw.choice(AVGPOOLS)}",
            f"subsample {draw.choice('123')} {width}",
            f"adaptive_avgpool {draw.choice(('3', '2x4'))}",
            "conv 3x3/s w",
            "scale p",
        )
    ).strip()


def block(draw, depth=0):
    """Write a block in YAML's flow style."""
    kind = draw.random()
    if kind < 0.55 or depth > 1:
        return f'"{layer(draw)}"'
    inner = [block(draw, depth + 1) for _ in range(3)]
    if kind < 0.7:
        return f"[{', '.join(inner[: draw.randint(1, 3)])}]"
    if kind < 0.82:
        return f"{{concat: [{inner[0]}, {inner[1]}]}}"
    if kind < 0.95:
        return f"{{add: [{inner[0]}, shortcut]}}"
    return f"{{repeat: times, block: {inner[0]}}}"


def written(draw):
    blocks = {f"b{number}": block(draw) for number in range(draw.randint(1, 5))}
    if draw.random() < 0.5:
        blocks["end"] = draw.choice(("[flatten, linear w]", "[global_avgpool, flatten, linear v]"))
    return TABLE.format(
        height=draw.randint(8, 60),
        width=draw.randint(8, 60),
        same=draw.choice(("symmetric", "asymmetric")),
        norm=draw.choice(("none", "batch")),
        blocks="\n".join(f"  {name}: {text}" for name, text in blocks.items()),
        rows="\n".join(f"  r_{name} | {name}" for name in blocks),
    )


def around(found, draw, seed):
    """Return points of the domain, and those with one value changed."""
    for point in [found.point, *islice(points(found.domain, seed), 6)]:
        yield point
        for name in found.symbols:
            whole = name in ("H", "W", "C", "size", "batch")
            number = Fraction(draw.randint(1, 40), draw.choice((1, 1, 1, 2)))
            yield {**point, name: draw.randint(1, 40) if whole else number}


def agreeing(path, seed):
    """Hold one random table against the sweep; give how many points lay in its domain."""
    draw = random.Random(seed)
    path.write_text(written(draw))
    try:
        table = ac.load(path)
        found = formulas(table.variant(), draw.choice(SYMBOLS), draw.choice((1, 1, 1, 2, 4, 6)))
    except ac.ArchcountError:
        return 0  # layers that do not go together, or a symbol that they depend on
    assert found.point in found.domain, seed
    inside = 0
    for point in around(found, draw, seed):
        if point not in found.domain:
            continue
        inside += 1
        assert all(guard.holds(point) for guard in found.guards), (seed, point)
        own = counted(table.variant(), found, point)
        assert not own.problem, (seed, point)
        values = [of.at(point) for of in found.total.quantities().values()]
        assert values == [own.params, own.weights, own.macs], (seed, point)
        assert tuple(side.at(point) for side in found.total.output) == own.output, (seed, point)
    return inside


def test_random_tables(tmp_path):
    assert sum(agreeing(tmp_path / "random.yaml", seed) for seed in range(150)) > 1000


@pytest.mark.slow
def test_many_random_tables(tmp_path):
    assert sum(agreeing(tmp_path / "random.yaml", seed) for seed in range(150, 8000)) > 50_000
