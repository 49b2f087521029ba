"""New table files: an example to change, and pasted tables as their grids."""

from __future__ import annotations

import csv
import io

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import archcount as ac
from archcount.spec.new_file import new_file
from archcount.spec.pasted import Pasted, read_pasted

# Going deeper with convolutions (arXiv:1409.4842), some rows of Table 1.
GOOGLENET = [
    ["type", "patch size/ stride", "output size", "depth", "#1×1", "#3×3 reduce", "#3×3",
     "#5×5 reduce", "#5×5", "pool proj", "params", "ops"],
    ["convolution", "7×7/2", "112×112×64", "1", "", "", "", "", "", "", "2.7K", "34M"],
    ["max pool", "3×3/2", "56×56×64", "0", "", "", "", "", "", "", "", ""],
    ["convolution", "3×3/1", "56×56×192", "2", "", "64", "192", "", "", "", "112K", "360M"],
    ["max pool", "3×3/2", "28×28×192", "0", "", "", "", "", "", "", "", ""],
    ["inception (3a)", "", "28×28×256", "2", "64", "96", "128", "16", "32", "32", "159K", "128M"],
    ["dropout (40%)", "", "1×1×1024", "0", "", "", "", "", "", "", "", ""],
    ["linear", "", "1×1×1000", "1", "", "", "", "", "", "", "1000K", "1M"],
]  # fmt: skip
# Deep Residual Learning (arXiv:1512.03385), some rows of Table 1.
RESNET = [
    ["layer name", "output size", "18-layer", "34-layer"],
    ["conv1", "112×112", "7×7, 64, stride 2", "7×7, 64, stride 2"],
    ["conv2_x", "56×56", "[3×3, 64; 3×3, 64] ×2", "[3×3, 64; 3×3, 64] ×3"],
    ["", "1×1", "average pool, 1000-d fc, softmax", "average pool, 1000-d fc, softmax"],
    ["FLOPs", "", "1.8×10^9", "3.6×10^9"],
]


def by_tabs(table: list[list[str]]) -> str:
    return "".join("\t".join(row) + "\n" for row in table)


def by_commas(table: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(table)
    return text.getvalue()


def by_pipes(table: list[list[str]]) -> str:
    heading, *rows = [f"| {' | '.join(row)} |" for row in table]
    return "\n".join([heading, "|" + ":---|" * len(table[0]), *rows, ""])


def by_blanks(table: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "".join("  ".join(map(str.ljust, row, widths)).rstrip() + "\n" for row in table)


FORMS = [by_tabs, by_commas, by_pipes, by_blanks]


def loaded(text: str, tmp_path):
    file = tmp_path / "new.yaml"
    file.write_text(text, encoding="utf-8")
    return ac.load(file)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("printed", [GOOGLENET, RESNET], ids=["googlenet", "resnet"])
def test_a_pasted_table_is_a_file_that_passes_with_every_cell_as_printed(printed, form, tmp_path):
    text = new_file("new", "new.yaml", read_pasted(form(printed), "pasted.txt"))
    table = loaded(text, tmp_path)
    headings, *rows = printed
    assert [*table.written.headings.values()] == headings
    own = [name for name in table.written.columns if name not in ("row", "block")]
    found = [
        [row.cells[name].text if name in row.cells else "" for name in own]
        for row in table.written.rows
    ]
    totals = [row for row in rows if row[0] == "FLOPs"]
    assert found == [row for row in rows if row not in totals]
    for row in totals:  # numbers of whole networks, which are claims
        assert f"#   {' | '.join(filter(None, row))}\n" in text
    assert {row.cells["block"].text for row in table.written.rows} == {"identity"}
    assert ac.check(str(tmp_path / "new.yaml")).passed


def test_known_headings_have_the_names_that_the_blocks_of_a_table_read(tmp_path):
    text = new_file("new", "new.yaml", read_pasted(by_tabs(GOOGLENET), "pasted.txt"))
    assert [*yaml.safe_load(text)["columns"]] == [
        "type", "patch_", "output_", "depth_", "n1", "r3", "n3", "r5", "n5", "pool_proj", "params_",
        "ops_",
    ]  # fmt: skip
    assert "#   max pool: maxpool patch\n#   inception (3a): ?\n" in text
    assert [row.id for row in loaded(text, tmp_path).written.rows] == [
        "convolution", "max_pool", "convolution_2", "max_pool_2", "inception_3a", "dropout_40",
        "linear",
    ]  # fmt: skip


def test_a_pasted_table_becomes_the_papers_by_what_its_comments_say(tmp_path):
    """The first two rows: 64 filters of 7 x 7 x 3 are 9,408 weights, 34M MACs at 112 x 112..."""
    headings, *rows = GOOGLENET
    text = new_file("new", "new.yaml", read_pasted(by_tabs([headings, *rows[:2]]), "pasted.txt"))
    for name in ("patch", "output", "depth"):
        text = text.replace(f"{name}_", name)
    for heading in ("patch size/ stride", "output size", "depth"):
        text = text.replace(f'{{heading: "{heading}", is: information}}', f'"{heading}"')
    text = text.replace("identity | convolution", "conv patch output.c | convolution")
    text = text.replace("identity | max pool", "maxpool patch | max pool")
    table = loaded(text, tmp_path)
    report = ac.compare(ac.count(table, engine="formula"), table)
    assert report.total.weights == 64 * 7 * 7 * 3
    assert report.total.cost.macs == 112 * 112 * 64 * 7 * 7 * 3
    assert report.verdicts == {"match": 4}


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("Layer type", "type"), ("Filter Shape", "patch_"), ("kernel size/stride", "patch_"),
        ("Output", "output_"), ("Input size", "input_"), ("#params", "params_"),
        ("Params (M)", "params_"), ("Number of parameters", "params_"), ("FLOPs", "ops_"),
        ("Mult-Adds", "ops_"), ("FLOPs (G)", "ops_"), ("n", "n_"), ("c", "c"), ("t", "t"),
        ("# 3 x 3", "n3"), ("34-layer", "layer_34"), ("max", "max_"), ("if", "if_"), ("from", "from_"),
        ("", "column1"), ("输出", "column1"), ("row", "row_"),
    ],
)  # fmt: skip
def test_headings_and_their_names(heading, name, tmp_path):
    text = new_file("new", "new.yaml", Pasted((heading, "other"), (("a", "1"),)))
    assert [*yaml.safe_load(text)["columns"]] == [name, "other"]
    assert loaded(text, tmp_path).written.headings[name] == (heading or name)


