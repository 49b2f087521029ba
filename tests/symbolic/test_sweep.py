"""`archcount sweep`: many combinations, each as `table` counts it, one line at a time."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import signal
import subprocess
import time

import pytest
from helpers.commands import COMMAND, run
from helpers.random_tables import random_table
from helpers.shipped import FIRST, is_of_images, sampled

import archcount as ac
from archcount.architecture.context import ExpansionCache
from archcount.cli.output import streamed
from archcount.errors import UsageError
from archcount.reporting.sweep_output import STREAMS
from archcount.reporting.sweep_plot import check_drawable, sweep_figure
from archcount.symbolic.sweep import Point, Sweep, expanded
from archcount.symbolic.sweep_axes import Axes

GRID = ["--input", "128..224:32", "--let", "alpha=0.25,0.5,1.0", "--batch", "1,8"]


def lines(*arguments):
    done = run("sweep", *arguments, "--format", "csv")
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout)))


def test_every_combination_is_a_line_and_counted_as_by_itself():
    found = lines("mobilenet_v1", *GRID)
    assert len(found) == 4 * 3 * 2
    assert [line["batch"] for line in found[:3]] == ["1", "8", "1"]
    table = ac.load("mobilenet_v1")
    for line in found:
        alone = ac.count(
            table, input=line["input"], let={"alpha": line["alpha"]}, engine="formula"
        ).total
        assert int(line["params"]) == alone.params
        assert int(line["macs"]) == int(line["batch"]) * alone.cost.macs
        assert line["problem"] == ""


def test_printed_numbers_of_mobilenets_sizes():
    """Tables 6 and 7 of the paper, in millions; 290 is cut off, the others are rounded."""
    widths = lines("mobilenet_v1", "--let", "alpha=1.0,0.75,0.5,0.25")
    assert [round(int(line["macs"]) / 1e6) for line in widths] == [569, 325, 149, 41]
    sizes = [
        int(line["macs"]) / 1e6 for line in lines("mobilenet_v1", "--input", "224,192,160,128")
    ]
    assert [round(sizes[0]), round(sizes[1]), int(sizes[2]), round(sizes[3])] == [
        569,
        418,
        290,
        186,
    ]


def agrees(report):
    """Compare every point with the table expanded for it alone; return how many can be counted."""
    network, axes, cache = report.record.network, report.record.axes, ExpansionCache()
    counted = 0
    for point in report:
        lets = dict(zip(axes.lets, point.lets, strict=True))
        own = expanded(network, point.input, lets, cache)
        assert point == own.of_batch(point.batch)
        counted += not point.problem
    return counted


IMAGES = [network for network in FIRST if is_of_images(network)]


def sides(seed, number):
    """Draw sizes: squares, most of them near to what the papers' networks want, and others."""
    draw = random.Random(seed)
    usual = [32 * draw.randint(1, 15) + draw.choice((0, 0, 0, -1, 11)) for _ in range(number)]
    return [*usual, 1, 7, f"3x{draw.randint(1, 400)}x224", "3x224x255", "1x224x224"]


@pytest.mark.parametrize(("name", "variant"), sampled(IMAGES, 12))
def test_every_point_is_as_the_table_expanded(name, variant):
    """Sizes, numbers of classes and widths, in and out of where expressions hold."""
    lets = dict(ac.load(name).variant(variant).let)
    draw = random.Random(name)
    varied = {
        each: [lets[each], draw.choice(("1", "8", "1/2", "0", "7/3")), str(draw.randint(1, 999))]
        for each in draw.sample(list(lets), min(2, len(lets)))
    }
    report = ac.sweep(name, variant=variant, input=sides(name, 35), let=varied, batch="1,3")
    assert len(report) == 40 * 3 ** len(varied) * 2
    assert agrees(report) > 20


def test_random_tables_are_as_expanded(tmp_path):
    """Their repetitions, strides and widths varied, so that there is no one expression for all."""
    path, counted = tmp_path / "random.yaml", 0
    for seed in range(25):
        draw = random.Random(seed)
        path.write_text(random_table(draw))
        names = draw.sample(["w", "v", "g", "p", "s", "times"], 2)
        lets = {name: [1, 0, 2, "1/2", 16][: draw.randint(1, 5)] for name in names}
        try:
            report = ac.sweep(ac.load(path), input=[*range(1, 60), "8x9x30", "2x31x7"], let=lets)
        except ac.ArchcountError:
            continue  # layers that do not go together
        counted += agrees(report)
    assert counted > 1000


