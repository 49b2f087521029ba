"""`archcount formula`: expressions that are true wherever they say that they hold."""

from __future__ import annotations

import csv
import io
import json
import math
import random
import re
import subprocess
import sys
from fractions import Fraction
from itertools import islice, product

import pytest
from helpers.commands import COMMAND, in_terminal, run
from helpers.shipped import FIRST, NETWORKS, is_of_images, sampled

import archcount as ac
from archcount.reporting.expression_text import expression
from archcount.symbolic.expansion_check import check, counted, points
from archcount.symbolic.floor_rules import as_length, canonical, floor_of, length, settled
from archcount.symbolic.formulas import formulas
from archcount.symbolic.guards import Guard, PathCondition
from archcount.symbolic.integer_set import IntegerSet, solve
from archcount.symbolic.polynomial import Floor, Length, MinMax, Name, Polynomial
from archcount.symbolic.symbolic_number import Symbolic

H = Polynomial.of(Name("H", whole=True))
IMAGES = [network for network in FIRST if is_of_images(network)]

TINY = """
archcount: 1
name: tiny
source: {title: One convolution, table: Table 1}
input: 3x8x8
let: {w: 4}
layer: {pad: same, bias: true}
table: |
  row  | block
  only | conv 3x3/2 w
"""


@pytest.fixture
def table_of(tmp_path):
    def load(text):
        path = tmp_path / "table.yaml"
        path.write_text(text)
        return ac.load(path)

    return load


# By hand


def test_one_convolution_by_hand(table_of):
    """conv 3x3/2: w x C x 3 x 3 weights, w biases, each weight at ceil(H/2) x ceil(W/2) places."""
    found = ac.formula(table_of(TINY), symbols=("C", "H", "W", "batch", "w"))
    only = found.record.found.rows[0]
    sides = ("C", "H", "W")
    assert expression(only.macs, sides) == "9*batch*w*C*ceil(H/2)*ceil(W/2)"
    assert expression(only.weights, sides) == "9*w*C"
    assert expression(only.params, sides) == "9*w*C + w"
    assert [expression(side, sides) for side in only.output] == ["w", "ceil(H/2)", "ceil(W/2)"]
    assert found.domain == "C, H, W, batch >= 1; w whole and >= 1"
    # 9 x 2 x 5 x 1 x ceil(7/2) x ceil(4/2), three images
    assert found.at(C=1, H=7, W=4, batch=3, w=10)["macs"] == 3 * 9 * 10 * 4 * 2


def test_googlenet_by_hand():
    """Rows at 1/2, 1/4, ... of the side; the pools want even sides, so that 1/2 is 16 x 1/32."""
    report = ac.formula("googlenet", "conv1", "conv2", "inception_3a")
    rows = report.record.shown
    assert [expression(row.macs, ("H", "W")) for row in rows] == [
        "9408*ceil(H/2)*ceil(W/2)",  # 64 x 3 x 7 x 7
        "114688*ceil(H/4)*ceil(W/4)",  # 64 x 64 + 192 x 64 x 3 x 3
        "163328*ceil(H/8)*ceil(W/8)",  # 159K of the paper's table, the row's weights
    ]
    # The last pool is 7x7 on ceil(H/32), which must be 7 at least; ceil(H/2), ceil(H/4), ceil(H/8)
    # and ceil(H/16) must be even: H = 0 or 31 mod 32.
    assert report.domain == "H, W >= 223, each 0 or 31 mod 32; classes whole and >= 1"


def test_printed_numbers_of_mobilenet():
    """Tables 6 and 7 of the paper, in millions; 290 is cut off, the others are rounded."""
    report = ac.formula("mobilenet_v1")
    widths = [report.at(alpha=alpha)["macs"] for alpha in ("1", "0.75", "0.5", "0.25")]
    assert [round(macs / 1e6) for macs in widths] == [569, 325, 149, 41]
    sizes = [report.at(H=side, W=side)["macs"] / 1e6 for side in (224, 192, 160, 128)]
    assert [round(sizes[0]), round(sizes[1]), int(sizes[2]), round(sizes[3])] == [
        569,
        418,
        290,
        186,
    ]


