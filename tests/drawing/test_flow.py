"""Things that read one another, put in series and in branches: graphs drawn by hand."""

from __future__ import annotations

from archcount.drawing.flow import SeriesStep, series


def reads(*each):
    return [frozenset(item) for item in each]


def one(place):
    return SeriesStep((), place)


def test_a_chain():
    steps, tangles = series(reads({-1}, {0}, {1}))
    assert steps == (one(0), one(1), one(2))
    assert not tangles


def test_four_branches_of_two_layers_and_a_join():
    # 1x1 | 1x1, 3x3 | 1x1, 5x5 | pool, 1x1 -> concat, as an inception module
    steps, _ = series(reads({-1}, {-1}, {1}, {-1}, {3}, {-1}, {5}, {0, 2, 4, 6}))
    assert steps == (
        SeriesStep(((one(0),), (one(1), one(2)), (one(3), one(4)), (one(5), one(6))), 7),
    )  # fmt: skip


def test_a_residual_block_with_a_projection_and_one_without():
    steps, _ = series(reads({-1}, {0}, {-1}, {1, 2}, {3}, {4, 3}))
    assert steps == (SeriesStep(((one(0), one(1)), (one(2),)), 3), SeriesStep(((one(4),), ()), 5))


def test_skips_inside_one_another_as_in_a_u_net():
    # 0 down, 1 down, 2 bottom, 3 up joins 1, 4 up joins 0
    steps, _ = series(reads({-1}, {0}, {1}, {2, 1}, {3, 0}))
    inner = (one(1), SeriesStep(((one(2),), ()), 3))
    assert steps == (one(0), SeriesStep((inner, ()), 4))


def test_a_thing_that_is_read_behind_its_branch_too():
    # 0 -> 1 -> 2, and both 1 and 2 lead to 3
    steps, _ = series(reads({-1}, {0}, {1}, {1, 2}))
    assert steps == (one(0), one(1), SeriesStep(((one(2),), ()), 3))


def test_two_ends_are_given_together():
    steps, _ = series(reads({-1}, {0}, {0}))
    assert steps == (one(0), SeriesStep(((one(1),), (one(2),)), None))


def test_crossed_lines_stand_in_their_order_and_are_told():
    # 0 and 1 are both read by 2 and by 3, which 4 joins: no branches beside one another
    steps, tangles = series(reads({-1}, {-1}, {0, 1}, {0, 1}, {2, 3}))
    assert [step.place for step in steps] == [0, 1, 2, 3, 4]
    assert [step.follows for step in steps] == [True, False, True, False, True]
    # 1, 2 and 3 are not drawn as reading what stands before them unless they do.
    assert tangles == [(-1, 1), (0, 2), (0, 3), (1, 3), (2, 4)]


def test_values_that_are_read_behind_the_scores():
    # 0 queries, 1 keys and values of another input, 2 scores, 3 softmax, 4 values mixed
    steps, crossings = series(reads({-1}, {-2}, {0, 1}, {2}, {1, 3}))
    assert [(step.place, step.follows) for step in steps] == [
        (0, True), (1, False), (2, True), (3, True), (4, True),
    ]  # fmt: skip
    assert crossings == [(0, 2), (1, 4)]
