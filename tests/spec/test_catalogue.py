"""Tables of others: packages with an entry point, and folders of the environment or of an option."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from helpers.commands import FAST, invoke

import archcount as ac
from archcount.spec.catalogue import FOLDERS, catalogue, shipped_tables


@pytest.fixture
def folder(tmp_path, toy_text):
    """A folder with a table, one that is no table, and one whose rows do not go together."""
    path = tmp_path / "mine"
    path.mkdir()
    (path / "toy.yaml").write_text(toy_text)
    (path / "bad.yaml").write_text("archcount: 1\n")
    (path / "worse.yaml").write_text(toy_text.replace("name: toy", "name: worse") + "heads: 3\n")
    return path


@pytest.fixture
def package(tmp_path, toy_text, monkeypatch):
    """A small installed distribution whose package has a folder of tables; it cannot be imported."""
    home = tmp_path / "site"
    tables, info = home / "their_tables" / "printed", home / "their_tables-1.0.dist-info"
    tables.mkdir(parents=True)
    info.mkdir()
    (home / "their_tables" / "__init__.py").write_text("raise RuntimeError('imported')\n")
    (tables / "theirs.yaml").write_text(toy_text.replace("name: toy", "name: theirs"))
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-tables\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[archcount.tables]\nany = their_tables.printed\n")
    monkeypatch.syspath_prepend(str(home))
    return home


def test_without_any_there_are_the_shipped_tables():
    assert catalogue().files == shipped_tables()
    assert catalogue().problems == ()


def test_a_folder_of_the_environment_is_known_while_it_is_named(folder, monkeypatch):
    monkeypatch.setenv(FOLDERS, str(folder))
    assert ac.load("toy").path == folder / "toy.yaml"
    assert "toy" in {heading.name for heading in ac.list().record}
    monkeypatch.delenv(FOLDERS)
    with pytest.raises(ac.UsageError, match="unknown table 'toy'"):
        ac.load("toy")


def test_several_folders_are_named_as_those_of_programs_are(
    folder, tmp_path, toy_text, monkeypatch
):
    other = tmp_path / "other"
    other.mkdir()
    (other / "second.yaml").write_text(toy_text.replace("name: toy", "name: second"))
    monkeypatch.setenv(FOLDERS, os.pathsep.join([str(folder), "", str(other)]))
    assert ac.load("toy").name == "toy"
    assert ac.load("second").name == "second"


def test_the_tables_of_a_package_are_known_and_the_package_is_not_imported(package):
    table = ac.load("theirs")
    assert table.path == package / "their_tables" / "printed" / "theirs.yaml"
    # the toy's params and weights stand in tests/data/toy.yaml
    assert table.architecture().params == ac.load(table.path).architecture().params
    assert "theirs" in {heading.name for heading in ac.list().record}
    assert "their_tables" not in sys.modules


@pytest.mark.parametrize(
    "value", ["their_tables.nothing", "no_such_package", "their_tables:thing", "no_place.tables"]
)
def test_an_entry_point_that_names_no_package_is_said_and_hides_no_other(
    package, value, monkeypatch
):
    monkeypatch.setitem(sys.modules, "no_place", ModuleType("no_place"))  # its __spec__ is None
    info = package / "their_tables-1.0.dist-info" / "entry_points.txt"
    info.write_text(f"[archcount.tables]\nany = {value}\n")
    report = ac.list()
    assert report.problems == (f"entry point any of their-tables names no package: '{value}'",)
    assert {heading.name for heading in report.record} == set(shipped_tables())
    assert report.problems[0] in report.render("plain")


def test_a_name_that_two_files_have_is_an_error_that_names_both(folder, package, monkeypatch):
    monkeypatch.setenv(FOLDERS, str(folder))
    (folder / "googlenet.yaml").write_text("archcount: 1\n")
    both = f"two tables are named googlenet: {shipped_tables()['googlenet']} and {folder}"
    for call in (ac.list, lambda: ac.load("resnet"), lambda: ac.check("resnet")):
        with pytest.raises(ac.UsageError, match=re.escape(both)):
            call()
    (folder / "googlenet.yaml").rename(folder / "theirs.yaml")
    with pytest.raises(ac.UsageError, match=r"two tables are named theirs: .*their_tables"):
        ac.list()


def test_a_folder_named_twice_shadows_nothing(folder, monkeypatch):
    monkeypatch.setenv(FOLDERS, os.pathsep.join([str(folder), f"{folder}{os.sep}"]))
    assert ac.load("toy").name == "toy"


def test_a_folder_that_is_not_there_is_an_error(tmp_path, monkeypatch):
    for name in ("none", "none" * 100):  # no file can have so long a name
        monkeypatch.setenv(FOLDERS, str(tmp_path / name))
        with pytest.raises(ac.UsageError, match=f"{FOLDERS}: no folder '"):
            ac.load("googlenet")


def test_files_that_are_none_hide_no_others(folder, monkeypatch):
    (folder / "circle.yaml").symlink_to("circle.yaml")
    (folder / "nowhere.yaml").symlink_to("nosuch")
    (folder / "directory.yaml").mkdir()
    os.mkfifo(folder / "pipe.yaml")  # which nobody writes to
    monkeypatch.setenv(FOLDERS, str(folder))
    report = ac.list()
    assert {heading.name for heading in report.record} >= {"toy", *shipped_tables()}
    left_out = ["bad.yaml", "circle.yaml", "directory.yaml", "nowhere.yaml"]
    assert [Path(line.split(" ")[0]).name for line in report.problems] == left_out


def test_a_broken_file_is_said_and_breaks_no_other(folder, monkeypatch):
    monkeypatch.setenv(FOLDERS, str(folder))
    report = ac.list()
    [problem] = report.problems  # the head of worse.yaml can be read
    assert problem.startswith(f"{folder / 'bad.yaml'} is not listed: bad.yaml:1:1: name is missing")
    assert {"toy", "worse"} | set(shipped_tables()) == {each.name for each in report.record}
    totals = ac.list(totals=True, year="1998")
    assert {each.name for each in totals.record} == {"lenet5"}
    assert totals.problems == (problem,)
    assert json.loads(report.to_json())["problems"] == [problem]


def test_what_is_made_of_every_table_leaves_broken_files_out(folder, monkeypatch):
    from archcount.api.tables import load_every

    monkeypatch.setenv(FOLDERS, str(folder))
    tables, problems = load_every({"toy", "bad", "worse", "lenet5"})
    assert [table.name for table in tables] == ["lenet5", "toy"]
    assert [problem.partition(" is left out: ")[0] for problem in problems] == [
        str(folder / "bad.yaml"),
        str(folder / "worse.yaml"),
    ]


@pytest.mark.parametrize(
    "words",
    [
        ["--tables", "{}", "table", "toy"],
        ["table", "toy", "--tables", "{}"],
        ["table", "--tables={}", "toy"],
        ["check", "toy", "--fail-on", "warning", "--tables", "{}"],
        ["explain", "toy", "stem", "--tables", "{}"],
        ["count", "toy@wide", "--tables", "{}"],
        ["sweep", "toy", "--batch", "1,2", "--tables", "{}"],
        ["formula", "toy", "--tables", "{}"],
        ["errata", "toy", "--tables", "{}"],
        ["infer", "toy", "--tables", "{}"],
        ["diff", "toy", "toy@wide", "--tables", "{}"],
    ],
    ids=" ".join,
)
def test_the_option_is_of_every_command_wherever_it_stands(words, folder):
    result = invoke(*(word.format(folder) for word in words))
    assert result.returncode in (0, 1), result.stderr  # 1: what a check or diff finds
    assert "error" not in result.stderr
    assert result.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["list", "--tables", "nowhere"], "error: --tables: no folder nowhere"),
        (["list", "--tables"], "--tables"),
    ],
)
def test_a_mistake_in_the_option_is_exit_2(words, says):
    result = invoke(*words)
    assert result.returncode == 2
    assert says in result.stderr
    assert "Traceback" not in result.stderr


def test_the_option_adds_to_the_environment(folder, tmp_path, toy_text):
    other = tmp_path / "other"
    other.mkdir()
    (other / "second.yaml").write_text(toy_text.replace("name: toy", "name: second"))
    environment = {**os.environ, FOLDERS: str(other)}
    result = subprocess.run(
        [sys.executable, "-m", "archcount", "check", "toy", "second", *FAST, "--tables", folder],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert "second" in result.stdout
    assert "toy" in result.stdout


@pytest.mark.parametrize(
    "words", ["archcount table --tables {} to", "archcount --tables {} check to"]
)
def test_completion_knows_them(words, folder):
    words = words.format(folder)
    request = {
        "_ARCHCOUNT_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    script = Path(sys.executable).with_name("archcount")
    result = subprocess.run([script], capture_output=True, text=True, env={**os.environ, **request})
    assert result.stdout.split() == ["toy"]
