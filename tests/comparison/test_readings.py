"""Readings of one row, each counted by hand; and what the search says of them."""

from __future__ import annotations

from itertools import islice

import pytest
from helpers.toys import compared, with_inputs, write

import archcount as ac
from archcount.comparison import WHYS, believed
from archcount.comparison.candidates import fixed_candidates
from archcount.comparison.widths import width_candidates
from archcount.edits import EDITS, Edit
from archcount.engines import fvcore
from archcount.engines.recount import Recount


@pytest.fixture
def whole(tmp_path):
    """A table with a row of every kind."""
    rows = [
        ("stem", "stem", "3x3/2", "", "", "8", "", "", "", ""),
        ("pair", "pair", "3x3", "", "", "16", "4", "", "", ""),
        ("branches", "branches", "", "", "", "8", "4", "", "", ""),
        ("residual", "residual", "", "", "", "16", "", "2", "", ""),
        ("depthwise", "depthwise", "3x3", "", "", "8", "", "", "", ""),
        ("separable", "separable", "3x3", "", "", "8", "", "", "", ""),
        ("twice", "twice", "3x3", "", "", "8", "", "", "", ""),
        ("thrice", "thrice", "", "", "", "8", "", "", "", ""),
        ("counted", "counted", "", "", "", "8", "3", "", "", ""),
        ("growing", "growing", "", "", "", "8", "", "2", "", ""),
        ("numbered", "numbered", "3x3", "", "", "8", "", "", "", ""),
        ("scores", "scores", "", "", "", "10", "", "", "", ""),
    ]
    return write(tmp_path / "rows.yaml", rows)


@pytest.fixture
def recount(whole):
    return Recount(whole.variant())


def site(recount, row, text):
    return next(each for each in recount.plan(row).sites if each.text == text).where


# Every reading by hand: its weights, macs and (channels, rows, columns) of output.
CASES = {
    # 3 -> 8 by 3x3 on 8x8 with stride 2: 216 weights at 4x4 positions
    "as it stands": ("stem", [], 216, 3_456, (8, 4, 4)),
    "input": ("stem", [Edit(kind="input", to=(6, 8, 8))], 432, 6_912, (8, 4, 4)),
    # without padding, 3 x 3 positions
    "default": ("stem", [Edit(kind="default", name="pad=valid")], 216, 1_944, (8, 3, 3)),
    "input size": ("stem", [Edit(kind="input", to=(3, 16, 16))], 216, 13_824, (8, 8, 8)),
    "cell": ("pair", [("cell", (32,), "w")], 8 * 4 + 4 * 32 * 9, (32 + 1_152) * 16, (32, 4, 4)),
    "filters": ("stem", [("filters", (5,), "conv patch w")], 135, 2_160, (5, 4, 4)),
    "kernel": ("stem", [("kernel", (5, 5), "conv patch w")], 600, 9_600, (8, 4, 4)),
    "kernel of even sides": ("stem", [("kernel", (2, 2), "conv patch w")], 96, 1_536, (8, 4, 4)),
    "kernel 1x3": ("stem", [("kernel", (1, 3), "conv patch w")], 72, 1_152, (8, 4, 4)),
    "stride": ("stem", [("stride", (1, 1), "conv patch w")], 216, 13_824, (8, 8, 8)),
    # a repeated block strides once: 4x4 to 2x2 by 3, the second block stays at 2x2
    "stride of a repeated block": (
        "residual",
        [("stride", (3, 3), "conv 3x3/first(2) w")],
        16 * 16 * 9 * 4 + 16 * 16,
        4 * (16 * 16 * 9 * 4 + 16 * 16),
        (16, 2, 2),
    ),
    # 8 -> 4 by 1x1, 4 -> 16 by 3x3 in two groups: 32 + 2 x 16 x 9
    "groups": ("pair", [("groups", (2,), "conv patch w")], 320, 5_120, (16, 4, 4)),
    # 16 channels as one full convolution of 16 -> 16, then 16 -> 8
    "no groups": ("depthwise", [("groups", (1,), "dwconv patch")], 2_432, 9_728, (8, 2, 2)),
    # 16 x 2 channels of 3x3, then 32 -> 8
    "multiplier": ("depthwise", [("multiplier", (2,), "dwconv patch")], 544, 2_176, (8, 2, 2)),
    "multiplier of a separable one": (
        "separable",
        [("multiplier", (4,), "sepconv patch w multiplier=2")],
        32 * 9 + 32 * 8,
        4 * (32 * 9 + 32 * 8),
        (8, 2, 2),
    ),
    # 3 x 2 channels of 3x3 = 54, and 6 -> 8 = 48
    "separable": ("stem", [("separable", (2,), "conv patch w")], 102, 1_632, (8, 4, 4)),
    # 16 -> 8 by 3x3 in place of both
    "joined": ("depthwise", [("joined", (), "dwconv patch")], 1_152, 4_608, (8, 2, 2)),
    # 3x3/2 on 8x8 padded by 0: (8 - 3) // 2 + 1 = 3
    "pad": ("stem", [("pad", (0, 0), "conv patch w")], 216, 1_944, (8, 3, 3)),
    # 8 -> 8 by 5x5 twice at 2x2
    "patch": ("twice", [Edit(kind="patch", to=(5, 5, 1, 1), name="patch")], 3_200, 12_800, (8, 2, 2)),
    "without": ("pair", [("without", (), "conv 1x1 v")], 1_152, 18_432, (16, 4, 4)),
    # once more with stride 1: 8 -> 8 by 3x3 is 576
    "twice": ("stem", [("twice", (), "conv patch w")], 792, 12_672, (8, 4, 4)),
    # 3 -> 2 at 8x8, then 2 -> 8 by 3x3 at 4x4
    "reduced": ("stem", [("reduced", (2,), "conv patch w")], 150, 2_688, (8, 4, 4)),
}  # fmt: skip


