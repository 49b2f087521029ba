"""The guide: made by Sphinx without a warning, and with every page in its contents."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def test_the_first_page_leads_to_every_page_once():
    listed = re.findall(r"\]\(([\w-]+\.(?:md|ipynb))\)", (DOCS / "index.md").read_text())
    pages = {path.name for path in DOCS.iterdir() if path.suffix in (".md", ".ipynb")}
    assert sorted(listed) == sorted(pages - {"index.md"})


@pytest.mark.slow
def test_the_guide_is_made_without_a_warning(tmp_path):
    pytest.importorskip("sphinx", reason="the extra [docs] is not installed")
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "http_proxy": "http://127.0.0.1:9"}
    result = subprocess.run(
        [*command, "-d", str(tmp_path / "trees"), str(DOCS), str(tmp_path / "guide")],
        env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    made = (tmp_path / "guide" / "index.html").read_text()
    # Each page stands in the contents, and nothing is fetched from elsewhere.
    assert 'href="table-format.html"' in made
    assert not re.findall(r'(?:src=|<link [^>]*href=)"(?:https?:)?//[^"]*"', made)
    # Pygments colours a command, and loses nothing of it.
    shown = re.sub("<[^>]+>", "", (tmp_path / "guide" / "diff.html").read_text())
    assert "$ archcount diff mobilenet_v1 tests/data/wrong_mobilenet.py:MobileNet\n" in shown
    assert 'role="heading" aria-level="2"' in made
    assert 'id="archcount.count"' in (tmp_path / "guide" / "api.html").read_text()
