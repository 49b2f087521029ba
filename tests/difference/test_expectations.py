"""Declared differences of an implementation, strict in both directions; which modules are a row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers.commands import invoke
from torch import Tensor, nn

import archcount as ac

TABLE = """\
archcount: 1
name: small
source: {title: A small paper, year: 2026, authors: [A. Writer, B. Writer], table: Table 3}
input: 3x8x8
layer: {pad: same, bias: false, act: none}
table: |
  row   | block        | output | params
  conv1 | conv 3x3 4   | 8x8x4  | 108
  conv2 | conv 3x3 8   | 8x8x8  | 288
  conv3 | conv 3x3 8   | 8x8x8  | 576
  pool  | maxpool 2x2/2 | 4x4x8 |
"""
CODE = """
from torch import nn

def net(*kernels):
    widths = (3, 4, 8, 8)
    convs = [nn.Conv2d(widths[at], widths[at + 1], kernel, padding="same", bias=False)
             for at, kernel in enumerate(kernels)]
    return nn.Sequential(*convs, nn.MaxPool2d(2))

def same(): return net(3, 3, 3)
def other(): return net(3, 5, 5)
"""
EXPECT = """\
archcount: 1
table: small.yaml
model: nets.py:other
params: 2,508
expect:
- differs: conv 5x5 for 3x3
  rows: [conv2, conv3]
  layers: 2
  because: the authors' later code has larger kernels
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "small.yaml").write_text(TABLE)
    (tmp_path / "nets.py").write_text(CODE)
    (tmp_path / "expect.yaml").write_text(EXPECT)
    return tmp_path


def found(folder: Path, old: str = "", new: str = "", **options: object) -> list[str]:
    """What fails the check, with a text of the file of expectations exchanged."""
    file = folder / "expect.yaml"
    file.write_text(EXPECT.replace(old, new) if old else EXPECT)
    report = ac.check(expect=file, **options)
    return [str(each).replace(f"{file}:", "") for each in report.findings if each.failing]


def test_what_is_declared_passes(folder: Path) -> None:
    # 108, 25 x 4 x 8 = 800, 25 x 8 x 8 = 1,600 weights: 2,508
    assert found(folder) == []
    (check,) = ac.check(expect=folder / "expect.yaml").record
    assert (check.declared, check.verdicts) == (1, {"match": 5, "off": 2})


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "[conv2, conv3]",
            "[conv2]",
            "surprise: conv 5x5 for 3x3 (conv3): not expected; mend the code, or declare it under "
            "expect: with the reason",
        ),
        (
            "[conv2, conv3]",
            "[conv1, conv2, conv3]",
            "6:3: surprise: conv 5x5 for 3x3 (conv1): expected, and it does not differ so; remove "
            "the rows from it",
        ),
        (
            "layers: 2",
            "layers: 3",
            "6:3: surprise: conv 5x5 for 3x3: 2 layers differ so, not 3; mend the code, or layers:",
        ),
        (
            "2,508",
            "2,509",
            "4:1: surprise: 2,508 params, not 2,509; mend the code, or params:",
        ),
    ],
)
def test_it_is_strict_either_way(folder: Path, old: str, new: str, message: str) -> None:
    messages = found(folder, old, new)
    assert message in messages


def test_the_layers_of_a_declaration_are_those_of_its_rows(folder: Path) -> None:
    one = "  rows: [conv2, conv3]\n  layers: 2\n"
    two = "  rows: [conv2]\n  layers: 1\n  because: larger\n- differs: conv 5x5 for 3x3\n"
    assert found(folder, one, f"{two}  rows: [conv3]\n  layers: 1\n") == []
    (message,) = found(folder, one, f"{two}  rows: [conv3]\n  layers: 2\n")
    assert "conv 5x5 for 3x3: 1 layer differs so, not 2" in message


def test_a_declaration_that_nothing_bears_out_fails(folder: Path) -> None:
    messages = found(folder, "nets.py:other", "nets.py:same")
    assert messages == [
        "6:3: surprise: conv 5x5 for 3x3 (conv2, conv3): expected, and it does not differ so; "
        "remove the expectation",
        "4:1: surprise: 972 params, not 2,508; mend the code, or params:",
    ]


def test_without_a_file_nothing_may_differ(folder: Path) -> None:
    table, code = str(folder / "small.yaml"), folder / "nets.py"
    assert ac.check(table, model=f"{code}:same").passed
    assert not ac.check(table, model=f"{code}:other").passed


class Necked(nn.Module):
    """A network with a module that the table knows nothing of."""

    def __init__(self) -> None:
        super().__init__()
        widths = (3, 4, 8, 8)
        self.body = nn.Sequential(
            *(nn.Conv2d(*widths[at : at + 2], 3, padding=1, bias=False) for at in range(3)),
            nn.MaxPool2d(2),
        )
        self.neck = nn.Sequential(nn.Conv2d(8, 8, 1), nn.ReLU())

    def forward(self, image: Tensor) -> Tensor:
        return self.neck(self.body(image))


