"""The paper against itself, on numbers worked out by hand; and conventions of whole columns."""

from __future__ import annotations

from fractions import Fraction

import pytest
from helpers.toys import HEAD, compared, write

import archcount as ac
from archcount.api.infer_report import infer
from archcount.comparison import WHYS
from archcount.comparison.columns import fit_column
from archcount.comparison.conventions import accepted, computed_value, differences, listed
from archcount.comparison.plausibility import evidence, kernel_bits, width_bits
from archcount.comparison.widths import through, widths_within
from archcount.engines import RowCount
from archcount.layers import Cost
from archcount.printed import Convention, Interval, parse_quantity

STEM = ("stem", "stem", "3x3/2", "4x4x8", "1", "8", "", "")
AFTER = ("after", "stem", "3x3", "4x4x8", "1", "8", "", "")


def contradictions(tmp_path, rows, **options):
    return compared(write(tmp_path / "rows.yaml", rows, **options)).contradictions


@pytest.mark.parametrize(
    ("params", "ops", "found"),
    [
        # 216 weights at 16 positions are 3,456 macs; the digits leave [215.5, 217) x 16
        ("216", "3456", False),
        # and 3,472 stands for 3,471.5 at least, 3,447 for less than 3,448
        ("216", "3472", False),
        ("216", "3473", True),
        ("216", "3448", False),
        ("216", "3447", True),
        # 0.2K is [0.15, 0.3)K: 2.4K to 4.8K macs
        ("0.2K", "4.7K", False),
        ("0.2K", "4.9K", True),
    ],
)
def test_params_times_positions_are_the_ops(tmp_path, params, ops, found):
    items = contradictions(tmp_path, [(*STEM, params, ops)])
    assert bool(items) == found
    for item in items:
        assert (item.why, item.row, item.cells) == ("params-ops", "stem", ("params", "ops"))
        assert params in item.sentence
        assert ops in item.sentence


@pytest.mark.parametrize(
    ("params", "ops", "odd"),
    [("216", "9999", "ops"), ("999", "3456", "params"), ("999", "99999", "")],
)
def test_the_odd_one_out_is_the_one_that_the_filters_speak_against(tmp_path, params, ops, odd):
    [item] = contradictions(tmp_path, [(*STEM, params, ops)])
    assert item.odd == odd


def test_rows_at_two_resolutions_leave_room_between_them(tmp_path):
    # 3 -> 4 by 1x1 on 8x8 (12 weights), 4 -> 8 by 3x3 on 4x4 (288): 768 + 4,608 = 5,376 macs
    row = ("pair", "pair", "3x3/2", "4x4x8", "2", "8", "4", "", "300")
    assert contradictions(tmp_path, [(*row, "5376")]) == ()
    # 300 weights at 64 positions each are 19,200 at most
    assert contradictions(tmp_path, [(*row, "19200")]) == ()
    assert contradictions(tmp_path, [(*row, "20000")]) != ()


def test_filters_that_do_not_give_the_printed_channels(tmp_path):
    # w is printed for both branches; v is inside and gives no channels
    row = ("branches", "branches", "", "8x8x20", "2", "8", "4", "", "", "")
    [item] = contradictions(tmp_path, [row])
    assert (item.why, item.cells) == ("widths", ("w", "output"))
    assert "16 channels, and 20 are printed" in item.sentence
    # with the params of the printed filters (8 x 3 + 4 x 3 + 4 x 8 x 9 = 324), output is odd
    [item] = contradictions(tmp_path, [(*row[:8], "324", "")])
    assert item.odd == "output"


def test_a_patch_that_does_not_give_the_printed_grid(tmp_path):
    rows = [("a", "stem", "3x3/2", "8x8x8", "", "8", "", "", "", "")]
    [item] = contradictions(tmp_path, rows)
    assert (item.why, item.cells, item.odd) == ("grid", ("patch", "output"), "")
    assert (
        item.sentence == "patch 3x3/2 on 8x8 gives 4x4, and 8x8 is printed; no padding gives that."
    )
    # the next row goes on from 8x8: the patch is odd; from 4x4: the output is
    after = ("b", "stem", "3x3", "8x8x8", "", "8", "", "", "", "")
    assert contradictions(tmp_path, [*rows, after])[0].odd == "patch"
    after = ("b", "stem", "3x3", "4x4x8", "", "8", "", "", "", "")
    found = contradictions(tmp_path, [*rows, after])
    assert found[0].odd == "output"


