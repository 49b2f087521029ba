"""Help, the start without a command, suggestions and completion, as a newcomer meets them."""

from __future__ import annotations

import re
import shlex

import pytest
import typer
from helpers.commands import in_terminal, invoke, run

from archcount.cli.app import app

GROUP = typer.main.get_command(app)
COMMANDS = GROUP.list_commands(None)


def examples(text: str) -> list[str]:
    return re.findall(r"^  (archcount .*?)(?:  .*)?$", text, re.MULTILINE)


def parsed(words: list[str]) -> None:
    """Parse a command with its options, and run nothing."""
    command, name, rest = GROUP.get_command(None, words[0]), words[0], words[1:]
    if hasattr(command, "commands"):
        is_named = rest[:1] == ["compare"]
        name = "compare" if is_named else "run"
        command, rest = command.commands[name], rest[is_named:]
        rest = [word for word in rest if word != "--compile"]  # its mode may be left out
    command.make_context(name, rest, resilient_parsing=False)


def test_without_a_command_five_are_shown_with_an_example_each():
    result = run()
    assert result.returncode == 0
    assert result.stderr == ""
    shown = examples(result.stdout)
    assert [line.split()[1] for line in shown] == ["table", "count", "diff", "bench", "list"]
    for line in shown:
        parsed(shlex.split(line)[1:])
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert len(result.stdout.splitlines()) <= 24


@pytest.mark.parametrize("name", COMMANDS)
def test_help_begins_with_usage_and_examples_that_can_be_run(name):
    lines = invoke(name, "--help").stdout.splitlines()
    assert re.match(rf"Usage: (python -m )?archcount {name}\b", lines[0])
    first = "\n".join(lines[:24])  # a terminal's first screen
    shown = examples(first)
    assert shown
    for line in shown:
        assert line.split()[1] == name
        parsed(shlex.split(line)[1:])


@pytest.mark.parametrize("command", [[name] for name in COMMANDS] + [["bench", "compare"]])
def test_help_names_no_python_types(command):
    text = invoke(*command, "--help").stdout
    assert not re.search(r"<\w+", text)
    assert max(map(len, text.splitlines())) <= 80
    # every option stands once
    options = re.findall(r"^  (?:-\w, )?(--[\w-]+).*?  \S", text, re.MULTILINE)
    assert len(options) == len({*options})
    assert options[-1] == "--help"


@pytest.mark.parametrize(
    ("name", "common"),
    [
        ("count", ["--input", "--depth", "--sort", "--max", "--output"]),
        ("table", ["--compare-paper", "--variant", "--row", "--model", "--output"]),
        ("bench", ["--device", "--batch", "--mode", "--budget", "--output"]),
    ],
)
def test_the_commonest_options_are_on_the_first_screen(name, common):
    shown = in_terminal(80, name, "--help").splitlines()[:24]
    rest = shown[shown.index("Common options:") + 1 :]
    names = [found[1] for line in rest if (found := re.match(r"  (?:-\w, )?(--[\w-]+)", line))]
    assert names == common


def test_every_command_for_tables_and_models_is_on_the_first_screen():
    shown = in_terminal(80, "--help").splitlines()[:24]
    names = [found[1] for line in shown if (found := re.match(r"  (\w+) +[A-Z]", line))]
    assert {"table", "explain", "check", "count", "draw", "diff", "bench"} <= {*names}


def test_options_stand_in_groups():
    text = invoke("count", "--help").stdout
    headings = re.findall(r"^(\w[\w ]*):$", text, re.MULTILINE)
    assert headings == [
        "Examples", "Common options", "Arguments", "Network and input", "Method", "Several models", "Exit code",
        "What is shown", "Output", "Other options",
    ]  # fmt: skip
    place = {word: text.index(f"\n{word}:") for word in headings}
    assert place["Exit code"] < text.index("  --strict ") < place["What is shown"]
    assert text.index("  --format ") > place["Output"]


@pytest.mark.parametrize(
    ("word", "meant"), [("tabel", "table"), ("cuont", "count"), ("Bench", "bench")]
)
def test_a_misspelt_command_gets_its_suggestion(word, meant):
    result = invoke(word)
    assert result.returncode == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"error: no command '{word}'; did you mean '{meant}'? allowed: table, ")


@pytest.mark.parametrize(
    ("word", "advice"),
    [
        ("googlenet", "; write archcount table googlenet\n"),
        ("resnet@50", "; write archcount table resnet@50\n"),
        ("timm:resnet50", "; write archcount count timm:resnet50\n"),
        ("net.pt2", "; write archcount count net.pt2\n"),
        ("qqqq", ", bench, env\n"),
    ],
)
def test_a_name_in_the_place_of_a_command_is_known_for_what_it_is(word, advice):
    assert invoke(word).stderr.endswith(advice)


def test_the_start_fits_a_small_terminal():
    assert "archcount list" in in_terminal(80)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("table --engine f", ["formula", "fvcore"]),
        ("table --fail-on r", ["reading"]),
        ("table --fail-on off,c", ["off,changed", "off,convention", "off,contradiction"]),
        ("check --fail-on w", ["warning"]),
        ("check --format g", ["github"]),
        ("diff --fail-on c", ["changed"]),
        ("count --device m", ["meta"]),
        ("count --attention c", ["causal"]),
        ("count --dtype int", ["int8", "int4"]),
        ("count --columns type,m", ["type,macs", "type,memory"]),
        ("count --sort mem", ["memory"]),
        ("count --max peak", ["peak_bytes="]),
        ("bench --dtype b", ["bf16"]),
        ("bench --mode forward,t", ["forward,train"]),
        ("bench --device cu", ["cuda"]),
        ("bench --on-oom h", ["halve"]),
        ("bench --compile red", ["reduce-overhead"]),
        ("bench --allow amp-b", ["amp-bf16"]),
        ("bench compare --fail-on s", ["slower", "slower:5%"]),
        ("bench compare be", ["before.json"]),
        ("bench compare before.json older/a", ["older/after.jsonl"]),
        ("bench compare ol", ["older/"]),
        ("check --expect e", ["expected.yaml"]),
        ("list --kind transf", ["transformer"]),
        ("list --task seg", ["segmentation"]),
        ("sweep --format cs", ["csv"]),
        ("tab", ["table"]),
    ],
)
def test_it_is_completed(words, expected, tmp_path, monkeypatch):
    (tmp_path / "older").mkdir()
    for name in ("before.json", "best.txt", "older/after.jsonl", "expected.yaml"):
        (tmp_path / name).touch()
    asked = ["archcount", *words.split()]
    request = {
        "_ARCHCOUNT_COMPLETE": "complete_bash",
        "COMP_WORDS": "\n".join(asked),
        "COMP_CWORD": str(len(asked) - 1),
    }
    for name, value in request.items():
        monkeypatch.setenv(name, value)
    result = invoke(cwd=tmp_path)
    assert result.stderr == ""
    assert sorted(result.stdout.split()) == sorted(expected)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("count --forma csv", "no such option: '--forma'; did you mean '--format'?"),
        ("list foo", "got unexpected extra argument(s) (foo); see `archcount list --help`"),
        ("diff resnet", "missing argument 'right'; see `archcount diff --help`"),
        ("sweep googlenet -o", "option '-o' requires an argument; see `archcount sweep --help`"),
        ("--nothing", "no such option: --nothing; see `archcount --help`"),
    ],
)
def test_a_wrong_argument_is_one_line_as_every_error(words, said):
    done = invoke(*words.split())
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {said}\n")
