"""The list of what is known to be wrong in print."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import readme
import yaml
from markdown_it import MarkdownIt

import archcount as ac

TABLES = Path(__file__).parents[2] / "tables"


def declared(document: Any) -> int:
    """Count the errata of a file: the entries of `errata:` and the claims with an `erratum:`."""
    if isinstance(document, dict):
        here = len(document["errata"]) if "errata" in document else 0
        rest = [value for key, value in document.items() if key != "errata"]
        return here + ("erratum" in document) + sum(map(declared, rest))
    return sum(map(declared, document)) if isinstance(document, list) else 0


def test_every_declared_erratum_is_listed_once_and_disagrees():
    report = ac.errata()
    listed = Counter(item.table for item in report.record)
    for file in TABLES.glob("*.yaml"):
        assert listed[file.stem] >= declared(yaml.safe_load(file.read_text())), file
    assert len(set(report.record)) == len(report.record)
    assert not {item.verdict for item in report.record} & {"match", "unpublished"}
    assert all(item.because and item.printed and item.computed for item in report.record)
    # docs/errata.md has it, as `make docs` writes it
    page = readme.part(readme.ROOT / "docs" / "errata.md", "errata")
    whole = replace(report, detail="everything")
    assert page == ["", *whole.to_markdown().splitlines(), ""]
    # Each sentence on a number has a line of its own where Markdown is shown.
    shown = MarkdownIt().render(whole.to_markdown())
    assert shown.count("<br />") == 3 * len(report.record)


def test_an_erratum_is_listed_with_both_numbers_and_the_reason_of_the_file():
    # 480 x 192 + 480 x 96 + 96 x 9 x 208 + 480 x 16 + 16 x 25 x 48 + 480 x 64 = 375,552 weights
    # of the printed filters, which are 366.75 x 1024.
    cells = {item.cell: item for item in ac.errata("googlenet").record}
    erratum = cells["Table 1, inception_4a, params"]
    assert (erratum.printed, erratum.computed, erratum.verdict) == ("364K", "366.8K", "off")
    assert "366.75" in erratum.because