def edits_of(recount, row, written):
    for edit in written:
        if isinstance(edit, Edit):
            yield edit
        elif edit[0] == "cell":
            cell = recount.plan(row).cells[edit[2]]
            yield Edit(kind="cell", to=edit[1], where=cell.where, name=cell.name)
        else:
            yield Edit(kind=edit[0], to=edit[1], where=site(recount, row, edit[2]))


@pytest.mark.parametrize("name", CASES)
def test_a_reading_is_counted_as_by_hand(recount, name):
    row, written, weights, macs, output = CASES[name]
    count = recount.count(row, list(edits_of(recount, row, written)))
    assert (count.weights, count.cost.macs, count.output) == (weights, macs, output)


def test_a_block_is_repeated_otherwise(recount):
    [(where, times)] = recount.plan("residual").repeats.items()
    assert times == 2
    count = recount.count("residual", [Edit(kind="repeats", to=(3,), where=where)])
    # 16 -> 16 by 3x3 six times, and the projection of the first
    assert count.weights == 6 * 2_304 + 256
    assert recount.plan("residual").cells.keys() == {"w"}
    # a cell that says how often is no width
    assert recount.plan("counted").cells.keys() == {"w"}
    assert [*recount.plan("counted").repeats.values()] == [3]
    [(where, times)] = recount.plan("thrice").repeats.items()
    assert times == 3
    assert recount.count("thrice", [Edit(kind="repeats", to=(1,), where=where)]).weights == 576


def test_every_kind_of_edit_is_counted_by_hand():
    tried = {
        edit[0] if isinstance(edit, tuple) else edit.kind
        for case in CASES.values()
        for edit in case[1]
    }
    assert tried | {"repeats"} == set(EDITS)


def test_what_cannot_be_built_is_no_reading(recount):
    where = site(recount, "pair", "conv patch w")
    assert recount.count("pair", [Edit(kind="groups", to=(3,), where=where)]) is None
    pool = Edit(kind="filters", to=(3,), where=site(recount, "depthwise", "dwconv patch"))
    assert recount.count("depthwise", [pool]) is None


