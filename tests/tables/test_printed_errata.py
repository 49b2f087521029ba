"""The errata: complete, by the paper that prints the number, each with a command that shows it."""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import replace
from itertools import groupby
from typing import Any

import pytest
import readme
import yaml
from helpers.commands import invoke
from markdown_it import MarkdownIt

import archcount as ac
from archcount.spec.catalogue import shipped_tables


@pytest.fixture(scope="module")
def report():
    """The errata of every table; these tests are of one file, so that one process makes it."""
    return ac.errata()


@pytest.mark.parametrize("name", shipped_tables())
def test_all_that_a_file_declares_is_listed(name, report):
    table = ac.load(name)
    listed = [item for item in report.record if item.table == name]
    for variant in table.networks:
        printed = table.variant(variant).printed
        because = [each.because for each in (*printed.errata, *printed.readings)]
        because += [claim.erratum.because for claim in printed.claims if claim.erratum]
        found = {item.because for item in listed if item.variant == variant}
        assert found == set(because)
        # a cell has one entry, a reading one for each number of its row
        assert sum(item.variant == variant for item in listed) >= len(because) - len(
            printed.readings
        )


def declared(document: Any) -> int:
    """Count the errata of a file: the entries of `errata:` and the claims with an `erratum:`."""
    if isinstance(document, dict):
        here = len(document["errata"]) if "errata" in document else 0
        rest = [value for key, value in document.items() if key != "errata"]
        return here + ("erratum" in document) + sum(map(declared, rest))
    return sum(map(declared, document)) if isinstance(document, list) else 0


def test_every_declared_erratum_is_listed_once_and_disagrees(report):
    listed = Counter(item.table for item in report.record)
    for name, file in shipped_tables().items():
        assert listed[name] >= declared(yaml.safe_load(file.read_text())), file
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


def test_an_erratum_says_what_is_printed_where_what_it_should_be_and_how_sure_it_is(report):
    """LeNet-5's C3 has 60 x 25 weights and 16 biases; at 10 x 10 positions 151,600 connections."""
    [item] = [
        item for item in report.record if item.table == "lenet5" and item.printed == "156 000"
    ]
    assert item.cell == "sec. II.B, Fig. 2 and Table I, C3, connections"
    assert (item.computed, item.verdict) == ("151,600", "contradiction")
    assert item.certainty.startswith("certain")
    assert item.command == "archcount explain lenet5 C3"
    assert item.paper == (
        "Yann LeCun et al. 1998, Gradient-Based Learning Applied to Document Recognition"
    )
    assert "1,516 parameters at 10 x 10 positions are 151,600" in item.because


def test_a_number_that_another_paper_prints_is_an_erratum_of_that_paper(report):
    """MobileNet's Table 8 prints 6.8M parameters of GoogLeNet."""
    [item] = [
        item for item in report.record if item.table == "googlenet" and item.printed == "6.8M"
    ]
    assert item.source.arxiv.startswith("1704.04861")
    assert item.source.year == 2017
    assert item.cell == "Table 8 (params)"
    assert "arXiv:1704.04861" in item.paper


def test_errata_of_a_paper_stand_together_the_oldest_first(report):
    papers = [paper for paper, _ in groupby(report.record, key=lambda item: item.paper)]
    assert len(papers) == len(set(papers))
    years = [item.source.year or 9999 for item in report.record]
    assert years == sorted(years)


@pytest.mark.parametrize("verdict", ["off", "contradiction", "convention", "reading"])
def test_the_command_of_an_erratum_shows_its_number(verdict, report):
    item = next(item for item in report.record if item.verdict == verdict)
    shown = invoke(*shlex.split(item.command)[1:], "--engine", "formula")
    assert shown.returncode == 0
    assert item.printed in shown.stdout


def test_names_choose_tables():
    assert {item.table for item in ac.errata("enet", "lenet5").record} == {"enet", "lenet5"}
    assert "no printed number is declared" in ac.errata("unet").render("plain")


def test_every_erratum_is_in_every_format():
    found = ac.errata("gpt3")
    for form in ("plain", "md", "html", "rich"):
        text = found.render(form, width=80, colour=False)
        for item in found.record:
            assert f"{item.cell}: printed {item.printed}, counted {item.computed}" in text, form
        assert "<table>" not in text


def test_the_arithmetic_and_the_command_are_shown_on_request():
    report = ac.errata("lenet5")
    answer = "2 printed numbers of 1 paper are known not to match: 1 contradiction, 1 off"
    brief, whole = (
        replace(report, detail=detail).render("plain") for detail in ("findings", "everything")
    )
    for text in (brief, whole):
        assert text.splitlines()[0] == text.splitlines()[-1] == report.answer == answer
        assert all(item.because in text for item in report.record)
        assert "convention: likely" not in text  # neither is one
    for item in report.record:
        for words in (item.explanation, item.command):
            assert words in whole
            assert words not in brief
    assert replace(report, detail="answer").render("plain") == f"{answer}\n"
