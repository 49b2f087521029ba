"""What the documents say is what the tool does."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest
import readme

import archcount as ac
from archcount.comparison import WHYS
from archcount.layers import CATEGORIES, KINDS
from archcount.spec.grid import COLUMNS

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(("command", "output"), readme.commands(readme.README.read_text()))
def test_outputs_in_the_readme_are_real(command, output):
    assert output == readme.run(command)


def test_the_readme_has_commands_to_check():
    assert len(readme.commands(readme.README.read_text())) >= 2


def test_the_picture_is_the_real_output():
    assert readme.PICTURE.read_text() == readme.picture()


def test_python_in_the_readme_runs():
    result = doctest.testfile(str(readme.README), module_relative=False)
    assert result.attempted >= 6
    assert result.failed == 0


def test_make_verbs_in_the_documents_exist():
    verbs = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for name in ("README.md", "CONTRIBUTING.md"):
        named = set(
            re.findall(
                r"\bmake ([a-z-]+)(?=[`\s]+(?:#|must|mends|runs|writes))", (ROOT / name).read_text()
            )
        )
        assert named
        assert named <= verbs


def test_the_format_page_names_every_layer_option_and_column():
    text = (ROOT / "docs" / "table-format.md").read_text()
    for word, kind in KINDS.items():
        line = next(
            line for line in text.splitlines() if f"`{word}" in line and line.startswith("|")
        )
        for argument in kind.arguments():
            named = argument.name.upper() if argument.position is not None else f"`{argument.name}`"
            assert named in line, (word, argument.name)
            if argument.shared:
                assert f"{named}*" in line, (word, argument.name)
        assert all(f"`{name}`" in line for name in kind.follows)
    assert all(f"`{column}`" in text for column in COLUMNS)


def test_the_conventions_page_names_every_category():
    text = (ROOT / "docs" / "conventions.md").read_text()
    assert all(f"| {category} |" in text for category in CATEGORIES)


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs"])
def test_links_lead_somewhere(name):
    paths = [ROOT / name] if name.endswith(".md") else sorted((ROOT / name).glob("*.md"))
    for path in paths:
        for link in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
            assert link.startswith("https://") or (path.parent / link).exists(), (path, link)


def test_the_readme_counts_the_verdicts_on_googlenet():
    table = ac.load("googlenet")
    comparison = ac.compare(ac.count(table, engine="formula"), table).record.comparison
    lines = readme.README.read_text().splitlines()
    heading = next(line for line in lines if "contradiction | off |" in line)
    words = [word.strip() for word in heading.split("|")[2:-1]]
    for column in ("params", "ops"):
        line = next(line for line in lines if line.startswith(f"| {column} |"))
        printed = [int(cell) for cell in line.split("|")[2:-1]]
        tally = comparison.tally(column)
        assert printed == [tally[word] for word in words]
        assert sum(printed) == 12


def test_the_forensics_page_names_every_why():
    text = (ROOT / "docs" / "forensics.md").read_text()
    for verdict in ("convention", "reading", "contradiction"):
        assert all(f"`{why}`" in text for why in WHYS[verdict])
