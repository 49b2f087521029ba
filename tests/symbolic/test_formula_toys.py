"""Expressions of small tables against the sweep, at every size and width near their edges."""

from __future__ import annotations

from fractions import Fraction

import pytest

import archcount as ac
from archcount.errors import ArchcountError
from archcount.symbolic.formulas import formulas


def swept(table, variant, found, point):
    """Count a point as `archcount sweep` does; None where it cannot be built."""
    lets = {name: number for name, number in point.items() if name not in ("H", "W")}
    size = f"{found.input.channels}x{point['H']}x{point['W']}"
    try:
        [counted] = ac.sweep(table, variant=variant, input=size, let=lets)
    except ArchcountError:
        return None
    return None if counted.problem else counted


TOY = """\
archcount: 1
name: toy
source: {title: Toy}
input: 3x23x23
let: {w: 8, a: 1}
layer: {pad: same, bias: true, act: relu, norm: batch}
blocks: {all: %s}
table: |
  row | block
  r   | all
"""
TOYS = [
    "[conv 3x3/2 w, conv 3x3 w groups=4]",
    "[conv 1x1 32*a, conv 1x1 24*a]",
    "[conv 3x3/2 w pad=1, maxpool 2x2/3 same=ceil, conv 3x3 2*w pad=valid]",
    "[maxpool 1x1/3 same=ceil, conv 5x5/2 w pad=valid, maxpool 3x3/2 same=ceil]",
    "[conv 1x1 3*w//2, 'conv 1x1 max(w,12)', 'conv 1x1 min(w,5)']",
    "[{add: [[conv 3x3/2 w, conv 3x3 w act=none], shortcut]}, relu]",
    "[{concat: [conv 3x3/2 w, [maxpool 3x3/2, conv 1x1 8]]}, adaptive_avgpool 3x3, flatten, linear w]",
    "[conv 3x3/2 w same=asymmetric dilation=2, avgpool 4x4/3, dwconv 3x3 multiplier=2, conv 1x1 w]",
    "[sepconv 3x3/2 2*w multiplier=2, global_avgpool, flatten, linear w]",
    "{concat: [avgpool 3x3/2, conv 2x2/2 w pad=1]}",
]


@pytest.mark.parametrize("blocks", TOYS)
def test_toys_hold_wherever_they_are_said_to(blocks, tmp_path):
    """At every size and width; where it is not said to hold, what is counted may be anything."""
    path = tmp_path / "toy.yaml"
    path.write_text(TOY % blocks)
    table = ac.load(path)
    found = formulas(table.variant())
    assert found.point in found.domain
    widths = [*range(1, 30), Fraction(1, 2), Fraction(5, 2)]
    parts = [Fraction(number, 96) for number in (1, 3, 4, 6, 8, 12, 24, 32, 96, 100, 104, 192)]
    inside = 0
    for height, width in [(side, 23) for side in range(1, 50)] + [(23, side) for side in (9, 31)]:
        for w in widths if "w" in blocks.replace("dw", "") else [8]:
            for a in parts if "*a" in blocks else [1]:
                point = {"H": height, "W": width, "w": w, "a": a}
                point = {name: point[name] for name in found.symbols}
                if point not in found.domain:
                    continue
                inside += 1
                counted = swept(table, "", found, point)
                assert counted is not None, point
                total = [found.total.params.at(point), found.total.macs.at(point)]
                assert total == [counted.params, counted.macs], point
                assert tuple(side.at(point) for side in found.total.output) == counted.output
    assert inside > 20


def written(path, text):
    path.write_text(text)
    return ac.load(path)


def test_expressions_that_nobody_could_read_are_refused(tmp_path):
    inner = "[conv 1x1 w+input.c//3, 'conv 3x3 max(w,input.c//5)', 'conv 1x1 input.c//7+1']"
    table = written(
        tmp_path / "grown.yaml",
        "archcount: 1\nname: g\nsource: {title: G}\ninput: 3x8x8\nlet: {w: 8}\n"
        f"blocks: {{b: {{repeat: 9, block: {{concat: {inner}}}}}}}\n"
        "table: |\n  row | block\n  a | b\n",
    )
    with pytest.raises(ac.UsageError, match="grow beyond 2,000 parts; keep fewer names"):
        ac.formula(table)
    assert ac.formula(table, symbols=["H", "W"]).params > 0


def test_nothing_is_taken_for_positive_that_need_not_be(tmp_path):
    """8 + max(0, a) filters of 1x1x3: at a = -2 they are 8."""
    table = written(
        tmp_path / "below.yaml",
        "archcount: 1\nname: b\nsource: {title: B}\ninput: 3x8x8\nlet: {a: 2}\n"
        "blocks: {b: 'conv 1x1 8+max(0,a) bias=false'}\ntable: |\n  row | block\n  a | b\n",
    )
    report = ac.formula(table)
    assert "max(a, 0)" in report.to_csv()
    assert report.at(H=8, W=8, a=-2)["params"] == 24
    assert report.params.subs(report.symbols["a"], -2) == 24
