"""`archcount diff`, as a user calls it."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from typer.testing import CliRunner

import archcount as ac
from archcount.cli.app import app
from archcount.loading.reference import UserCodeError


def run(*arguments):
    return CliRunner().invoke(app, ["diff", *map(str, arguments)])


@pytest.fixture
def wrong(data):
    return f"{data / 'wrong_mobilenet.py'}:MobileNet"


def test_a_users_network_is_held_against_the_table(wrong):
    result = run("mobilenet_v1", wrong, "--format", "json")
    report = json.loads(result.stdout)
    assert result.exit_code == 0
    assert report["schema"] == "archcount.diff/2"
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


def test_that_nothing_differs_is_said_first():
    lines = run("lenet5", "lenet5", "--format", "plain").stdout.splitlines()
    assert lines[:3] == ["lenet5 -> lenet5", "", "the architectures are the same"]


def test_nothing_says_the_input():
    error = run("torch.nn:Identity", "torch.nn:ReLU").exception
    assert "no input given; give --input 3x224x224, or --inputs" in str(error)


def test_tables_made_for_other_inputs_are_called_with_the_left_ones_and_it_is_said():
    result = run("mobilenet_v1@1.0-160", "mobilenet_v1@1.0-128", "--format", "plain")
    assert result.exit_code == 0
    said = "mobilenet_v1@1.0-160 is made for 3x160x160, mobilenet_v1@1.0-128 is made for 3x128x128"
    assert f"{said}; both were called with 3x160x160" in result.stdout
    assert "the architectures are the same, but for what is remarked on below" in result.stdout
    result = run("mobilenet_v1@1.0-160", "mobilenet_v1@1.0-128", "--input", "3x96x96")
    assert "is made for" not in result.stdout


def test_what_cannot_take_the_left_ones_input_is_called_with_its_own():
    report = ac.diff("googlenet", "inception_v3")
    both = "googlenet is made for 3x224x224, inception_v3 is made for 3x299x299"
    assert report.record.remarks == (f"{both}; each was called with its own",)
    assert report.record.inputs == "float32[1,3,224,224] and float32[1,3,299,299]"
    with pytest.raises(UserCodeError, match="inception_v3 failed on"):
        ac.diff("googlenet", "inception_v3", input="3x224x224")


@pytest.mark.parametrize("wrong", [5, None, nn.ReLU])
def test_what_is_no_architecture_is_one_clear_error(wrong):
    with pytest.raises(ac.UsageError, match="is not a model; allowed: an nn.Module, or a table"):
        ac.diff(wrong, nn.ReLU(), input="3x4x4")


def test_an_empty_batch_is_refused():
    error = run("googlenet", "googlenet", "--batch", "0").exception
    assert isinstance(error, ac.UsageError)
    assert "batch 0: nothing would be run; allowed: a whole number from 1" in str(error)


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
    written = ac.diff(ceil, padded, input="3x12x12").to_markdown()
    assert "the architectures are the same, but for what is remarked on below" in written
    # 7 instead of 6 on a map of 13
    assert changed(nn.MaxPool2d(3, 2), padded, "3x13x13") == (["padding 0 became 1"], ["changed"])


def test_windows_along_other_axes_are_no_traceback():
    flat = Plain(lambda m, x: m.c(x.flatten(2)), c=nn.Conv1d(3, 4, 3, padding=1))
    told, verdicts = changed(nn.Conv2d(3, 4, 3, padding=1), flat)
    assert (told, sorted(verdicts)) == ([], ["extra", "missing"])
    pools = nn.MaxPool3d(2), Plain(lambda m, x: F.max_pool2d(x[:, :, 0], 2))
    assert changed(*pools, "[1,3,4,12,12]")[1] == ["missing", "extra"]


@pytest.mark.parametrize("dims", [2, 3])
def test_padding_on_a_map_of_one_place_is_told(dims):
    def model(padding):
        parts = [nn.AdaptiveAvgPool2d(1), nn.Conv2d(3, 8, 3, padding=padding)]
        if dims == 3:
            parts = [nn.AdaptiveAvgPool3d(1), nn.Conv3d(3, 8, 3, padding=padding)]
        return nn.Sequential(*parts)

    given = "[1,3,6,6]" if dims == 2 else "[1,3,4,6,6]"
    assert changed(model(1), model(2), given) == (["padding 1 became 2"], ["changed"])


def test_padding_along_a_map_of_one_column_moves_no_size():
    ceil = nn.MaxPool2d((3, 1), (2, 1), ceil_mode=True)
    padded = nn.MaxPool2d((3, 1), (2, 1), padding=(1, 0))
    assert changed(ceil, padded, "[1,3,12,1]") == ([], [])


def test_padding_of_a_transposed_convolution_is_cut_away():
    one, other = nn.ConvTranspose2d(3, 8, 4, 4), nn.ConvTranspose2d(3, 8, 4, 4, padding=1)
    assert changed(one, other, "3x8x8") == (["padding 0 became 1"], ["changed"])


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
    assert told == ["reads b, the input became b, a"]


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


def conv(kernel, out=4):
    return nn.Conv2d(3, out, kernel, padding=kernel // 2)


@dataclass(slots=True)
class Slots:
    y: torch.Tensor


def written_in_slices(m, x):
    made = x.new_empty(x.shape[0], 8, *x.shape[2:])
    made[:, :4] = m.a(x)
    made[:, 4:] = m.b(x)
    return made


class Queries(nn.Module):
    """Learnt queries, worked on without the input before they meet it."""

    def __init__(self, width):
        super().__init__()
        self.queries = nn.Parameter(torch.zeros(5, 12))
        self.up, self.down = nn.Linear(12, width), nn.Linear(width, 12)

    def forward(self, x):
        return x @ self.down(torch.relu(self.up(self.queries))).T


class Attention(nn.Module):
    def __init__(self, heads):
        super().__init__()
        self.heads, self.qkv = heads, nn.Linear(12, 36)

    def forward(self, x):
        b, n, _ = x.shape
        q, k, v = self.qkv(x).view(b, n, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        return ((q @ k.transpose(-1, -2)).softmax(-1) @ v).transpose(1, 2).reshape(b, n, 12)


def noise(width):
    return Plain(
        lambda m, x: m.b(m.a(torch.randn(1, 3, device=x.device))) + x[:, 0],
        a=nn.Linear(3, width),
        b=nn.Linear(width, 12),
    )


def two(function):
    return Plain(function, a=conv(3), b=conv(3))


def tied(is_tied):
    model = nn.Sequential(nn.Linear(12, 12), nn.Linear(12, 12))
    if is_tied:
        model[1].weight = model[0].weight
    return model


# Each pair is of networks that are not the same; none may be told to be.
@pytest.mark.parametrize(
    ("one", "other", "given"),
    [
        (Plain(lambda m, x: Slots(m.a(x)), a=conv(3)), Plain(lambda m, x: Slots(m.a(x)), a=conv(5)),
         "3x12x12"),
        (Plain(written_in_slices, a=conv(3), b=conv(3)),
         Plain(written_in_slices, a=conv(3), b=conv(5)), "3x12x12"),
        (Queries(8), Queries(16), "3x12"),
        (noise(8), noise(16), "[1,2,12]"),
        (Attention(2), Attention(4), "6x12"),
        (nn.Embedding(100, 8), nn.Embedding(200, 8), "int64[1,4]"),
        (nn.Sequential(nn.Embedding(9, 8), nn.Linear(8, 3)),
         nn.Sequential(nn.Embedding(9, 16), nn.Linear(16, 3)), "int64[1,4]"),
        (nn.ConvTranspose2d(3, 8, 3, 2), nn.ConvTranspose2d(3, 8, 3, 2, output_padding=1),
         "3x12x12"),
        (nn.MaxPool2d(3, 1), nn.MaxPool2d(3, 1, dilation=2), "3x12x12"),
        (nn.MaxPool2d(3, 1, padding=1), nn.Sequential(nn.ZeroPad2d(1),
         nn.MaxPool2d(3, 1, padding=1, dilation=2)), "3x12x12"),
        (nn.BatchNorm2d(3), nn.BatchNorm2d(3, affine=False), "3x12x12"),
        (nn.LayerNorm(12), nn.LayerNorm(12, bias=False), "3x12"),
        (nn.GroupNorm(1, 4), nn.GroupNorm(2, 4), "4x12"),
        (nn.PReLU(3), nn.PReLU(), "3x12x12"),
        (tied(False), tied(True), "12"),
        (two(lambda m, x: m.b(x)), two(lambda m, x: (m.b(x), m.a(x))), "3x12x12"),
        (two(lambda m, x: m.a(x).sigmoid() - m.b(x)), two(lambda m, x: m.b(x) - m.a(x).sigmoid()),
         "3x12x12"),
    ],
)  # fmt: skip
def test_what_is_not_the_same_is_never_said_to_be(one, other, given):
    assert ac.diff(one.eval(), other.eval(), input=given).is_changed
    assert not ac.diff(one.eval(), one.eval(), input=given).is_changed


def test_totals_without_a_layer_that_differs_are_said():
    def half_used(rows):
        model = Plain(lambda m, x: x @ m.w[:12], w=nn.Parameter(torch.zeros(rows, 4)))
        return nn.Sequential(model)

    found = ac.diff(half_used(12), half_used(24), input="12")
    assert found.record.is_unexplained
    assert "the architectures are the same" not in found.to_markdown()
    assert "something differs that is not compared" in found.to_markdown()


def test_results_from_other_layers_are_told():
    one = two(lambda m, x: m.b(m.a(x)[:, :3]))
    other = two(lambda m, x: (m.a(x), m.b(m.a(x)[:, :3])))
    assert str(ac.diff(one, other, input="3x12x12").record.results) == "results of b became a, b"
    other = two(lambda m, x: (lambda y: (y, y.softmax(1)))(m.a(x)))
    one = two(lambda m, x: m.a(x))
    told = "results of a became a, softmax of the model"
    assert str(ac.diff(one, other, input="3x12x12").record.results) == told


def test_a_model_that_gives_nothing_is_refused():
    quiet = Plain(lambda m, x: None, a=conv(3))
    with pytest.raises(ac.UsageError, match="gives no tensor that can be seen"):
        ac.diff(quiet, quiet, input="3x12x12")


def test_branches_of_equal_length_may_be_summed_in_any_order():
    parts = {"a": conv(3), "b": conv(5)}
    one = Plain(lambda m, x: m.a(x) + m.b(x), **parts)
    other = Plain(lambda m, x: m.b(x) + m.a(x), **parts)
    assert changed(one, other) == ([], [])


def test_learnt_queries_are_layers():
    told, verdicts = changed(Queries(8), Queries(16), "3x12")
    assert told == ["out 8 became 16"]
    assert verdicts == ["changed", "follows", "follows"]
