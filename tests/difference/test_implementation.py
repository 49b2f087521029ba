"""An implementation against a small table: rows, verdicts, sums that agree by accident, gates."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from helpers.commands import invoke
from torch import Tensor, nn

import archcount as ac

# 8 x 8 x 4 of 27 weights each: 108 weights, 6,912 MACs; 8 x 8 x 8 of 36: 288 and 18,432.
TABLE = """\
archcount: 1
name: small
source: {title: A small paper, year: 2026, authors: [A. Writer, B. Writer], table: Table 3}
input: 3x8x8
layer: {pad: same, bias: false, act: none}
conventions: {params: {K: 1000, count: weights}, ops: {K: 1000, count: macs}}
columns: {w: width}
table: |
  row   | block         | patch | output | w | params | ops
  conv1 | conv patch w  | 3x3   | 8x8x4  | 4 | 108    | 7K
  conv2 | conv patch w  | 3x3   | 8x8x8  | 8 | 288    | 18K
  pool  | maxpool patch | 2x2/2 | 4x4x8  |   |        |
"""
MODELS = """\
archcount: 1
name: sizes
source: {title: Two sizes, year: 2026, authors: [A. Writer, B. Writer], table: Table 1}
rows: models
input: 3x8x8
layer: {pad: same, act: none}
network:
- {row: conv, block: conv 3x3 w bias=false}
- {row: pool, block: [global_avgpool, flatten]}
- {row: fc, block: linear 10}
table: |
  model | params | w
  Small | 158    | 4
  Large | 0.3K   | 8
"""
ATTENTION = """\
archcount: 1
name: one
source: {title: One layer, year: 2026, authors: [A. Writer, B. Writer], table: Table 1}
input: tokens 16 of 32
table: |
  row   | block             | params
  embed | embedding 8       | 256
  attn  | attention heads=1 | 288
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(TABLE)
    return path


def net(*first: nn.Module, kernels: tuple[object, object] = (3, 3)) -> nn.Sequential:
    one = nn.Conv2d(3, 4, kernels[0], padding="same", bias=False)
    other = nn.Conv2d(4, 8, kernels[1], padding="same", bias=False)
    return nn.Sequential(*first, one, other, nn.MaxPool2d(2))


def test_the_same_network_has_the_tables_numbers_and_verdicts(table: Path) -> None:
    report = ac.compare(net(), ac.load(table))
    assert [line.code for line in report.record.rows] == ["same"] * 3
    assert [line.modules for line in report.record.rows] == [("0",), ("1",), ("2",)]
    assert report.verdicts == {"match": 7}
    assert report.summary == (
        "Sequential implements small (A. Writer and B. Writer 2026, Table 3), layer by layer. It has the table's "
        "396 params and 25,344 MACs."
    )
    assert not report.is_changed
    lines = report.render("plain").splitlines()
    assert lines[0] == lines[-1] == report.summary


def test_errors_that_cancel_are_found_by_arithmetic(table: Path) -> None:
    # 64 places x 15 x 3 x 4 = 11,520 MACs, 4,520 above 7K; 64 x 7 x 4 x 8 = 14,336, 3,664 below
    # 18K; 25,856 is among the sums of what prints as 7K (6,500 to 7,999) and 18K (17,500 to 18,999).
    report = ac.compare(net(kernels=((3, 5), (1, 7))), ac.load(table))
    assert report.summary == (
        "Sequential implements small (A. Writer and B. Writer 2026, Table 3) but for conv 3x5 for 3x3 (conv1); "
        "conv 1x7 for 3x3 (conv2). It has 404 params instead of 396, 25,856 MACs instead of "
        "25,344. The 25,856 MACs agree with the printed column added up (25.0K) only because "
        "differences cancel: +4.5K in conv1 against -3.7K in conv2."
    )
    cells = {line.row.id: line.row.cells for line in report.record.rows}
    assert cells["conv1"]["params"].computed == 180
    assert cells["conv1"]["params"].verdict.status == "off"
    assert cells["conv1"]["output"].verdict.status == "match"


