"""The commands of the README and of pages under docs/: run them, compare their outputs, or write them anew (`make docs`)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = (README, ROOT / "docs" / "networks.md", ROOT / "docs" / "models.md")
"""The pages whose console blocks are run."""
PICTURE = ROOT / "docs" / "table.svg"
_BLOCK = re.compile(r"(?<=```console\n)(\$ .*\n)((?:.*\n)*?)(?=```)")


def run(command: str) -> str:
    """Run a shell command with this environment's `archcount`; give what it printed."""
    folder = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": folder + os.pathsep + os.environ["PATH"]}
    result = subprocess.run(
        command, shell=True, capture_output=True, text=True, cwd=ROOT, env=environment, check=True
    )
    return result.stdout


def commands(text: str) -> list[tuple[str, str]]:
    """Give the commands of a text and the outputs that stand below them."""
    return [(match[1][2:].strip(), match[2]) for match in _BLOCK.finditer(text)]


def rewritten(text: str) -> str:
    """Give the text with the real outputs."""
    return _BLOCK.sub(lambda match: match[1] + run(match[1][2:]), text)


def picture() -> str:
    """Draw the README's picture."""
    return run("archcount table --compare-paper --format svg")


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(rewritten(page.read_text()))
    PICTURE.write_text(picture())
