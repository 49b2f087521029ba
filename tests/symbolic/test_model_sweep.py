"""`archcount sweep` of models: each point is what `count` says of it."""

from __future__ import annotations

import csv
import json

import pytest
from torch import nn
from typer.testing import CliRunner

import archcount as ac
from archcount.cli.app import app
from archcount.reporting.sweep_plot import check_drawable, draw_sweep

EMBED = ["--arg", "num_embeddings=10", "--arg", "embedding_dim=4"]


class Attention(nn.Module):
    """Scores of all pairs of tokens, of a width: 4 T x width + T^2 x width of products."""

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.project = nn.Linear(4, width, bias=False)

    def forward(self, x):
        x = self.project(x)
        return x @ x.transpose(1, 2)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["sweep", *arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


def test_a_name_in_an_input_takes_each_value():
    report = ac.sweep(Attention(), input="[1,{T},4]", let={"T": "2..16:x2"})
    assert [point.macs for point in report] == [16 * T + 4 * T * T for T in (2, 4, 8, 16)]
    assert [point.params for point in report] == [16] * 4
    # x: 2 x 4, projected 2 x 4, scores 2 x 2, in floats of 4 bytes
    assert next(iter(report)).activation_bytes == 4 * (8 + 4)


def test_a_name_in_an_argument_makes_the_model_anew(data):
    found = run(
        "torch.nn:Linear", "--arg", "in_features={W}", "--arg", "out_features=3", "--arg", "bias=false",
        "--input", "{T}x{W}", "--let", "W=2,5", "--let", "T=1..3", "--batch", "1,2", "--format", "csv",
    )  # fmt: skip
    lines = list(csv.DictReader(found.splitlines()))
    assert len(lines) == 2 * 3 * 2
    for line in lines:
        width, tokens, batch = (int(line[name]) for name in ("W", "T", "batch"))
        assert int(line["params"]) == 3 * width
        assert int(line["macs"]) == batch * tokens * width * 3


def test_sizes_of_images_are_sides_of_squares():
    report = ac.sweep(nn.Conv2d(3, 2, 3), input="5..20:x2, 3x4x6")
    assert [point.macs for point in report] == [54 * n for n in (3 * 3, 8 * 8, 18 * 18, 2 * 4)]
    assert [point.input for point in report][-1] == (3, 4, 6)


def test_a_point_that_fails_has_its_reason_and_the_others_go_on():
    found = json.loads(run("torch.nn:Linear", "--arg", "in_features=4", "--arg", "out_features=3",
                           "--input", "[1,{W}]", "--let", "W=3..5", "--format", "json"))  # fmt: skip
    assert found["schema"] == "archcount.model_sweep/1"
    assert [point["macs"] for point in found["points"]] == [None, 12, None]
    assert found["points"][0]["problem"].startswith("torch.nn:Linear failed on float32[1,3]")


@pytest.mark.parametrize("form", ["plain", "md", "html"])
def test_every_format_has_every_point(form):
    text = run("torch.nn:Embedding", *EMBED, "--input", "int64[1,{T}]", "--let", "T=2..8:x2",
               "--format", form)  # fmt: skip
    assert all(f"int64[1,{tokens}]" in text.replace("\\", "") for tokens in (2, 4, 8))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--input", "int64[1,{T}]"], "no --let for 'T'"),
        (["--input", "int64[1,2]", "--let", "T=3"], "--let T is not used in any --input or --arg"),
        (["--input", "int64[1,{T}]", "--let", "T=4..2"], "empty range"),
        (["--input", "int64[1,{T}]", "--let", "T=4..8:x1"], "never ends"),
        (["--input", "int64[1,{T}]", "--let", "T=4", "--variant", "x"], "a variant goes with a table"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_told(arguments, message):
    with pytest.raises(ac.UsageError, match=message):
        run("torch.nn:Embedding", *EMBED, *arguments)


def test_options_of_models_do_not_go_with_tables():
    with pytest.raises(ac.UsageError, match="go with a model"):
        ac.sweep("googlenet", arguments={"x": 1})


def test_a_factor_makes_ranges_of_tables_too():
    assert [point.input[1] for point in ac.sweep("mobilenet_v1", input="32..200:x2")] == [
        32,
        64,
        128,
    ]


def test_it_is_drawn_with_the_memory_at_the_peak():
    report = ac.sweep(Attention(), input="[1,{T},4]", let={"T": "2..256:x2"})
    pytest.importorskip("matplotlib")
    check_drawable(report.record.axes)
    picture = draw_sweep("attention", report.record.axes, list(report), "svg").decode()
    assert picture.count('id="axes_') == 3