def test_what_is_off_in_the_code_stands_before_what_the_paper_is_known_for(table: Path) -> None:
    # 25 weights for 9: 4 x 3 x 25 = 300 weights and 19,200 MACs, above 108 and 7K; the printed 289
    # are one more than 8 x 4 x 9 = 288, which the file declares; 300 + 288 = 588 params.
    known = (
        "claims: [{what: params, printed: '450', from: here}]\n"
        "errata: [{row: conv2, cell: params, verdict: 'off', because: a slip}]\n"
    )
    table.write_text(TABLE.replace("| 288 ", "| 289 ") + known)
    report = ac.compare(net(kernels=(5, 3)), ac.load(table))
    _, findings = report.render("plain").split("Findings, the worst first\n\n")
    lines = findings.splitlines()
    assert lines[:3] == [
        "off: no convention gives it for the number of the implementation",
        "  conv1 params: printed 108, computed 300 (+178%)",
        "  conv1 ops: printed 7K, computed 19.2K (+174%)",
    ]
    assert lines[3].startswith("off: no convention gives it, and no other reading")
    assert lines[5] == "    known: a slip"
    assert lines[7] == "Claims of this paper: 0 of 1 match, 1 wrong"
    assert lines[11].split()[:6] == ["here", "(params)", "450", "588", "+30.7%", "off"]
    assert lines[-1] == report.summary
    everything = replace(report, detail="everything").render("plain")
    assert "claim (here): off: 588 params, printed 450" in everything
    assert "Findings" not in everything


def test_one_difference_cancels_nothing(table: Path) -> None:
    report = ac.compare(net(kernels=(5, 3)), ac.load(table))
    assert "cancel" not in report.summary


class Necked(nn.Module):
    """The small network with a module that the table knows nothing of, and without its pool."""

    def __init__(self) -> None:
        super().__init__()
        self.body = net()[:2]
        self.neck = nn.Sequential(nn.Conv2d(8, 8, 1), nn.ReLU())

    def forward(self, image: Tensor) -> Tensor:
        return self.neck(self.body(image))


def test_what_belongs_to_no_row_is_listed_with_its_cost(table: Path) -> None:
    report = ac.compare(Necked(), ac.load(table))
    assert {line.row.id: line.code for line in report.record.rows} == {
        "conv1": "same",
        "conv2": "same",
        "pool": "missing",
    }
    (conv,) = report.record.outside
    # 8 x 8 weights and 8 biases, at 64 places
    assert (conv.id, conv.params, conv.cost.macs) == ("neck", 72, 4096)
    assert report.record.total.count.params == 396 + 72
    assert "max pool 2x2 left out (pool)" in report.summary
    assert "neck, which belongs to no row" in report.summary


@pytest.mark.parametrize("row", ["Large", "large"])
def test_a_row_names_the_model_of_a_table_of_models(tmp_path: Path, row: str) -> None:
    path = tmp_path / "sizes.yaml"
    path.write_text(MODELS)
    layers = [nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    # 216 weights, and 8 x 10 + 10
    report = ac.compare(nn.Sequential(*layers, nn.Linear(8, 10)), path, variant=row)
    cell = report.record.total.cells["params"]
    assert (cell.printed, cell.computed, cell.verdict.status) == ("0.3K", 306, "match")
    assert not report.is_changed
    other = ac.compare(nn.Sequential(*layers, nn.Linear(8, 10)), path, variant="Small")
    assert other.record.total.cells["params"].verdict.status == "off"
    assert str(other.findings[0]) == "conv with 8 filters for 4 (conv)"


def test_another_network_is_one_sentence() -> None:
    report = ac.compare(ac.load("resnet").build(variant="50"), "vgg@D")
    assert report.record.is_another
    assert "is another network than vgg@D" in report.summary
    assert len(report.render("plain").splitlines()) < 8


MODEL = """
from torch import nn
def same(): return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1, bias=False),
    nn.Conv2d(4, 8, 3, padding=1, bias=False), nn.MaxPool2d(2))
def other(width=4): return nn.Sequential(nn.Conv2d(3, width, 3, padding=1, bias=False),
    nn.Conv2d(width, 8, 5, padding=2, bias=False), nn.MaxPool2d(2))
print("imported")
"""


@pytest.fixture
def command(table: Path, tmp_path: Path) -> Callable[..., object]:
    code = tmp_path / "nets.py"
    code.write_text(MODEL)
    return lambda name, *options: invoke(
        "table", str(table), "--compare-paper", "--model", f"{code}:{name}", *options
    )


def test_the_command(command: Callable[..., object]) -> None:
    result = command("other", "--format", "json")
    found = json.loads(result.stdout)
    assert found["schema"] == "archcount.implementation/1"
    assert found["changed"]
    assert found["rows"][1]["code"] == "changed"
    assert found["rows"][1]["differs"] == ["conv 5x5 for 3x3"]
    # 25 x 4 x 8 weights
    (cell,) = (cell for cell in found["rows"][1]["cells"] if cell["column"] == "params")
    assert (cell["computed"], cell["verdict"]) == (800, "off")
    assert found["totals"]["params"] == 908
    assert found["totals"]["table"]["params"] == 396
    assert command("same").returncode == 0


@pytest.mark.parametrize(
    ("name", "words", "code"),
    [
        ("same", "changed,off", 0),
        ("other", "changed", 1),
        ("other", "off", 1),
        ("other", "contradiction", 0),
    ],
)
def test_its_gate(command: Callable[..., object], name: str, words: str, code: int) -> None:
    assert command(name, "--fail-on", words).returncode == code


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--fail-on", "chnged"], "unknown reason to fail 'chnged'"),
        (["--batch", "4"], "do not go with --model"),
        (["--row", "conv9"], "has no row 'conv9'"),
        (["--variant", "x"], "has no variant 'x'"),
        (["--arg", "width"], "--arg 'width'"),
        (["--map", "conv1"], "no file 'conv1'; allowed: ROW=MODULES, such as conv2=features.3"),
        (["--map", "conv1=conv9"], "no layer is compared of a module 'conv9'; there are "),
    ],
)
def test_wrong_options(command: Callable[..., object], options: list[str], message: str) -> None:
    result = command("other", *options)
    assert result.returncode == 2
    assert message in result.stderr


