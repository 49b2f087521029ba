"""What the documents say is what the tool does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import readme
import typer
import yaml
from jsonschema import Draft202012Validator

import archcount as ac
from archcount.architecture.budget import MOST_LAYERS, MOST_TOGETHER
from archcount.cli.app import app
from archcount.comparison import WHYS
from archcount.layers import CATEGORIES
from archcount.spec.grid import COLUMNS, LONGEST_CELL, MOST_ROWS
from archcount.spec.yaml_reader import DEEPEST, LONGEST, MOST_ENTRIES

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    ("command", "output"),
    [block for page in readme.PAGES for block in readme.commands(page.read_text())],
)
def test_outputs_in_the_pages_are_real(command, output):
    assert output == readme.run_here(command, ROOT)


@pytest.fixture(scope="module")
def guide_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guide")
    readme.write_tables(readme.GUIDE.read_text(), folder)
    return folder


@pytest.mark.parametrize(("command", "output"), readme.commands(readme.GUIDE.read_text()))
def test_outputs_in_the_guide_are_real(guide_files, command, output):
    assert output == readme.run_here(command, guide_files)


@pytest.mark.parametrize("name", readme.tables(readme.GUIDE.read_text()))
def test_tables_of_the_guide_pass_the_check(guide_files, name):
    # It builds every variant, and every engine counts it.
    report = ac.check(str(guide_files / name), engine="all")
    assert report.passed, report


def test_python_of_the_guide_builds_the_first_table(guide_files, monkeypatch):
    (code,) = re.findall(r"```python\n(.*?)```", readme.GUIDE.read_text(), re.DOTALL)
    monkeypatch.chdir(guide_files)
    names: dict[str, Any] = {}
    exec(code, names)
    # 16 x (5 x 5 x 3 + 1) + 32 x (3 x 3 x 16 + 1) + 10 x (32 + 1)
    assert sum(each.numel() for each in names["model"].parameters()) == 6186


def test_the_guide_shows_table_files():
    text = readme.GUIDE.read_text()
    assert len(readme.tables(text)) == text.count("```yaml\narchcount:") >= 12
    assert len(readme.tables(text)["tiny.yaml"].splitlines()) == 10
    assert len(readme.commands(text)) >= 3


def test_the_line_for_editors_names_the_schema_that_the_page_makes(tmp_path):
    text = readme.GUIDE.read_text()
    line, schema = re.search(
        r"^(# yaml-language-server: \$schema=(\S+))$", text, re.MULTILINE
    ).groups()
    command = re.search(r"`(archcount schema -o \S+)`", text)[1]
    readme.run_here(command, tmp_path)
    table = readme.tables(readme.GUIDE.read_text())["tiny.yaml"]
    Draft202012Validator(json.loads((tmp_path / schema).read_text())).validate(
        yaml.safe_load(table)
    )
    (tmp_path / "tiny.yaml").write_text(f"{line}\n{table}")
    assert ac.load(tmp_path / "tiny.yaml").input == (3, 32, 32)


def test_the_readme_is_short_and_answers_its_questions():
    text = readme.README.read_text()
    assert text.count("\n") <= 120
    commands = readme.commands(text)
    rows = re.findall(r"^\| (.*\?) \| `(.*)` \| (.*) \|$", text, re.MULTILINE)
    assert len(rows) == 5
    answered = [answer for *_, answer in rows if any(answer in shown for _, shown in commands)]
    # torchvision's ResNet-50 is the variant with the strides of its 3x3 convolutions.
    (_, _, size), (_, _, speed) = (row for row in rows if row[2] not in answered)
    assert size in str(ac.count(ac.load("resnet@50-v1.5").build(), input="3x224x224"))
    assert "95 % interval" in speed


def test_the_page_of_commands_names_every_command():
    text = (ROOT / "docs" / "commands.md").read_text()
    program = typer.main.get_command(app)
    names = program.list_commands(program.make_context("archcount", [], resilient_parsing=True))
    assert not [name for name in names if f"`archcount {name}" not in text]


def test_the_picture_is_the_real_output():
    assert readme.PICTURE.read_text() == readme.picture()
    assert readme.DRAWING.read_text() == readme.drawing()


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


@pytest.mark.parametrize("path", readme.LIGHT, ids=lambda path: path.name)
def test_what_is_made_of_the_tool_is_what_it_says(path):
    assert readme.generated(path) == path.read_text()


def test_the_reference_lists_the_layers_and_joins_that_there_are():
    text = readme.REFERENCE.read_text()
    assert (
        "| `conv PATCH WIDTH` | `pad`* `same`* `dilation` `bias`* `groups` `norm`* `act`* |" in text
    )
    assert "| `linear WIDTH` | `bias` `tied` `act` |" in text


def test_the_reference_names_every_column():
    text = readme.REFERENCE.read_text()
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


def test_the_page_counts_the_verdicts_on_googlenet():
    table = ac.load("googlenet")
    comparison = ac.compare(ac.count(table, engine="formula"), table).record.comparison
    lines = (ROOT / "docs" / "verdicts.md").read_text().splitlines()
    heading = next(line for line in lines if "contradiction | off |" in line)
    words = [word.strip() for word in heading.split("|")[2:-1]]
    for column in ("params", "ops"):
        line = next(line for line in lines if line.startswith(f"| {column} |"))
        printed = [int(cell) for cell in line.split("|")[2:-1]]
        tally = comparison.tally(column)
        assert printed == [tally[word] for word in words]
        assert sum(printed) == 12


def _sums():
    """Read the lines of docs/networks.md that say what a network's parameters are made of."""
    text = (ROOT / "docs" / "networks.md").read_text()
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 8 and cells[1].replace(",", "").isdigit():
            yield cells[0], [int(cell.replace(",", "") or 0) for cell in cells[1:]]


