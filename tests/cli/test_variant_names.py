"""A variant behind a table's name, `resnet@50`: in every command that takes a table, and in Python."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.commands import FAST
from typer.testing import CliRunner

import archcount as ac
from archcount.cli.app import app

RESNET_18, RESNET_34 = 11_689_512, 21_797_672
"""The parameters that torchvision documents."""


def run(*words: str):
    return CliRunner().invoke(app, words, catch_exceptions=False)


@pytest.fixture
def toy(data, tmp_path):
    """A table file in a folder and of a name with @ in them."""
    folder = tmp_path / "me@home"
    folder.mkdir()
    file = folder / "toy@1.yaml"
    file.write_text((data / "toy.yaml").read_text())
    return str(file)


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("table", ["--compare-paper", *FAST]),
        ("explain", ["{row}"]),
        ("formula", []),
        ("sweep", ["--batch", "1,2"]),
        ("count", ["--depth", "0"]),
    ],
)
@pytest.mark.parametrize(
    ("name", "variant", "row"),
    [("resnet", "18", "conv1"), ("{toy}", "wide", "scores"), ("gemma2", "9B", "embed")],
    ids=["a name", "a file", "a model as printed"],
)
def test_it_is_what_the_option_names(command, options, name, variant, row, toy):
    name, options = name.format(toy=toy), [word.format(row=row) for word in options]
    short = run(command, f"{name}@{variant}", *options)
    assert short.exit_code == 0, short.stderr
    long = run(command, name, *options, "--variant", variant)
    assert short.stdout == long.stdout.replace(f"{name}:", f"{name}@{variant}:")
    both = run(command, f"{name}@{variant}", *options, "--variant", variant)
    assert both.stdout == short.stdout
    assert run(command, name, *options).stdout != short.stdout


def test_commands_of_whole_files_speak_of_the_variant_alone(toy):
    # the file has the table as printed, and two variants of which nothing is printed
    tables = json.loads(run("check", toy, f"{toy}@wide", *FAST, "--format", "json").stdout)
    assert [table["variants"] for table in tables["tables"]] == [3, 1]
    assert tables["tables"][1]["verdicts"] == {}
    assert "nothing is printed" in run("infer", f"{toy}@wide").stdout
    assert "nothing is printed" not in run("infer", toy).stdout


def test_the_conventions_of_one_model_are_inferred_of_its_numbers():
    of_all, of_one = (
        json.loads(run("infer", name, "--format", "json").stdout)["columns"]["params"]["tried"]
        for name in ("gpt3", "gpt3@GPT-3 13B")
    )
    # the paper prints eight models
    assert {tried["printed"] for tried in of_all} == {8}
    assert {tried["printed"] for tried in of_one} == {1}


def test_errata_are_those_of_the_variant():
    def lines(name):
        return json.loads(run("errata", name, "--format", "json").stdout)["errata"]

    assert {line["variant"] for line in lines("bert@BERT_LARGE")} == {"bert_large"}
    assert {line["variant"] for line in lines("bert")} == {"bert_base", "bert_large"}


def test_two_variants_of_a_file_differ(toy):
    # 8 x 100 weights and 100 biases for 8 x 10 and 10
    shown = run("diff", f"{toy}@wide", toy).stdout
    assert "100" in shown
    assert "scores" in shown


COMMANDS = {
    "table": [],
    "explain": ["conv1"],
    "formula": [],
    "sweep": [],
    "count": [],
    "check": [],
    "infer": [],
    "errata": [],
    "diff": ["vgg"],
    "bench": ["--batch", "1"],
}
"""Every command that takes a table's name, and what else it needs."""


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("resnet@51", "table resnet has no variant '51'; allowed: 18, 34, 50, "),
        ("{toy}@51", "table toy has no variant '51'; allowed: wide, plain"),
        ("gpt2@GPT", "table gpt2 has no variant 'GPT'; allowed: 117m, "),
        ("resnet@", "'resnet@' names no variant; write it behind @, or resnet alone"),
        ("resnett@50", "unknown table 'resnett'; did you mean 'resnet'? allowed: "),
    ],
)
def test_a_wrong_one_is_said_in_one_line(command, name, says, toy):
    with pytest.raises(ac.UsageError) as caught:
        run(command, name.format(toy=toy), *COMMANDS[command])
    [line] = str(caught.value).splitlines()
    assert line.startswith(says)


@pytest.mark.parametrize("command", ["table", "explain", "formula", "sweep", "count"])
def test_two_names_of_a_variant_are_refused(command):
    with pytest.raises(ac.UsageError, match="^two variants: resnet@18 and 34; name one$"):
        run(command, "resnet@18", *COMMANDS[command], "--variant", "34")