@pytest.mark.parametrize("option", [["--map", "a=b"], ["--arg", "a=1"], ["--device", "cpu"]])
def test_options_of_a_model_need_one(table: Path, option: list[str]) -> None:
    result = invoke("table", str(table), *option)
    assert result.returncode == 2
    assert "--map, --arg and --device go with --model" in result.stderr


def test_an_argument_and_a_row(command: Callable[..., object]) -> None:
    result = command("other", "--arg", "width=6", "--row", "conv1", "--format", "json")
    found = json.loads(result.stdout)
    assert [row["id"] for row in found["rows"]] == ["conv1"]
    assert found["rows"][0]["differs"] == ["conv with 6 filters for 4"]


def test_what_fails_a_table_without_a_model(table: Path) -> None:
    assert invoke("table", str(table), "--fail-on", "off").returncode == 0
    result = invoke("table", str(table), "--fail-on", "changed")
    assert result.returncode == 2
    assert "--model" in result.stderr


class Separate(nn.Module):
    """Attention whose query, key and value have a linear layer each."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(32, 8)
        self.q, self.k, self.v, self.out = (nn.Linear(8, 8) for _ in range(4))

    def forward(self, ids: Tensor) -> Tensor:
        tokens = self.embed(ids)
        q, k, v = self.q(tokens), self.k(tokens), self.v(tokens)
        return self.out(nn.functional.scaled_dot_product_attention(q, k, v))


def test_layers_that_are_taken_as_one_are_counted_as_one(tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    path.write_text(ATTENTION)
    report = ac.compare(Separate(), path)
    embed, line = report.record.rows
    assert (embed.code, embed.row.count.params) == ("same", 256)
    # four of 8 x 8 and 8 biases; 16 tokens x 256, and twice 16 x 16 x 8
    assert (line.row.count.params, line.row.count.cost.macs) == (288, 8192)
    assert not report.is_changed


def test_a_paper_of_images_and_a_model_of_ids_are_another_network(table: Path) -> None:
    # Each is called with its own input, since neither can take the other's.
    report = ac.compare("bert@bert_base", ac.load(table))
    assert report.record.is_another
    (warning,) = report.record.warnings
    assert warning.what.endswith("each was called with its own")


def test_marks_stand_for_the_code_in_80_columns(table: Path) -> None:
    narrow = ac.compare(net(kernels=(5, 3)), ac.load(table)).render("rich", width=60, colour=False)
    assert "~ conv1" in narrow
    assert "~ differs from the table" in narrow


def test_a_pool_that_pads_elsewhere_is_remarked_on(table: Path) -> None:
    table.write_text(TABLE.replace("| 2x2/2 |", "| 3x3/2 |"))
    model = net()
    model[-1] = nn.MaxPool2d(3, 2, padding=1)
    assert ac.compare(model.eval(), table).record.remarks == ()
    model[-1] = nn.MaxPool2d(3, 2, ceil_mode=True)
    report = ac.compare(model.eval(), table)
    # 4 windows of 3 begin at 0, 2, 4 and 6 of 8 places, and at -1, 1, 3 and 5.
    assert not report.is_changed
    (remark,) = report.record.remarks
    assert remark == "padding 1 became 0 rounding up: no size changes (pool)"
    assert f"written otherwise: {remark}" in report.render("plain")


def test_a_layer_that_the_table_lacks_gives_what_its_row_gives(table: Path) -> None:
    model = net()
    model.insert(1, nn.AvgPool2d(2))  # behind conv1
    report = ac.compare(model, ac.load(table))
    lines = {line.row.id: line.row for line in report.record.rows}
    assert [lines[row].count.output for row in lines] == [(4, 4, 4), (8, 4, 4), (8, 2, 2)]
    assert lines["conv1"].cells["output"].verdict.status == "off"
    assert "avg pool 2x2 added (conv1)" in report.summary


class Logits(nn.Module):
    """Scores of each token, worked out with the sequences as one list."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.scores = nn.Embedding(32, 8), nn.Linear(8, 32, bias=False)

    def forward(self, ids: Tensor) -> Tensor:
        return self.scores(self.embed(ids).flatten(0, 1))