def test_column_sums_and_claims(tmp_path):
    rows = [("a", *STEM[1:], "216", "3456"), ("b", *AFTER[1:], "576", "9216")]
    # 216 + 576 = 792; up to 1 more each could have been cut off, and whoever claims a total may
    # count biases that the column leaves out (16 there are; twice as many are allowed for), or not
    for claim, found in (
        ("792", False), ("826", False), ("827", True), ("759", False), ("758", True), ("0.8K", False)
    ):  # fmt: skip
        tail = f"claims: [{{what: params, printed: {claim}, from: here}}]\n"
        items = contradictions(tmp_path, rows, tail=tail)
        assert [item.why for item in items] == ["column-sum"] * found, claim
    tail = "claims: [{what: depth, printed: 3, from: here}]\n"
    [item] = contradictions(tmp_path, rows, tail=tail)
    assert item.sentence == "the printed depth of the rows add up to 2, and 3 is claimed."
    [claim] = compared(write(tmp_path / "rows.yaml", rows, tail=tail)).claims
    assert (claim.verdict.status, claim.verdict.why) == ("contradiction", "column-sum")


def test_padding_is_not_printed_and_proves_nothing(tmp_path):
    # 3x3/2 on 8x8 gives 3x3 without padding, 4x4 with 1 and 5x5 with 2 on each side; 6x6 by none
    for grid, found in (
        ("3x3", False),
        ("4x4", False),
        ("5x5", False),
        ("6x6", True),
        ("2x2", True),
    ):
        rows = [("a", "stem", "3x3/2", f"{grid}x8", "", "8", "", "", "", "")]
        assert [item.why for item in contradictions(tmp_path, rows)] == ["grid"] * found, grid
    # nor does the grid of the file prove anything against ops of another: 216 x 9 = 1,944
    rows = [("a", "stem", "3x3/2", "3x3x8", "", "8", "", "", "216", "1944")]
    [row] = compared(write(tmp_path / "rows.yaml", rows)).rows
    assert {name: row.cells[name].verdict.why for name in ("output", "ops")} == {
        "output": "padding", "ops": "padding",
    }  # fmt: skip


def test_a_reading_that_gives_both_numbers_disproves_their_contradiction(tmp_path):
    # 3 -> 4 by 1x1 and 4 -> 8 by 3x3, 300 weights at 64 positions each, are 19,200 macs
    rows = [("pair", "pair", "3x3", "8x8x8", "", "8", "4", "", "300", "4800")]
    found = compared(write(tmp_path / "rows.yaml", rows))
    assert [item.why for item in found.contradictions] == ["params-ops"]
    # on 4x4 they are 4,800, so that with that grid printed nothing contradicts anything
    rows = [
        ("stem", "stem", "3x3/1", "4x4x3", "", "3", "", "", "", ""),
        ("pair", "pair", "3x3", "4x4x8", "", "8", "4", "", "300", "4800"),
    ]
    found = compared(write(tmp_path / "rows.yaml", rows))
    assert [(item.row, item.why) for item in found.contradictions] == [("stem", "grid")]
    assert found.rows[1].cells["ops"].verdict.why == "printed-input"


def test_projections_count_among_the_positions(tmp_path):
    # 3 -> 16 by 3x3 (432) on 8x8, pooled to 4x4; the projection 3 -> 16 (48) on 4x4
    text = "  pooled: [{add: [[conv 3x3 w, maxpool 2x2/2 same=ceil], shortcut]}, relu]\ntable: |"
    row = ("a", "pooled", "", "4x4x16", "", "16", "", "", "480", "28416")
    path = tmp_path / "rows.yaml"
    write(path, [(*STEM, "", "")])
    path.write_text(
        path.read_text()
        .replace("table: |", text)
        .replace("  " + " | ".join((*STEM, "", "")), "  " + " | ".join(row))
    )
    found = compared(ac.load(path))
    assert found.contradictions == ()
    assert {cell.verdict.status for cell in found.rows[0].cells.values()} <= {
        "match",
        "unpublished",
    }


