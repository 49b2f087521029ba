"""The hook for pre-commit and the GitHub Action: valid, and run as they would be."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
SCRIPTS = [step["run"] for step in ACTION["runs"]["steps"]]
HOSTILE = [
    "$(touch hacked)",
    "`touch hacked`",
    '"; touch hacked; "',
    "'; touch hacked; '",
    "x\ntouch hacked",
]
"""Inputs that would make a file, were they run."""


@pytest.fixture
def good(toy_text):
    """The toy without its deliberate slip: its stage has 32,768 MACs, printed 33.2K."""
    return toy_text.replace("33.2K", "32.8K")


@pytest.fixture
def repository(tmp_path, good):
    """A repository of somebody else: a good table, a bad one, a broken one, and other YAML."""
    folder = tmp_path / "repository"
    (folder / "tables").mkdir(parents=True)
    tables = folder / "tables"
    (tables / "toy.yaml").write_text(good)
    (tables / "two words.yaml").write_text(good)
    (folder / "config.yaml").write_text("learning_rate: 0.1\n")
    (folder / "tables.md").write_text("no table\n")
    return folder


def bad(text: str) -> str:
    """Misprint one number of the toy: its first row has 3 x 3 x 3 x 4 + 4 = 112 parameters."""
    return text.replace("| 112 ", "| 212 ")


def bash(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a step as the runner does: a file, and these options."""
    file = folder.parent / "step.sh"
    file.write_text(script)
    command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(file)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


# The hook.


def test_the_manifest_of_hooks_has_what_pre_commit_asks_for():
    # the keys of its documentation; pre-commit validate-manifest says the same
    assert [hook["id"] for hook in HOOKS] == ["archcount-check"]
    for hook in HOOKS:
        assert {"id", "name", "entry", "language"} <= hook.keys()
        assert hook.keys() <= {
            "id",
            "name",
            "description",
            "entry",
            "language",
            "files",
            "require_serial",
        }
        assert hook["language"] == "python"
        re.compile(hook["files"])


def committed(folder: Path, *files: str) -> subprocess.CompletedProcess[str]:
    """Run the hook on the changed files that it is for, as pre-commit does."""
    (hook,) = HOOKS
    names = [name for name in files if re.search(hook["files"], name)]
    if not names:
        return subprocess.CompletedProcess([], 0, "", "")
    entry = [sys.executable, "-m", *shlex.split(hook["entry"])]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [*entry, *hook.get("args", []), *names]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_the_hook_is_for_table_files_alone():
    shipped = [f"tables/{path.name}" for path in (ROOT / "tables").iterdir()]
    tables = [*shipped, "tables/own.yml", "papers/tables/own.yaml", "tables/two words.yaml"]
    others = [".github/workflows/test.yml", "tables.yaml", "mytables/x.yaml", "tables/notes.md"]
    others += ["tables/figures/x.yaml", "config.yaml", "tables/x.yaml.j2", "docker-compose.yml"]
    pattern = HOOKS[0]["files"]
    assert [name for name in (*tables, *others) if re.search(pattern, name)] == tables


def test_the_hook_passes_good_tables_and_leaves_other_files_alone(repository):
    result = committed(
        repository, "config.yaml", "tables/toy.yaml", "tables/two words.yaml", "tables.md"
    )
    assert result.returncode == 0, result.stderr
    assert "2 tables: all pass" in result.stdout
    assert committed(repository, "config.yaml", "tables.md").returncode == 0


def test_the_hook_stops_a_bad_table_and_what_is_none(repository, good):
    (repository / "tables" / "bad.yaml").write_text(bad(good))
    result = committed(repository, "tables/toy.yaml", "tables/bad.yaml")
    assert result.returncode == 1
    assert "tables/bad.yaml:19:" in result.stdout
    assert "row stem, params: contradiction, not match" in result.stdout
    (repository / "tables" / "other.yaml").write_text("learning_rate: 0.1\n")
    result = committed(repository, "tables/other.yaml")
    assert result.returncode == 2
    assert "tables/other.yaml:1:1: invalid: unknown key 'learning_rate'" in result.stdout


# The action.