def test_a_list_of_all_places_has_the_size_of_the_sequence(tmp_path: Path) -> None:
    path = tmp_path / "logits.yaml"
    rows = "table: |\n  row | block | params\n  embed | embedding 8 | 256\n  scores | linear 32 bias=false | 256\n"
    path.write_text(ATTENTION.partition("table: |")[0] + rows)
    report = ac.compare(Logits(), path)
    assert [line.row.count.output for line in report.record.rows] == [(8, 16), (32, 16)]


def test_weights_that_two_rows_share_are_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "logits.yaml"
    rows = "table: |\n  row | block | params\n  embed | embedding 8 | 256\n  scores | linear 32 bias=false | 256\n"
    path.write_text(ATTENTION.partition("table: |")[0] + rows)
    model = Logits()
    model.scores.weight = model.embed.weight
    report = ac.compare(model, path)
    # 32 words of 8 numbers.
    assert [line.row.count.params for line in report.record.rows] == [256, 0]
    assert report.record.total.count.params == 256


def test_a_map_of_other_sides_is_not_of_the_tables_size(table: Path) -> None:
    model = net()
    model[-1] = nn.MaxPool2d((4, 1))
    report = ac.compare(model, table)
    # 8 x 8 places in windows of 4 x 1: as many as the 4 x 4 that are printed, and others.
    pool = report.record.rows[-1].row
    assert pool.count.output == (8, 2, 8)
    assert pool.cells["output"].verdict.status == "off"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, []),
        ({"macs": 25_345}, ["396 params and 25,344 MACs, and Sequential runs with 396 and 25,345"]),
        ({"params": 395}, ["396 params and 25,344 MACs, and Sequential runs with 395 and 25,344"]),
        ({"params": 400}, ["4 params of Sequential are in no layer that is compared"]),
    ],
)
def test_rows_that_do_not_add_up_to_the_model_are_warned_of(
    table: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, int], said: list[str]
) -> None:
    from archcount.api import implementation_report

    run = implementation_report.difference_of

    def otherwise(*arguments: object) -> object:
        found = run(*arguments)
        return replace(found, right=replace(found.right, **change))

    monkeypatch.setattr(implementation_report, "difference_of", otherwise)
    warnings = ac.compare(net(), ac.load(table)).record.warnings
    assert [each.what.removeprefix("the rows count ") for each in warnings] == said


def test_weights_biases_and_what_a_norm_has_are_told_apart(table: Path) -> None:
    model = net()
    model[0] = nn.Conv2d(3, 4, 3, padding=1)
    model.insert(1, nn.BatchNorm2d(4))
    count = ac.compare(model, ac.load(table)).record.rows[0].row.count
    # 4 kernels of 3 x 3 x 3, a bias each, a scale and a shift each
    assert (count.weights, count.biases, count.params) == (108, 4, 120)