def test_a_sum_with_a_row_left_blank_proves_nothing(tmp_path):
    rows = [("a", *STEM[1:], "216", ""), ("b", *AFTER[1:], "", "")]
    tail = "claims: [{what: params, printed: 9999, from: here}]\n"
    assert contradictions(tmp_path, rows, tail=tail) == ()


def test_claims_of_printed_columns_and_of_another_table(tmp_path):
    rows = [("a", *STEM[1:], "216", "3456"), ("b", *AFTER[1:], "576", "9216")]
    tail = """claims:
- {what: sum of params, printed: 792, from: here}
- {what: sum of ops, printed: 12.6K, from: here}
- {what: sum of depth, printed: 3, from: here}
- {what: params, printed: 75452x fewer, from: here, fewer_than: {table: alexnet}}
- {what: params, printed: 75x fewer, from: here, fewer_than: {table: alexnet}}
- {what: ops, printed: 25.34K, from: twice the 12672 macs}
- {what: params, printed: "792", from: without the 16 biases}
- {what: ops, printed: 0.03M, from: one digit that twice the macs would give}
"""
    claims = compared(write(tmp_path / "rows.yaml", rows, tail=tail)).claims
    assert [(claim.verdict.status, claim.verdict.why) for claim in claims] == [
        ("match", "equal"),
        ("match", "truncated"),  # 12,672
        ("off", "differs"),
        ("match", "either"),  # 60,965,224 / 808 = 75,452.01
        ("off", "differs"),
        ("convention", "flops"),
        ("convention", "bias"),
        ("off", "differs"),
    ]


ROW = RowCount(
    id="a", input=(3, 8, 8), output=(4, 8, 8), weights=100, biases=4, params=112, depth=1,
    cost=Cost(conv=1_000, bias=50, norm=20, activation=10, pool=5, softmax=3, add=2),
)  # fmt: skip


@pytest.mark.parametrize(
    ("convention", "value"),
    [
        (Convention(k=1000, count="weights"), 100),
        (Convention(k=1000, count="weights", include=("bias",)), 104),
        (Convention(k=1000, count="weights", include=("norm",)), 108),
        (Convention(k=1000, count="params"), 112),
        (Convention(k=1000, count="macs"), 1_000),
        (Convention(k=1000, count="macs", include=("bias", "add")), 1_052),
        (Convention(k=1000, count="flops", include=("norm",)), 2_020),
    ],
)
def test_values_under_a_convention(convention, value):
    assert computed_value(ROW, convention) == value


def test_rounding_narrows_what_a_number_stands_for():
    seven = parse_quantity("7K")
    either = Convention(k=1000, count="macs")
    assert accepted(seven, either) == Interval(Fraction(6500), Fraction(8000))
    nearest = Convention(k=1000, count="macs", rounding="nearest")
    assert accepted(seven, nearest) == Interval(Fraction(6500), Fraction(7500))
    down = Convention(k=1000, count="macs", rounding="down")
    assert accepted(seven, down) == Interval(Fraction(7000), Fraction(8000))


def test_what_a_row_has_none_of_makes_no_difference():
    declared, other = Convention(k=1024, count="weights"), Convention(k=1000, count="params")
    assert differences(declared, other) == ("K", "bias", "norm")
    plain = RowCount(
        id="a", input=(3, 8, 8), output=(4, 8, 8), weights=100, biases=4, params=104, depth=1,
        cost=Cost(conv=1_000),
    )  # fmt: skip
    assert differences(declared, other, plain) == ("K", "bias")


def test_every_word_of_a_convention_is_documented():
    words = {
        word
        for column in ("params", "ops")
        for one in listed(column)
        for other in listed(column)
        for word in differences(one, other)
    }
    assert words <= set(WHYS["convention"])