def test_the_action_has_what_github_asks_for():
    assert ACTION.keys() == {"name", "description", "branding", "inputs", "runs"}
    assert len(ACTION["description"]) <= 125  # what the Marketplace shows
    for name, entry in ACTION["inputs"].items():
        assert re.fullmatch(r"[_a-zA-Z][\w-]*", name)
        assert entry.keys() == {"description", "default"}
        assert isinstance(entry["default"], str)
    assert ACTION["runs"].keys() == {"using", "steps"}
    assert ACTION["runs"]["using"] == "composite"
    for step in ACTION["runs"]["steps"]:
        assert step.keys() <= {"id", "name", "shell", "env", "run"}  # and it uses no other action
        assert step["shell"] == "bash"


def test_inputs_reach_the_scripts_by_the_environment_alone():
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step["run"]
        assert "eval" not in step["run"]
        for value in step["env"].values():
            assert re.fullmatch(
                r"\$\{\{ (inputs\.[a-z-]+|steps\.install\.outputs\.python) \}\}", value
            )
    read = {value for step in ACTION["runs"]["steps"] for value in step["env"].values()}
    assert {f"${{{{ inputs.{name} }}}}" for name in ACTION["inputs"]} <= read


def step(
    number: int, folder: Path, installed: str = sys.executable, **inputs: str
) -> subprocess.CompletedProcess[str]:
    """Run a step with the environment that the runner gives it, and what the first one installed."""
    inputs = {name.replace("_", "-"): value for name, value in inputs.items()}
    given = {name: entry["default"] for name, entry in ACTION["inputs"].items()} | inputs
    environment = {}
    for name, value in ACTION["runs"]["steps"][number]["env"].items():
        environment[name] = re.sub(
            r"\$\{\{ inputs\.(.*) \}\}", lambda match: given[match[1]], value
        )
        if "steps.install" in value:
            environment[name] = installed
    files = {"RUNNER_TEMP": folder.parent / "temp", "GITHUB_OUTPUT": folder.parent / "output"}
    files |= {"GITHUB_WORKSPACE": folder, "GITHUB_ACTION_PATH": ROOT}
    files["RUNNER_TEMP"].mkdir(exist_ok=True)
    environment |= {name: str(path) for name, path in files.items()}
    result = bash(SCRIPTS[number], folder, GITHUB_ACTIONS="true", CI="true", **environment)
    assert not [*folder.glob("**/hacked*")]
    return result


@pytest.fixture
def stub(repository, monkeypatch):
    """A `python` that notes its name and arguments, and does nothing; the path of its notes."""
    notes, folder = repository.parent / "notes", repository.parent / "bin"
    folder.mkdir()
    python = folder / "python"
    python.write_text(
        f"""#!/bin/sh
printf '%s\\0' "$0" "$@" >> "{notes}"
if [ "$2" = venv ]; then mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; fi
"""
    )
    python.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return notes


@pytest.mark.parametrize("install", ["venv", "python", "none"])
def test_what_is_installed_is_what_was_asked_for(install, stub, repository):
    result = step(0, repository, install=install)
    assert result.returncode == 0, result.stderr
    python, own = repository.parent / "bin" / "python", repository.parent / "temp" / "archcount"
    pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", ROOT)
    asked, used = {
        "venv": ((python, "-m", "venv", own, own / "bin" / "python", *pip), own / "bin" / "python"),
        "python": ((python, *pip), "python"),
        "none": ((), "python"),
    }[install]
    noted = stub.read_text().split("\0")[:-1] if stub.exists() else []
    assert noted == [str(word) for word in asked]
    assert (repository.parent / "output").read_text() == f"python={used}\n"


@pytest.mark.parametrize("install", ["pip", "", *HOSTILE])
def test_another_way_to_install_is_refused(install, stub, repository):
    result = step(0, repository, install=install)
    assert result.returncode == 2
    assert result.stdout == "::error::archcount: the input install is venv, python or none\n"
    assert not stub.exists()


@pytest.mark.parametrize("python", HOSTILE)
def test_a_python_that_is_none_is_not_run(python, repository):
    assert step(0, repository, python=python).returncode == 127  # there is no such command


def test_the_tables_of_a_repository_are_checked(repository):
    result = step(1, repository)
    assert result.returncode == 0, result.stderr
    assert result.stdout == "tables/toy.yaml: ok\ntables/two words.yaml: ok\n"


def test_a_failure_is_annotated_at_its_line(repository, good):
    (repository / "tables" / "bad.yaml").write_text(bad(good))
    result = step(1, repository, engine="formula")
    assert result.returncode == 1
    (line,) = (line for line in result.stdout.splitlines() if line.startswith("::error"))
    assert re.match(
        r"::error file=tables/bad.yaml,line=19,col=\d+,title=archcount%3A surprise::", line
    )
    assert "tables/toy.yaml: ok" in result.stdout