def test_the_printed_table_is_of_no_variant():
    with pytest.raises(ac.UsageError, match="--as-printed shows what the paper prints"):
        run("table", "resnet@18", "--as-printed")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            "archcount table vgg@",
            {f"vgg@{letter}" for letter in ("A", "A-LRN", "B", "C", "D", "E")},
        ),
        ("archcount diff vgg resnet@18-", {"resnet@18-A", "resnet@18-folded"}),
        ("archcount check {toy}@w", {"{toy}@wide"}),
        ("archcount explain {toy}@wide st", {"stem", "stage"}),
        ("archcount table nonet@", set()),
    ],
)
def test_it_is_completed(words, expected, toy):
    request = {
        "_ARCHCOUNT_COMPLETE": "complete_zsh",
        "_TYPER_COMPLETE_ARGS": words.format(toy=toy),
    }
    script = Path(sys.executable).with_name("archcount")
    result = subprocess.run([script], capture_output=True, text=True, env={**os.environ, **request})
    assert result.stderr == ""
    shown = {name.format(toy=toy) for name in expected}
    assert {name for name in shown if f'"{name}"' in result.stdout} == shown
    assert result.stdout.count('"') == 2 * len(shown)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["vgg", "@"], ["A", "A-LRN", "B", "C", "D", "E"]),
        (["vgg", "@", "A"], ["A", "A-LRN"]),
        (["resnet@18", "--row", "conv1"], ["conv1"]),
        (["resnet", "@", "18", "--row", "conv2"], ["conv2_pool", "conv2_x"]),
        (["vg"], ["vgg"]),
        ([""], None),
    ],
)
def test_bash_parts_words_at_it(words, expected):
    # bash gives its words one a line, and replaces what stands behind the last @ alone
    words = ["archcount", "table", *words]
    request = {
        "_ARCHCOUNT_COMPLETE": "complete_bash",
        "COMP_WORDS": "\n".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }
    script = Path(sys.executable).with_name("archcount")
    result = subprocess.run([script], capture_output=True, text=True, env={**os.environ, **request})
    found = result.stdout.splitlines()
    assert found == expected or (expected is None and {"vgg", "resnet"} < {*found})


def test_a_loaded_table_means_it_wherever_none_is_named():
    table = ac.load("resnet@18")
    assert table.chosen == "18"
    assert table.architecture().params == ac.load("resnet", "18").architecture().params == RESNET_18
    assert ac.compare(ac.count(table, engine="formula"), table).total.params == RESNET_18
    assert ac.count(table, variant="34", engine="formula").total.params == RESNET_34
    assert ac.explain(table, "conv1").record.variant == "18"
    assert ac.formula(table).at()["params"] == RESNET_18
    assert [point.params for point in ac.sweep(table)] == [RESNET_18]
    assert sum(parameter.numel() for parameter in table.build().parameters()) == RESNET_18
    assert table.variants == ac.load("resnet").variants
    assert ac.load("resnet").chosen == ""


def test_a_model_of_a_table_of_models_is_one_network():
    # 12 layers of 12 x 768 x 768 + 13 x 768, (50257 + 1024) x 768 and the last norm's 2 x 768
    expected = 12 * (12 * 768**2 + 13 * 768) + (50_257 + 1_024) * 768 + 2 * 768
    report = ac.count(ac.load("gpt2@117M"), engine="formula")
    assert isinstance(report, ac.TableReport)
    assert report.total.params == expected
    assert ac.count("gpt2@117M", engine="formula").total.params == expected
    assert isinstance(ac.count(ac.load("gpt2"), engine="formula"), ac.ModelTableReport)


def test_a_diff_names_it():
    assert ac.diff(ac.load("resnet@18"), "resnet@18").record.left.name == "resnet@18"


@pytest.mark.parametrize(
    "call",
    [
        lambda: ac.load("resnet@18", "34"),
        lambda: ac.count("resnet@18", variant="34"),
        lambda: ac.formula("resnet@18", variant="34"),
        lambda: ac.sweep("resnet@18", variant="34"),
    ],
)
def test_two_names_of_it_are_refused_in_python_too(call):
    with pytest.raises(ac.UsageError, match="two variants: resnet@18 and 34; name one"):
        call()


def test_a_path_is_taken_as_it_stands(toy):
    assert ac.load(Path(toy)).chosen == ""
    assert ac.load(Path(toy), "wide").chosen == ac.load(f"{toy}@wide").chosen == "wide"
    with pytest.raises(ac.InvalidTableError, match="there is no such file"):
        ac.load(Path(f"{toy}@wide"))
    # a file that is called so comes before a variant
    Path(f"{toy}@wide").write_text(Path(toy).read_text().replace("name: toy", "name: other"))
    assert (ac.load(f"{toy}@wide").name, ac.load(f"{toy}@wide").chosen) == ("other", "")
    with pytest.raises(ac.InvalidTableError, match="@home/none.yaml:1:1: there is no such file"):
        ac.load(toy.replace("toy@1", "none"))
