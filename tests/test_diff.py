"""`archcount diff`, as a user calls it."""

from __future__ import annotations

import json

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from typer.testing import CliRunner

import archcount as ac
from archcount.cli.app import app


def run(*arguments):
    return CliRunner().invoke(app, ["diff", *map(str, arguments)])


@pytest.fixture
def wrong(data):
    return f"{data / 'wrong_mobilenet.py'}:MobileNet"


def test_a_users_network_is_held_against_the_table(wrong):
    result = run("mobilenet_v1", wrong, "--format", "json")
    report = json.loads(result.stdout)
    assert result.exit_code == 0
    assert report["schema"] == "archcount.diff/1"
    told = {row["row"]: row["verdict"] for row in report["rows"]}
    assert {row for row, verdict in told.items() if verdict != "same"} == {"conv", "dw_pw7_11"}
    # A bias of 32; less a depthwise 512 x 9, a pointwise 512 x 512, and two norms of 2 x 512.
    assert report["totals"]["params"]["difference"] == 32 - (512 * 9 + 512**2 + 4 * 512)
    assert report["totals"]["macs"]["difference"] == -14 * 14 * (512 * 9 + 512**2)


def test_fail_on_changed(wrong):
    assert run("mobilenet_v1", wrong, "--fail-on", "changed").exit_code == 1
    assert run("googlenet", "googlenet", "--fail-on", "changed").exit_code == 0
    error = run("googlenet", "googlenet", "--fail-on", "off").exception
    assert isinstance(error, ac.UsageError)
    assert "allowed: changed" in str(error)


def test_variants_are_named_behind_an_at():
    plain = run("resnet@18", "resnet@34", "--format", "plain")
    assert plain.exit_code == 0
    assert "68 same, 56 extra" in plain.stdout
    # 11,689,512 and 21,797,672: the sizes that torchvision gives for ResNet-18 and -34
    assert "params used: 11,689,512 -> 21,797,672 (+10,108,160)" in plain.stdout


@pytest.mark.parametrize("form", ["rich", "plain", "md", "csv", "html", "svg"])
def test_every_format_tells_the_change(wrong, form):
    result = run("mobilenet_v1", wrong, "--format", form)
    assert result.exit_code == 0
    assert "bias" in result.stdout


def test_nothing_says_the_input():
    error = run("torch.nn:Identity", "torch.nn:ReLU").exception
    assert "nothing says what the models are called with" in str(error)


def changed(one, other, given="3x12x12"):
    """What `diff` says of two modules: the changes as text, and the verdicts."""
    found = ac.diff(one, other, input=given).record
    pairs = [pair for row in found.rows for pair in row.pairs if pair.verdict != "same"]
    return [str(change) for pair in pairs for change in pair.changes], [
        pair.verdict for pair in pairs
    ]


class Plain(nn.Module):
    def __init__(self, function, **parts):
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, x):
        return self.function(self, x)


def test_padding_that_changes_no_size_is_remarked_on():
    ceil = nn.MaxPool2d(3, 2, ceil_mode=True)
    padded = nn.MaxPool2d(3, 2, padding=1)
    report = ac.diff(ceil, padded, input="3x12x12").record
    assert not report.is_changed
    [pair] = report.rows[0].pairs
    assert pair.remarks == ("padding 0 rounding up became 1: no size changes",)
    # 7 instead of 6 on a map of 13
    assert changed(nn.MaxPool2d(3, 2), padded, "3x13x13") == (["padding 0 became 1"], ["changed"])


def test_padding_before_a_convolution_is_its_own():
    before = nn.Sequential(nn.ZeroPad2d(1), nn.Conv2d(3, 4, 3))
    assert changed(nn.Conv2d(3, 4, 3, padding=1), before) == ([], [])


def test_a_convolution_on_one_position_is_a_linear_layer():
    conv = Plain(lambda m, x: m.c(F.adaptive_avg_pool2d(x, 1)).flatten(1), c=nn.Conv2d(3, 5, 1))
    linear = Plain(lambda m, x: m.fc(x.mean([2, 3])), fc=nn.Linear(3, 5))
    assert changed(conv, linear) == ([], [])


def test_the_order_of_concatenated_branches_matters_and_that_of_a_sum_does_not():
    parts = {"a": nn.Conv2d(3, 4, 1), "b": nn.Conv2d(3, 4, 3, padding=1)}
    one = Plain(lambda m, x: torch.cat([m.a(x), m.b(x)], 1), **parts)
    other = Plain(lambda m, x: torch.cat([m.b(x), m.a(x)], 1), **parts)
    assert changed(one, other)[1]
    one = Plain(lambda m, x: m.a(x) + m.b(m.b(x).narrow(1, 0, 3)), **parts)
    other = Plain(lambda m, x: m.b(m.b(x).narrow(1, 0, 3)) + m.a(x), **parts)
    assert changed(one, other) == ([], [])


def test_a_shortcut_from_elsewhere_is_told():
    parts = {"a": nn.Conv2d(3, 3, 1), "b": nn.Conv2d(3, 3, 1)}
    one = Plain(lambda m, x: m.b(m.a(x)) + x, **parts)

    def elsewhere(m, x):
        y = m.a(x)
        return m.b(y) + y

    told, verdicts = changed(one, Plain(elsewhere, **parts))
    assert verdicts == ["changed"]
    assert told == ["reads b, the input became a, b"]


def test_a_functional_response_norm_is_one_layer():
    module = nn.LocalResponseNorm(5)
    functional = Plain(lambda m, x: F.local_response_norm(x, 5))
    assert changed(module, functional) == ([], [])
    assert changed(module, nn.LocalResponseNorm(3)) == (["size 5 became 3"], ["changed"])


def test_a_softmax_or_a_norm_over_other_dimensions_is_another():
    def softmax(dim):
        return nn.Sequential(nn.Softmax(dim), nn.Linear(12, 2))

    assert changed(softmax(-1), softmax(3)) == ([], [])
    assert changed(softmax(-1), softmax(1)) == (["dim -1 became -3"], ["changed"])
    one, other = nn.LayerNorm(12), nn.LayerNorm((12, 12))
    assert changed(one, other) == (["size 12 became 12x12"], ["changed"])


def test_a_bias_by_itself_belongs_to_the_layer():
    whole = nn.Linear(12, 4)
    parts = Plain(lambda m, x: x @ m.w.weight.T + m.w.bias, w=nn.Linear(12, 4))
    assert changed(whole, parts) == ([], [])


def test_a_report_is_written_in_every_format():
    report = ac.diff(nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3, groups=1, bias=False), input="3x9x9")
    assert report.is_changed
    assert report.to_frame().loc[0, "changes"] == "bias yes became no"
    assert "bias yes became no" in report.to_markdown()
    assert "<table" in report._repr_html_()
    assert report.to_csv().startswith("row,place,verdict,left,right")
    assert json.loads(report.to_json())["changed"] is True


def test_a_table_object_names_the_rows():
    table = ac.load("googlenet")
    found = ac.diff(table, table.build()).record
    assert not found.is_changed
    assert found.rows[0].name == "conv1"