@pytest.mark.parametrize("form", [by_tabs, by_commas, by_blanks])
@pytest.mark.parametrize("above", [True, False])
def test_a_caption_is_no_row(form, above, tmp_path):
    caption, table = "Table 2: Nets, widths, and so on.", form([["layer", "c"], ["conv", "8"]])
    pasted = read_pasted(f"{caption}\n{table}" if above else f"{table}{caption}\n", "x")
    assert (pasted.headings, pasted.rows) == (("layer", "c"), (("conv", "8"),))
    text = new_file("new", "new.yaml", pasted)
    assert f"\n# {caption}\n" in text
    assert loaded(text, tmp_path).source.table == "Table 2"


def test_what_cannot_be_known_is_proposed_in_comments():
    rows = [["layer", "n", "params"], ["conv", "2", "650,000"], ["Total", "", "520K"]]
    text = new_file("new", "new.yaml", read_pasted(by_tabs(rows), "pasted.txt"))
    assert "call n_ so if it means that" in text
    assert "650,000 and 520K are read as exact" in text
    assert "#   Total | 520K\n" in text
    assert "Total" not in text.partition("table: |")[2]
    plain = new_file("new", "new.yaml", Pasted(("layer", "params"), (("conv", "2.7K"),)))
    assert "520K" not in plain
    assert "n_" not in yaml.safe_load(plain)["columns"]
    assert "#   conv: conv 3x3/2 64\n" in plain


def test_a_table_of_totals_alone_keeps_them_as_rows(tmp_path):
    text = new_file("new", "new.yaml", Pasted(("layer", "params"), (("Total", "1"), ("sum", "1"))))
    assert [row.id for row in loaded(text, tmp_path).written.rows] == ["total1", "sum"]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "there is no table in it"),
        (" \n\t\n---|---\n", 1, "there is no table in it"),
        ("convolution\nmax pool\n", 1, "one column alone: 'convolution'"),
        ("type\tops\n", 1, "headings without rows"),
        ("type\tops\nconv\t1\t2\n", 2, "3 cells, and 2 headings"),
        ("\ntype,ops\nconv,1,000\n", 3, "3 cells, and 2 headings"),
        ('type,ops\nconv,"1\n', 2, "no CSV: unexpected end of data"),
        ("type\tops\nconv|relu\t1\n", 2, "a cell with |"),
        ("type\tops\n" + "conv\t1\n" * 1_000, 1, "1,000 rows"),
        (",".join("abc" * 334) + "\n1\n", 1, "1,002 columns"),
        ("type\tops\nconv\t" + "1" * 1_001, 1, "1,001 letters in a cell"),
        ("type  size  ops\nconv  3x3\npool  3x3  1\n", 2, "2 cells, and 3 headings"),
    ],
)
def test_what_is_no_table_is_refused_at_its_line(text, line, said):
    with pytest.raises(ac.InvalidTableError) as caught:
        read_pasted(text, "pasted.txt")
    assert str(caught.value).startswith(f"pasted.txt:{line}:1: {said}")
    assert "\n" not in str(caught.value)


CELL = st.text(max_size=12).map(lambda text: text.replace("|", "/"))


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=2, max_size=5),
    form=st.sampled_from([by_tabs, by_pipes, by_blanks]),
)
def test_whatever_is_pasted_is_refused_or_a_valid_file(rows, form, tmp_path_factory):
    try:
        pasted = read_pasted(form(rows), "pasted.txt")
    except ac.InvalidTableError:
        return
    loaded(new_file("new", "new.yaml", pasted), tmp_path_factory.mktemp("new"))


HOSTILE = [
    ["type", 'a": !!python/object', "&a *a", "# c", "{x: [y"],
    ["- x: y", "'\"\\n", "{{7*7}}", "%TAG ! !", "<script>"],
    ["---", "...", "\u202eevil", "\x1b[31mred", "@`"],
]


def test_a_hostile_table_is_data(tmp_path):
    table = loaded(new_file("new", "new.yaml", read_pasted(by_tabs(HOSTILE), "x")), tmp_path)
    assert table.written.headings["type"] == "type"
    cells = [*table.written.rows[1].cells.values()]
    assert "evil" in [cell.text for cell in cells]  # what cannot be seen is left out
    assert ac.check(str(tmp_path / "new.yaml"), engine="formula").passed