def test_every_input_is_heard(repository, good):
    (repository / "own.yaml").write_text(good.replace("name: toy", "name: own"))
    inputs = {"tables": "tables/t*.yaml\nown@wide\n", "args": "--tables=.\n", "engine": "formula"}
    result = step(1, repository, **inputs)
    assert result.stdout.splitlines() == [
        "tables/toy.yaml: ok",
        "tables/two words.yaml: ok",
        "own@wide: ok",
    ]
    (repository / "bad.yaml").write_text(bad(good))
    lenient = step(1, repository, tables="bad.yaml", fail_on="off", engine="formula")
    strict = step(1, repository, tables="bad.yaml", fail_on="off,contradiction", engine="formula")
    assert (lenient.returncode, strict.returncode) == (0, 1)


@pytest.mark.parametrize("text", HOSTILE)
def test_inputs_arrive_as_they_are_written(text, repository, stub):
    names = ("tables", "expect", "fail-on", "engine", "args")
    result = step(1, repository, "python", **{name: f"{name} {text}" for name in names})
    assert result.returncode == 0, result.stderr
    python, *given = stub.read_text().split("\0")[:-1]
    assert python.endswith("/bin/python")
    options = [*("-P", "-m", "archcount", "check", "--format=github"), f"--fail-on=fail-on {text}"]
    options += f"args {text}".split("\n")
    assert given == [
        *(*options, f"--engine=engine {text}", "--", *f"tables {text}".split("\n")),
        *(python, *options, *(f"--expect={line}" for line in f"expect {text}".split("\n"))),
    ]


def test_an_implementation_is_checked_by_its_file(repository):
    (repository / "net.py").write_text(
        "import archcount as ac\nnet = ac.load('tables/toy.yaml').build()\n"
    )
    entry = "archcount: 1\ntable: tables/toy.yaml\nmodel: net.py:net\n"
    (repository / "same.yaml").write_text(entry)
    (repository / "wrong.yaml").write_text(
        entry + "expect: [{differs: relu left out, because: none}]\n"
    )
    result = step(1, repository, tables="", expect="same.yaml")
    assert result.returncode == 0, result.stderr
    result = step(
        1, repository, tables="tables/toy.yaml", expect="same.yaml\nwrong.yaml", engine="formula"
    )
    assert result.returncode == 1
    (line,) = (line for line in result.stdout.splitlines() if line.startswith("::error"))
    assert line.startswith("::error file=wrong.yaml,line=4,")


def test_no_name_of_a_file_is_run(repository, good):
    (repository / "tables" / "$(touch hacked).yaml").write_text(bad(good))
    (repository / "tables" / "-o x.yaml").write_text(good)
    result = step(1, repository, engine="formula")
    assert result.returncode == 1
    assert "tables/$(touch hacked).yaml: 1 found" in result.stdout
    result = step(1, repository, tables="--output=x.md\n", engine="formula")
    assert result.returncode == 2
    assert not (repository / "x.md").exists()


def test_no_table_is_no_success(repository):
    result = step(1, repository, tables=" \n\n".strip(" "))
    assert (result.returncode, result.stdout) == (
        2,
        "::error::archcount: the inputs tables and expect name none\n",
    )
    (repository / "tables").rename(repository / "elsewhere")
    result = step(1, repository)
    assert result.returncode == 2
    assert "tables/*.yaml" in result.stdout


def test_the_page_says_what_the_inputs_are():
    text = (ROOT / "docs" / "ci.md").read_text()
    rows = dict(re.findall(r"^\| `([a-z-]+)` \|\s*`?([^|`]*?)`?\s*\|", text, re.M))
    assert rows == {name: entry["default"] for name, entry in ACTION["inputs"].items()}
    blocks = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", text, re.S)]
    hook, (local,), workflow = blocks
    assert hook["repos"][0]["hooks"] == [{"id": HOOKS[0]["id"]}]
    assert local["hooks"][0]["entry"] == HOOKS[0]["entry"]
    (use,) = (step for step in workflow["jobs"]["tables"]["steps"] if "archcount" in step["uses"])
    assert use.get("with", {}).keys() <= ACTION["inputs"].keys()
