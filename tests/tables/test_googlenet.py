"""GoogLeNet's Table 1: the file against the published figures, and the count by hand."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

import archcount as ac
from archcount.comparison import WHYS

HERE = Path(__file__).parents[1]
PUBLISHED = HERE / "data" / "published"


def published(name: str) -> list[dict[str, str]]:
    with (PUBLISHED / name).open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def table():
    return ac.load("googlenet")


@pytest.fixture(scope="module")
def report(table):
    return ac.compare(ac.count(table, engine="formula"), table)


def test_every_cell_is_as_printed(table):
    rows = published("googlenet_table1.csv")
    assert len(rows) == len(table.printed.rows) == 19
    for given, row in zip(rows, table.printed.rows, strict=True):
        texts = {column: cell.text for column, cell in row.cells.items()}
        size = "x".join(given[side] for side in ("out_h", "out_w", "out_c"))
        assert texts.pop("row")
        assert texts.pop("block")
        assert texts.pop("type") == given["type"]
        assert texts.pop("output") == size
        for column, name in {
            "patch": "patch_stride", "depth": "depth", "n1": "n1x1", "r3": "n3x3_reduce",
            "n3": "n3x3", "r5": "n5x5_reduce", "n5": "n5x5", "pp": "pool_proj",
            "params": "params_published", "ops": "ops_published",
        }.items():  # fmt: skip
            assert texts.pop(column, "") == given[name], (row.id, column)
        assert not texts, "a cell of the file that the paper does not print"


def test_heads_are_as_described_in_section_5(table):
    steps = published("googlenet_aux_classifier.csv")
    heads = {head.at: head for head in table.architecture().heads}
    assert list(heads) == ["inception_4a", "inception_4d"]
    for at, column in (("inception_4a", "out_4a"), ("inception_4d", "out_4d")):
        head = heads[at]
        assert head.loss_weight == 0.3
        layers = {layer.kind.word: layer for layer in head.node.layers()}
        height, width, channels = map(int, steps[0][column].split("x"))
        assert layers["avgpool"].output.dims == (channels, height, width)
        height, width, channels = map(int, steps[1][column].split("x"))
        assert layers["conv"].output.dims == (channels, height, width)
        assert layers["dropout"].kind.p == 0.7
        widths = [item.output.channels for item in head.node.layers() if item.kind.word == "linear"]
        assert widths == [int(steps[2][column]), int(steps[4][column])]


def test_output_sizes_and_depths_all_match(report):
    assert report.record.comparison.tally("output") == {"match": 19}
    assert report.record.comparison.tally("depth") == {"match": 19}


def test_totals_worked_out_by_hand(report):
    # Weights by row:
    # conv1         64x3x49                                                         = 9,408
    # conv2         64x64 + 192x64x9 = 4,096 + 110,592                             = 114,688
    # inception     in x (n1 + r3 + r5 + pp) + 9 x r3 x n3 + 25 x r5 x n5
    # 3a  192x(64+96+16+32)    + 9x96x128   + 25x16x32  = 39,936 + 110,592 + 12,800 = 163,328
    # 3b  256x(128+128+32+64)  + 9x128x192  + 25x32x96  = 90,112 + 221,184 + 76,800 = 388,096
    # 4a  480x(192+96+16+64)   + 9x96x208   + 25x16x48  = 176,640 + 179,712 + 19,200 = 375,552
    # 4b  512x(160+112+24+64)  + 9x112x224  + 25x24x64  = 184,320 + 225,792 + 38,400 = 448,512
    # 4c  512x(128+128+24+64)  + 9x128x256  + 25x24x64  = 176,128 + 294,912 + 38,400 = 509,440
    # 4d  512x(112+144+32+64)  + 9x144x288  + 25x32x64  = 180,224 + 373,248 + 51,200 = 604,672
    # 4e  528x(256+160+32+128) + 9x160x320  + 25x32x128 = 304,128 + 460,800 + 102,400 = 867,328
    # 5a  832x(256+160+32+128) + 9x160x320  + 25x32x128 = 479,232 + 460,800 + 102,400 = 1,042,432
    # 5b  832x(384+192+48+128) + 9x192x384  + 25x48x128 = 625,664 + 663,552 + 153,600 = 1,442,816
    # linear        1024x1000                                                    = 1,024,000
    weights = {
        "conv1": 9_408, "conv2": 114_688, "inception_3a": 163_328, "inception_3b": 388_096,
        "inception_4a": 375_552, "inception_4b": 448_512, "inception_4c": 509_440,
        "inception_4d": 604_672, "inception_4e": 867_328, "inception_5a": 1_042_432,
        "inception_5b": 1_442_816, "linear": 1_024_000,
    }  # fmt: skip
    found = {row.id: row.count.weights for row in report.record.rows if row.count.weights}
    assert found == weights
    assert report.total.weights == sum(weights.values()) == 6_990_272
    # Biases, one per filter: 64 + (64+192) + the filters of all modules + 1000.
    # modules: 368+640+624+648+664+704+1024+1024+1264 = 6,960
    assert report.total.params == 6_990_272 + 64 + 256 + 6_960 + 1_000 == 6_998_552
    # MACs: weights x positions: 112x112 for conv1, 56x56 for conv2, 28, 14 and 7 squared.
    squares = {"conv1": 112, "conv2": 56, "3": 28, "4": 14, "5": 7, "linear": 1}
    macs = sum(
        count * squares[name.removeprefix("inception_")[0] if "_" in name else name] ** 2
        for name, count in weights.items()
    )
    assert report.total.cost.macs == macs == 1_582_671_872
    assert report.total.depth == 22


def test_verdicts_on_params_and_ops(report):
    found = {
        column: {
            row.id: (row.cells[column].verdict.status, row.cells[column].verdict.why)
            for row in report.record.comparison.rows
            if row.cells[column].printed
        }
        for column in ("params", "ops")
    }
    # 114,688 / 1024 = 112 exactly; 163,328 / 1024 = 159.5: not rounded, but cut off; 1,024,000.
    assert {k: v for k, v in found["params"].items() if v[0] == "match"} == {
        "conv2": ("match", "equal"),
        "inception_3a": ("match", "truncated"),
        "linear": ("match", "equal"),
    }
    assert len(found["params"]) == len(found["ops"]) == 12
    assert {k: v for k, v in found["ops"].items() if v[0] != "match"} == {
        "conv1": ("reading", "declared"),
        "inception_5a": ("reading", "input"),
    }
    assert {k: v for k, v in found["params"].items() if v[0] != "match"} == {
        # (3 x 8 x 49 + 24 x 64 + 64 biases) / 1024 = 2.71; x 112 x 112 without biases = 34.02M
        "conv1": ("reading", "declared"),
        # (388,096 + 640 biases) / 1024 = 379.6
        "inception_3b": ("convention", "bias"),
        "inception_4a": ("off", "odd"),
        "inception_4b": ("off", "odd"),
        # 463 x 1024 x 196 = 92.9M, not 100M; 580: 116.4M, not 119M; 840: 168.6M, not 170M
        "inception_4c": ("contradiction", "params-ops"),
        "inception_4d": ("contradiction", "params-ops"),
        "inception_4e": ("contradiction", "params-ops"),
        # 576 weights an input channel: 1,042,432 + 96 x 576 = 1,097,728 = 1072 x 1024; x 49 = 53.8M
        "inception_5a": ("reading", "input"),
        # 1388 x 1024 x 49 = 69.6M, not 71M
        "inception_5b": ("contradiction", "params-ops"),
    }
    assert found["ops"]["inception_4a"] == ("match", "truncated")  # 73,608,192
    assert found["ops"]["inception_4b"] == ("match", "rounded")  # 87,908,352
    assert found["ops"]["inception_3a"] == ("match", "either")  # 128,049,152


def test_an_error_is_signed_and_relative_to_what_is_printed(report):
    cells = {row.id: row.cells for row in report.record.comparison.rows}
    # 1,042,432 / (1072 x 1024) - 1 = -0.0504; 51,079,168 / 54,000,000 - 1 = -0.0541
    assert float(cells["inception_5a"]["params"].verdict.error) == pytest.approx(-0.05037, abs=1e-5)
    assert float(cells["inception_5a"]["ops"].verdict.error) == pytest.approx(-0.05409, abs=1e-5)
    # 118,013,952 / 34,000,000 - 1
    assert float(cells["conv1"]["ops"].verdict.error) == pytest.approx(2.471, abs=1e-3)


def test_claims_of_the_text(report):
    own = [
        claim for claim in report.record.comparison.claims if claim.source[:4] in ("sec.", "Tabl")
    ]
    claims = {claim.what: claim.verdict for claim in own}
    assert claims["ops"].why == "truncated"  # 1.58 cut off to 1.5
    assert claims["depth"].status == "match"
    assert claims["depth with pooling"].status == "match"
    assert claims["params vs alexnet"].status == "off"  # 60,965,224 / 6,998,552 = 8.7
    assert claims["sum of ops"].why == "equal"  # 34+360+128+304+73+88+100+119+170+54+71+1
    assert claims["sum of params"].why == "equal"


def test_the_separable_stem_is_found_without_being_declared(tmp_path):
    text = Path(ac.load("googlenet").path).read_text()
    start, end = text.index("readings:"), text.index("errata:")
    path = tmp_path / "googlenet.yaml"
    path.write_text(text[:start] + text[end:])
    table = ac.load(path)
    rows = {row.id: row for row in ac.compare(ac.count(table), table).record.comparison.rows}
    # the only reading that fits; but two numbers of two digits are too little to believe it on
    [only] = rows["conv1"].explanations
    assert only.what == "'conv patch output.c' as a separable convolution with depth multiplier 8"
    assert {rows["conv1"].cells[name].verdict.why for name in ("params", "ops")} == {"odd"}
    # built and counted with 928 channels: 576 x 96 weights more than 1,042,432, at 49 positions
    best = rows["inception_5a"].explanations[0]
    assert (best.count.weights, best.count.cost.macs) == (1_097_728, 53_788_672)
    assert best.engines == ("fvcore", "formula")


def test_every_printed_number_has_a_verdict_with_a_known_why(report):
    cells = [
        row.cells[column]
        for row in report.record.comparison.rows
        for column in ("params", "ops")
        if row.cells[column].printed
    ]
    assert len(cells) == 24
    for cell in cells:
        verdict = cell.verdict
        assert set(verdict.why.split("+")) <= set(WHYS[verdict.status]), verdict
        assert verdict.sentence


def test_nothing_about_googlenet_is_in_the_code():
    for path in (Path(ac.__file__).parent / "comparison").glob("*.py"):
        code = re.sub(r">>>.*|\.\.\. .*", "", path.read_text())
        assert not re.search(r"(?i)googlenet|inception_\d|conv1\b", code), path


def test_heads_worked_out_by_hand(table):
    total = ac.count(table, engine="formula", heads=True).record.total_with_heads.count
    # 4a: 512x128 + 2048x1024 + 1024x1000 = 65,536 + 2,097,152 + 1,024,000, biases 128+1024+1000
    # 4d: 528x128 + ...                   = 67,584 + 2,097,152 + 1,024,000, biases 2,152
    assert total.params == 6_998_552 + 3_186_688 + 2_152 + 3_188_736 + 2_152
    # MACs: 4x4 positions of the 1x1 convolution, then the two fully connected layers.
    heads = 16 * 65_536 + 2_097_152 + 1_024_000 + 16 * 67_584 + 2_097_152 + 1_024_000
    assert total.cost.macs == 1_582_671_872 + heads
    assert total.depth == 22, "heads do not make the network deeper"
