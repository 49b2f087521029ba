"""The wheel carries what an installed archcount needs."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

import archcount as ac

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    return folder


def test_the_wheel_carries_the_tables_and_nothing_of_the_tests(built, tmp_path):
    (wheel,) = built.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "archcount/_tables/googlenet.yaml" in names
    assert "archcount/py.typed" in names
    assert {f"archcount/reporting/templates/page.{kind}" for kind in ("html", "css", "js")} < {
        *names
    }
    metadata = f"archcount-{ac.__version__}.dist-info"
    assert {name.split("/")[0] for name in names} == {"archcount", metadata}
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    # From the unpacked wheel, elsewhere on the disk, the shipped tables are found.
    result = subprocess.run(
        [sys.executable, "-P", "-c", "import archcount as ac; print(ac.__file__, ac.load('googlenet').name)"],
        cwd=tmp_path, env={"PYTHONPATH": str(tmp_path / "site")}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert result.stdout.split() == [str(tmp_path / "site/archcount/__init__.py"), "googlenet"]


PLACES = {
    "accents": ({"LC_ALL": "C.UTF-8"}, None),
    "ascii": ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, None),
    "latin-1": ({"LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "latin-1"}, None),
    "read-only": ({"LC_ALL": "C.UTF-8"}, "/proc"),  # to root too
}
"""Environments, and folders in which nothing can be written."""
LINEAR = "torch.nn:Linear --arg in_features=4 --arg out_features=3 --input 4"
COMMANDS = {
    "": 0,
    "--version": 0,
    "--help": 0,
    "table --compare-paper": 0,
    "table lenet5 --format json": 0,
    "table vgg@D -o {}/tab\u00e9lle.csv": 0,
    "explain googlenet conv2": 0,
    "report lenet5 -o {}/p\u00e0ge.html": 0,
    "check lenet5 alexnet": 0,
    "infer googlenet": 0,
    "list": 0,
    "errata alexnet": 0,
    "site lenet1989 -o {}/s\u00eete": 0,
    "new mine -o {}/m\u00efne.yaml": 0,
    "schema": 0,
    "formula lenet5": 0,
    "sweep lenet5 -o {}/sw\u00e8ep.md": 0,
    f"count {LINEAR}": 0,
    "count torch.nn:Nothing": 2,
    f"draw {LINEAR}": 0,
    "draw lenet5 -o {}/dr\u00e5w.svg": 0,
    "diff resnet@18 resnet@34": 0,
    f"bench {LINEAR} --budget 0.1 --peak 1T -o {{}}/b\u00ebnch.json": 0,
    "bench compare {}/b\u00ebnch.json {}/b\u00ebnch.json": 0,
    "env": 0,
    "table n\u00f6ne": 2,
}
"""Commands with the exit code of each; {} is a folder with blanks and accents."""


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_an_installed_wheel_runs_everywhere(built, place, tmp_path):
    (wheel,) = built.glob("*.whl")
    environment, folder = PLACES[place]
    own = tmp_path / "\u00e9in \u00d6rt"
    own.mkdir()
    # torch itself cannot run a module whose file's name the locale has no letters for.
    site = tmp_path / "site" if place == "ascii" else own / "site"
    zipfile.ZipFile(wheel).extractall(site)
    for command, code in COMMANDS.items():
        words = [word.format(own) for word in command.split()]
        done = subprocess.run(
            [sys.executable, "-P", "-m", "archcount", *words],
            cwd=folder or own, env={"PYTHONPATH": str(site), **environment},
            capture_output=True, check=False,
        )  # fmt: skip
        said = done.stderr.decode(errors="replace")
        assert done.returncode == code, (command, said)
        assert "Traceback" not in said, (command, said)
    written = {file.name for file in own.iterdir()} - {"site"}
    names = {Path(word).name for command in COMMANDS for word in command.split() if "{}/" in word}
    assert written == names


def test_the_source_distribution_carries_what_the_documents_and_tests_need(built):
    with tarfile.open(next(iter(built.glob("*.tar.gz")))) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames()}
    visible = {path.name for path in ROOT.iterdir() if path.is_file() and path.name[0] != "."}
    assert visible < names
    assert {
        "tests/conftest.py",
        "tables/googlenet.yaml",
        "docs/table.svg",
        "benchmarks/peers.py",
    } < names


def test_every_place_that_names_the_version_names_the_same():
    released = re.search(r"^## \[(\d.*)\] - (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.M)
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert released is not None
    assert ac.__version__ == released[1] == citation["version"]
    assert released[2] == citation["date-released"]


def test_constraints_pin_every_dependency_within_its_range():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["dev"], *extras["docs"]]
    pinned = dict(
        line.lower().split("==")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line
    )
    for requirement in wanted:
        name = re.split(r"[<>=!~]", requirement)[0].lower()
        assert name in pinned, name
    assert pinned["torch"] == "2.13.0"
