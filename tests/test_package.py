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