def test_few_bits_for_what_papers_do():
    assert width_bits(256, 288, ()) < width_bits(256, 257, ())
    assert width_bits(256, 288, ()) < width_bits(256, 416, ())
    assert width_bits(256, 257, (257,)) < width_bits(256, 257, ())
    assert kernel_bits((3, 3), (5, 5)) < kernel_bits((3, 3), (7, 7)) < kernel_bits((3, 3), (1, 7))
    # three digits carry more than two
    three, two = (
        accepted(parse_quantity(text), Convention(k=1000, count="macs")) for text in ("364M", "36M")
    )
    assert evidence(three) > evidence(two) + 3


def test_widths_are_solved_at_the_very_ends():
    # 9 weights a width: [216, 225) is 24 alone; [216, 226) is 24 and 25
    line = through([(2, 18), (3, 27), (4, 36)])
    assert widths_within(line, [range(216, 225)]) == [range(24, 25)]
    assert widths_within(line, [range(216, 226)]) == [range(24, 26)]
    assert widths_within(line, [range(217, 225)]) == [range(25, 25)]


def rounding_table(path, texts, rounding):
    rows = [("a", "stem", "3x3/2", "4x4x8", "1", "8", "", "", texts, "")]
    table = write(path, rows)
    text = path.read_text().replace("count: weights}", f"count: weights, rounding: {rounding}}}")
    path.write_text(text)
    return ac.load(path) if table else None


@pytest.mark.parametrize(
    ("printed", "rounding", "status", "why"),
    [
        # 216 weights
        ("0.22K", "nearest", "match", "rounded"),
        ("0.21K", "down", "match", "truncated"),
        ("0.21K", "either", "match", "truncated"),
        ("0.21K", "nearest", "convention", "rounding"),
        ("0.22K", "down", "convention", "rounding"),
    ],
)
def test_a_declared_rounding_is_held_to(tmp_path, printed, rounding, status, why):
    [row] = compared(rounding_table(tmp_path / "rows.yaml", printed, rounding)).rows
    verdict = row.cells["params"].verdict
    assert (verdict.status, verdict.why) == (status, why)


def test_infer_leaves_aside_what_is_declared(tmp_path):
    # 3 x 3 x 9 x 8 and so on: weights and params differ in the printed digits
    rows = [
        (name, "stem", "3x3", "", "", str(width), "", "", params, "")
        for name, width, params in (
            ("a", 8, "224"), ("b", 16, "1168"), ("c", 8, "1160"), ("d", 4, "292"), ("e", 8, "296"), ("f", 2, "146"),
        )
    ]  # fmt: skip
    inference = infer(write(tmp_path / "rows.yaml", rows))
    assert inference.proposed["params"].count == "params"
    assert inference.block == "conventions: {params: {K: 1000, count: params, rounding: nearest}}"
    assert "ops" not in inference.proposed


def test_infer_on_a_table_without_numbers_proposes_nothing(tmp_path):
    inference = infer(write(tmp_path / "rows.yaml", [(*STEM, "", "")]))
    assert (inference.block, inference.proposed) == ("", {})


def test_one_slip_is_likelier_than_a_column_shortened_now_so_now_so():
    def row(name, weights):
        return RowCount(
            id=name, input=(3, 8, 8), output=(4, 8, 8), weights=weights, biases=0, params=weights, depth=1,
            cost=Cost(conv=weights),
        )  # fmt: skip

    # twelve numbers that are rounded up, one that would have to be cut off
    rows = {f"r{i}": row(f"r{i}", 100_700 + 1_000 * i) for i in range(13)}
    printed = {f"r{i}": parse_quantity(f"{101 + i}K") for i in range(12)} | {
        "r12": parse_quantity("112K")
    }
    best, *others = fit_column("params", printed, rows)
    assert (best.convention.rounding, best.misses) == ("nearest", ("r12",))
    either = next(fit for fit in others if fit.convention.rounding == "either")
    assert either.misses == ()


def test_the_first_of_many_fits_is_the_plainest():
    rows = {"a": ROW}
    fits = fit_column("params", {"a": parse_quantity("112")}, rows)
    assert (fits[0].convention.count, fits[0].convention.k) == ("params", 1000)
    assert len(fits) == 3 * len({(c.k, computed_value(ROW, c)) for c in listed("params")})


