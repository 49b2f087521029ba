"""A sum that agrees with what is printed because its rows' errors cancel, and one that agrees anyhow."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import archcount as ac
from archcount.comparison.implementation import cancellations

TABLE = """\
archcount: 1
name: three
source: {title: Three rows, year: 2026, authors: [A. Writer, B. Writer], table: Table 1}
input: 1x10x10
layer: {bias: false, act: none}
conventions: {ops: {K: 1000, count: macs}}
table: |
  row | block        | ops
  a   | conv 1x1 100 | 10K
  b   | conv 1x1 1   | 10K
  c   | conv 1x1 100 | 10K
"""


# "10K" is 9,500 to 10,999, rounded or truncated; three of them are 28,500 to 32,999.
@pytest.mark.parametrize(
    ("macs", "found"),
    [
        ((10_000, 10_000, 10_000), False),  # no row is off
        ((14_000, 7_000, 10_000), True),  # 31,000; 27,000 without the 4,000 above
        ((11_100, 9_400, 10_500), False),  # 31,000; 29,900 without the 1,100 above
        ((14_000, 10_000, 10_000), False),  # 34,000: the sum is off too
        ((11_100, 10_900, 10_900), False),  # 32,900: nothing is below
    ],
)
def test_a_sum_that_agrees_only_by_accident(
    tmp_path: Path, macs: tuple[int, ...], found: bool
) -> None:
    path = tmp_path / "three.yaml"
    path.write_text(TABLE)
    table = ac.load(path)
    rows = [
        replace(row, cost=row.cost._replace(conv=number))
        for row, number in zip(ac.count(table, engine="formula").counts[0].rows, macs, strict=True)
    ]
    items = cancellations(table.printed, rows)
    assert bool(items) is found
    if items:
        (item,) = items
        assert (item.value, item.printed) == (31_000, 30_000)
        assert (item.above, item.below) == ((("a", 4_000),), (("b", -3_000),))