def test_vgg_by_hand():
    """VGG D's first two layers at full size: 64 x 3 x 9 + 64 x 64 x 9; its last at 1/32."""
    (total,) = ac.formula("vgg", variant="D").record.shown
    text = expression(total.macs, ("H", "W"))
    assert text.startswith("38592*H*W + ")
    # 4096 x 512 x 7 x 7 weights at 224: 2097152 a cell of the last map
    assert "2097152*floor(H/32)*floor(W/32)" in text


# Against the sweep


@pytest.mark.parametrize(("name", "variant"), sampled(NETWORKS, 25))
def test_every_network_is_what_the_sweep_counts(name, variant):
    table = ac.load(name)
    found = formulas(table.variant(variant))
    assert found.point in found.domain
    assert check(table.variant(variant), found, number=2, seed=1) == 3


@pytest.mark.slow
@pytest.mark.parametrize(("name", "variant"), NETWORKS)
def test_every_network_is_what_the_sweep_counts_at_length(name, variant):
    table = ac.load(name)
    for seed, multiple in ((2, 1), (3, 32)):
        found = formulas(table.variant(variant), multiple=multiple)
        assert check(table.variant(variant), found, number=100, seed=seed) == 101
    sides = ("W", "C") if "W" in found.point else ()
    found = formulas(table.variant(variant), ("batch", *sides, *found.lets))
    assert check(table.variant(variant), found, number=50, seed=4) > 1


def sides_agree(table, variant, sizes):
    """Hold a square against the sweep at every size: inside the domain equal, else anything."""
    found = formulas(table.variant(variant))
    inside = 0
    for height, width in sizes:
        point = {**found.point, "H": height, "W": width}
        own = counted(table.variant(found.variant), found, point)
        if point in found.domain:
            inside += 1
            assert not own.problem, (height, width)
            values = [of.at(point) for of in found.total.quantities().values()]
            assert values == [own.params, own.weights, own.macs], (height, width)
    return inside


@pytest.mark.parametrize(("name", "variant"), sampled(IMAGES, 12))
def test_small_odd_and_edge_sizes(name, variant):
    table = ac.load(name)
    least = formulas(table.variant(variant)).domain.sides[0].least
    draw = random.Random(7)
    sizes = [(side, side) for side in (*range(1, 12), *range(max(1, least - 3), least + 34))]
    sizes += [(draw.randint(1, 2 * least + 9), draw.randint(1, 400)) for _ in range(10)]
    assert sides_agree(table, variant, sizes)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "variant"), IMAGES)
def test_every_size(name, variant):
    assert sides_agree(ac.load(name), variant, [(side, side) for side in range(1, 520)])


# DeepLabv3 enlarges a map to a side that stays a number, so that each side is another network.
@pytest.mark.parametrize(
    ("name", "variant"), sampled([each for each in IMAGES if "v2_deeplab" not in each[0]], 12)
)
def test_the_sweep_counts_each_size_that_is_left_out_otherwise_or_not_at_all(name, variant):
    """What the domain leaves out of sizes is an error, or below a threshold that is named."""
    table = ac.load(name)
    found = formulas(table.variant(variant))
    side = found.domain.sides[0]
    for size in range(side.least, side.least + 70):
        point = {**found.point, "H": size, "W": size}
        if point not in found.domain:
            assert counted(table.variant(found.variant), found, point).problem


def test_rows_are_counted_too():
    table = ac.load("inception_v4")
    found = formulas(table.variant())
    for point in islice(points(found.domain, 11), 4):
        given = {"k": str(point["k"]), "l": str(point["l"]), "m": str(point["m"])}
        given |= {"n_": str(point["n_"]), "classes": str(point["classes"])}
        size = f"3x{point['H']}x{point['W']}"
        rows = ac.count(table, input=size, let=given, engine="formula").record.rows
        for row, own in zip(found.rows, rows, strict=True):
            assert row.macs.at(point) == own.count.cost.macs
            assert row.params.at(point) == own.count.params
            assert tuple(side.at(point) for side in row.output) == own.count.output


ODD_SYMBOLS = [
    (),
    ("H", "W", "w", "g", "r", "half", "C", "batch", "p"),
    ("w",),
    ("H", "g"),
    ("half", "r", "batch"),
]


