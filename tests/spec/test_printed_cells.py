"""Cells as papers print them, read from a table file."""

from __future__ import annotations

import archcount as ac


def test_a_dash_is_a_blank_cell_and_approximate_numbers_are_read(toy_text, tmp_path):
    file = tmp_path / "toy.yaml"
    printed = toy_text.replace("scores | classifier |       | 1x1x10 |   |   | 90     | 80",
                               "scores | classifier | -     | 1^2x10 | – | - | ~90    | —")  # fmt: skip
    assert printed != toy_text
    file.write_text(printed)
    table = ac.load(file)
    cells = {row.id: sorted(row.cells) for row in table.printed.rows}
    assert cells["scores"] == ["block", "output", "params", "row", "w"]
    report = ac.compare(ac.count(table, engine="formula"), table)
    verdicts = {row.id: row.cells for row in report.record.comparison.rows}["scores"]
    assert verdicts["params"].verdict.status == "match"  # 8 x 10 weights and 10 biases
    assert verdicts["ops"].verdict.status == "unpublished"
