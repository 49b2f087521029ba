"""Counts as expressions: against arithmetic by hand, printed figures, and the sweep's points."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from fractions import Fraction

import pytest
import sympy

import archcount as ac
from archcount.counting.formula import count
from archcount.counting.sweep import Axes, sweep
from archcount.counting.symbolic.formulas import formulas
from archcount.counting.symbolic.polynomial import Length, Name, Polynomial
from archcount.counting.symbolic.rounding import floor_of, length
from archcount.counting.symbolic.written import to_sympy
from archcount.errors import ArchcountError
from archcount.layers import Shape
from archcount.spec.catalogue import shipped_tables

NETWORKS = [(name, each) for name in shipped_tables() for each in ac.load(name).file.networks]
SAMPLE = [
    *random.Random(11).sample(NETWORKS, 8),
    ("googlenet", ""),
    ("mobilenet_v1", "1.0-224"),
    ("inception_v4", ""),
]


def value(text, **values):
    """Read a written expression with sympy, and give its value."""
    names = {name: sympy.Symbol(name) for name in values}
    found = sympy.sympify(text, locals=names).subs(
        {names[name]: sympy.Rational(str(number)) for name, number in values.items()}
    )
    assert found.is_integer, (text, values, found)
    return int(found)


@pytest.mark.parametrize(
    ("row", "params", "macs"),
    [
        # 64 filters of 7x7x3, a bias each, at stride 2 with same padding
        ("conv1", 64 * 147 + 64, lambda h, w: 64 * 147 * -(-h // 2) * -(-w // 2)),
        # 64 filters of 1x1x64, and 192 of 3x3x64, behind a pool of stride 2 that drops what is over
        (
            "conv2",
            64 * 65 + 192 * 577,
            lambda h, w: (64 * 64 + 192 * 576) * ((h + 1) // 4) * ((w + 1) // 4),
        ),
    ],
)
def test_rows_by_hand(row, params, macs):
    given = ac.formula(ac.load("googlenet"), row, symbols=["H", "W"]).rows[0]
    assert given.params == str(params)
    for height, width in ((224, 224), (223, 256), (319, 255)):
        assert value(given.macs, H=height, W=width) == macs(height, width)


def test_the_batch_multiplies_operations_alone():
    one = ac.formula(ac.load("vgg"), "", variant="A", symbols=["size"]).rows[0]
    many = ac.formula(ac.load("vgg"), "", variant="A", symbols=["size", "batch"]).rows[0]
    assert many.params == one.params
    assert value(many.macs, size=224, batch=8) == 8 * value(one.macs, size=224)


@pytest.mark.parametrize(
    ("alpha", "size", "million_macs", "million_params"),
    [  # Tables 6 and 7 of the MobileNet paper, 1704.04861
        ("1", 224, 569, "4.2"),
        ("0.75", 224, 325, "2.6"),
        ("0.5", 224, 149, "1.3"),
        ("0.25", 224, 41, "0.5"),
        ("1", 192, 418, "4.2"),
        ("1", 128, 186, "4.2"),
    ],
)
def test_printed_figures(alpha, size, million_macs, million_params):
    network = ac.formula(ac.load("mobilenet_v1"), symbols=["H", "W", "alpha"]).rows[0]
    macs = value(network.macs, H=size, W=size, alpha=alpha)
    assert abs(macs / 10**6 - million_macs) < 1
    params = value(network.params, alpha=alpha)
    assert f"{params / 10**6:.1f}" == million_params


def drawn(rng, found):
    """Draw a value of each symbol, near the table's own or anywhere."""
    point = {}
    for name, own in found.point.items():
        if name in ("H", "W", "C", "size", "batch"):
            near = max(1, own + rng.randint(-40, 40))
            point[name] = rng.choice([rng.randint(1, 700), near, 32 * rng.randint(1, 16)])
        else:
            eighths = own * Fraction(rng.randint(1, 16), 8)
            point[name] = rng.choice([own, eighths, rng.randint(1, 64), own + rng.randint(-3, 3)])
    return point


def swept(table, variant, found, point):
    """Count a point as `archcount sweep` does; None where it cannot be built."""
    lets = {name: (str(number),) for name, number in point.items() if name not in ("H", "W")}
    axes = Axes(inputs=[(found.input[0], point["H"], point["W"])], lets=lets)
    try:
        [counted] = sweep(table, variant, axes)
    except ArchcountError:
        return None
    return None if counted.problem else counted


