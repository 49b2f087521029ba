"""The pages of models, without a browser: what each shows, and how large it becomes."""

from __future__ import annotations

import re
import shlex
from html import unescape
from pathlib import Path

import pytest
from helpers.commands import invoke
from pages import page_models
from pages.test_table_pages import MOST, text_of
from torch import nn

import archcount as ac
from archcount.reporting import charts

FILE = Path(page_models.__file__)


@pytest.fixture(scope="module")
def small():
    return ac.report(page_models.small(), input="3x10x10", peak="1G", bandwidth="100M")


def section(page, title: str):
    return next(section for section in page.record.sections if section.title == title)


def test_the_answer_stands_first_and_what_was_counted_below(small):
    text = text_of(small.to_html())
    # 3 x 8 x 9 weights and 8 biases; 512 x 10 and 10: 5,354; 216 x 64 positions and 5,120 MACs
    assert text.index("5.35 K params, 18.9 KMACs, 37.9 KFLOPs") < 100
    assert "5,354, all trainable" in text
    # 13,824 of 18,944
    assert "Conv2d 13,824 (73.0%)" in text
    assert "nothing unusual: every operation was counted" in text


def test_the_tree_has_the_shares_of_each_module(small):
    [tree] = [block for block in section(small, "Modules").blocks if block.kind == "tree"]
    [whole] = tree.lines
    assert (whole.cells, whole.share) == (
        ("(model)", "Sequential", "1x10", "5.35 K", "18.9 K"),
        1.0,
    )
    assert [line.cells[0] for line in whole.inside] == ["0", "1", "2", "3"]
    assert [round(line.share, 3) for line in whole.inside] == [0.73, 0.0, 0.0, 0.27]


def test_the_memory_is_what_is_alive_at_each_operation(small):
    timeline = small.of.record.timeline
    # 300 numbers in, 8 x 8 x 8 = 512 behind the convolution and ReLU each, 10 out; 4 bytes each
    assert [(step.operation, step.path, step.alive) for step in timeline.steps] == [
        ("convolution", "0", 4 * (300 + 512)),
        ("relu", "1", 4 * (512 + 512)),
        ("addmm", "3", 4 * (512 + 10)),
    ]
    assert [(each.path, each.shape, each.bytes) for each in timeline.at_peak] == [
        ("0", (1, 8, 8, 8), 2048),
        ("1", (1, 8, 8, 8), 2048),
    ]
    assert small.of.record.peak_bytes == 4096
    assert "4.0 KiB at the peak" in text_of(small.to_html())


def test_the_table_of_memory_says_how_much_it_leaves_out():
    page = ac.report(nn.Sequential(*(nn.Linear(8, 8) for _ in range(150))), input="[2,8]")
    *_, fold = section(page, "Memory of the forward pass").blocks
    [block] = fold.blocks
    assert (len(block.sheet.lines), [note.text for note in block.sheet.notes]) == (
        80,
        ["and 70 lines more"],
    )


def test_the_roofline_is_that_of_the_machine(small):
    text = text_of(small.to_html())
    # 1 GFLOP/s at 100 MB/s; the linear layer reads 5,130 weights and 512 numbers and writes 10, of
    # 4 bytes, and does 10,240 FLOP: 0.453 FLOP a byte, bound by memory
    assert "roofline of the forward pass at 1.000 GFLOP/s and 100.0 MB/s" in text
    assert "0.453 memory" in text
    assert "its ridge at 10.0 FLOP a byte" in small.to_html()


def test_charts_have_a_table_beside_them_and_stand_in_for_matplotlib(small, monkeypatch):
    folds = [block.summary for block in section(small, "Memory of the forward pass").blocks[1:]]
    assert folds == ["What is alive at the peak: 2 tensors", "The same as a table"]
    monkeypatch.setattr(charts, "find_spec", lambda name: None)
    html = ac.report(page_models.small(), input="3x10x10").to_html()
    assert 'class="chart"' not in html
    assert "not drawn, as matplotlib is not installed: pip install" in text_of(html)


def test_what_could_not_be_counted_is_said_first():
    class Odd(page_models.nn.Module):
        def forward(self, x):
            return page_models.torch.linalg.eigvalsh(x @ x.T)

    text = text_of(ac.report(Odd(), input=(4, 4)).to_html())
    assert text.index("uncounted: aten.") < text.index("64 MACs")
    assert "without what is uncounted" in text


@pytest.mark.parametrize(
    ("make", "given", "params", "left_out"),
    [
        # 257 cells of 7 modules, what is around them, and the model
        ("many", "3x8x8", None, "left out: "),
        # vocabulary and positions, 96 blocks of 12 d^2 + 13 d, and the last norm
        (
            "decoder",
            "int64[1,2048]",
            (50257 + 2048) * 12288 + 96 * (12 * 12288**2 + 13 * 12288) + 2 * 12288,
            "×96",
        ),
    ],
)
def test_large_models_give_small_pages(make, given, params, left_out, tmp_path):
    page = ac.report(f"{FILE}:{make}", input=given)
    html = page.to_html()
    assert len(html.encode()) < MOST
    assert left_out in text_of(html)
    assert len(page.of.record.modules) > (1800 if make == "many" else 800)
    assert params in (None, page.of.total.params)


def test_the_command_takes_the_options_of_count(tmp_path):
    file = tmp_path / "page.html"
    options = ["--input", "float32[2,3,10,10]", "--train", "--peak", "1G", "--bandwidth", "100M"]
    done = invoke("report", f"{FILE}:small", *options, "-o", str(file))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    text = text_of(file.read_text())
    assert "37.9 KMACs" in text  # two images
    assert "memory of training, an estimate" in text
    assert f"report {FILE}:small --input 'float32[2,3,10,10]' --train --peak 1G" in text


def test_the_commands_of_a_page_run_as_they_stand_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = ["--input", "float32[2,5,8]", "--arg", "width=8", "--arg", "heads=2", "--train"]
    assert invoke("report", f"{FILE}:Block", *options, "-o", "x.html").returncode == 0
    commands = re.findall(r"<code>archcount (.*?)</code>", Path("x.html").read_text())
    for command in map(unescape, commands):
        done = invoke(*shlex.split(command))
        assert (done.returncode, done.stderr) == (0, ""), command
    assert {path.name for path in tmp_path.iterdir()} == {"x.html", "model.svg", "report.html"}
    assert Path("report.html").read_text() == Path("x.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lenet5", "--train"], "train goes with a model, and this is a table"),
        ([f"{FILE}:small", "--variant", "x"], "variant, let and engine go with a table"),
        ([f"{FILE}:small", "--peak", "1G"], "--peak and --bandwidth go together"),
        ([f"{FILE}:none", "--input", "3x8x8"], "none"),
    ],
)
def test_wrong_arguments_of_models_are_told(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = invoke("report", *arguments, "-o", "x.html")
    assert done.returncode == 2
    assert message in done.stderr
    assert not [*tmp_path.iterdir()]
