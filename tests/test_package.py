"""The wheel carries what an installed archcount needs."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_wheel_carries_the_tables_and_nothing_of_the_tests(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "archcount/_tables/googlenet.yaml" in names
    assert "archcount/py.typed" in names
    assert {name.split("/")[0] for name in names} == {"archcount", "archcount-0.1.0.dist-info"}
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    # From the unpacked wheel, elsewhere on the disk, the shipped tables are found.
    result = subprocess.run(
        [sys.executable, "-P", "-c", "import archcount as ac; print(ac.__file__, ac.load('googlenet').name)"],
        cwd=tmp_path, env={"PYTHONPATH": str(tmp_path / "site")}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert result.stdout.split() == [str(tmp_path / "site/archcount/__init__.py"), "googlenet"]


def test_constraints_pin_every_dependency_within_its_range():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    pinned = dict(
        line.lower().split("==")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line
    )
    for requirement in wanted:
        name = re.split(r"[<>=!~]", requirement)[0].lower()
        assert name in pinned, name
    assert pinned["torch"] == "2.13.0"
