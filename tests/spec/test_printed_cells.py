"""Cells as papers print them, read from a table file."""

from __future__ import annotations

import pytest

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


def test_the_type_names_the_block_where_there_is_no_column_of_blocks(toy_text, tmp_path):
    typed = toy_text.replace("row    | block ", "row    | type  ")
    typed = typed.replace("variants:\n", "variants:\n  bare: {cells: {stem: {type: relu}}}\n")
    assert typed.count("type") == 2
    file = tmp_path / "toy.yaml"
    file.write_text(typed)
    table = ac.load(file)
    # 3 x 3 x 3 x 4 weights and 4 biases; the printed rows have no cell of a block.
    for variant, params in (("", 112), ("bare", 0)):
        count = ac.count(table, engine="formula", variant=variant)
        assert count.counts[0].rows[0].params == params
    assert "block" not in table.printed.rows[0].cells


@pytest.mark.parametrize("printed", ["×2", "2×", "× 2"])
def test_a_number_of_repeats_has_its_sign(toy_text, tmp_path, printed):
    file = tmp_path / "toy.yaml"
    file.write_text(toy_text.replace("4x4x8  | 8 | 2 |", f"4x4x8  | 8 | {printed} |"))
    table = ac.load(file)
    assert table.printed.rows[1].cells["n"].text == printed
    # 4 x 3x3 and 8 x 3x3 inputs of 8 filters, a 1x1 shortcut, and two convolutions more.
    params = (36 + 1) * 8 + (72 + 1) * 8 + (4 + 1) * 8 + 2 * (72 + 1) * 8
    assert ac.count(table, engine="formula").counts[0].rows[1].params == params