def check_network(name, variant, points, seed):
    rng = random.Random(f"{name} {variant} {seed}")
    table = ac.load(name).file
    found = formulas(table, variant)
    report = ac.formula(ac.load(name), variant=variant)
    [total] = report.rows
    assert found.point in found.domain
    inside = 0
    for _ in range(points):
        point = drawn(rng, found)
        if point not in found.domain:
            continue
        inside += 1
        counted = swept(table, variant, found, point)
        assert counted is not None, f"{point} was said to hold"
        exact = [found.total.params.at(point), found.total.weights.at(point)]
        exact += [found.total.macs.at(point), *(side.at(point) for side in found.total.output)]
        assert exact == [counted.params, counted.weights, counted.macs, *counted.output]
        if inside < 4:  # sympy takes its time
            written = [total.params, total.weights, total.macs]
            assert [value(text, **point) for text in written] == [
                counted.params,
                counted.weights,
                counted.macs,
            ]
    return inside


@pytest.mark.parametrize(("name", "variant"), SAMPLE)
def test_expressions_are_what_the_sweep_counts(name, variant):
    assert check_network(name, variant, 60, 1) > 3


@pytest.mark.slow
@pytest.mark.parametrize(("name", "variant"), NETWORKS)
def test_every_network_is_what_the_sweep_counts(name, variant):
    assert check_network(name, variant, 1500, 2) > 30


@pytest.mark.parametrize(("name", "variant"), SAMPLE[:4])
def test_rows_add_up_and_are_what_is_counted(name, variant):
    table = ac.load(name).file
    found = formulas(table, variant)
    counted = {row.id: row for row in count(table.architecture(variant)).rows}
    for row in found.rows:
        own = counted[row.id]
        assert row.params.at(found.point) == own.params
        assert row.macs.at(found.point) == own.cost.macs
        assert tuple(side.at(found.point) for side in row.output) == own.output


def test_edges_of_the_domain_are_sharp_enough():
    """GoogLeNet's last pool is 7x7 without padding: 7 rows are left from 223 on."""
    found = formulas(ac.load("googlenet").file, symbols=["H", "W"])
    assert {"H": 223, "W": 224} in found.domain
    assert {"H": 222, "W": 224} not in found.domain
    assert {"H": 225, "W": 224} not in found.domain  # sizes of branches differ there
    with pytest.raises(ac.InvalidTableError):
        ac.load("googlenet").file.architecture("", Shape((3, 191, 224)))


@pytest.mark.parametrize("divisor", [1, 2, 3, 4])
@pytest.mark.parametrize("inner", [1, 2, 3, 5])
def test_rounding_twice_is_rounding_once(divisor, inner):
    for shift in range(-2 * inner, 2 * inner + 1):
        once = floor_of(length("x", shift, inner), Fraction(divisor), is_whole=False)
        for x in range(1, 60):
            assert once.at({"x": x}) == (x + shift) // inner // divisor
        below = floor_of(-length("x", shift, inner), Fraction(divisor), is_whole=False)
        for x in range(1, 60):
            assert below.at({"x": x}) == -((x + shift) // inner) // divisor


def test_lengths_are_written_as_ceilings_where_they_are():
    assert str(to_sympy(Polynomial.of(Length("H", 3, 4)))) == "ceiling(H/4)"
    assert to_sympy(Polynomial.of(Name("w")) * 2 + 1).subs(sympy.Symbol("w", positive=True), 3) == 7


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "archcount", "formula", *arguments], capture_output=True, text=True
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nix"], "unknown table 'nix'"),
        (["googlenet", "conv9"], "googlenet has no row 'conv9'; allowed: conv1, pool1"),
        (["googlenet", "--variant", "x"], "has no variant 'x'"),
        (["googlenet", "--in", "H,h"], "has no number 'h' to keep as a symbol; allowed: C, H, W"),
        (["googlenet", "--in", "H,H"], "the symbol H is given twice"),
        (["googlenet", "--in", "H,size"], "does not go with H or W; allowed: size, or H and W"),
        (["googlenet", "--in", ""], "--in ''; allowed: names with commas between"),
        (["googlenet", "conv1", "--rows"], "a row beside --rows"),
        (["googlenet", "--format", "x"], "unknown format 'x'"),
    ],
)
def test_what_makes_no_sense_is_one_clear_error(arguments, says):
    result = run(*arguments)
    assert result.returncode == 2
    assert result.stderr.count("error:") == 1
    assert says in result.stderr
    assert "Traceback" not in result.stderr
    assert not result.stdout