@pytest.mark.parametrize(("what", "numbers"), list(_sums()))
def test_the_sums_of_the_released_networks_are_those_of_their_tables(what, numbers):
    name, *rest = what.replace("`", "").split()
    variant = rest[0] if rest and rest[0] != "head" else ""
    architecture = ac.load(name).architecture(variant=variant)
    rows = architecture.heads if "head" in rest else architecture.rows
    layers = [layer for row in rows for layer in row.node.layers()]
    linear = [layer for layer in layers if layer.kind.word == "linear"]
    convs = [layer for layer in layers if layer.weights and layer not in linear]
    found = [
        sum(layer.weights for layer in convs),
        sum(layer.biases for layer in convs),
        sum(layer.kind.buffers(layer.input) // 2 for layer in layers),
        sum(layer.weights for layer in linear),
        sum(layer.biases for layer in linear),
    ]
    *parts, params, macs = numbers
    assert parts == found
    assert params == sum(parts)  # one number a channel: a shift, no scale
    assert params == sum(layer.params for layer in layers)
    assert macs == sum(layer.cost.macs for layer in layers)


def test_the_networks_page_has_sums_to_check():
    assert len(list(_sums())) == 8


def test_the_forensics_page_names_every_why():
    text = (ROOT / "docs" / "forensics.md").read_text()
    for verdict in ("convention", "reading", "contradiction"):
        assert all(f"`{why}`" in text for why in WHYS[verdict])


def test_limits_are_those_of_the_code():
    page = (ROOT / "docs" / "table-reference.md").read_text()
    told = re.findall(r"^\|.*\| ([\d,]+) \|$", page.partition("\n## Limits\n")[2], re.MULTILINE)
    limits = (MOST_ROWS, LONGEST_CELL, MOST_ENTRIES, LONGEST, DEEPEST, MOST_LAYERS, MOST_TOGETHER)
    assert told == [f"{limit:,}" for limit in limits]