def test_expressions_are_taken_and_others_found_where_they_end(monkeypatch):
    """Five widths of which one decides the strides: each has expressions of its own."""
    asked = []
    monkeypatch.setattr(
        "archcount.symbolic.sweep.expanded",
        lambda *arguments: asked.append(arguments) or expanded(*arguments),
    )
    report = ac.sweep("mobilenet_v1", input="32..331", let={"alpha": "1,1/2,1/4,1/8,1/16"})
    assert sum(not point.problem for point in report) == len(report) == 1500
    assert len(asked) == 100
    asked.clear()
    report = ac.sweep("resnet", variant="50", input="1..400")
    assert sum(not point.problem for point in report) == 400
    assert len(asked) <= 116  # those below 17 stride otherwise


def test_a_combination_that_does_not_go_together_is_a_line_with_its_reason():
    (small, whole) = lines("alexnet", "--input", "20,224")
    assert small["macs"] == small["params"] == ""
    assert small["problem"]
    assert whole["problem"] == ""


def test_points_come_as_they_are_counted():
    report = ac.sweep("googlenet", input=range(32, 100_032))
    assert next(iter(report)).input == (3, 32, 32)
    assert len(report) == 100_000


@pytest.mark.parametrize("form", ["plain", "md", "json"])
def test_other_formats(form, tmp_path):
    path = tmp_path / "sweep.txt"
    done = run("sweep", "mobilenet_v1", *GRID, "--format", form, "-o", str(path))
    assert (done.returncode, done.stdout) == (0, "")
    text = path.read_text()
    if form == "json":
        found = json.loads(text)
        assert found["schema"] == "archcount.sweep/1"
        assert len(found["points"]) == 24
        assert found["points"][0]["alpha"] == "0.25"
    else:
        _, rule, *points = text.splitlines()[-26:]
        assert not rule.strip("-|: ")
        assert all(point.lstrip("| ").startswith("3x") for point in points)
        assert "3x128x128" in text


def test_reports_in_python_say_what_the_command_writes():
    report = ac.sweep("mobilenet_v1", input="128..224:32", let={"alpha": [0.25, 0.5]}, batch=(1, 8))
    done = run("sweep", "mobilenet_v1", "--input", "128..224:32", "--let", "alpha=0.25,0.5",
               "--batch", "1,8", "--format", "csv")  # fmt: skip
    assert report.to_csv() == done.stdout
    frame = report.to_frame()
    assert frame["macs"].tolist() == [point.macs for point in report]
    assert len(json.loads(report.to_json())["points"]) == len(report) == len(frame) == 16
    assert report.to_markdown().count("\n") == 2 + 16
    assert report.to_html().count("<tr>") == 1 + 16


@pytest.mark.parametrize("form", ["plain", "csv", "md", "json"])
def test_it_fails_where_no_combination_can_be_counted(form):
    # after four poolings by 2 and a stem of 2, a side of 128 is 4: less than the 7 of the pooling
    done = run("sweep", "googlenet", "--input", "96,128", "--format", form)
    assert done.returncode == 1
    assert done.stderr.startswith("error: no combination could be counted: row avgpool")
    assert len(done.stderr.splitlines()) == 1
    some = run("sweep", "googlenet", "--input", "128,224", "--format", form)
    assert (some.returncode, some.stderr) == (0, "")


def test_text_fits_80_columns_with_its_reasons():
    done = run(
        "sweep",
        "googlenet",
        "--input",
        "128..224:96",
        "--let",
        "classes=10,1000",
        "--batch",
        "1,64",
    )
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert "a kernel of extent 7 does not fit an input of length 4" in " ".join(done.stdout.split())
    # the same reason for another batch is not said again
    assert sum(line.endswith("as above") for line in lines) == 2
    # 64 times the MACs of one image, docs/networks.md: 1,582,671,872
    assert lines[-1].split()[:3] == ["3x224x224", "1000", "64"]
    assert lines[-1].split()[-1] == "101,290,999,808"


def test_ticks_are_at_the_values_and_no_curve_is_hidden():
    axes = Axes(inputs=[(3, 128, 128), (3, 160, 160)], lets={}, batches=(1, 2))
    points = [
        Point(
            input=size,
            lets=(),
            batch=batch,
            params=3 * 10**6,
            weights=1,
            macs=batch * size[1] * 10**7,
        )
        for size in axes.inputs
        for batch in axes.batches
    ]
    figure = sweep_figure("toy", axes, points)
    figure.canvas.draw()
    params, macs = figure.axes
    for panel in (params, macs):
        assert [label.get_text() for label in panel.get_xticklabels()] == ["128", "160"]
        one, two = panel.get_lines()
        assert one.get_marker() != two.get_marker()
    assert "3 M" in [label.get_text() for label in params.get_yticklabels()]
    assert "2 G" in [label.get_text() for label in macs.get_yticklabels()]
    # the params of both batches are the same: neither line nor marker covers the other
    one, two = params.get_lines()
    assert one._dash_pattern != two._dash_pattern
    assert one.get_markersize() > two.get_markersize()
    assert [line._dash_pattern[1] for line in macs.get_lines()] == [None, None]


