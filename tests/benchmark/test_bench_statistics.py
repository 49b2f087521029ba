"""Coverage of confidence intervals, stopping rules, and comparison of runs."""

from __future__ import annotations

import math
import tracemalloc
from itertools import product
from statistics import NormalDist

import numpy as np
import pytest
from helpers.measurements import BASE, block, measured, run

from archcount.benchmark.comparing import CONFIDENCE, compare_benchmarks, judge
from archcount.benchmark.results import Measurement
from archcount.benchmark.samples import Block
from archcount.benchmark.sampling import Sampling, Warming, block_length
from archcount.benchmark.settings import Configuration, RunSettings
from archcount.benchmark.statistics import (
    clusters,
    describe,
    interval_of_median,
    interval_of_ratio,
)

RUNS = 1000


def normal(rng, number):
    return rng.normal(1, 0.02, number)


def skewed(rng, number):
    return 1 + rng.lognormal(-4, 1, number)


def bimodal(rng, number):
    quick = rng.random(number) < 0.7
    return np.where(quick, rng.normal(1, 0.01, number), rng.normal(1.1, 0.01, number))


# The median of exp(N(-4, 1)) is exp(-4). Of the mixture, half of all lie below x where
# 0.7 F((x - 1) / 0.01) = 0.5, the slower mode being ten deviations away.
TIMES = {
    "normal": (normal, 1.0),
    "skewed": (skewed, 1 + math.exp(-4)),
    "bimodal": (bimodal, 1 + 0.01 * NormalDist().inv_cdf(0.5 / 0.7)),
}