def test_without_a_printed_grid_the_padding_is_not_taken_for_granted(tmp_path):
    # 216 weights at 3x3 positions: the layer without padding, on a grid that nothing prints
    row = ("stem", "stem", "3x3/2", "", "1", "8", "", "", "216", "1944")
    assert contradictions(tmp_path, [row]) == ()
    row = ("scores", "scores", "", "", "1", "10", "", "", "30", "45")
    # a linear layer has one position whatever the padding
    assert [item.why for item in contradictions(tmp_path, [row])] == ["params-ops"]


def test_whose_biases_were_counted_is_not_taken_for_granted(tmp_path):
    # Counted with 8 channels in between and a 5x5 kernel: 3 x 8 + 8 x 8 x 25 = 1,624 weights and
    # 16 biases, 1,624 x 64 macs. The table has 12 biases, and no one change gives both numbers.
    path = tmp_path / "rows.yaml"
    write(path, [("pair", "pair", "3x3", "8x8x8", "", "8", "4", "", "1640", "103936")])
    path.write_text(path.read_text().replace("count: weights", "count: params"))
    found = compared(ac.load(path))
    assert found.contradictions == ()
    assert found.rows[0].explanations == ()
    assert found.rows[0].cells["params"].verdict.status == "off"


def test_a_claim_in_flops_does_not_contradict_a_column_of_macs(tmp_path):
    rows = [("a", *STEM[1:], "216", "3456"), ("b", *AFTER[1:], "576", "9216")]
    for claim, found in (("25.3K", False), ("12.7K", False), ("6.3K", False), ("40K", True)):
        tail = f"claims: [{{what: ops, printed: {claim}, from: here}}]\n"
        items = contradictions(tmp_path, rows, tail=tail)
        assert [item.why for item in items] == ["column-sum"] * found, claim


def test_an_odd_reading_disproves_a_contradiction_and_is_not_believed(tmp_path):
    # 0.15K at 4x4 positions are 2.3K to 2.6K, not 2.7K; but 3 -> 2 by 1x1 before the layer makes
    # 150 weights and 6 x 64 + 144 x 16 = 2,688 macs
    row = ("stem", "stem", "3x3/2", "4x4x8", "", "8", "", "", "0.15K", "2.7K")
    found = compared(write(tmp_path / "rows.yaml", [row]))
    assert found.contradictions == ()
    [line] = found.rows
    assert "layer" in {item.why for item in line.explanations}
    for name in ("params", "ops"):
        verdict = line.cells[name].verdict
        assert (verdict.status, verdict.why) == ("off", "odd")
        assert "convincing" in verdict.sentence


def test_a_ratio_to_what_has_nothing_is_no_number(tmp_path):
    path = tmp_path / "rows.yaml"
    write(path, [("same", "relu", "", "", "", "", "", "", "", "")])
    claim = "claims: [{what: params, printed: 2x, from: here, fewer_than: {table: alexnet}}]\n"
    path.write_text(path.read_text() + claim)
    [found] = compared(ac.load(path)).claims
    assert found.verdict.status == "off"
    assert found.verdict.sentence.endswith(
        "60,965,224 of alexnet / 0 params cannot be set against 0."
    )


def test_a_convention_is_not_believed_on_one_digit(tmp_path):
    # 3,456 macs are 6,912 flops
    for printed, status in (
        ("7K", "off"),
        ("6.9K", "off"),
        ("6.91K", "convention"),
        ("6912", "convention"),
    ):
        row = ("stem", "stem", "3x3/2", "4x4x8", "", "8", "", "", "", printed)
        [line] = compared(write(tmp_path / "rows.yaml", [row])).rows
        verdict = line.cells["ops"].verdict
        assert verdict.status == status, (printed, verdict)


def test_a_stride_may_stand_in_any_layer_of_its_row(tmp_path):
    # The file strides in the first layer: 3 -> 4 by 3x3/2 (108) and 4 -> 8 by 1x1 (32) at 4x4. With
    # the stride in the second, 108 x 64 + 32 x 16 = 7,424 macs: the paper says nothing against it.
    path = tmp_path / "rows.yaml"
    row = ("early", "early", "3x3/2", "4x4x8", "", "8", "4", "", "140", "7424")
    write(path, [(*STEM, "", "")])
    text = path.read_text().replace("table: |", "  early: [conv patch v, conv 1x1 w]\ntable: |")
    path.write_text(text.replace("  " + " | ".join((*STEM, "", "")), "  " + " | ".join(row)))
    assert compared(ac.load(path)).contradictions == ()