def test_a_plan_tells_the_layers_of_a_row(recount):
    plan = recount.plan("branches")
    assert [(each.path, each.text) for each in plan.sites] == [
        ("branch1.conv", "conv 1x1 w"),
        ("branch2.conv1", "conv 1x1 v"),
        ("branch2.conv2", "conv 3x3 w"),
    ]
    assert {name: cell.value for name, cell in plan.cells.items()} == {"w": 8, "v": 4}
    assert plan.input == (16, 4, 4)
    repeated = recount.plan("residual").sites
    assert [(each.text, each.times) for each in repeated] == [
        ("conv 3x3/first(2) w", 2),
        ("conv 3x3 w act=none", 2),
        ("shortcut, projected", 1),
    ]


# What a row prints, and the reading that gives it (worked out in CASES).
FOUND = {
    "input": (("stem", "stem", "3x3/2", "4x4x8", "1", "8", "", "", "432", "6912"), "6 input channels instead of 3"),
    "kernel": (("stem", "stem", "3x3/2", "4x4x8", "1", "8", "", "", "600", "9600"), "'conv patch w' with kernel 5x5 instead of 3x3"),
    "stride": (("stem", "stem", "3x3/2", "8x8x8", "1", "8", "", "", "216", "13824"), "'conv patch w' with stride 1 instead of 2"),
    "separable": (("stem", "stem", "3x3/2", "4x4x8", "1", "8", "", "", "102", "1632"), "'conv patch w' as a separable convolution with depth multiplier 2"),
    "filters": (("stem", "stem", "3x3/2", "4x4x24", "1", "8", "", "", "648", "10368"), "w (width) 24 instead of 8"),
    "layer": (("stem", "stem", "3x3/2", "4x4x8", "2", "8", "", "", "792", "12672"), "'conv patch w' standing twice"),
}  # fmt: skip


@pytest.mark.parametrize("why", FOUND)
def test_the_search_finds_a_reading_and_says_it(why, tmp_path):
    cells, what = FOUND[why]
    [row] = compared(write(tmp_path / "rows.yaml", [cells])).rows
    best = row.explanations[0]
    assert (best.why, best.what) == (why, what)
    assert believed(best)
    off = {name: cell.verdict for name, cell in row.cells.items() if cell.verdict.status != "match"}
    assert off
    for verdict in off.values():
        assert (verdict.status, verdict.why) == ("reading", why)
        assert what in verdict.sentence
        assert why in WHYS["reading"]
    assert row.explanations[0].engines == ("formula",)


def test_an_explanation_gives_every_printed_cell_of_the_row(tmp_path):
    # 600 weights are a 5x5 kernel, but 6,912 macs are 432 weights: no one reading gives both.
    cells = ("stem", "stem", "3x3/2", "4x4x8", "1", "8", "", "", "600", "6912")
    [row] = compared(write(tmp_path / "rows.yaml", [cells])).rows
    assert row.explanations == ()
    assert row.tried > 50
    assert row.cells["params"].verdict.status == "contradiction"


def test_nothing_found_is_said(tmp_path):
    # 217 weights are a prime's multiple (7 x 31) that no kernel and width near give with 4x4x8
    cells = ("stem", "stem", "3x3/2", "4x4x8", "1", "8", "", "", "217", "3472")
    [row] = compared(write(tmp_path / "rows.yaml", [cells])).rows
    assert row.explanations == ()
    assert row.cells["params"].verdict.status == "off"
    assert "No reading found" in row.cells["params"].verdict.sentence