def test_a_module_of_no_row_is_declared_by_its_name(folder: Path) -> None:
    file = folder / "neck.yaml"
    entry = "archcount: 1\ntable: small.yaml\nexpect: [{outside: %s, because: a neck}]\n"
    file.write_text(entry % "neck")
    assert ac.check(model=Necked(), expect=file).passed
    file.write_text(entry % "nick")
    assert [each.what for each in ac.check(model=Necked(), expect=file).findings] == [
        "outside neck: not expected",
        "outside nick: expected, and it does not differ so",
    ]


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("[]", "1:1", "the file is not a mapping"),
        ("table: small", "1:1", "archcount is missing"),
        ("archcount: 1\nexpct: []", "2:1", "did you mean 'expect'?"),
        ("archcount: 1\nexpect: [{differs: a}]", "2:10", "because is missing"),
        ("archcount: 1\nexpect: [{because: a}]", "2:10", "an expectation says one thing"),
        ("archcount: 1\nparams: many", "2:9", "a whole number"),
        ("archcount: 2", "1:12", "'1'"),
    ],
)
def test_a_file_that_is_not_valid(folder: Path, text: str, place: str, message: str) -> None:
    (folder / "expect.yaml").write_text(text)
    result = invoke("check", "--expect", str(folder / "expect.yaml"))
    assert result.returncode == 2
    assert f"expect.yaml:{place}: invalid:" in result.stdout
    assert message in result.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--model", "x", "a", "b"], "an implementation of 2 tables"),
        (["--map", "a=b"], "--arg, --map and --device go with --model or --expect"),
        (["--expect", "FOLDER/nothing.yaml"], "no model is named"),
        (["--expect", "FOLDER/expect.yaml", "--engine", "torch"], "--engine does not go"),
        (["--expect", "FOLDER/expect.yaml", "--map", "conv9=0"], "the table has no row 'conv9'"),
        (
            ["--expect", "FOLDER/expect.yaml", "--map", "conv1=9"],
            "no layer is compared of a module '9'",
        ),
        (["--expect", "FOLDER/expect.yaml", "--map", "conv1=2:0"], "0 stands before 2"),
        (
            ["--expect", "FOLDER/expect.yaml", "--map", "conv1=0", "--map", "conv2=0:1"],
            "0 is of conv1 and of conv2",
        ),
    ],
)
def test_wrong_options(folder: Path, options: list[str], message: str) -> None:
    (folder / "nothing.yaml").write_text("archcount: 1\ntable: small.yaml\n")
    result = invoke("check", *(each.replace("FOLDER", str(folder)) for each in options))
    assert result.returncode == 2
    assert message in result.stderr


def test_the_command(folder: Path) -> None:
    file = str(folder / "expect.yaml")
    assert invoke("check", "--expect", file).returncode == 0
    result = invoke(
        "check", "--expect", file, "--model", f"{folder / 'nets.py'}:same", "--format", "json"
    )
    assert result.returncode == 1
    (check,) = json.loads(result.stdout)["tables"]
    assert check["name"].endswith("nets.py:same against small")
    assert [each["kind"] for each in check["findings"]] == ["surprise", "surprise"]


def test_a_map_says_which_modules_are_a_row(folder: Path) -> None:
    # Of two equal convolutions the first stands for conv3, unless the reader knows better.
    convs = [
        nn.Conv2d(*sizes, 3, padding=1, bias=False) for sizes in ((3, 4), (4, 8), (8, 8), (8, 8))
    ]
    model = nn.Sequential(*convs, nn.MaxPool2d(2))
    table = folder / "small.yaml"
    plain = {line.row.id: line for line in ac.compare(model, table).record.rows}
    assert sum(line.row.count.params for line in plain.values()) == 108 + 288 + 576 + 576
    report = ac.compare(model, table, map={"conv2": "1:2", "conv3": "3"})
    lines = {line.row.id: line for line in report.record.rows}
    # 288 + 576 weights
    assert (lines["conv2"].modules, lines["conv2"].row.count.params) == (("1", "2"), 864)
    assert (lines["conv3"].modules, lines["conv3"].code) == (("3",), "same")
    assert [str(each) for each in report.findings] == ["conv 3x3 added (conv2)"]


def test_a_layer_before_those_of_a_mapped_row_is_of_it(folder: Path) -> None:
    convs = [
        nn.Conv2d(*sizes, bias=False, padding="same")
        for sizes in ((3, 4, 3), (4, 8, 3), (8, 8, 1), (8, 8, 3))
    ]
    model = nn.Sequential(*convs, nn.MaxPool2d(2))
    for mapped, expected in (({}, (288 + 64, 576)), ({"conv3": "2:3"}, (288, 64 + 576))):
        rows = ac.compare(model, folder / "small.yaml", map=mapped).record.rows
        params = {line.row.id: line.row.count.params for line in rows}
        assert (params["conv2"], params["conv3"]) == expected


def test_a_layer_in_a_module_of_another_row_is_of_that_row(folder: Path) -> None:
    convs = [
        nn.Conv2d(*sizes, bias=False, padding="same")
        for sizes in ((3, 4, 3), (4, 4, 1), (4, 8, 3), (8, 8, 3))
    ]
    model = nn.Sequential(convs[0], nn.Sequential(*convs[1:3]), convs[3], nn.MaxPool2d(2))
    rows = ac.compare(model, folder / "small.yaml").record.rows
    params = {line.row.id: line.row.count.params for line in rows}
    # 16 weights of the 1x1 convolution beside the 288.
    assert (params["conv1"], params["conv2"]) == (108, 304)


PLUGIN = """
import archcount as ac

def test_same(archcount):
    archcount.assert_matches("small.yaml", "nets.py:same")

def test_expected(archcount):
    archcount.assert_matches(expect="expect.yaml")

def test_other(archcount):
    archcount.assert_matches(ac.load("small.yaml"), "nets.py:other")
"""


def test_the_fixture_of_pytest(folder: Path, pytester: pytest.Pytester) -> None:
    for name in ("small.yaml", "nets.py", "expect.yaml"):
        (pytester.path / name).write_text((folder / name).read_text())
    pytester.makepyfile(PLUGIN)
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        ["*nets.py:other against small:", "*conv 5x5 for 3x3 (conv2, conv3): not expected*"]
    )
