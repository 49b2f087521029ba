"""The engines against hand counts and against each other on random networks."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from archcount.engines import ENGINES, Uncounted, check_name, choose, cross_check, engine
from archcount.engines import fvcore as fvcore_engine
from archcount.engines.fvcore_handles import per_element
from archcount.errors import InvalidTableError, InvalidValueError, UnavailableError, UsageError
from archcount.layers import CATEGORIES, Shape
from archcount.layers.by_word import FOLLOWERS, JOINS, KINDS
from archcount.spec.catalogue import find_table
from archcount.spec.load import load_table

NAMES = tuple(ENGINES)


@pytest.mark.parametrize("name", NAMES)
def test_a_toy_network_counted_by_hand(name, data):
    count = engine(name).count(load_table(data / "toy.yaml").architecture())
    stem, stage, scores = count.rows
    # 3x3 from 3 to 4 on 8x8: 4x3x9 = 108 weights, 108x64 macs; bias and relu on 4x64 outputs.
    assert (stem.weights, stem.params) == (108, 112)
    assert stem.cost.as_dict() | {"conv": 6_912, "bias": 256, "activation": 256} == (
        stem.cost.as_dict()
    )
    # 4 to 8 with stride 2, 8 to 8, a projection from 4 to 8; then 8 to 8 twice, on 4x4.
    # weights 288 + 576 + 32 + 2x576 = 2,048; biases 8x5 = 40; macs 2,048x16.
    assert (stage.weights, stage.params, stage.cost.conv) == (2_048, 2_088, 32_768)
    # Outputs of 8x16 = 128: biases of 5 convolutions, relus inside (2) and after the sums (2),
    # one sum in each of 2 blocks.
    assert (stage.cost.bias, stage.cost.activation, stage.cost.add) == (640, 512, 256)
    assert (stage.input, stage.output, stage.depth) == ((4, 8, 8), (8, 4, 4), 4)
    # The whole 4x4 map of 8 channels is pooled; 8 to 10.
    assert (scores.cost.pool, scores.cost.linear, scores.cost.bias) == (128, 80, 10)
    assert count.total.cost.macs == 6_912 + 32_768 + 80
    assert sum(count.total.cost.as_dict().values()) == 39_760 + 906 + 768 + 256 + 128


def _is_plain(kind):
    try:
        return kind().output(Shape((4, 5, 7))) == Shape((4, 5, 7))
    except (TypeError, InvalidValueError):
        return False  # it needs a number, or other input


_PLAIN = [word for word, kind in KINDS.items() if _is_plain(kind)]
"""The layers that need no number and leave the shape as it is."""


def _layer(draw, channels):
    """Draw one layer's text, and the channels it leaves."""
    width = draw(st.sampled_from([4, 6, 8]))
    kernel = draw(st.sampled_from(["1x1", "3x3", "5x5", "1x3", "3x3/2", "2x2/2"]))
    same = (
        draw(st.sampled_from(["symmetric", "asymmetric"])) if "2x2" not in kernel else "asymmetric"
    )
    options = f" same={same}"
    norm, act = (
        draw(st.sampled_from(["none", *(word for word in FOLLOWERS[name] if word != "group")]))
        for name in ("norm", "act")  # norm=group takes 32 groups, more than there are channels
    )
    choice = draw(st.sampled_from([*"conv group dw sep max avg groups".split(), *_PLAIN]))
    texts = {
        "conv": (f"conv {kernel} {width}{options} norm={norm} act={act}", width),
        "group": (f"conv {kernel} {width}{options} groups=2 bias=false", width),
        "dw": (f"dwconv {kernel} multiplier=2{options} act=none", 2 * channels),
        "sep": (f"sepconv {kernel} {width} multiplier=2{options}", width),
        "max": (f"maxpool {kernel}{options}", channels),
        "avg": (f"avgpool {kernel}{options} count_pad=true", channels),
        "groups": ("groupnorm 2", channels),
    }
    return texts.get(choice, (choice, channels))


@st.composite
def tables(draw):
    """Draw a table of a few rows: chains, branches, residuals and repeats."""
    channels, rows, blocks = 4, [], []
    for number in range(draw(st.integers(1, 3))):
        shape = draw(st.sampled_from(["chain", *JOINS, "shortcut", "repeat"]))
        texts = []
        for _ in range(draw(st.integers(2 if shape in JOINS else 1, 3))):
            text, left = _layer(draw, channels)
            texts.append(text)
            channels = left if shape == "chain" else channels
        if shape == "chain":
            block = f"[{', '.join(texts)}]"
        elif shape in JOINS:
            stride_one = [t.replace("/2", "").replace("2x2", "3x3") for t in texts]
            if shape != "concat":  # the others need equal channels
                stride_one = [f"[{text}, conv 1x1 6]" for text in stride_one]
            block = f"{{{shape}: [{', '.join(stride_one)}]}}"
            channels = None
        elif shape == "shortcut":
            block = "[{add: [[conv 3x3/2 8, conv 3x3 8 act=none], shortcut]}, relu]"
            channels = 8
        else:
            block = "[conv 1x1 8, {repeat: 2, block: [conv 3x3/first(2) 8, relu]}]"
            channels = 8
        blocks.append(f"  b{number}: {block}")
        rows.append(f"  r{number} | b{number}")
        if channels is None:
            blocks[-1] = f"  b{number}: [{block}, conv 1x1 4]"
            channels = 4
    blocks.append("  last: [global_avgpool, flatten, linear 5, softmax]")
    rows.append("  scores | last")
    return (
        "archcount: 1\nname: random\nsource: {title: none}\ninput: 4x11x13\n"
        "layer: {act: relu}\nblocks:\n" + "\n".join(blocks) + "\ntable: |\n  row | block\n"
        + "\n".join(rows) + "\n"
    )  # fmt: skip