def test_of_two_claims_each_answers_for_itself(tmp_path):
    rows = [("a", *STEM[1:], "216", "3456"), ("b", *AFTER[1:], "576", "9216")]
    tail = """claims:
- {what: params, printed: 9999, from: here}
- {what: params, printed: 820, from: there}
"""
    # 820 may be 792 with biases; 9999 cannot
    claims = compared(write(tmp_path / "rows.yaml", rows, tail=tail)).claims
    assert [claim.verdict.status for claim in claims] == ["contradiction", "off"]


def table_of(path, block, row, lets=""):
    """Write a table of one row with a block of its own."""
    text = f"  own: {block}\ntable: |"
    write(path, [(*STEM, "", "")])
    path.write_text(
        path.read_text()
        .replace("table: |", text)
        .replace("layer:", f"{lets}layer:")
        .replace("  " + " | ".join((*STEM, "", "")), "  " + " | ".join(row))
    )
    return compared(ac.load(path))


@pytest.mark.parametrize(
    ("block", "lets"),
    [
        ("conv 3x3 2*w", ""),  # the factor is the file's
        ("{concat: [conv 1x1 w, conv 1x1 16]}", ""),  # so is a branch of 16
        ("[conv 1x1 w, conv 3x3 16]", ""),  # w gives no channel of the output
        ("conv 3x3 classes", "let: {classes: 10}\n"),  # nor does a let
    ],
)
def test_widths_of_the_file_are_not_held_against_the_paper(tmp_path, block, lets):
    row = ("a", "own", "", "8x8x20", "", "8", "", "", "", "")
    found = table_of(tmp_path / "rows.yaml", block, row, lets)
    assert found.contradictions == ()
    assert found.rows[0].cells["output"].verdict.status in ("off", "reading")


def test_strides_and_pools_of_the_file_are_not_held_against_the_paper(tmp_path):
    path = tmp_path / "rows.yaml"
    row = ("a", "own", "3x3", "8x8x8", "", "8", "", "", "", "")
    assert table_of(path, "[conv patch w, maxpool 3x3/2]", row).contradictions == ()
    # 216 weights before the pool are at 8x8, 13,824 macs; after it at 4x4
    row = ("a", "own", "3x3", "4x4x8", "", "8", "", "", "216", "13824")
    assert table_of(path, "[maxpool 2x2/2 same=ceil, conv patch w]", row).contradictions == ()


def test_a_flattened_input_continues_its_map(tmp_path):
    head = HEAD.replace("| block |", "| block | input |")
    rows = [
        "stem | stem | 8x8x3 | 3x3/2 | 4x4x8 | 1 | 8 | | | |",
        "flat | flat | 1x1x128 | | 1x1x10 | 1 | 10 | | | |",
    ]
    path = tmp_path / "rows.yaml"
    text = (head % "3x8x8").replace("table: |", "  flat: [flatten, linear w]\ntable: |")
    path.write_text(text + "".join(f"  {row}\n" for row in rows))
    assert compared(ac.load(path)).contradictions == ()
    path.write_text(path.read_text().replace("1x1x128", "1x1x129"))
    assert [item.why for item in compared(ac.load(path)).contradictions] == ["input-output"]


def test_ops_that_follow_from_params_are_no_evidence_of_their_own(tmp_path):
    row = ("stem", "stem", "3x3/2", "4x4x8", "1", "8", "", "", "600", "9600")
    [both] = compared(write(tmp_path / "rows.yaml", [row])).rows
    alone = []
    for blank in (8, 9):
        cells = tuple("" if place == blank else cell for place, cell in enumerate(row))
        [other] = compared(write(tmp_path / "rows.yaml", [cells])).rows
        alone.append(other.explanations[0].evidence)
    assert both.explanations[0].evidence == pytest.approx(max(alone) + 2)