@pytest.mark.parametrize(
    "blocks_by_length", [(20, 5), pytest.param((30, 10), marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("name", TIMES)
def test_the_interval_contains_the_true_median_in_95_percent_of_runs(name, blocks_by_length):
    draw, truth = TIMES[name]
    number, length = blocks_by_length
    contained = 0
    for seed in range(RUNS):
        rng = np.random.default_rng(seed)
        low, high = interval_of_median(list(draw(rng, number * length).reshape(number, length)))
        contained += low <= truth <= high
    assert 930 <= contained <= 970


@pytest.mark.parametrize(
    ("name", "length"),
    [
        pytest.param(*each, marks=[] if each == ("normal", 1) else pytest.mark.slow)
        for each in product(TIMES, [1, 3])
    ],
)
def test_the_interval_contains_it_when_sampling_stops_by_itself(name, length):
    """With a check after every block from the sixth on, normal times of length 1 fail."""
    draw, truth = TIMES[name]
    contained = 0
    for seed in range(RUNS):
        rng = np.random.default_rng(seed)
        sampling = Sampling(plan=RunSettings(target=0.01, budget=100), iteration_ns=BASE)
        while not sampling.stopped:
            sampling.add(block(draw(rng, length)))
        assert sampling.stopped == "target"
        found = describe(sampling.blocks)
        contained += found.low_ns <= BASE * truth <= found.high_ns
    assert 930 <= contained <= 970


def test_correlated_iterations_do_not_narrow_the_interval():
    """Blocks differ by 2 %, iterations of one block hardly: resample blocks, not iterations."""
    contained = 0
    for seed in range(RUNS):
        rng = np.random.default_rng(seed)
        blocks = [centre + rng.normal(0, 0.001, 20) for centre in rng.normal(1, 0.02, 20)]
        low, high = interval_of_median(blocks)
        contained += low <= 1 <= high
    assert 930 <= contained <= 975


def verdicts(slower):
    found = []
    for seed in range(RUNS):
        rng = np.random.default_rng(seed)
        names = list(TIMES)
        draw = TIMES[names[seed % len(names)]][0]
        before = list(draw(rng, 200).reshape(40, 5))
        after = list(slower * draw(rng, 200).reshape(40, 5))
        low, high = interval_of_ratio(after, before, confidence=CONFIDENCE)
        found.append(judge(low, high))
    return found


def test_equal_runs_are_called_different_in_under_5_percent():
    found = verdicts(1.0)
    assert found.count("FASTER") + found.count("SLOWER") < 50


def test_a_slowdown_of_5_percent_is_found_in_over_95_percent():
    assert verdicts(1.05).count("SLOWER") > 950


def test_few_blocks_give_no_interval():
    blocks = [np.array([1.0, 2.0])] * 5
    assert interval_of_median(blocks) is None
    assert interval_of_ratio(blocks, [np.array([1.0])] * 50) is None
    found = describe([block([1, 2, 3])] * 5)
    assert (found.low_ns, found.high_ns, found.half_width) == (None, None, None)


def test_samples_are_described_by_hand():
    # 1, 2, 3, 4, 100 twice: middle 3; distances 2, 1, 0, 1, 97: middle 1; 100 lies 97 away,
    # more than 3 x 1.4826.
    blocks = [Block(samples_ns=(1, 2, 3, 4, 100), wall_ns=110)] * 2
    found = describe(blocks)
    assert (found.samples, found.median_ns, found.mad_ns, found.outliers) == (10, 3, 1, 2)
    assert [list(part) for part in clusters(blocks)] == [[1, 2, 3, 4, 100]] * 2


def test_millions_of_samples_take_little_memory_and_give_the_same_interval():
    rng = np.random.default_rng(0)
    blocks = [rng.normal(centre, 0.02, 20_000) for centre in rng.normal(1, 0.01, 50)]
    tracemalloc.start()
    low, high = interval_of_median(blocks)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 300 * 2**20
    # The medians of the blocks alone: their mean is the middle, 1.96 x 0.01 / sqrt(50) about it.
    middle = np.median(np.concatenate(blocks))
    assert low == pytest.approx(middle - 0.0028, abs=0.001)
    assert high == pytest.approx(middle + 0.0028, abs=0.001)


def test_sampling_ends_when_time_is_up_but_not_without_an_interval():
    slow = Sampling(plan=RunSettings(budget=1), iteration_ns=9e8)
    for number in range(1, 7):
        assert not slow.stopped
        slow.add(Block(samples_ns=(900_000_000 + number,), wall_ns=900_000_000 + number))
    assert slow.stopped == "budget"
    assert describe(slow.blocks).low_ns is not None


def test_where_an_iteration_takes_a_second_sampling_ends_when_time_is_up():
    slow = Sampling(plan=RunSettings(budget=2.5), iteration_ns=1e9)
    while not slow.stopped:
        slow.add(Block(samples_ns=(1_000_000_000,), wall_ns=1_000_000_000))
    assert (slow.stopped, len(slow.blocks)) == ("budget", 3)


def test_a_block_takes_a_fifth_of_a_second():
    assert block_length(1_000) == 1000  # at most
    assert block_length(2_000_000) == 100
    assert block_length(10**10) == 1


def warmed(times, least=10, budget_ns=1e12):
    """Run a warm-up with the given times; return its record."""
    warming = Warming(least=least, budget_ns=budget_ns)
    place = 0
    while not warming.is_over:
        length = warming.next_length()
        samples = tuple(int(times(place + number)) for number in range(length))
        place += length
        warming.blocks.append(Block(samples_ns=samples, wall_ns=sum(samples)))
    return warming.record()


def test_warm_up_goes_on_while_it_gets_faster():
    steady = warmed(lambda place: BASE)
    assert steady.settled
    assert steady.iterations >= 10
    falling = warmed(lambda place: BASE * (1 + 2 * 0.97**place))
    assert falling.settled
    assert falling.iterations > 2 * steady.iterations
    # Three blocks of four last 0.97^12 = 0.69 of the three before, as long as 2 x 0.97^n counts.
    assert falling.medians_ns[-1] < 1.2 * BASE


def test_warm_up_is_limited_and_recorded_as_not_settled():
    never = warmed(lambda place: BASE * 1.02**place)
    assert not never.settled
    assert never.iterations >= 200
    short = warmed(lambda place: BASE * 1.02**place, budget_ns=BASE)
    assert not short.settled
    assert short.iterations == 1  # the first is as long as the budget


def test_the_budget_ends_a_warm_up_whatever_its_fewest_iterations():
    # blocks of at most 0.2 s, here of two iterations after a first of one: 0.1 + 4 x 0.2 >= 0.85 s
    assert warmed(lambda place: 10**8, least=100, budget_ns=0.85e9).iterations == 9
    assert warmed(lambda place: 6 * 10**9, budget_ns=4e9).iterations == 1


def test_runs_are_compared_by_configuration():
    found = compare_benchmarks(
        run(measured(1), measured(2, mode="train")),
        run(measured(2.5, mode="train", seed=1), measured(0.9, seed=2)),
    )
    assert [pair.verdict for pair in found.pairs] == ["FASTER", "SLOWER"]
    assert found.pairs[0].ratio == pytest.approx(0.9, abs=0.01)
    assert found.pairs[1].low < 1.25 < found.pairs[1].high
    assert found.settings == ()


def test_every_different_setting_is_listed():
    found = compare_benchmarks(
        run(measured(1), environment={"torch": "2.12", "python": "3.11"}),
        run(measured(1, compile="default"), environment={"torch": "2.13", "python": "3.11"}),
    )
    changed = {setting.name: (setting.before, setting.after) for setting in found.settings}
    assert changed == {"torch": ("2.12", "2.13"), "compile": ("", "default")}


@pytest.mark.parametrize(
    "after",
    [
        run(measured(1, batch=8)),
        run(measured(1, dtype="bf16")),
        run(measured(1, target="vgg")),
        run(measured(1, inputs=("3x128x128",))),
        run(),
    ],
)
def test_runs_of_different_things_are_refused(after):
    from archcount.errors import UsageError

    with pytest.raises(UsageError, match="no measurement in common"):
        compare_benchmarks(run(measured(1)), after)


def test_a_table_that_has_changed_is_refused_but_for_force():
    from archcount.errors import UsageError

    before = run(measured(1), sources={"googlenet": "sha256:1"})
    after = run(measured(1), sources={"googlenet": "sha256:2"})
    with pytest.raises(UsageError, match="googlenet differs between the runs"):
        compare_benchmarks(before, after)
    assert compare_benchmarks(before, after, force=True).pairs[0].verdict == "SAME"


def test_forced_comparison_of_different_batches_is_per_image():
    # 8 images in 2 against 4 in 1 is the same time an image.
    found = compare_benchmarks(run(measured(1)), run(measured(2, batch=8, seed=3)), force=True)
    assert found.pairs[0].ratio == pytest.approx(1, abs=0.01)


def test_configurations_of_only_one_run_are_listed():
    failed = Measurement(
        configuration=Configuration(target="vgg"), batch=1, status="failed", problem="it fell"
    )
    found = compare_benchmarks(run(measured(1), failed), run(measured(1), measured(1, batch=9)))
    assert found.alone == (
        "only the first has vgg forward, batch 1, float32 (failed)",
        "only the second has googlenet forward, batch 9, float32 (done)",
    )