@given(text=tables())
def test_engines_agree_on_random_networks(text, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "random.yaml"
    path.write_text(text)
    try:
        architecture = load_table(path).architecture()
    except InvalidTableError as error:
        # Only what the strategy cannot know: an even kernel, odd channels in two groups, a map
        # of one position, channels that the branches do not divide.
        told = (
            "groups do not divide",
            "pad=same",
            "needs several positions",
            "split among",
            "unpool",
        )
        assert any(each in str(error) for each in told), str(error)
        assume(False)
    formula, *traced = (engine(name).count(architecture) for name in NAMES)
    for other in traced:
        assert cross_check(formula, other) == ()
        assert other.uncounted == ()


@st.composite
def sequences(draw):
    """Draw a table of a few rows on tokens: of ids or of a map, joined, repeated."""
    of_ids = draw(st.booleans())
    norm = draw(st.sampled_from(["layernorm", "layernorm bias=false", "rmsnorm"]))
    heads, kv = draw(st.sampled_from([(1, 1), (2, 2), (4, 2), (4, 1)]))
    attention = f"attention heads={heads} kv={kv} dim={draw(st.sampled_from([2, 4]))}"
    for option, values in {
        "causal": ["true", "false"], "bias": ["true", "false"], "qkv_bias": ["true", "false"],
        "rotary": ["10000"],
    }.items():  # fmt: skip
        if draw(st.booleans()):
            attention += f" {option}={draw(st.sampled_from(values))}"
    act = draw(st.sampled_from([word for word in FOLLOWERS["act"] if word != "prelu"]))
    feed = draw(
        st.sampled_from(
            [
                f"[{norm}, linear 12 act={act}, linear in.c bias=false, layer_scale]",
                f"[{{mul: [linear 12 act={act}, linear 12]}}, linear in.c]",
                "[{concat: [identity, linear 4]}, linear in.c, softmax]",
                "[affine, transpose, linear in.l, transpose]",
                f"{{experts: {{of: 3, active: 2, block: [{norm}, linear 6 act={act}, linear in.c]}}}}",
            ]
        )
    )
    start = "embedding 8" if of_ids else "conv 3x3/2 8 norm=layer, layer_scale 0.1, tokens"
    extras = draw(
        st.lists(st.sampled_from(["class_token", "positions", "segments 2"]), unique=True)
    )
    last = draw(st.sampled_from(["take first", "take last", "mean", norm]))
    return (
        "archcount: 1\nname: random\nsource: {title: none}\n"
        f"input: {'tokens 7 of 11' if of_ids else '3x6x8'}\nblocks:\n"
        f"  start: [{', '.join([start, *extras])}]\n"
        f"  attend: [{norm}, {attention}, dropout 0.1]\n"
        f"  feed: {feed}\n"
        "  layer: [{add: [identity, attend]}, {add: [identity, feed]}]\n"
        f"  layers: {{repeat: {draw(st.integers(0, 2))}, block: layer}}\n"
        f"  scores: [{last}, linear 5 bias={draw(st.sampled_from(['true', 'false']))}]\n"
        "table: |\n  row | block\n  start | start\n  layers | layers\n  scores | scores\n"
    )


@given(text=sequences())
def test_engines_agree_on_random_sequences(text, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "sequence.yaml"
    path.write_text(text)
    architecture = load_table(path).architecture()
    formula, *traced = (engine(name).count(architecture) for name in NAMES)
    for other in traced:
        assert cross_check(formula, other) == ()
        assert other.uncounted == ()


def test_a_difference_is_found_in_its_row_and_category(data):
    count = engine("formula").count(load_table(data / "toy.yaml").architecture())
    for category in CATEGORIES:
        wrong = count.rows[1].cost._replace(**{category: getattr(count.rows[1].cost, category) + 1})
        other = replace(
            count,
            engine="other",
            rows=(count.rows[0], replace(count.rows[1], cost=wrong), count.rows[2]),
        )
        (found,) = cross_check(count, other)
        assert (found.row, found.what) == ("stage", category)
        assert set(found.values) == {"formula", "other"}


@pytest.mark.parametrize("field", ["input", "output", "weights", "params"])
def test_a_difference_in_a_field_is_found_in_rows_and_heads(field):
    count = engine("formula").count(load_table(*find_table("googlenet")).architecture(), heads=True)
    row, head = count.rows[0], count.heads[1]
    value = (1, 2, 3) if field in ("input", "output") else 7
    other = replace(
        count,
        engine="other",
        rows=(replace(row, **{field: value}), *count.rows[1:]),
        heads=(count.heads[0], replace(head, **{field: value})),
    )
    found = [(item.row, item.what) for item in cross_check(count, other)]
    assert found == [("conv1", field), ("heads.inception_4d", field)]


def test_a_missing_row_is_found(data):
    count = engine("formula").count(load_table(data / "toy.yaml").architecture())
    (found,) = cross_check(count, replace(count, engine="other", rows=count.rows[:2]))
    assert (found.row, found.what) == ("scores", "row")


def test_what_fvcore_cannot_count_is_reported_with_op_and_place(data, monkeypatch):
    handles = {name: h for name, h in fvcore_engine.HANDLES.items() if name != "aten::add"}
    monkeypatch.setattr(fvcore_engine, "HANDLES", handles)
    count = fvcore_engine.count(load_table(data / "toy.yaml").architecture())
    assert count.uncounted == (
        Uncounted(op="aten::add", place="stage.block1.add", times=1),
        Uncounted(op="aten::add", place="stage.block2.add", times=1),
    )


def test_what_fvcore_cannot_count_inside_a_normalisation_is_reported_too(monkeypatch):
    handles = {name: h for name, h in fvcore_engine.HANDLES.items() if name != "aten::pow"}
    monkeypatch.setattr(fvcore_engine, "HANDLES", handles)
    count = fvcore_engine.count(load_table(*find_table("googlenet")).architecture())
    assert count.uncounted == (
        Uncounted(op="aten::pow", place="pool1.lrn", times=1),
        Uncounted(op="aten::pow", place="conv2.lrn", times=1),
    )


def test_an_operation_without_a_category_is_reported(data, monkeypatch):
    handles = {**fvcore_engine.HANDLES, "aten::add": per_element("mystery")}
    monkeypatch.setattr(fvcore_engine, "HANDLES", handles)
    count = fvcore_engine.count(load_table(data / "toy.yaml").architecture())
    assert count.uncounted == (Uncounted(op="mystery", place="stage", times=1),)


def test_counting_leaves_the_random_state_alone(data):
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    engine("fvcore").count(load_table(data / "toy.yaml").architecture())
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_network_too_large_to_run_is_said_and_still_counted_by_formula(data):
    architecture = load_table(data / "toy.yaml").architecture(input="3x8000000x8000000")
    with pytest.raises(UnavailableError, match="not enough memory.*--engine formula") as caught:
        engine("fvcore").count(architecture)
    assert caught.value.exit_code == 3
    # So large that torch cannot even name the size.
    for name in ("fvcore", "torch"):
        with pytest.raises(UnavailableError, match="not enough memory.*--engine formula"):
            engine(name).count(
                load_table(data / "toy.yaml").architecture(input="3x999999999x999999999")
            )
    # stem: 108 weights at 64 x 10^12 positions
    assert engine("formula").count(architecture).rows[0].cost.conv == 108 * 64 * 10**12


def test_an_unknown_engine_is_refused():
    with pytest.raises(UsageError, match="allowed: auto, formula, fvcore, torch, all"):
        check_name("tpu")


@pytest.mark.parametrize(
    ("width", "side", "name"),
    # A 1x1 convolution of 4 to w channels: 5 w params, 4 w multiply-accumulates a position.
    [
        (50_000_000, 1, "fvcore"),  # 250,000,000 params
        (50_000_001, 1, "torch"),
        (100_000, 500, "fvcore"),  # 100,000,000,000 multiply-accumulates
        (100_001, 500, "torch"),
    ],
)
def test_large_networks_are_counted_without_numbers(width, side, name, tmp_path):
    path = tmp_path / "large.yaml"
    path.write_text(
        "archcount: 1\nname: large\nsource: {title: none}\n"
        f"input: 4x{side}x{side}\ntable: |\n  row | block\n  r | conv 1x1 {width}\n"
    )
    network = load_table(path).architecture()
    assert choose("auto", network) == (name, "formula")
    assert choose("fvcore", network) == ("fvcore", "formula")
    assert choose("all", network) == ("fvcore", "torch", "formula")


def test_a_count_without_numbers_imports_no_compiler(data):
    """torch's own way to sizes, and to initial values, imports its compiler, for a second."""
    code = (
        "import sys; import archcount as ac;"
        " report = ac.count(ac.load(sys.argv[1]), variant='117M', engine='auto');"
        " print([each.engine for each in report.counts], {'sympy', 'torch._dynamo'} & set(sys.modules))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, "gpt2"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == "['torch', 'formula'] set()"


def test_the_formula_engine_needs_no_torch():
    code = (
        "import sys; import archcount as ac; ac.compare(ac.count(ac.load('googlenet'),"
        " engine='formula'), ac.load('googlenet')).to_markdown();"
        " print({'torch', 'fvcore', 'pandas', 'numpy'} & set(sys.modules))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "set()"
