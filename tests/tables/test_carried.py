"""Every published figure is carried by a table, or has a reason why none does."""

from __future__ import annotations

import carried
import pytest

MISSING = tuple(carried.not_carried())
REASONS = carried.reasons()


def test_every_figure_is_carried_or_has_a_reason():
    without = [figure for figure in MISSING if not any(each.holds(figure) for each in REASONS)]
    assert not without


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: f"{reason.file} {reason.row}")
def test_every_reason_is_of_a_figure(reason):
    """A reason before it may hold too, but not of all its figures."""
    before = REASONS[: REASONS.index(reason)]
    assert any(
        reason.holds(figure) and not any(other.holds(figure) for other in before)
        for figure in MISSING
    )


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,502M", "1502"),
        ("3.8×10^9", "3.8"),
        ("1.8e9", "1.8"),
        ("~4.1G", "4.1"),
        ("94.86%", "94.86"),
        ("12x fewer", "12"),
        ("256x28x28", "28x28x256"),
        ("1x1x1024", "1024"),
    ],
)
def test_a_number_is_told_by_its_digits(text, number):
    assert carried.number(text) == number


def test_a_number_printed_twice_must_be_carried_twice(monkeypatch):
    """LeNet-5's file prints 1516 once; without that cell one figure more is missing."""
    read = carried.Carried.read()
    read.by_table["lenet5"]["1516"] -= 1
    monkeypatch.setattr(carried.Carried, "read", classmethod(lambda cls: read))
    found = set(carried.not_carried()) - set(MISSING)
    assert {(figure.file, figure.text) for figure in found} == {
        ("lenet5_ieee1998_text.csv", "1516")
    }