def test_a_name_that_chooses_layers_is_no_symbol(tmp_path):
    text = """\
archcount: 1
name: deep
source: {title: Deep}
input: 3x8x8
let: {times: 2, w: 4}
columns: {}
blocks: {stage: {repeat: times, block: conv 3x3 w}}
table: |
  row | block
  a   | stage
"""
    path = tmp_path / "deep.yaml"
    path.write_text(text)
    result = run(str(path), "--in", "H,times")
    assert result.returncode == 2
    assert "only while times stays what it is" in result.stderr
    assert "leave times out: --in H" in result.stderr
    report = ac.formula(ac.load(path))
    assert set(report.symbols) == {"H", "W", "w"}
    assert "times" in report.tied
    # 27 w + w, and 9 w^2 + w
    assert value(report.rows[0].params, w=5) == 27 * 5 + 5 + 9 * 25 + 5


def test_every_format_says_the_same():
    machine = json.loads(run("googlenet", "conv1", "--in", "H,W", "--format", "json").stdout)
    assert machine["schema"] == "archcount.formula/1"
    assert machine["rows"][0]["macs"] == "9408*ceiling(H/2)*ceiling(W/2)"
    assert machine["symbols"] == {"H": "224", "W": "224"}
    assert machine["conditions"][0]["remainders"] == [0, 31]
    text = run("googlenet", "conv1", "--in", "H,W").stdout
    assert re.search(r"^MACs +9408\*ceiling\(H/2\)\*ceiling\(W/2\)$", text, re.MULTILINE)
    assert "H: 223 or more, leaving 0 or 31 when divided by 32" in text
    rows = run("googlenet", "--rows", "--format", "csv").stdout.splitlines()
    assert rows[0] == "row,count,expression"
    assert len(rows) == 1 + 20 * 6
    assert rows[-1].startswith("total,macs,")
    assert "| MACs | 9408\\*ceiling" in run("googlenet", "conv1", "--format", "md").stdout


def test_formulas_need_neither_torch_nor_numpy():
    code = (
        "import sys; import archcount as ac; ac.formula(ac.load('googlenet'));"
        "print({'torch', 'numpy', 'pandas', 'fvcore'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


TOY = """\
archcount: 1
name: toy
source: {title: Toy}
input: 3x23x23
let: {w: 8, a: 1}
layer: {pad: same, bias: true, act: relu, norm: batch}
blocks: {all: %s}
table: |
  row | block
  r   | all
"""
TOYS = [
    "[conv 3x3/2 w, conv 3x3 w groups=4]",
    "[conv 1x1 32*a, conv 1x1 24*a]",
    "[conv 3x3/2 w pad=1, maxpool 2x2/3 same=ceil, conv 3x3 2*w pad=valid]",
    "[maxpool 1x1/3 same=ceil, conv 5x5/2 w pad=valid, maxpool 3x3/2 same=ceil]",
    "[conv 1x1 3*w//2, 'conv 1x1 max(w,12)', 'conv 1x1 min(w,5)']",
    "[{add: [[conv 3x3/2 w, conv 3x3 w act=none], shortcut]}, relu]",
    "[{concat: [conv 3x3/2 w, [maxpool 3x3/2, conv 1x1 8]]}, adaptive_avgpool 3x3, flatten, linear w]",
    "[conv 3x3/2 w same=asymmetric dilation=2, avgpool 4x4/3, dwconv 3x3 multiplier=2, conv 1x1 w]",
    "[sepconv 3x3/2 2*w multiplier=2, global_avgpool, flatten, linear w]",
    "{concat: [avgpool 3x3/2, conv 2x2/2 w pad=1]}",
]


@pytest.mark.parametrize("blocks", TOYS)
def test_toys_hold_wherever_they_are_said_to(blocks, tmp_path):
    """At every size and width; where it is not said to hold, what is counted may be anything."""
    path = tmp_path / "toy.yaml"
    path.write_text(TOY % blocks)
    table = ac.load(path).file
    found = formulas(table)
    assert found.point in found.domain
    widths = [*range(1, 30), Fraction(1, 2), Fraction(5, 2)]
    parts = [Fraction(number, 96) for number in (1, 3, 4, 6, 8, 12, 24, 32, 96, 100, 104, 192)]
    inside = 0
    for height, width in [(side, 23) for side in range(1, 50)] + [(23, side) for side in (9, 31)]:
        for w in widths if "w" in blocks.replace("dw", "") else [8]:
            for a in parts if "*a" in blocks else [1]:
                point = {"H": height, "W": width, "w": w, "a": a}
                point = {name: point[name] for name in found.symbols}
                if point not in found.domain:
                    continue
                inside += 1
                counted = swept(table, "", found, point)
                assert counted is not None, point
                total = [found.total.params.at(point), found.total.macs.at(point)]
                assert total == [counted.params, counted.macs], point
                assert tuple(side.at(point) for side in found.total.output) == counted.output
    assert inside > 20
