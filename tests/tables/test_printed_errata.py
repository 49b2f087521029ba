"""The errata: complete, by the paper that prints the number, each with a command that shows it."""

from __future__ import annotations

import shlex
from dataclasses import replace
from itertools import groupby

import pytest
from helpers.commands import run

import archcount as ac
from archcount.spec.catalogue import shipped_tables

ERRATA = ac.errata().record


@pytest.mark.parametrize("name", shipped_tables())
def test_all_that_a_file_declares_is_listed(name):
    table = ac.load(name)
    listed = [item for item in ERRATA if item.table == name]
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


def test_an_erratum_says_what_is_printed_where_what_it_should_be_and_how_sure_it_is():
    """LeNet-5's C3 has 60 x 25 weights and 16 biases; at 10 x 10 positions 151,600 connections."""
    [item] = [item for item in ERRATA if item.table == "lenet5" and item.printed == "156 000"]
    assert item.cell == "sec. II.B, Fig. 2 and Table I, C3, connections"
    assert (item.computed, item.verdict) == ("151,600", "contradiction")
    assert item.certainty.startswith("certain")
    assert item.command == "archcount explain lenet5 C3"
    assert item.paper == (
        "Yann LeCun et al. 1998, Gradient-Based Learning Applied to Document Recognition"
    )
    assert "1,516 parameters at 10 x 10 positions are 151,600" in item.because


def test_a_number_that_another_paper_prints_is_an_erratum_of_that_paper():
    """MobileNet's Table 8 prints 6.8M parameters of GoogLeNet."""
    [item] = [item for item in ERRATA if item.table == "googlenet" and item.printed == "6.8M"]
    assert item.source.arxiv.startswith("1704.04861")
    assert item.source.year == 2017
    assert item.cell == "Table 8 (params)"
    assert "arXiv:1704.04861" in item.paper


def test_errata_of_a_paper_stand_together_the_oldest_first():
    papers = [paper for paper, _ in groupby(ERRATA, key=lambda item: item.paper)]
    assert len(papers) == len(set(papers))
    years = [item.source.year or 9999 for item in ERRATA]
    assert years == sorted(years)


@pytest.mark.parametrize("verdict", ["off", "contradiction", "convention", "reading"])
def test_the_command_of_an_erratum_shows_its_number(verdict):
    item = next(item for item in ERRATA if item.verdict == verdict)
    shown = run(*shlex.split(item.command)[1:], "--engine", "formula")
    assert shown.returncode == 0
    assert item.printed in shown.stdout


def test_names_choose_tables():
    assert {item.table for item in ac.errata("enet", "lenet5").record} == {"enet", "lenet5"}
    assert "no printed number is declared" in ac.errata("unet").render("plain")


@pytest.mark.parametrize("form", ["plain", "md", "html", "rich"])
def test_every_erratum_is_in_every_format(form):
    text = ac.errata("gpt3").render(form, width=80, colour=False)
    for item in ac.errata("gpt3").record:
        assert f"{item.cell}: printed {item.printed}, counted {item.computed}" in text
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
        for words in (item.explanation, f"`{item.command}`"):
            assert words in whole
            assert words not in brief
    assert replace(report, detail="answer").render("plain") == f"{answer}\n"
