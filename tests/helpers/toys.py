"""Small tables, and their comparison."""

from __future__ import annotations

import archcount as ac


def with_inputs(text: str, inputs: dict[str, str]) -> str:
    """Add a column of printed input sizes to a table file."""
    sizes = {"row": "input", **inputs}
    lines = []
    for line in text.splitlines():
        name = line.split("|")[0].strip()
        lines.append(f"{line} | {sizes[name]}" if "|" in line and name in sizes else line)
    return "\n".join(lines)


HEAD = """\
archcount: 1
name: rows
source: {title: Rows}
input: %s
layer: {pad: same, bias: true, act: relu}
conventions: {params: {K: 1000, count: weights}, ops: {K: 1000, count: macs}}
columns: {w: width, v: other width}
blocks:
  stem: conv patch w
  pair: [conv 1x1 v, conv patch w]
  branches: {concat: [conv 1x1 w, [conv 1x1 v, conv 3x3 w]]}
  residual: [{add: [[conv 3x3/first(2) w, conv 3x3 w act=none], shortcut=project]}, relu]
  depthwise: [dwconv patch, conv 1x1 w]
  separable: sepconv patch w multiplier=2
  twice: [conv patch w, conv patch w]
  thrice: {repeat: 3, block: conv 3x3 w}
  counted: {repeat: v, block: conv 1x1 w}
  growing: [conv 1x1 first(2)*4, conv 1x1 w]
  numbered: conv patch w pad=1
  scores: [global_avgpool, flatten, linear w]
table: |
  row | block | patch | output | depth | w | v | n | params | ops
"""


def write(path, rows, size="3x8x8", tail=""):
    lines = [f"  {' | '.join(row)}" for row in rows]
    path.write_text(HEAD % size + "\n".join(lines) + "\n" + tail)
    return ac.load(path)


def compared(table):
    report = ac.compare(ac.count(table, engine="formula"), table)
    return report.record.comparison
