"""The pages of tables, without a browser: what each shows first, and that every table has one."""

from __future__ import annotations

import re
from html import unescape

import pytest
from helpers.commands import FAST, in_terminal, invoke

import archcount as ac
from archcount.spec.catalogue import shipped_tables

MOST = 3_000_000
"""The bytes of a page at most."""


def text_of(html: str) -> str:
    """What a reader reads of it, in one line."""
    body = re.sub(r"<(style|script)\b.*?</\1>", "", html.partition("<body")[2], flags=re.S)
    body = re.sub(r"</?span\b[^>]*>", "", body)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


@pytest.mark.parametrize(
    ("table", "options", "first", "more"),
    [
        # GoogLeNet, Table 1, as its tests have it
        ("googlenet", {}, "googlenet, Table 1: sizes and depths all match; params 3 of 12 match",
         ["Table 1, as printed", "conv1, params: reading, known", "known: the first convolution of the same authors'"]),
        # a printed row is a whole network; blocks of 12 x 768^2 weights, twelve of them, and so on
        ("gpt3", {}, "gpt3, Table 2.1: params 4 of 8 match",
         ["8: GPT-3 Small (125 M params) to GPT-3 175B (175 B params)", "GPT-3 Small, the first of 8 networks"]),
        ("gpt3@gpt-3-175b", {}, "gpt3@gpt-3-175b, Table 2.1: d_model all match; params 0 of 1 match",
         ["GPT-3 175B, n_params: off, known", "GPT-3 Small", "174,604,259,328"]),
        # the paper turns its table, or names no row
        ("repvgg", {}, "repvgg, Tables 2 and 3: sizes all match", []),
        ("transformer", {}, "transformer, Table 3: params 0 of 11 match", ["(B) d_k=16"]),
        # no printed number, no printed row
        ("inception_resnet_v1", {}, "no printed number to compare", ["Every count"]),
        ("googlenet@keras-ucm", {}, "the paper prints no rows of variant keras-ucm", ["3 claims match"]),
        ("unet", {}, "unet, Figure 1: sizes and claims all match", ["Coloured by verdict"]),
        # a warning that voids the verdicts is first, and says so of every cell
        ("googlenet", {"input": "3x256x256"}, "warning: the paper's numbers are for an input of 3x224x224",
         ["not judged; the paper's numbers", "conv1, params: not judged", "Coloured by kind of layer"]),
        ("resnet@18", {"let": {"classes": 10}}, "warning: the paper's numbers are for its own classes",
         ["archcount report resnet@18 --let classes=10 --engine formula -o report.html"]),
    ],
)  # fmt: skip
def test_the_answer_stands_first(table, options, first, more):
    html = ac.report(table, engine="formula", **options).to_html()
    text = text_of(html)
    begin = text.index(first)
    assert begin < 150 + len(ac.load(table).printed.source.title)
    assert not [words for words in more if words not in text]
    assert len(html.encode()) < MOST


def test_the_arithmetic_is_that_of_the_row():
    text = text_of(ac.report("googlenet", engine="formula").to_html())
    # 7 x 7 x 3 x 64 weights at 112 x 112 positions
    assert "49 x 3 x 64 = 9,408 x 112 x 112 = 118,013,952" in text
    # inception (5a) reads 832 channels; 5 x 5 of 32 on 128
    assert "25 x 32 x 128 = 102,400" in text
    assert "together 1,042,432 weights and 1,024 biases; 7x7x832 in, 7x7x832 out" in text


def test_a_page_is_the_same_each_time_and_has_the_numbers_of_its_report():
    first, second = (ac.report("lenet5", engine="formula") for _ in range(2))
    assert first.to_html() == second.to_html()
    assert first.of.total.params == ac.count(ac.load("lenet5"), engine="formula").total.params
    assert str(first) == str(first.of)
    with pytest.raises(ac.UsageError, match="unknown format 'csv'; allowed: html"):
        first.to_csv()


@pytest.mark.slow
@pytest.mark.parametrize("name", shipped_tables())
def test_every_shipped_table_has_a_page(name):
    report = ac.report(name, engine="formula")
    html = report.to_html()
    assert report.of.answer in text_of(html)
    assert len(html.encode()) < MOST


def test_the_command_writes_the_page_and_nothing_else(tmp_path):
    file = tmp_path / "a page.html"
    done = invoke("report", "lenet5", *FAST, "-o", str(file))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert file.read_text() == ac.report("lenet5", engine="formula").to_html()
    assert invoke("report", "lenet5", *FAST).stdout == file.read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["lenet5", "-o", "x.pdf"],
            "the ending of 'x.pdf' is not that of a page; allowed: .html, .htm",
        ),
        (["nothing", "-o", "x.html"], "nothing"),
        (["lenet5", "--let", "x", "-o", "x.html"], "allowed: NAME=VALUE"),
    ],
)
def test_wrong_arguments_are_told(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = invoke("report", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert not [*tmp_path.iterdir()]


def test_a_terminal_is_given_the_command_to_write():
    shown = " ".join(in_terminal(80, "report", "googlenet").split())
    assert "write archcount report googlenet -o report.html" in shown
    assert "<html" not in shown


def test_bars_hold_the_printed_number_in_base_units():
    [params, ops] = charts(ac.report("googlenet", engine="formula"))
    bar = params.bars[0]
    # 7 x 7 x 3 x 64 weights, printed 2.7K with K = 1024; the longest is that of inception (5b)
    assert (bar.label, bar.number, bar.other) == ("conv1", 9408, pytest.approx(2.7 * 1024))
    assert params.longest == 1_442_816
    assert (ops.bars[0].number, ops.bars[0].other) == (118_013_952, 34_000_000)
    assert len(params.bars) == 12  # nine modules, two convolutions and a linear layer have weights
    assert {bar.other for chart in charts(ac.report("googlenet", input="3x256x256", engine="formula"))
            for bar in chart.bars} == {None}  # fmt: skip


def charts(report) -> list:
    blocks = [block for section in report.record.sections for block in section.blocks]
    return [block for block in blocks if block.kind == "bars"]


def test_the_drawing_says_the_verdict_of_each_row():
    [drawn] = re.findall(r"<svg.*?</svg>", ac.report("googlenet", engine="formula").to_html(), re.S)
    rows = dict(
        re.findall(
            r">(\w+)</text>(?:<text[^>]*>[^<]*</text>)*?<text[^>]*>([a-z, ]*(?:match|reading|off|contradiction))<",
            drawn,
        )
    )
    assert rows["inception_4a"] == "params off"
    assert rows["inception_5a"] == "params reading, ops reading"
    assert rows["pool1"] == "match"


def test_the_drawing_of_a_page_has_the_words_of_archcount_draw():
    marks = {box.mark.text for box in ac.draw("lenet5", colour="verdict").picture.boxes if box.mark}
    assert any(text.startswith("connections ") for text in marks)  # the paper's heading
    page = ac.report("lenet5", engine="formula").to_html()
    assert not [text for text in marks if f">{text}<" not in page]
