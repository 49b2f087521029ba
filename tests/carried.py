"""List the printed figures of tests/data/published that no table carries, with the reason of each.

The files there are transcriptions of printed tables, one file each, and of printed totals.
`python tests/carried.py` prints the list; `tests/tables/test_carried.py` holds that every figure is
carried by a table or has a reason.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
PUBLISHED = HERE / "data" / "published"
TABLES = HERE.parent / "tables"
REASONS = HERE / "data" / "not_carried.yaml"
TOTALS = ("totals.csv", "totals_wave2.csv")
"""The files whose rows name the paper that prints them; their figures may be of any table."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A printed number: its file, row, column and text, and the paper where the row names one."""

    file: str
    row: str
    column: str
    text: str
    paper: str = ""


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why no table carries some figures, which patterns as of a shell name."""

    file: str
    row: str = "*"
    column: str = "*"
    because: str

    def holds(self, figure: Figure) -> bool:
        """Return whether the reason is one of this figure."""
        return all(
            fnmatchcase(getattr(figure, name), getattr(self, name))
            for name in ("file", "row", "column")
        )


def figures(path: Path) -> Iterator[Figure]:
    """Yield the cells of a file that begin with a number."""
    with path.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            row = ", ".join(value for value in list(line.values())[:2] if value)
            paper = line.get("arXiv") or line.get("paper") or "" if path.name in TOTALS else ""
            for column, text in joined(line):
                if column in LABELS:
                    continue
                for part in text.split(" / ") if path.name in TOTALS else [text]:
                    if re.match(r"[~≈<>+-]?\s*\d", part):
                        yield Figure(file=path.name, row=row, column=column, text=part, paper=paper)


def joined(line: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the cells of a line, those of a size as one."""
    sides = next((each for each in SIDES if set(each) <= line.keys()), ())
    if sides:
        yield "output", "x".join(filter(None, (line[side] for side in sides)))
    yield from ((column, text or "") for column, text in line.items() if column not in sides)


OF_TABLES = {
    "gpt2_table2.csv": ("gpt2",),
    "lecun1989_text.csv": ("lenet1989",),
    "lenet5_ieee1998_text.csv": ("lenet5",),
    "lenet5_c3_connection_table.csv": ("lenet5",),
    "alexnet_layers.csv": ("alexnet",),
    "mistral7b_mixtral_table1.csv": ("mistral", "mixtral"),
    "totals.csv": ("alexnet",),
    "totals_wave2.csv": ("bloom", "gpt2", "lenet1989", "lenet5"),
}
"""The tables that carry a file's figures, where the paper is not on arXiv or there are two."""
SIDES = (("out_h", "out_w", "out_c"), ("size", "maps"))
"""Columns that are together the size that a table has in one cell."""
LABELS = (
    *("arXiv", "place", "source", "table", "part", "paper", "location", "unit"),
    *("row", "module", "stage", "step", "model", "Model", "S2 map"),
)
"""Columns that say where a number stands, or of what it is."""


def number(text: str) -> str:
    """Return a printed number without its unit or power; of a size its sides but 1, in order."""
    plain = re.sub(r"[\s,~≈]|about", "", text.lower().replace("×", "x"))
    if re.fullmatch(r"\d+(x\d+)+", plain):
        sides = sorted(plain.split("x"), key=int)
        return "x".join([side for side in sides if side != "1"] or sides)
    return re.sub(r"(?<=\d)([a-z%]|x10\^).*$", "", plain)


def texts(tree: Any, paper: str = "") -> Iterator[tuple[str, str]]:
    """Yield the cells, claims and names' numbers of a table file, each with the paper of it."""
    if isinstance(tree, list):
        for item in tree:
            yield from texts(item, paper)
    if not isinstance(tree, dict):
        return
    source = tree.get("source")
    paper = (
        source.get("arxiv") or paper if isinstance(source, dict) and "title" in source else paper
    )
    if "printed" in tree and "what" in tree:
        yield str(tree.get("paper", paper)).removeprefix("arXiv:"), str(tree["printed"])
    for key, value in tree.items():
        if key == "table" and isinstance(value, str):
            yield from ((paper, cell) for cell in re.split(r"[|\n]", value))
        elif key == "let":
            yield from ((paper, str(cell)) for cell in value.values())
        elif key == "cells":
            yield from ((paper, str(cell)) for row in value.values() for cell in row.values())
        else:
            yield from texts(value, paper)


def identifier(paper: str) -> str:
    """Return an arXiv number without its version and remarks."""
    found = re.search(r"\d{4}\.\d{4,5}", paper)
    return found.group() if found else ""


@dataclass(frozen=True, kw_only=True)
class Carried:
    """The printed numbers of all tables, by paper and by table."""

    by_paper: dict[str, Counter[str]]
    by_table: dict[str, Counter[str]]

    @classmethod
    def read(cls, folder: Path = TABLES) -> Carried:
        """Read every table file."""
        papers: dict[str, Counter[str]] = defaultdict(Counter)
        tables: dict[str, Counter[str]] = defaultdict(Counter)
        for path in sorted(folder.glob("*.yaml")):
            for paper, text in texts(yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)):
                papers[identifier(paper)][number(text)] += 1
                tables[path.stem][number(text)] += 1
        return cls(by_paper=papers, by_table=tables)


def published_papers() -> dict[str, str]:
    """Return the arXiv number of each file's paper, from the description of the files."""
    text = (PUBLISHED / "README.md").read_text(encoding="utf-8")
    papers = {}
    for line in text.splitlines():
        if line.startswith("|"):
            papers |= dict.fromkeys(re.findall(r"[\w.-]+\.csv", line), identifier(line))
    return papers


def not_carried() -> Iterator[Figure]:
    """Yield every figure that no table carries, as often as it is printed and not carried.

    A number that is printed twice in a file must be carried twice. The totals repeat what other
    files hold too, so that of them it is enough that a table carries the number.
    """
    found, papers = Carried.read(), published_papers()
    for path in sorted(PUBLISHED.glob("*.csv")):
        own = [found.by_table[name] for name in OF_TABLES.get(path.name, ())]
        left = sum(own, Counter()) or +found.by_paper[papers.get(path.name, "")]
        for figure in figures(path):
            key = number(figure.text)
            if figure.paper:
                pool = sum((found.by_paper[identifier(figure.paper)], *own), Counter())
                if not pool[key]:
                    yield figure
            elif left[key]:
                left[key] -= 1
            else:
                yield figure


def reasons() -> list[Reason]:
    """Return the reasons that stand in tests/data/not_carried.yaml."""
    return [Reason(**entry) for entry in yaml.safe_load(REASONS.read_text(encoding="utf-8"))]


def main() -> None:
    """Print every figure that no table carries and has no reason, then their number by reason."""
    held, lines = reasons(), Counter[tuple[str, str]]()
    for figure in not_carried():
        because = next((each.because for each in held if each.holds(figure)), "NO REASON")
        lines[figure.file, because] += 1
        if because == "NO REASON":
            print(f"{figure.file}: {figure.row}: {figure.column} {figure.text}")  # noqa: T201
    for (file, because), count in lines.items():
        print(f"{count:5} {file}: {because}")  # noqa: T201
    every = sum(len(list(figures(path))) for path in PUBLISHED.glob("*.csv"))
    print(f"{sum(lines.values()):5} of {every} figures are not carried")  # noqa: T201


if __name__ == "__main__":
    main()