def test_a_misprinted_grid_does_not_spoil_the_rows_after_it(tmp_path):
    rows = [
        ("a", "stem", "3x3/1", "4x4x8", "", "8", "", "", "", "3456"),  # printed with stride 2
        ("b", "stem", "3x3/1", "4x4x8", "", "8", "", "", "576", "9216"),
    ]
    first, second = compared(write(tmp_path / "rows.yaml", rows)).rows
    assert (first.cells["output"].verdict.status, first.cells["output"].verdict.why) == (
        "reading",
        "stride",
    )
    assert second.cells["params"].verdict.status == "match"
    assert (second.cells["ops"].verdict.status, second.cells["ops"].verdict.why) == (
        "reading",
        "printed-input",
    )
    assert "on the 4x4x8 that is printed as its input" in second.cells["ops"].verdict.sentence


def test_a_declared_reading_is_built_and_counted(tmp_path):
    cells = ("stem", "stem", "3x3/2", "4x4x8", "1", "8", "", "", "102", "1632")
    tail = "readings: [{row: stem, block: sepconv patch w multiplier=2, because: it says so}]\n"
    table = write(tmp_path / "rows.yaml", [cells], tail=tail)
    report = ac.compare(ac.count(table), table)
    [row] = report.record.comparison.rows
    assert row.cells["params"].verdict.why == row.cells["ops"].verdict.why == "declared"
    assert row.explanations[0].declared
    assert row.explanations[0].engines == ("fvcore", "formula")
    assert report.record.warnings == ()


def test_a_declared_reading_that_gives_other_numbers_is_not_believed(tmp_path):
    cells = ("stem", "stem", "3x3/2", "4x4x8", "1", "8", "", "", "600", "9600")
    tail = "readings: [{row: stem, block: sepconv patch w multiplier=2, because: it says so}]\n"
    [row] = compared(write(tmp_path / "rows.yaml", [cells], tail=tail)).rows
    assert row.cells["params"].verdict.why == "kernel"


def test_another_input_or_variant_has_no_reasons(tmp_path):
    cells = ("stem", "stem", "3x3/2", "4x4x8", "1", "8", "", "", "600", "9600")
    table = write(tmp_path / "rows.yaml", [cells])
    report = ac.compare(ac.count(table, input="3x16x16", engine="formula"), table)
    [row] = report.record.comparison.rows
    assert {cell.verdict.why for cell in row.cells.values()} == {"another"}
    assert row.explanations == ()


def test_ties_are_shown_as_ties(tmp_path):
    from archcount.reporting.explained_row import ranks

    # 648 weights: 24 filters for 8, or 9 channels for 3: the digits cannot tell without an output.
    cells = ("stem", "stem", "3x3/2", "", "1", "8", "", "", "648", "10368")
    [row] = compared(write(tmp_path / "rows.yaml", [cells])).rows
    found = {item.what for item in row.explanations}
    assert {"9 input channels instead of 3", "w (width) 24 instead of 8"} <= found
    shown = ranks(row.explanations)
    assert len(shown) == len(row.explanations)
    assert [int(rank.rstrip("=")) for rank in shown] == sorted(int(r.rstrip("=")) for r in shown)


def test_a_change_is_found_on_the_input_that_is_printed(tmp_path):
    rows = [
        ("a", "stem", "3x3/1", "4x4x8", "", "8", "", "", "", "3456"),  # printed with stride 2
        # 8 -> 8 by 5x5 at 4x4: 1,600 weights, 25,600 macs
        ("b", "stem", "3x3/1", "4x4x8", "", "8", "", "", "1600", "25600"),
    ]
    _, second = compared(write(tmp_path / "rows.yaml", rows)).rows
    best = second.explanations[0]
    assert (best.why, best.what) == (
        "kernel",
        "'conv patch w' with kernel 5x5 instead of 3x3, on the printed input",
    )
    assert best.count.cost.macs == 25_600


def test_no_reading_is_listed_where_its_convention_alone_is_enough():
    table = ac.load("googlenet")
    rows = {row.id: row for row in compared(table).rows}
    plain, *others = rows["inception_3b"].explanations
    assert (plain.edits, plain.why) == ((), "bias")
    assert others
    assert all(item.conventions != plain.conventions for item in others)


