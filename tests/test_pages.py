"""Every block of code on a page is run where that is light, and otherwise read by what would run it."""

from __future__ import annotations

import doctest
import json
import re
import shlex
import tomllib
from pathlib import Path
from unittest.mock import create_autospec

import pytest
import readme
import typer
import yaml
from typer.testing import CliRunner

import archcount as ac
from archcount.cli.app import app
from archcount.pytest_plugin import Archcount
from archcount.spec.expectation_file import read_expectations

ROOT = readme.ROOT
PAGES = [*readme.PAGES, readme.GUIDE, ROOT / "CONTRIBUTING.md"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
VERBS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def blocks(page: Path) -> list[tuple[str, str]]:
    """Give the language and the text of every fenced block of a page."""
    found = re.findall(r"^( *)```(.*)\n((?:.*\n)*?)\1```$", page.read_text(), re.MULTILINE)
    return [
        (language, re.sub(f"^{indent}", "", text, flags=re.M)) for indent, language, text in found
    ]


BLOCKS = [
    pytest.param(page, language, text, id=f"{page.name}-{number}-{language}")
    for page in PAGES
    for number, (language, text) in enumerate(blocks(page))
]


@pytest.fixture
def parse(monkeypatch):
    """Give a function that has `archcount` read a command line, and run nothing."""
    monkeypatch.setattr(typer.core.TyperCommand, "invoke", lambda self, context: None)
    return lambda words: CliRunner().invoke(app, words)


@pytest.mark.parametrize(("page", "language", "text"), BLOCKS)
def test_a_block_is_what_it_says(page, language, text, parse, tmp_path):
    match language:
        case "console":  # test_docs.py compares the output with the command's
            assert len(readme.commands(f"```console\n{text}```")) == 1
            assert text.count("\n$ ") == 0
        case "sh":
            for words in shell(text):
                run_nothing(words, parse)
        case "python":
            check_python(text)
        case "yaml":
            check_yaml(page, text, tmp_path)
        case "toml":
            assert tomllib.loads(text)["project"]["entry-points"].keys() == {"archcount.tables"}
        case "{eval-rst}":
            assert page.name == "api.md"
        case _:
            pytest.fail(f"{page.name}: no test reads blocks of {language or 'no language'}")


def shell(text: str) -> list[list[str]]:
    """Give the words of each command of a block."""
    lines = text.replace("\\\n", " ").splitlines()
    commands = [part for line in lines for part in line.partition("#")[0].split(";")]
    return [shlex.split(command) for command in commands if command.strip()]


def run_nothing(words: list[str], parse) -> None:
    """Fail where a command has a name or an option that does not exist."""
    while re.fullmatch("[A-Z]+=.*", words[0]):
        words = words[1:]
    match words:
        case ["archcount", *rest]:
            result = parse(rest)
            assert result.exit_code == 0, result.output
        case ["make", verb]:
            assert verb in VERBS
        case ["pip", "install", what]:
            extra = re.search(r"\[(.*)\]$", what)
            assert extra is None or extra[1] in PROJECT["optional-dependencies"]
        case ["python", script, *_] | [script, *_]:
            assert (ROOT / script).exists()


def check_python(text: str) -> None:
    """Hold a test that a page shows to what the fixture takes; doctest runs what has prompts."""
    if text.startswith(">>>"):
        return
    names: dict[str, object] = {}
    code = compile(text, "page", "exec")
    if "def test_" in text:
        exec(code, names)
        for name, test in [*names.items()]:
            if name.startswith("test_"):
                test(create_autospec(Archcount, instance=True))
    else:  # test_docs.py runs it on the first table of the guide
        assert text in readme.GUIDE.read_text()


PARTS = {  # what each part of a table stands in, and the parameters that it has there
    # Four of six pairs of maps are connected: 4 x 3 x 3 and 3 biases.
    "connections": ("2x8x8", ["sparse_conv 3x3 C3"], 39),
    # q: 5120 x 1536, a scale each, 1536 x 128 x 192; kv: 5120 x 512, scales, 512 x 128 x 256;
    # the shared part: 5120 x 64; behind it: 128 heads of 256 - 128 = 128 values, x 5120.
    "blocks": (
        "tokens 4 of 2",
        ["embedding 5120", "mla"],
        2 * 5120
        + 7_864_320
        + 1536
        + 37_748_736
        + 2_621_440
        + 512
        + 16_777_216
        + 327_680
        + 83_886_080,
    ),
}


def check_yaml(page: Path, text: str, folder: Path) -> None:
    """Load what a block shows, a table file or part of one; `test_ci.py` reads those of ci.md."""
    read = yaml.safe_load(text)
    file = folder / "page.yaml"
    if read is None or page.name == "ci.md":
        return
    if "expect" in read:
        file.write_text(text)
        assert len(read_expectations(file).differences) == len(read["expect"])
    elif "archcount" in read:  # a table of the guide, which test_docs.py checks with every engine
        assert f"{read['name']}.yaml" in readme.tables(readme.GUIDE.read_text())
    else:
        (part,) = read
        size, rows, params = PARTS[part]
        lines = "\n".join(f"  r{number} | {block}" for number, block in enumerate(rows))
        head = f"archcount: 1\nname: page\nsource: {{title: A page}}\ninput: {size}\n"
        file.write_text(f"{head}{text}table: |\n  row | block\n{lines}\n")
        assert ac.load(file).architecture().params == params


def test_the_notebook_gives_what_it_keeps():
    kept = json.loads(readme.TOUR.read_text())
    assert sum(cell["cell_type"] == "code" for cell in kept["cells"]) >= 8
    assert readme.executed(readme.TOUR) == kept


def test_the_reference_has_every_public_name_and_examples():
    listed = re.findall(
        r"^\.\. auto\w+:: archcount\.(\w+)$", (ROOT / "docs/api.md").read_text(), re.M
    )
    assert sorted(listed) == sorted(ac.__all__)
    functions = {name for name in listed if name[0].islower()} - {"compare_bench"}
    shown = functions | {
        "Table",
        "Report",
        "ArchcountError",
    }  # and the reports are what these return
    assert not [name for name in shown if ">>> " not in getattr(ac, name).__doc__]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_the_text_have_options_that_exist(page, parse):
    text = re.sub(r"^( *)```.*\n(.*\n)*?\1```$", "", page.read_text(), flags=re.MULTILINE)
    for command in dict.fromkeys(re.findall(r"`archcount ([^`]*)`", text)):
        if not re.search(r"\.\.\.|\[", command):
            result = parse(shlex.split(command.replace("\\|", "|").partition("|")[0]))
            assert not re.search("no such option|no command", result.output, re.I), result.output


@pytest.mark.parametrize(
    "page", [page for page in PAGES if ">>> " in page.read_text()], ids=lambda page: page.name
)
def test_python_of_the_pages_gives_what_stands_below(page):
    result = doctest.testfile(str(page), module_relative=False)
    assert result.attempted
    assert result.failed == 0