@pytest.mark.parametrize("ending", ["svg", "png"])
def test_a_sweep_is_drawn(ending, tmp_path):
    path = tmp_path / f"sweep.{ending}"
    done = run("sweep", "mobilenet_v1", *GRID, "-o", str(path))
    assert done.returncode == 0, done.stderr
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG") if ending == "png" else b"<svg" in content


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--input", "9..3"], "is an empty range"),
        (["--input", "axb"], "input"),
        (["--input", "1..5:0"], "is an empty range"),
        (["--let", "nothing=1"], "has no let name 'nothing'"),
        (["--let", "alpha"], "--let 'alpha'"),
        (["--let", "alpha=1,abc"], "let alpha: unknown name 'abc'; allowed: numbers, classes"),
        (["--let", "alpha=alpha"], "let alpha: unknown name 'alpha'"),
        (["--let", "classes=alpha"], "let classes: unknown name 'alpha'; allowed: numbers"),
        (["--let", "alpha=1 2"], "let alpha: '1 2' is not an expression"),
        (["--let", "alpha=1|2"], "let alpha: '1|2' is not allowed"),
        (["--let", "alpha=1/0"], "let alpha: '1/0' divides by 0"),
        (["--input", ","], "input ',' has no size; allowed: 128..512:32"),
        (["--input", "0"], "input '0'; allowed: sides of 1 or more"),
        (["--input", "0..64:32"], "input '0..64:32'; allowed: sides of 1 or more"),
        (["--input", "9" * 5000], "input '999"),
        (["--batch", "x"], "batch 'x'"),
        (["--batch", "0"], "batch '0'; allowed: whole numbers of 1 or more"),
        (["--batch", "8,0"], "batch '8,0'; allowed: whole numbers of 1 or more"),
        (["--batch", "9" * 5000], "batch '999"),
        (["--variant", "nope"], "has no variant 'nope'"),
        (["--format", "xml"], "allowed: plain, csv, md, json, html"),
        (["--input", "1..99999", "--let", "alpha=1..999"], "combinations; allowed: at most"),
    ],
)
def test_mistakes_are_told_in_one_line(arguments, told):
    done = run("sweep", "mobilenet_v1", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_file_is_whole_or_not_there(tmp_path):
    path = tmp_path / "sweep.csv"
    refused = run("sweep", "mobilenet_v1", "--let", "nothing=1", "-o", str(path))
    assert refused.returncode == 2
    assert list(tmp_path.iterdir()) == []


def wait_until(happened):
    for _ in range(6000):
        if happened():
            return
        time.sleep(0.01)
    raise AssertionError("a minute has gone")


def started(*arguments):
    """Start a sweep that would take minutes, as a terminal does."""
    return subprocess.Popen(
        [*COMMAND, "sweep", "googlenet", "--input", "64..300000", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_without_a_word_and_without_a_file(number, tmp_path):
    with started("-o", str(tmp_path / "x.csv")) as process:
        wait_until(lambda: any(file.stat().st_size for file in tmp_path.iterdir()))
        os.killpg(process.pid, number)
        assert process.communicate() == ("", "")
    assert process.returncode == 128 + number
    assert list(tmp_path.iterdir()) == []


def test_lines_that_are_finished_are_kept():
    with started("--format", "csv") as process:
        first = [process.stdout.readline() for _ in range(3)]
        os.killpg(process.pid, signal.SIGINT)
        rest, errors = process.stdout.read(), process.stderr.read()
    assert (process.returncode, errors) == (130, "")
    for side, line in zip((64, 65), first[1:], strict=True):
        assert line.startswith(f"3x{side}x{side},1,,,,,")  # too small, with its reason
    assert (first[-1] + rest).endswith("\n")


@pytest.mark.parametrize("place", ["stdout", "file"])
@pytest.mark.parametrize("error", [BrokenPipeError, FileNotFoundError])
def test_only_what_fails_in_writing_is_an_error_of_writing(place, error, tmp_path):
    def lines():
        yield "one line\n"
        raise error

    with pytest.raises(error):
        streamed(tmp_path / "x.csv" if place == "file" else None, lines())
    assert list(tmp_path.iterdir()) == []


def test_where_lines_go_may_be_closed_or_full():
    command = " ".join([*COMMAND, "sweep", "googlenet", "--input", "64..300000"])
    for rest, expected in [
        ("| head -n 1", (0, "googlenet: counted in closed form", "")),
        ("> /dev/full", (2, "", "error: cannot write 'stdout': no space left on device")),
        ("-o /dev/full --format csv", (2, "", "error: cannot write '/dev/full': no space left")),
    ]:
        done = subprocess.run(
            ["bash", "-c", f"set -o pipefail; {command} {rest}"], capture_output=True, text=True
        )
        assert done.returncode == expected[0]
        assert done.stdout.startswith(expected[1])
        assert done.stderr.startswith(expected[2])
        assert len(done.stdout.splitlines() + done.stderr.splitlines()) == 1


def test_the_name_is_the_tables_own_and_the_variant_apart():
    done = run("sweep", "mobilenet_v1@0.5-160", "--format", "json")
    found = json.loads(done.stdout)
    assert (found["name"], found["variant"]) == ("mobilenet_v1", "0.5-160")
    assert [point["input"] for point in found["points"]] == ["3x160x160"]
    plain = run("sweep", "mobilenet_v1@0.5-160")
    assert plain.stdout.startswith("mobilenet_v1@0.5-160: counted")


def test_a_side_is_given_the_channels_of_the_variant(toy_text, tmp_path):
    path = tmp_path / "toy.yaml"
    path.write_text(toy_text + "  two: {input: 2x8x8}\n")
    found = [lines(f"{path}{variant}", "--input", "32")[0]["input"] for variant in ("", "@two")]
    assert found == ["3x32x32", "2x32x32"]


def test_a_value_may_read_the_names_before_it():
    (line,) = lines("mobilenet_v1", "--let", "alpha=(classes-500)/1000")
    (half,) = lines("mobilenet_v1", "--let", "alpha=0.5")
    assert line == {**half, "alpha": "(classes-500)/1000"}


def test_a_picture_says_how_many_combinations_it_lacks(tmp_path):
    path = tmp_path / "sweep.svg"
    done = run("sweep", "alexnet", "--input", "20,224,256", "-o", str(path))
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("1 of 3 combinations are left out of the picture")
    assert b"<svg" in path.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--input", "8,9"], "nothing to draw: no combination can be counted, "),
        (["--input", "224,3x224x160"], "inputs that differ in more than the side of a square"),
        (["--input", "224,1x224x224"], "inputs that differ in more than the side of a square"),
        (["--input", "200x224x224,3x64x64"], "differ in more than the side of a square"),
        (
            ["--let", "classes=10,1/2"],
            "classes cannot be drawn along an axis, as a value is not a number: '1/2'",
        ),
    ],
)
def test_what_has_no_place_in_a_picture_is_refused(arguments, told, tmp_path):
    done = run("sweep", "alexnet", *arguments, "-o", str(tmp_path / "sweep.svg"))
    assert done.returncode == 2
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_too_many_curves_are_refused_before_anything_is_counted():
    inputs = [(3, 64, 64), (3, 96, 96)]
    lets = {"alpha": ["1", "1", "2", "4"], "classes": ["10", "20", "30"]}
    check_drawable(Axes(inputs=inputs, lets=lets))
    check_drawable(Axes(lets={**lets, "alpha": [str(number) for number in range(99)]}))
    with pytest.raises(UsageError, match="18 curves in one picture; allowed: at most 12"):
        check_drawable(Axes(inputs=inputs, lets=lets, batches=(1, 8)))


def test_a_picture_of_too_many_curves_comes_to_no_count(tmp_path):
    """Hours of counting, which the refusal must not wait for."""
    axes = ["--input", "64..99999", "--let", "alpha=1..20"]
    done = run("sweep", "mobilenet_v1", *axes, "-o", str(tmp_path / "x.png"), timeout=60)
    assert done.returncode == 2
    assert "20 curves in one picture" in done.stderr


class Points(list):
    axes, figures = Axes(lets={"width": ("1|2",)}), Sweep.figures


def test_a_bar_is_no_end_of_a_cell_in_markdown():
    point = Point(input=(3, 8, 8), lets=("1|2",), batch=1, problem="a|b")
    *_, row = STREAMS["md"](Points([point]))
    assert row == "| 3x8x8 | 1\\|2 | 1 |  |  |  | a\\|b |\n"


def test_a_sweep_refuses_as_many_layers_as_a_table_does(tmp_path):
    """1,000 convolutions and as many activations, repeated: 50,000 layers and repetitions are the most."""
    path = tmp_path / "bomb.yaml"
    path.write_text(
        "archcount: 1\nname: bomb\nsource: {title: Bomb}\ninput: 3x8x8\nlet: {t: 2}\n"
        "blocks:\n  inner: {repeat: 1000, block: [conv 1x1 3, relu]}\n"
        "  b: {repeat: t, block: inner}\n"
        "table: |\n  row | block\n  a | b\n"
    )
    axes = Axes(lets={"t": ("12", "20", "12")})
    problems = [point.problem for point in Sweep(network=ac.load(path).variant(), axes=axes)]
    assert problems[0] == problems[2] == ""
    assert "too many layers" in problems[1]