@pytest.mark.parametrize("symbols", ODD_SYMBOLS)
def test_a_table_with_everything_odd(symbols, data):
    """Groups, min, max, //, divisions, windows that reach past the map, unequal padding."""
    table = ac.load(data / "odd.yaml")
    assert check(table.variant(), formulas(table.variant(), symbols), number=60, seed=5) > 3


@pytest.mark.parametrize("symbols", ODD_SYMBOLS)
def test_no_guard_of_the_run_fails_in_the_domain(symbols, data):
    """Points of the domain, and such with one value changed: inside, every guard holds."""
    draw = random.Random(3)
    found = formulas(ac.load(data / "odd.yaml").variant(), symbols)
    seen = {True: 0, False: 0}
    for start in islice(points(found.domain, 13), 600):
        for name in found.symbols:
            whole = name in ("H", "W", "C", "batch")
            point = {**start, name: draw.randint(1, 90) if whole else _any(draw)}
            inside = point in found.domain
            seen[inside] += 1
            if inside:
                assert all(guard.holds(point) for guard in found.guards), point
    assert seen[False]
    assert seen[True] > 20


def _any(draw):
    return Fraction(draw.randint(1, 60), draw.choice((1, 1, 1, 2, 3)))


def test_a_name_that_is_worked_out_follows_the_others(data):
    """half is w/2 in the file: where w alone is a symbol, half moves with it."""
    table = ac.load(data / "odd.yaml")
    found = formulas(table.variant())
    assert "half" not in found.symbols
    assert "half" not in found.fixed
    assert "w" in found.symbols


# The rules