def test_a_reading_of_another_depth_than_printed_is_none(tmp_path):
    # 792 weights are the layer twice, which is a depth of 2
    deep = ("stem", "stem", "3x3/2", "4x4x8", "2", "8", "", "", "792", "12672")
    [row] = compared(write(tmp_path / "rows.yaml", [deep])).rows
    assert "layer" in {item.why for item in row.explanations}
    flat = (*deep[:4], "1", *deep[5:])
    [row] = compared(write(tmp_path / "rows.yaml", [flat])).rows
    assert {item.count.depth for item in row.explanations} <= {1}
    assert "'conv patch w' standing twice" not in {item.what for item in row.explanations}


def test_a_row_counted_again_unchanged_counts_as_before(recount, whole):
    for _ in range(2):  # the second time its layers are remembered
        for row in ac.count(whole, engine="formula").counts[0].rows:
            assert recount.count(row.id, []) == row
    # twice 8 -> 8 by 1x1, then 8 -> 4 and 4 -> 8
    assert recount.count("growing", []).weights == 128 + 64


def test_a_patch_that_several_layers_read_is_read_otherwise_in_all(tmp_path):
    # 3 -> 8 and 8 -> 8 by 5x5: 600 + 1,600 weights at 8x8
    cells = ("twice", "twice", "3x3", "8x8x8", "2", "8", "", "", "2200", "140800")
    [row] = compared(write(tmp_path / "rows.yaml", [cells])).rows
    best = row.explanations[0]
    assert (best.why, best.what) == ("kernel", "patch with kernel 5x5 instead of 3x3, in 2 layers")


def test_padding_in_numbers_goes_with_its_kernel(tmp_path):
    cells = ("numbered", "numbered", "3x3", "8x8x8", "1", "8", "", "", "600", "38400")
    [row] = compared(write(tmp_path / "rows.yaml", [cells])).rows
    assert row.explanations[0].what == "'conv patch w pad=1' with kernel 5x5 instead of 3x3"


def test_a_reading_that_an_engine_counts_otherwise_is_warned_of(tmp_path, monkeypatch):
    from dataclasses import replace

    real = fvcore.count

    def wrong(architecture, **options):
        count = real(architecture, **options)
        if architecture.rows[0].node.weights == 216:  # the table as it stands
            return count
        return replace(count, rows=(replace(count.rows[0], weights=1), *count.rows[1:]))

    monkeypatch.setattr(fvcore, "count", wrong)
    cells = ("stem", "stem", "3x3/2", "4x4x8", "1", "8", "", "", "600", "9600")
    table = write(tmp_path / "rows.yaml", [cells])
    report = ac.compare(ac.count(table), table)
    assert report.record.comparison.rows[0].explanations[0].engines == ("formula",)
    [warning] = report.record.warnings
    assert str(warning).startswith("fvcore does not confirm the reading of row stem")


@pytest.mark.parametrize("times", [3, 4, 6])
def test_a_stage_that_prints_one_of_its_blocks_is_found(tmp_path, times):
    # 3 -> 8 by 3x3, then 8 -> 8; one block prints 216 weights at 64 positions
    path = tmp_path / "rows.yaml"
    write(path, [("a", "stem", "3x3", "8x8x8", "", "8", "", str(times), "216", "13824")])
    [row] = compared(ac.load(path)).rows
    assert f"its block once instead of {times} times" in {item.what for item in row.explanations}


def test_any_number_of_groups_that_divides_is_tried(tmp_path):
    rows = [
        ("a", "stem", "1x1", "8x8x24", "", "24", "", "", "", ""),
        # 24 -> 48 by 3x3 in 12 groups: 48 x 2 x 9 weights at 64 positions
        ("b", "stem", "3x3", "8x8x48", "", "48", "", "", "864", "55296"),
    ]
    _, row = compared(write(tmp_path / "rows.yaml", rows)).rows
    assert "'conv patch w' with 12 groups" in {item.what for item in row.explanations}


