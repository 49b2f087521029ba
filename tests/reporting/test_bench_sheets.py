"""The figures of a benchmark as people read them: the answer, warnings, narrow terminals."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from helpers.measurements import measured, run

from archcount.api.bench_report import BenchReport
from archcount.benchmark.results import ProcessScaling, RowTime, Tuned
from archcount.benchmark.samples import WarmUp
from archcount.benchmark.settings import Configuration

LONG = "mobilenet_v1@0.25-224"


def shown(benchmark, width=160) -> str:
    return BenchReport(benchmark).render("rich", width=width, colour=False)


def closing(benchmark) -> str:
    return BenchReport(benchmark).render("plain").splitlines()[-1]


def test_the_last_line_says_what_is_fastest_and_how_sure_that_is():
    # medians of 10 and 20 ms of 4 images, each known to about 0.2 %
    words = closing(run(measured(1), measured(2, target="vgg@D", seed=1)))
    found = re.fullmatch(
        r"forward: googlenet is fastest with (\S+) images/s ±0\.\d%, (\S+) times as many as vgg@D "
        r"\(95% interval (\S+) to (\S+)\)",
        words,
    )
    assert found is not None, words
    speed, ratio, low, high = map(float, found.groups())
    assert speed == pytest.approx(400, rel=0.01)
    assert ratio == pytest.approx(2, rel=0.01)
    assert 1.97 < low < ratio < high < 2.03


def test_batches_are_compared_by_their_images():
    # 4 images in 10 ms, 16 in 20 ms: twice as many a second
    words = closing(run(measured(1), measured(2, batch=16, seed=1)))
    assert "googlenet, batch 16 is fastest with 80" in words
    assert re.search(r", (1\.99|2\.0\d) times as many as googlenet, batch 4", words)


def test_equal_ones_are_not_called_faster():
    words = closing(run(measured(1), measured(1, target="vgg@D", seed=1)))
    assert "but not clearly faster than" in words


def test_each_mode_has_its_part_of_the_sentence():
    words = closing(run(measured(1), measured(3, mode="train")))
    assert re.fullmatch(r"forward: googlenet runs 400 .*; train: googlenet runs 13\d .*", words)


def test_the_sentence_says_what_is_less_sure_than_asked_for():
    exact = run(measured(1))
    narrow = replace(exact, plan=replace(exact.plan, target=0.0001))
    assert closing(narrow).endswith("; not all within the ±0.0% asked for")
    assert "asked for" not in closing(exact)


def test_the_sentence_of_several_processes():
    scaling = ProcessScaling(
        configuration=Configuration(target="googlenet", mode="train"),
        processes=2,
        rank_images_per_second=(45.0, 45.0),
        single_images_per_second=50.0,
    )  # 90 of one alone's 50
    words = closing(replace(run(), scaling=(scaling,)))
    assert words == "googlenet train: 2 processes are 1.80 times as fast as one"


def test_a_warning_stands_once_with_all_that_it_is_about():
    warm = WarmUp(iterations=7, wall_ns=1, settled=False, medians_ns=(1,))
    items = [
        replace(measured(1, target=name), warm_up=warm, stopped="budget") for name in ("a", "b")
    ]
    text = BenchReport(run(*items)).render("plain")
    assert text.count("times were not stable") == 1
    assert text.count("Use a larger --budget") == 1
    assert "a forward, batch 4, float32 (after 7 iterations); b forward, batch 4" in text


def tuning(**settings) -> Tuned:
    known = {"target": LONG, "mode": "forward", "batch": 1, "plain": "float32", "error": 1.1e-7}
    known |= {"low": 0.5, "high": 0.7, "first_call_ns": 10**9}
    return Tuned(**known, **settings)


ROW = RowTime(
    id="dw_pw7_11", forward_ns=8_924_000, backward_ns=None, forward_bytes=8_000, backward_bytes=None
)


@pytest.mark.parametrize("width", [60, 80, 160])
def test_no_name_or_number_is_broken(width):
    items = [
        replace(measured(1, target=LONG), rows=(ROW, replace(ROW, id="avgpool"))),
        measured(2, target="resnet@50", channels_last=True, seed=1),
    ]
    ways = (
        tuning(settings="float32, channels last", ratio=0.6),
        tuning(settings="float32, compile default, channels last", ratio=0.65),
    )
    text = shown(replace(run(*items), tuned=ways), width)
    assert max(map(len, text.splitlines())) <= width
    words = {*text.split()}
    for whole in (
        LONG,
        "resnet@50",
        "dw_pw7_11",
        "0.600×",
        "0.650×",
        "1.1e-07",
        "8.924",
        "images/s",
    ):
        assert whole in words, whole
    assert "float32" in text.replace(",", " ").split()


def test_the_fastest_settings_are_said_last():
    ways = (tuning(settings="float32, channels last", ratio=0.6),)
    words = closing(replace(run(measured(1)), tuned=ways))
    # 1 / 0.6, 1 / 0.7 and 1 / 0.5
    assert words == (
        f"{LONG} forward, batch 1: float32, channels last is fastest, 1.67 times as fast as the "
        "plain settings (95% interval 1.43 to 2.00)"
    )
