"""How the modules of a model are shown: equal layers once, the columns that are chosen, units."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from torch import nn

import archcount as ac
from archcount.engines.counts import Uncounted
from archcount.engines.memory_traffic import Moved
from archcount.reporting.module_lines import module_lines


def block(width: int = 8) -> nn.Module:
    return nn.Sequential(nn.Conv2d(8, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, 8, 1))


def counted(*blocks: nn.Module, **options):
    return ac.count(nn.Sequential(*blocks), input="8x5x5", **options)


def names(report, depth=1, **options) -> list[str]:
    return [line.name.strip() for line in module_lines(report.record, depth, **options)]


def test_equal_layers_that_follow_one_another_stand_once():
    # the first has no gradient of its input to work out, and so another backward pass
    report = counted(block(), block(), block(), block(4), block(), block(), block())
    assert names(report) == ["(model)", "0", "1 … 2  ×2", "3", "4 … 6  ×3"]
    assert names(report, fold=False) == ["(model)", *map(str, range(7))]
    # what the first of them holds is shown with it
    assert names(report, 2)[5:9] == ["1 … 2  ×2", "0", "1", "2"]


@pytest.mark.parametrize(
    "other",
    [
        nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.SiLU(), nn.Conv2d(8, 8, 1)),  # another type
        nn.Sequential(nn.Conv2d(8, 8, 1), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1)),  # other places
        block().requires_grad_(False),  # another number is trained
    ],
)
def test_layers_that_differ_in_anything_within_are_not_equal(other):
    assert names(counted(block(), block(), other)) == ["(model)", "0", "1", "2"]


def test_names_that_do_not_count_on_are_kept():
    module = nn.ModuleDict({f"{name}_proj": nn.Linear(4, 4) for name in "qkvo"})
    module.forward = lambda x: sum(part(x) for part in module.values())
    assert names(ac.count(module, input="4"))[1:] == ["q_proj", "k_proj", "v_proj", "o_proj"]


def test_two_bare_layers_are_no_shorter_as_one():
    assert names(counted(nn.ReLU(), nn.ReLU())) == ["(model)", "0", "1"]
    assert names(counted(nn.ReLU(), nn.ReLU(), nn.ReLU())) == ["(model)", "0 … 2  ×3"]


def test_layers_that_move_other_bytes_are_not_equal():
    record = counted(block(), block(), block()).record
    assert names(ac.ModelReport(record)) == ["(model)", "0", "1 … 2  ×2"]
    moved = {"1": Moved(own=1, total=1), "2": Moved(own=2, total=2)}
    assert names(ac.ModelReport(replace(record, moved=moved))) == ["(model)", "0", "1", "2"]


def test_files_hold_all_modules_with_exact_numbers():
    report = counted(block(), block(), block())
    assert len(report.to_csv().splitlines()) == 1 + 1 + 3 * 4  # heading, model, blocks of 3 layers
    assert len(json.loads(report.to_json())["modules"]) == 1 + 3 * 4
    # one block: 25 x 8 x 72 and 25 x 8 x 8
    assert "16,000" in report.render("plain")
    assert "16,000" in report.to_markdown()
    shown = report.render("rich", width=160, colour=False)
    assert "16.000K" in shown
    assert "48,000 (96,000 FLOPs at 2 a MAC)" in shown.replace("\n", " ")  # the totals stay exact


def test_the_columns_are_those_that_are_chosen():
    report = counted(block(), columns="kernel, flops,bytes,intensity")
    lines = report.render("plain").splitlines()
    assert lines[2].split() == ["Module", "Kernel", "FLOPs", "Moved", "FLOP/B"]
    # 3x3: 2 x 25 x 8 x 72 operations
    by_name = {
        line.split()[0]: line.split()[1:]
        for line in report_lines(counted(*block(), columns=("kernel", "flops")))
    }
    assert by_name["0"] == ["3x3", "28,800"]
    assert by_name["2"] == ["1x1", "3,200"]


def report_lines(report) -> list[str]:
    return [line for line in report.render("plain").splitlines()[4:8] if line.strip()]


def test_bytes_are_those_of_weights_and_of_what_is_read_and_written():
    # a linear layer on 2 rows of 4: (4 x 3 + 3) weights, 8 read and 6 written, of 4 bytes each
    report = ac.count(nn.Linear(4, 3), input="[2,4]", columns=["bytes", "intensity"])
    assert report.render("plain").splitlines()[4].split() == [
        "(model)",
        "116",
        "B",
        "0.414",
    ]  # 48 / 116


@pytest.mark.parametrize(
    ("columns", "message"),
    [("kernl", "unknown column 'kernl'.*did you mean 'kernel'"), ("macs,macs", "duplicate column macs"), ("", "unknown column ''")],
)  # fmt: skip
def test_a_column_that_there_is_not_is_told(columns, message):
    with pytest.raises(ac.UsageError, match=message):
        counted(block(), columns=columns)


def test_the_totals_come_first_in_three_digits():
    # conv 3x3 of 3 to 64 channels on 100x100 inputs, padded: 27 x 64 weights + 64 biases; x 10,000
    report = ac.count(nn.Conv2d(3, 64, 3, padding=1), input="3x100x100")
    for form in ("plain", "rich"):
        first = report.render(form, width=80, colour=False).splitlines()[0]
        assert first == "Conv2d: 1.79 K params, 17.3 MMACs, 34.6 MFLOPs"


def test_the_totals_say_that_they_are_without_what_has_no_rule():
    report = counted(block())
    missed = replace(report.record, uncounted=(Uncounted(op="odd", place="0", times=1),))
    assert (
        ac.ModelReport(missed)
        .render("plain")
        .splitlines()[0]
        .endswith("FLOPs, without what is uncounted")
    )


def test_the_largest_modules_of_each_level_come_first():
    # of the widths 2, 8 and 4 the second has most weights; in each the 3x3 has more than the 1x1
    report = counted(block(2), block(8), block(4), sort="params")
    order = [line.split()[0] for line in report.render("plain").splitlines()[4:17]]
    assert order == ["(model)", *"1021", *"2021", *"0021"]


def test_what_is_sorted_by_is_shown():
    shown = counted(block(), sort="memory").render("plain").splitlines()
    assert shown[2].split()[-1] == "Memory"
    # 3x3 x 8 x 8 + 8 and 8 x 8 + 8 numbers of 4 bytes
    sizes = [line.split()[-2:] for line in shown[4:9]]
    assert sizes == [["2.6", "KiB"], ["2.6", "KiB"], ["2.3", "KiB"], ["288", "B"], ["0", "B"]]


def test_the_memory_of_shared_and_quantised_weights():
    shared = nn.Linear(8, 8)
    record = ac.count(nn.Sequential(shared, nn.ReLU(), shared), input="8").record
    assert record.total.memory == 4 * (64 + 8) == sum(record.weight_bytes.values())
    # 4 bits each, an odd number of them rounded up to a byte
    record = ac.count(nn.Linear(3, 3, bias=False), input="3", dtype="int4").record
    assert record.total.memory == 5 == sum(record.weight_bytes.values())


@pytest.mark.parametrize("width", [60, 80, 160])
def test_no_name_or_number_is_broken(width):
    report = ac.count(nn.TransformerEncoderLayer(1024, 8), input="[1,65536,1024]")
    text = report.render("rich", width=width, colour=False)
    assert max(map(len, text.splitlines())) <= width
    words = {*text.replace("─", "").split()}
    # 2 x 1024 x 1024 + 1024 numbers, and 65,536 x 1024 x 2048 multiply-accumulates
    assert {"self_attn", "out_proj", "linear1", "2.099M", "137.439G"} <= words
    known = {*report.render("rich", width=160, colour=False).split()}
    assert words <= known, words - known


def test_no_number_changes_its_unit_with_the_width():
    report = counted(block(), block(8))
    numbers = [
        re.findall(r"\d+\.\d+[KMG]\b", report.render("rich", width=width, colour=False))
        for width in (60, 80, 160)
    ]
    assert numbers[0] == numbers[1] == numbers[2] != []


@pytest.mark.parametrize("sort", ["kernel", "mac"])
def test_modules_are_not_sorted_by_what_is_no_number(sort):
    with pytest.raises(ac.UsageError, match=f"modules cannot be sorted by '{sort}'"):
        counted(block(), sort=sort)
