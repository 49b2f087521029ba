"""What the pages show of the tool: outputs of commands, a picture, and the lists of layers; `make docs` writes them anew."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from typer.testing import CliRunner

import archcount as ac
from archcount.cli.app import app
from archcount.layers.by_word import FOLLOWERS, JOINS, KINDS, NAMED_JOINS

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PICTURE = ROOT / "docs" / "table.svg"
DRAWING = ROOT / "docs" / "transformer.svg"
GUIDE = ROOT / "docs" / "table-format.md"
"""The page whose commands run on the table files that it shows."""
PAGES = (README, *sorted(page for page in GUIDE.parent.glob("*.md") if page != GUIDE))
"""The other pages, whose commands run in the repository."""
TOUR = ROOT / "docs" / "tour.ipynb"
"""The notebook, whose cells are run; it keeps what they gave as text."""
REFERENCE = ROOT / "docs" / "table-reference.md"
"""The page whose lists of layers and joins are made from their classes."""
_BLOCK = re.compile(r"(?<=```console\n)(\$ .*\n)((?:.*\n)*?)(?=```)")
_TABLE = re.compile(r"(?<=```yaml\n)archcount: 1\nname: (\S+)\n(?:.*\n)*?(?=```)")


def drawing() -> str:
    """Draw the network that stands in the page on drawing."""
    return ac.draw("transformer").to_svg()


def run(command: str) -> str:
    """Run a shell command with this environment's `archcount`; give what it printed."""
    folder = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": folder + os.pathsep + os.environ["PATH"]}
    result = subprocess.run(
        command, shell=True, capture_output=True, text=True, cwd=ROOT, env=environment, check=True
    )
    return result.stdout


def run_here(command: str, folder: Path) -> str:
    """Run an `archcount` command in this process, in a folder; give what it printed.

    What stands behind a pipe is run by the shell on its output.
    """
    command, _, behind = command.partition(" | ")
    with chdir(folder):
        result = CliRunner().invoke(app, shlex.split(command)[1:], catch_exceptions=False)
    if result.exit_code:
        raise RuntimeError(f"{command}: {result.output}")
    if not behind:
        return result.stdout
    return subprocess.run(
        behind, shell=True, input=result.stdout, capture_output=True, text=True, check=True
    ).stdout


def tables(text: str) -> dict[str, str]:
    """Give the complete table files that a page shows, by file name."""
    return {f"{match[1]}.yaml": match[0] for match in _TABLE.finditer(text)}


def write_tables(text: str, folder: Path) -> None:
    """Write the table files of a page to a folder."""
    for name, table in tables(text).items():
        (folder / name).write_text(table)


def commands(text: str) -> list[tuple[str, str]]:
    """Give the commands of a text and the outputs that stand below them."""
    return [(match[1][2:].strip(), match[2]) for match in _BLOCK.finditer(text)]


def rewritten(text: str) -> str:
    """Give the text with the real outputs."""
    return _BLOCK.sub(lambda match: match[1] + run(match[1][2:]), text)


def rewritten_guide(text: str) -> str:
    """Give the text of the guide with the real outputs."""
    with TemporaryDirectory() as name:
        write_tables(text, Path(name))
        return _BLOCK.sub(lambda match: match[1] + run_here(match[1][2:], Path(name)), text)


def executed(notebook: Path) -> dict[str, Any]:
    """Run the cells of a notebook in a kernel of its own; raise an error where one of them does."""
    from nbclient import NotebookClient
    from nbformat import NO_CONVERT, read
    from traitlets.config import Config

    found = read(notebook, NO_CONVERT)
    within = Config({"KernelManager": {"transport": "ipc"}})  # no port is opened
    NotebookClient(found, timeout=600, config=within).execute()
    for cell in found.cells:
        cell.metadata.clear()  # when it was run
        for output in cell.get("outputs", ()):
            for form in [*output.get("data", ())]:
                if form != "text/plain":
                    del output["data"][form]
    return dict(found)


def picture() -> str:
    """Draw the README's picture."""
    return run("archcount table --compare-paper --format svg")


GENERATED: dict[Path, dict[str, Callable[[], list[str]]]] = {
    REFERENCE: {"joins": lambda: _joins(), "layers": lambda: _layers()},
    ROOT / "docs" / "zoo.md": {
        "tally": lambda: shown("archcount check --all --engine formula --format md")
    },
    ROOT / "docs" / "errata.md": {"errata": lambda: shown("archcount errata -v --format md")},
}
"""The pages with parts that are made anew, and how each is made."""


def part(path: Path, name: str) -> list[str]:
    """Give the lines of a part of a page that is made anew."""
    _, _, rest = path.read_text().partition(f"<!-- {name}: written by make docs -->\n")
    return rest.partition(f"<!-- end of {name} -->")[0].splitlines()


def shown(command: str) -> list[str]:
    """Give the lines of a report in Markdown."""
    return ["", *run(command).splitlines(), ""]


LIGHT = (REFERENCE,)
"""Those that are made without counting every table; other tests hold the rest to a count."""


def generated(path: Path) -> str:
    """Give a page with its parts made anew."""
    page = path.read_text()
    for name, made in GENERATED[path].items():
        lines = made()
        start, end = f"<!-- {name}: written by make docs -->\n", f"<!-- end of {name} -->"
        before, _, rest = page.partition(start)
        page = before + start + "\n".join([*lines, end]) + rest.partition(end)[2]
    return page


def _layers() -> list[str]:
    lines = ["| layer | options | what |", "|---|---|---|"]
    for word, kind in KINDS.items():
        if word in kind.aliases:
            continue
        arguments = kind.arguments()
        places = sorted(item.position for item in arguments if item.position is not None)
        named = {item.position: item for item in arguments}
        written = [
            named[place].name.upper() if named[place].required else f"[{named[place].name.upper()}]"
            for place in places
        ]
        options = [
            f"`{item.name}`{'*' * item.shared}" for item in arguments if item.position is None
        ]
        # The table has defaults for what follows a convolution, and none for a linear layer.
        shared = "*" * ("norm" in kind.follows)
        options += [f"`{option}`{shared}" for option in kind.follows]
        lines.append(f"| `{' '.join([word, *written])}` | {' '.join(options)} | {_what(kind)} |")
    words = (
        f"`{option}` is `none`, {', '.join(f'`{word}`' for word in followers)}"
        for option, followers in FOLLOWERS.items()
    )
    return [*lines, "", f"{'; '.join(words)}: they follow the layer, norm first."]


def _joins() -> list[str]:
    return [
        "| join | what |",
        "|---|---|",
        *(f"| `{word}: [...]` | {_what(join)} |" for word, join in JOINS.items()),
        *(f"| `{word}: {{...}}` | {_what(join)} |" for word, join in NAMED_JOINS.items()),
    ]


def _what(kind: type) -> str:
    """Give the first line of a class's description."""
    return kind.__doc__.splitlines()[0].rstrip(".")


if __name__ == "__main__":
    for path in GENERATED:
        path.write_text(generated(path))
    GUIDE.write_text(rewritten_guide(GUIDE.read_text()))
    for page in PAGES:
        page.write_text(rewritten(page.read_text()))
    PICTURE.write_text(picture())
    DRAWING.write_text(drawing())
    TOUR.write_text(json.dumps(executed(TOUR), indent=1, ensure_ascii=False) + "\n")
