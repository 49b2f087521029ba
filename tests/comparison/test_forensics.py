"""What is planted is found, and nothing is found that was not planted (see `planted`)."""

from __future__ import annotations

import planted
import planted_families as families
import pytest
from planted import COLUMN_CAUSES, ROW_CAUSES, Folder, outcomes, rate
from planted_families import FAMILIES

MANY = pytest.mark.parametrize("cases", [100, pytest.param(500, marks=pytest.mark.slow)])


@pytest.fixture
def folder(tmp_path) -> Folder:
    return Folder(tmp_path)


def check_rates(found: list[planted.Outcome]) -> None:
    told = [item for item in found if item.told]
    column = [item for item in told if item.cause in COLUMN_CAUSES]
    row = [item for item in told if item.cause in ROW_CAUSES]
    assert len(column) + len(row) == len(told)
    assert sum(item.false_match for item in found) == 0
    assert rate(column, 1) >= 0.95
    assert rate(row, 10**9) >= 0.95
    assert rate(row, 5) >= 0.80
    # What touches a whole column is no contradiction of the paper with itself.
    assert sum(item.contradictions for item in column) == 0


def test_a_sample_of_planted_causes_is_found(folder):
    found = list(outcomes(60, 11, (*COLUMN_CAUSES, *ROW_CAUSES), folder))
    assert sum(item.told for item in found) == 60
    check_rates(found)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
@pytest.mark.parametrize("cases", [8, pytest.param(96, marks=pytest.mark.slow)])
def test_causes_in_blocks_with_arguments_and_derived_widths_are_found(folder, family, cases):
    """The shares that are asked of tables of convolutions, of MobileNetV2's and EfficientNet's."""
    found = list(outcomes(cases, 7, families.causes(family), folder, family))
    told = [item for item in found if item.told]
    assert len(told) == cases
    assert sum(item.false_match for item in found) == 0
    assert rate(told, 10**9) >= 0.95
    assert rate(told, 5) >= 0.80
    said = [item for item in told if item.believed]
    assert len(said) >= cases / 3
    assert rate(said, 1) >= 0.9
    assert planted.false_contradictions(cases, 8, folder, family) == 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_planted_causes_are_found(folder, seed):
    found = list(outcomes(300, seed, (*COLUMN_CAUSES, *ROW_CAUSES), folder))
    assert sum(item.told for item in found) == 300
    check_rates(found)
    # What is said of a row is right far more often than what merely fits.
    said = [item for item in found if item.believed]
    assert len(said) >= 50
    assert rate(said, 1) >= 0.9


@MANY
def test_correct_tables_have_no_contradiction_and_no_other_verdict_than_match(folder, cases):
    assert planted.false_contradictions(cases, 5, folder) == 0


@MANY
def test_conventions_are_inferred(folder, cases):
    found = list(planted.inferences(cases, 6, folder))
    assert len(found) == cases
    told = [item for item in found if not item.tied]
    assert sum(item.same for item in told) / len(told) >= 0.95
    assert sum(item.same or item.tied for item in found) / len(found) >= 0.95


def test_the_harness_prints_as_papers_do():
    # 163,328 / 1024 = 159.5; 9,408 / 1024 = 9.1875; 118,013,952 / 10^6
    assert planted.shorten(163_328, "params", 1024, "nearest") == "160K"
    assert planted.shorten(163_328, "params", 1024, "down") == "159K"
    assert planted.shorten(9_408, "params", 1024, "nearest", 2) == "9.2K"
    assert planted.shorten(118_013_952, "ops", 1000, "nearest") == "118M"