def test_every_folding_of_roundings():
    """floor(+-(floor((x + a) / m) + b) / s) and what is added, for all small whole numbers."""
    for a, m, b, s, sign in product(range(-4, 5), (1, 2, 3, 4), range(-3, 4), (1, 2, 3), (1, -1)):
        inner = settled(length("H", a, m) + b) * sign
        folded = floor_of(inner, Fraction(s), is_whole=False)
        for x in range(1, 26):
            value = sign * ((x + a) // m + b)
            assert inner.at({"H": x}) == value
            assert folded.at({"H": x}) == value // s, (a, m, b, s, sign, x)
            assert canonical(folded).at({"H": x}) == value // s
        assert as_length(folded) is not None


SHAPES = [
    H,
    H * 3 - 7,
    length("H", 1, 2) - length("H", 0, 2),
    length("H", 3, 4) * 2 - 9,
    length("H", -1, 2) * 2 - H,
    length("H", 5, 6) - length("H", -3, 4) - 2,
    -length("H", 0, 3) + 6,
    H * Fraction(1, 3),
    length("H", 1, 2) * Fraction(1, 2),
    Polynomial.of(Floor(H * Fraction(3, 2))) - H - 4,
    Polynomial.of(MinMax(length("H", 1, 2) * 2, H, True)) - H,
    H * H - 30,
    length("H", 2, 3) - length("H", 1, 2) + 1,  # grows apart: 0 for few sizes
]


@pytest.mark.parametrize("relation", ["==", "!=", ">", ">=", "whole"])
def test_sides_solved_are_sides_that_fulfil(relation):
    """One guard, and every two: each value that is given fulfils all that are called resolved."""
    guards = [Guard(canonical(shape), relation) for shape in SHAPES]
    others = [Guard(canonical(shape), other) for shape in SHAPES for other in (">=", "whole")]
    for pair in [*((guard,) for guard in guards), *product(guards, others)]:
        met = next((x for x in range(60, 0, -1) if all(g.holds({"H": x}) for g in pair)), None)
        if met is None:
            continue
        side, rest = solve("H", pair, met)
        assert met in side
        assert all(guard.holds({"H": met}) for guard in rest)
        for x in range(1, 200):
            if x in side:
                assert all(guard.holds({"H": x}) for guard in pair if guard not in rest), (pair, x)


@pytest.mark.parametrize("shape", SHAPES[:4])
def test_a_threshold_is_the_lowest_there_is(shape):
    guard = Guard(canonical(shape), ">=")
    side, _ = solve("H", [guard], 60)
    assert [x for x in range(1, 90) if x in side] == [
        x for x in range(1, 90) if guard.holds({"H": x})
    ]


def test_remainders_are_told_by_the_shortest_modulus():
    even = Guard(H * Fraction(1, 2), "whole")
    long = Guard(canonical(length("H", 3, 4) * 4 - H), ">=")  # always
    assert solve("H", [even, long], 8)[0] == IntegerSet(
        name="H", modulus=2, remainders=(0,), least=2
    )


def number(name="x", value=10):
    path = PathCondition({name: value})
    return Symbolic(Polynomial.of(Name(name, whole=True)), path), path


def test_who_asks_for_a_plain_number_pins_it():
    for ask in (int, float, range):
        symbol, path = number()
        ask(symbol)
        assert list(path.guards) == [Guard(symbol.polynomial - 10, "==")]


def test_a_symbol_is_no_whole_number_and_has_no_hash():
    symbol, _ = number()
    assert not isinstance(symbol, int)
    with pytest.raises(TypeError):
        hash(symbol)
    with pytest.raises(TypeError):
        Fraction(symbol)


def test_a_decision_is_noted_and_holds():
    symbol, path = number()
    assert symbol > 3
    assert not symbol < 3
    assert symbol == symbol + 0
    assert symbol != symbol + 1
    assert symbol % 4 == 2
    assert all(guard.holds({"x": 10}) for guard in path.guards)
    assert not all(guard.holds({"x": 11}) for guard in path.guards)
    assert not all(guard.holds({"x": 2}) for guard in path.guards)


# What depends on a name


def test_strides_are_numbers_and_repetitions_are_not(data):
    table = ac.load(data / "odd.yaml")
    with pytest.raises(ac.UsageError, match=r"depends on s.*leave s out: --in H"):
        ac.formula(table, symbols=("H", "s"))
    found = ac.formula(table).record.found
    assert found.fixed == {"s": 2}
    assert len(found.ties) == 1
    # A repetition: 24 to 24 channels, as min(3 x 16, 96) // 2 is.
    report = ac.formula(table, symbols=["reps"])
    assert report.weights.coeff(report.symbols["reps"]) == 24 * 24


def test_widths_that_only_go_together_are_numbers_unless_asked_for():
    report = ac.formula("inception_resnet_v1")
    assert report.record.found.fixed == {"m": 256, "n_": 384}
    asked = ac.formula("inception_resnet_v1", symbols=("m", "n_"))
    assert asked.domain == "m, n_ whole and >= 1; m + n_ = 640"
    assert asked.at(m=240, n_=400)["params"] != asked.at()["params"]
    with pytest.raises(
        ac.UsageError, match="do not hold for m = 256, n_ = 400; allowed: .*m \\+ n_"
    ):
        asked.at(n_=400)


# As text, in sympy, as LaTeX


def evaluated(text, point):
    """Work a printed expression out, by Python's own arithmetic on fractions."""
    names = {"ceil": math.ceil, "floor": math.floor, "min": min, "max": max, **point}
    return eval(
        re.sub(r"\b(\d+)\b", r"F(\1)", text).replace("**F(2)", "**2"), {**names, "F": Fraction}
    )


@pytest.mark.parametrize(
    ("name", "variant"), [*sampled(FIRST, 12), ("mobilenet_v1", "1.0-224"), ("odd", "")]
)
@pytest.mark.parametrize("multiple", [1, 32])
def test_text_and_sympy_say_the_same(name, variant, multiple, data):
    table = ac.load(data / "odd.yaml" if name == "odd" else name)
    multiple = 4 if name == "odd" and multiple > 1 else multiple
    report = ac.formula(table, variant=variant, multiple=multiple)
    found = report.record.found
    drawn = (point for point in points(found.domain, 9) if point in found.domain)
    for point in [found.point, *islice(drawn, 3)]:
        exact = {key: Fraction(value) for key, value in point.items()}
        for row in (*found.rows[:3], found.total):
            for of in row.quantities().values():
                assert evaluated(expression(of, ("H", "W")), exact) == of.at(point)
        values = {report.symbols[key]: value for key, value in point.items()}
        for what in ("params", "weights", "macs"):
            sympified = {key: _sympy(value) for key, value in values.items()}
            assert getattr(report, what).subs(sympified) == getattr(found.total, what).at(point)


def _sympy(value):
    import sympy

    return sympy.Rational(value.numerator, value.denominator)


def test_python_writes_latex_too():
    assert "9408" in ac.formula("googlenet", "conv1", symbols=["H", "W"]).to_latex()


def test_latex_names_its_words():
    done = run("formula", "mobilenet_v1", "fc", "--format", "latex")
    assert done.stdout.splitlines() == [
        "% holds for H, W >= 1; classes, 32*alpha whole and >= 1",
        "\\begin{align*}",
        "\\text{fc params} &= 1024 \\alpha \\mathit{classes} + \\mathit{classes} \\\\",
        "\\text{fc weights} &= 1024 \\alpha \\mathit{classes} \\\\",
        "\\text{fc macs} &= 1024 \\alpha \\mathit{classes}",
        "\\end{align*}",
    ]


# The command


def test_json_is_for_tools():
    found = json.loads(run("formula", "googlenet", "--format", "json").stdout)
    assert found["schema"] == "archcount.formula/1"
    (total,) = found["rows"]
    assert total["macs"] == (
        "32278528*ceil(H/32)*ceil(W/32) + 1024*classes*ceil((H-192)/32)*ceil((W-192)/32)"
    )
    assert found["domain"]["names"]["H"] == {
        "whole": 1, "least": 223, "above": None, "most": None, "modulus": 32, "remainders": [0, 31],
    }  # fmt: skip
    assert found["checked"] == 6


def test_csv_has_one_line_a_row():
    done = run("formula", "googlenet", "--rows", "--in", "size", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["id"] for row in rows][::19] == ["conv1", "total"]
    assert rows[0]["macs"] == "9408*ceil(size/2)**2"
    assert rows[0]["holds"] == "size >= 223, 0 or 31 mod 32"


@pytest.mark.parametrize("ending", ["md", "html", "svg", "tex", "txt", "csv", "json"])
def test_a_file_chooses_the_format(ending, tmp_path):
    path = tmp_path / f"x.{ending}"
    done = run("formula", "vgg@D", "-o", str(path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "classes" in path.read_text()


def test_numbers_of_the_whole_stand_below():
    lines = run("formula").stdout.splitlines()
    assert (
        "for H = 224, W = 224, classes = 1000: 6,998,552 params, 6,990,272 weights, "
        "1,582,671,872 MACs in all"
    ) in lines
    assert lines[-1] == "checked: the expanded table counts the same in all at 6 points"


@pytest.mark.parametrize("columns", [80, 160])
def test_no_rounding_is_broken_on_a_terminal(columns):
    shown = in_terminal(columns, "formula", "inception_v4")
    assert "floor((H-27)/16)*floor((W-27)/16)" in shown


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nope"], "unknown table 'nope'"),
        (
            ["googlenet", "conv9"],
            "googlenet has no row 'conv9'; did you mean 'conv2'? allowed: conv1, ",
        ),
        (["googlenet", "--in", "H,V"], "no number 'V' to keep as a symbol; allowed: C, H, W, size"),
        (["googlenet", "--in", "H,H"], "duplicate symbol H; name it once"),
        (["googlenet", "--in", "H,,W"], "has an empty name"),
        (
            ["googlenet", "--in", "size,H"],
            "cannot be combined with H or W; allowed: size, or H and W",
        ),
        (["googlenet", "--variant", "nope"], "has no variant 'nope'"),
        (["googlenet@bn", "--variant", "naive"], "two variants: googlenet@bn and naive; name one"),
        (["googlenet", "--multiple", "0"], "multiples of 0; allowed: 1 or more"),
        (["googlenet", "--multiple", "500"], "with H = 500 and W = 500: row pool2"),
        (["googlenet", "--format", "xml"], "unknown format 'xml'; allowed: rich, plain"),
        (["googlenet", "conv1", "--rows"], "--rows and names of rows"),
        (["torch.nn:Linear"], "unknown table 'torch.nn:Linear'"),
        (["googlenet", "-o", "x.zip"], "names no format; allowed: .txt"),
    ],
)
def test_mistakes_are_told_in_one_line(arguments, told):
    done = run("formula", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_mistakes_in_python():
    report = ac.formula("googlenet")
    with pytest.raises(
        ac.UsageError, match=r"unknown symbol 'h'; did you mean 'H'\? allowed: H, W, classes"
    ):
        report.at(h=3)
    with pytest.raises(ac.UsageError, match="H = 'x'; allowed: a number"):
        report.at(H="x")
    with pytest.raises(ac.UsageError, match="do not hold for H = 225"):
        report.at(H=225)
    with pytest.raises(ac.UsageError, match="no number above 1,000,000,000"):
        report.at(classes=10**10)


def test_the_command_imports_neither_sympy_nor_numpy():
    code = (
        "import sys; from archcount.cli.app import app\n"
        "try: app(['formula', 'googlenet'])\n"
        "except SystemExit: pass\n"
        "print([m for m in ('sympy', 'torch', 'numpy', 'pandas', 'fvcore') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
    code = code.replace("'googlenet'", "'googlenet', '--format', 'latex'")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "['sympy']", done.stderr


def test_help_has_the_options():
    done = subprocess.run([*COMMAND, "formula", "--help"], capture_output=True, text=True)
    assert all(option in done.stdout for option in ("--in", "--multiple", "--rows", "latex"))


def test_limits_of_a_table_file_are_limits_of_the_expressions():
    """A width of 10^9 is the most; 1024 alpha is the widest layer."""
    found = formulas(ac.load("mobilenet_v1").variant())
    most = Fraction(10**9, 1024)
    inside = {**found.point, "alpha": Fraction(most.numerator // most.denominator)}
    assert inside in found.domain
    assert {**inside, "alpha": inside["alpha"] + 1} not in found.domain
    assert not counted(ac.load("mobilenet_v1").variant(), found, inside).problem
    beyond = {**inside, "alpha": inside["alpha"] + 1}
    assert counted(ac.load("mobilenet_v1").variant(), found, beyond).problem


def test_a_length_keeps_its_value_when_it_is_written_by_another():
    googlenet = formulas(ac.load("googlenet").variant())
    lengths = [atom for atom in googlenet.total.macs.atoms() if isinstance(atom, Length)]
    assert {(atom.divisor, atom.shift % 32) for atom in lengths} == {(32, 31)}


def test_a_number_added_to_what_is_taken_away():
    """-floor((x + a) / m) + b is one rounded length too."""
    for a, m, b in product(range(-4, 5), (1, 2, 3), range(-3, 4)):
        taken = settled(-length("H", a, m) + b)
        name, shift, divisor, sign = as_length(taken)
        assert (name, sign) == ("H", -1)
        for x in range(1, 13):
            assert taken.at({"H": x}) == -((x + a) // m) + b == -((x + shift) // divisor)


def test_one_number_over_another_is_a_plain_one_as_long_as_it_stays():
    for x, y in ((10, 3), (-10, 3), (12, 4), (7, 9)):
        path = PathCondition({"x": x, "y": y})
        one, other = (Symbolic(Polynomial.of(Name(name, whole=True)), path) for name in "xy")
        assert one // other == x // y
        for near_x, near_y in product(range(x - 8, x + 9), range(1, 15)):
            point = {"x": near_x, "y": near_y}
            stays = all(guard.holds(point) for guard in path.guards)
            assert stays == (near_x // near_y == x // y), point


def test_an_identity_is_not_the_projection_that_stands_elsewhere(table_of):
    """A shortcut from 16 channels to w is a 1x1 convolution of 16 w weights, unless w is 16."""
    text = TINY.replace("3x8x8", "16x8x8").replace(
        "table: |", "blocks:\n  block: {add: [conv 3x3 w, shortcut]}\ntable: |"
    )
    report = ac.formula(table_of(text.replace("conv 3x3/2 w", "block")))
    assert report.domain == "H, W >= 1; w whole and >= 1; w != 16"
    assert expression(report.record.found.total.weights, ()) == "160*w"
    with pytest.raises(ac.UsageError, match="do not hold for H = 8, W = 8, w = 16"):
        report.at(w=16)