def test_a_number_is_called_what_it_says_of_a_layer(tmp_path):
    # 6 -> 12 by 3x3 in v groups: with 2, 12 x 3 x 9 weights at 64 positions
    path = tmp_path / "rows.yaml"
    rows = [
        ("a", "stem", "1x1", "8x8x6", "", "6", "", "", "", ""),
        ("b", "grouped", "3x3", "8x8x12", "", "12", "3", "", "324", "20736"),
    ]
    write(path, rows[:1])
    text = path.read_text().replace("table: |", "  grouped: conv patch w groups=v\ntable: |")
    path.write_text(text + f"  {' | '.join(rows[1])}\n")
    plan = Recount(ac.load(path).variant()).plan("b")
    assert {name: cell.says for name, cell in plan.cells.items()} == {"w": "filters", "v": "groups"}
    row = compared(ac.load(path)).rows[1]
    assert {"groups"} == {item.why for item in row.explanations if item.what.startswith("v ")}


def test_rows_that_print_no_output_and_change_nothing_are_passed_over(tmp_path):
    rows = [
        ("a", "stem", "3x3/1", "4x4x8", "", "8", "", "", "", "3456"),  # printed with stride 2
        ("same", "relu", "", "", "", "", "", "", "", ""),
        ("b", "stem", "3x3/1", "4x4x8", "", "8", "", "", "576", "9216"),
    ]
    *_, last = compared(write(tmp_path / "rows.yaml", rows)).rows
    assert last.cells["ops"].verdict.why == "printed-input"


def test_an_input_that_is_read_as_printed_is_no_evidence_for_it(toy_text, tmp_path):
    # The stage prints 8x8x5 behind 8x8x4, and ops that nothing gives: 5 channels and a separable
    # kernel would, which is two changes, and the printed input speaks for neither.
    path = tmp_path / "toy.yaml"
    path.write_text(with_inputs(toy_text, {"stem": "8x8x3", "stage": "8x8x5", "scores": "4x4x8"}))
    stage = compared(ac.load(path)).rows[1]
    assert stage.explanations
    assert not believed(stage.explanations[0])
    assert stage.cells["input"].verdict.status == "contradiction"
    assert stage.cells["ops"].verdict.status == "off"


def changes_of(plan):
    """List every reading of a row that the search may count, of each width three."""
    yield from fixed_candidates(plan, pools=True)
    for width in width_candidates(plan):
        for new in (1, 5, 2 * max(width.old, 1)):
            yield width.candidate(new)


@pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.slow)])
def test_every_reading_is_counted_alike_by_fvcore(recount, whole, step):
    counted = 0
    for row in whole.printed.rows:
        for change in islice(changes_of(recount.plan(row.id)), None, None, step):
            count = recount.count(row.id, change.edits)
            if count is None:
                continue
            alone = recount.alone(row.id, change.edits)
            assert fvcore.count(alone).rows == (count,), (row.id, change.what)
            counted += 1
    assert counted > 500 / step


def test_a_reading_of_flattened_features_is_built_too(tmp_path):
    # 128 features from 4x4x8, 128 -> 10 in the file; 64 x 10 + 10 and 640 macs as if 64 were read
    path = tmp_path / "rows.yaml"
    rows = [
        (*("stem", "stem", "3x3/2", "4x4x8"), "", "8", "", "", "", ""),
        ("flat", "flatten", "", "", "", "", "", "", "", ""),
        ("fc", "fc", "", "", "", "10", "", "", "640", "640"),
    ]
    write(path, rows[:1])
    text = path.read_text().replace("table: |", "  fc: linear w\ntable: |")
    path.write_text(text + "".join(f"  {' | '.join(row)}\n" for row in rows[1:]))
    table = ac.load(path)
    best = ac.compare(ac.count(table), table).record.comparison.rows[2].explanations[0]
    assert best.what == "64 input channels instead of 128"
    assert best.engines == ("fvcore", "formula")
