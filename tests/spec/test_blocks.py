"""What blocks are given, and what their rows say: toy networks worked out in comments."""

from __future__ import annotations

import re

import pytest

import archcount as ac
from archcount.engines import ENGINES, engine
from archcount.errors import InvalidTableError
from archcount.spec.load import load_table

HEAD = """\
archcount: 1
name: net
source: {title: A network}
input: 4x8x8
let: {w: 6}
layer: {pad: same, bias: false}
"""


@pytest.fixture
def read(tmp_path):
    """Read a table of one column `k` and one row, whose sections before it are given."""

    def read_table(sections: str, cell: str, k: str = "", columns: str = "{k: Kernel}"):
        path = tmp_path / "net.yaml"
        table = f"table: |\n  row | block | k\n  r | {cell} | {k}\n"
        path.write_text(f"{HEAD}columns: {columns}\n{sections}{table}")
        return load_table(path).architecture().rows[0].node

    return read_table


SQUEEZE = """\
blocks:
  se(r): {mul: [identity, [global_avgpool, conv 1x1 r act=relu, conv 1x1 in.c act=hsigmoid]]}
  "mbconv(k, t)": [conv 1x1 in.c*t, dwconv k, se(in.c/2), conv 1x1 w]
"""


def test_a_block_is_given_numbers_and_patches(read):
    node = read(SQUEEZE, "mbconv(5x5/2, 3)")
    # 12 channels of 3*4, of 5x5; then in.c is 4 to the caller, so that 2 are squeezed, and 12
    # to the squeeze, which gives back what it reads; 6 at the end.
    assert node.weights == 4 * 12 + 12 * 25 + (12 * 2 + 2 * 12) + 12 * 6
    assert node.output.dims == (6, 4, 4)


@pytest.mark.parametrize(
    ("cell", "weights"),
    [
        ("wide(w/2)", 4 * 3 * 9),
        ("wide(k-1)", 4 * 4 * 9),  # k of the row is 5
        ("wide(max(w, 2*k))", 4 * 10 * 9),
        ("[wide(2), wide(3)]", 4 * 2 * 9 + 2 * 3 * 9),
        ("wide(2), wide(3)", 4 * 2 * 9 + 2 * 3 * 9),
        ("twice(3)", 4 * 6 * 9),
    ],
)
def test_arguments_are_worked_out_where_the_call_stands(read, cell, weights):
    blocks = "blocks: {wide(k): conv 3x3 k, twice(k): wide(2*k)}\n"
    if cell[0] == "[":
        blocks, cell = blocks.replace("}", ', both: ["wide(2)", wide(3)]}'), "both"
    assert read(blocks, cell, k="5").weights == weights


def test_numbers_of_a_name_are_seen_in_the_blocks_that_it_names(read):
    blocks = """\
blocks:
  "MBConv{t}, k{k_}x{}": [wider, {repeat: 2, block: dwconv k_xk_}, own(1)]
  wider: conv 1x1 in.c*t
  own(t): conv 1x1 t
"""
    node = read(blocks, "MBConv6, k5x5")
    assert node.weights == 4 * 24 + 2 * 24 * 25 + 24 * 1
    with pytest.raises(InvalidTableError, match=r"'in.c\*t' reads 't', an argument of block"):
        read(blocks, "wider")


@pytest.mark.parametrize(
    ("layer", "k", "says"),
    [
        ("conv kxk 2", "3", (4 * 2 * 9, 8)),
        ("conv kxk/2 2", "3", (4 * 2 * 9, 4)),
        ("conv k/2 2", "3", (4 * 2 * 9, 4)),
        ("conv kx1/k-1 2", "3", (4 * 2 * 3, 4)),
        ("conv k/w-4 2", "5x1", (4 * 2 * 5, 4)),
        ("conv 1xk/kx1 2", "3", (4 * 2 * 3, 3)),
        ("conv kxk/1xk 2", "3", (4 * 2 * 9, 8)),
        ("dwconv kxk/k", "5", (4 * 25, 2)),
        ("maxpool 3x3/k", "2", (0, 4)),
    ],
)
def test_a_patch_is_made_of_names(read, layer, k, says):
    node = read(f"blocks: {{b: {layer}}}\n", "b", k=k)
    assert (node.weights, node.output.dims[1]) == says


@pytest.mark.parametrize(
    ("head", "cell", "factor"),
    [
        ("spread", "spread", "in.h"),  # what the block reads
        ("spread", "spread", "k"),
        ("spread", "spread", "side"),
        ("spread(f)", "spread(2*4)", "f"),
    ],
)
def test_a_size_is_a_name_of_a_number(read, head, cell, factor):
    block = f"{{concat: [identity, [global_avgpool, upsample {factor}]]}}"
    node = read(f"derive: {{side: k}}\nblocks:\n  {head}: {block}\n", cell, k="8")
    assert node.output.dims == (4 + 4, 8, 8)


def test_every_engine_counts_what_blocks_are_given(tmp_path):
    path = tmp_path / "net.yaml"
    table = "table: |\n  row | block\n  r | mbconv(3x3/2, 2)\n  s | mbconv(5x5, 4)\n"
    path.write_text(HEAD + SQUEEZE + table)
    architecture = load_table(path).architecture()
    counts = [engine(name).count(architecture) for name in ENGINES]
    assert len({(count.total.params, count.total.cost.conv) for count in counts}) == 1
    # the second row: 6 to 24 channels on 4x4, 25 weights each, 3 squeezed, and 6
    assert counts[0].rows[1].cost.conv == (6 * 24 + 24 * 25 + 24 * 6) * 16 + 2 * 24 * 3


@pytest.mark.parametrize(
    ("blocks", "cell", "says"),
    [
        ("se(r): conv 1x1 r", "se(1, 2)", "gives block 'se(r)' 2 arguments; allowed: 1: r"),
        ("se(r): conv 1x1 r", "se", "'se': block 'se(r)' takes 1 argument; allowed: se(r)"),
        ("se(r): conv 1x1 r", "se(q)", "in 'se(q)': r: unknown name 'q'"),
        ("se(r): conv 1x1 r", "se(w/4)", "row r: width of 'conv 1x1 r': r is 1.5, not a whole"),
        ("se(r): conv 1x1 r", "se(3x3)", "argument r is '3x3', which is not a number"),
        ("se(r): conv 1x1 r", "se(3x)", "in 'se(3x)': r: '3x' is not a patch"),
        ("se(r): conv 1x1 r", "se(w/0)", "row r: argument r: 'w/0' divides by 0"),
        ("se(r): conv 1x1 r", "es(3)", "did you mean 'se(r)'?"),
        ("se(r): conv 1x1 w", "relu", "block 'se(r)' does not read 'r'; remove the argument"),
        ('"se(r, r)": conv 1x1 r', "relu", "has an argument twice"),
        ("conv(r): relu", "relu", "begins with the word of a layer kind"),
        ("{se(r): conv 1x1 r, se(q): conv 1x1 q}", "relu", "are called alike"),
        (
            "b: conv kxk/1x1xk 1",
            "b",
            "'kxk/1x1xk' strides on 3 of 2 axes; allowed: one stride, or 2",
        ),
        ("b: conv k/1x1xk 1", "b", "stride is of 3 axes, and the kernel of 2"),
        ("stem: relu", "stem 64", "'stem 64': block 'stem' takes no numbers; allowed: stem"),
        ("stem: relu", "stem(64)", "'stem(64)': block 'stem' takes no numbers"),
        ('"a{v}": b, b: conv 1x1 v, c: b', "c", "'v' reads 'v', an argument of block 'a{v}'"),
        ('"a(v)": b(v), "b(v)": a(v)', "a(1)", "contains itself (a(v) -> b(v) -> a(v))"),
    ],
)
def test_what_a_block_cannot_be_given_is_said(read, blocks, cell, says):
    with pytest.raises(InvalidTableError, match=re.escape(says)):
        read(f"blocks: {blocks if blocks[0] == '{' else '{' + blocks + '}'}\n", cell, k="3")


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("k == 3", True),
        ("k != 3", False),
        ("k < 3", False),
        ("k <= 3 and w > 5", True),
        ("k > 3 or w >= 6", True),
        ("not k == 3", False),
        ("not (k == 3 and w == 7)", True),
        ("1 < k < w", True),
        ("in.c == 4 and input.h == 8", True),
        ("k - 3", False),
        ("k", True),
        ("'k == 4'", False),
    ],
)
def test_a_part_is_there_under_a_condition(read, condition, holds):
    when = f"{{when: {condition}, block: conv 1x1 2, else: [conv 3x3 2, relu]}}"
    assert read(f"blocks: {{b: {when}}}\n", "b", k="3").weights == (4 * 2 if holds else 4 * 2 * 9)
    alone = when.partition(", else")[0] + "}"
    node = read(f"blocks: {{b: [{alone}]}}\n", "b", k="3")
    assert node.output.dims == ((2, 8, 8) if holds else (4, 8, 8))


def test_a_residual_is_there_where_the_paper_has_one(tmp_path):
    # MobileNetV2, sec. 3.3: where the stride is 1 and the widths are equal.
    path = tmp_path / "net.yaml"
    path.write_text(
        HEAD
        + """\
columns: {c: c, s: s}
blocks:
  bottleneck:
    when: first(s) == 1 and in.c == c
    block: {add: [identity, unit]}
    else: unit
  unit: [conv 1x1 6*in.c, dwconv 3x3/first(s), conv 1x1 c]
table: |
  row | block | n | c | s
  a | bottleneck | 1 | 4 | 1
  b | bottleneck | 3 | 4 | 2
  c_ | bottleneck | 2 | 8 | 1
"""
    )
    architecture = load_table(path).architecture()
    assert [len([*row.node.joins()]) for row in architecture.rows] == [1, 2, 1]
    # 4 channels: 6*4*(4 + 9 + 4) weights each; then 24*(4 + 9 + 8) and 48*(8 + 9 + 8)
    assert [row.node.weights for row in architecture.rows] == [408, 3 * 408, 24 * 21 + 48 * 25]


def test_first_is_of_the_repeat_nearest_around_it(read):
    blocks = """\
blocks:
  inner(s): conv 1x1/first(s) 4
  outer: {repeat: 2, block: [inner(2), {repeat: 2, block: conv 1x1/first(2) 4}]}
  given(s): {repeat: 2, block: conv 1x1/s 4}
  outside: {repeat: 2, block: given(first(2))}
"""
    # outer: 8 to 4 (its own first), to 2 (the inner first), not again, and to 1 (the inner one's)
    assert read(blocks, "outer").output.dims == (4, 1, 1)
    # what is given is worked out where the call stands, once for both: 8 to 4 to 2
    assert read(blocks, "outside").output.dims == (4, 2, 2)


DERIVED = """\
archcount: 1
name: net
source: {title: A network}
input: 4x8x8
let: {alpha: 0.5}
columns: {c: c, s: s}
derive: {wide: c*alpha, width: round8(wide), half: s/2}
layer: {pad: same, bias: false}
blocks: {b: conv 3x3/s width, "over(c)": [dwconv cxc, conv 1x1 width], none: relu}
table: |
  row | block | c | s
  a | b | 24 | 2
  b_ | over(3) | 50 | -
  d | none | - | -
"""


def test_a_row_derives_names_from_its_cells(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text(DERIVED)
    table = load_table(path)
    architecture = table.architecture()
    # 12 is 16 (8 and 16 are equally near, and 8 is too far below), 25 is 24: of the row's c
    # also in a block that has a c of its own.
    assert [row.node.output.dims for row in architecture.rows] == [(16, 4, 4)] + [(24, 4, 4)] * 2
    assert architecture.unread == ()
    # Doubled, they are 24 and 50, of which the latter is 48.
    doubled = table.architecture(let={"alpha": 1})
    assert [row.node.output.channels for row in doubled.rows] == [24, 48, 48]


def test_a_variant_derives_names_otherwise_and_knows_other_words(tmp_path):
    """Widths are 2 c = 48 and 100, then 100 of the last row; "two" is a stride of 2, then of 4."""
    path = tmp_path / "net.yaml"
    path.write_text(
        DERIVED.replace("b | 24 | 2", "b | 24 | two").replace(
            "derive:", "words: {s: {two: 2}}\nderive:"
        )
        + "variants:\n  wide: {derive: {width: 2*c}}\n  small: {of: wide, words: {s: {two: 4}}}\n"
    )
    table = load_table(path, every_variant=True)
    sizes = {
        name: [row.node.output.dims for row in table.architecture(variant=name).rows]
        for name in ("", "wide", "small")
    }
    assert sizes == {
        "": [(16, 4, 4), (24, 4, 4), (24, 4, 4)],
        "wide": [(48, 4, 4), (100, 4, 4), (100, 4, 4)],
        "small": [(48, 2, 2), (100, 2, 2), (100, 2, 2)],
    }


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("wide: c*alpha", "c: alpha", "7:10: derive name 'c' is also a column"),
        ("wide: c*alpha", "alpha: c", "derive name 'alpha' is also a let name"),
        ("wide: c*alpha", "wide: q*alpha", "7:16: derive wide: unknown name 'q'"),
        ("wide: c*alpha", "wide: width", "derive wide: unknown name 'width'"),
        ("wide: c*alpha", "wide: first(c)", "first() has no meaning in the names of a row"),
        ("wide: c*alpha", "wide: [c]", "derive.wide does not fit"),
        ("3x3/s width", "3x3/s half/3", "row a: width of 'conv 3x3/s half/3': half/3 is 0.33"),
        ("half: s/2", "half: 1/(s-2)", "does not go wrong: nothing reads it"),
        ("none: relu", "none: conv 1x1 width", "row d: column c is blank, and its block reads c"),
        ("c*alpha", "c/(c-24)", "row a: derive wide: 'c/(c-24)' divides by 0"),
        ("b: conv", "b: {when: c = 3, block: relu}, e: conv", "'c = 3' is not a condition"),
        ("b: conv", "b: {when: c is 3, block: relu}, e: conv", "'c is 3' is not allowed"),
        ("b: conv", "b: {when: q > 3, block: relu}, e: conv", "when: unknown name 'q'"),
        ("b: conv", "b: {when: [c], block: relu}, e: conv", "when is not a condition"),
        ("b: conv", "b: {when: c/(s-2) > 1, block: relu}, e: conv", "row a: when c/(s-2) > 1: "),
        ("b: conv", "b: {when: c > 1}, e: conv", "a block with the keys 'when'"),
    ],
)
def test_what_a_row_cannot_derive_is_said(tmp_path, old, new, says):
    path = tmp_path / "net.yaml"
    assert old in DERIVED
    path.write_text(DERIVED.replace(old, new, 1))
    if says.startswith("does not go wrong"):
        assert load_table(path).architecture()
        return
    with pytest.raises(InvalidTableError, match=re.escape(says)):
        load_table(path)


def test_derived_widths_and_conditions_are_formulas_too(tmp_path):
    from archcount.api.formula_report import formula

    path = tmp_path / "net.yaml"
    path.write_text(DERIVED.replace("b: conv", "b: {when: c*alpha > 11, block: relu}, e: conv"))
    report = formula(load_table(path), symbols=["H", "W"])
    for side in (8, 11):
        counted = load_table(path).architecture(input=f"4x{side}x{side}")
        assert report.at(H=side, W=side)["macs"] == counted.cost.macs


WORDS = """\
archcount: 1
name: net
source: {title: A network}
input: 4x8x8
let: {deep: 2, none_: 0}
columns: {SE: SE, NL: NL, filter: "filter size (x number)", b: bias}
words: {SE: {"✓": 1, "-": 0}, NL: {RE: relu, HS: hswish, "-": none}, b: {yes: true, no: false}}
layer: {pad: same, bias: false}
blocks:
  bneck: [act(NL), {when: SE, block: {mul: [identity, [global_avgpool, conv 1x1 8]]}}]
  act(word): conv 1x1 8 act=word bias=b
  conv1: [conv filter filter.n, act(relu)]
table: |
  row | block | n | SE | NL | filter | b
  a | bneck | deep | ✓ | HS | | yes
  b_ | bneck | deep+1 | - | RE | | no
  c | bneck | 1 | - | - | 3x3 | no
  d | conv1 | | | | 7x7/2 (x96) | no
"""


def test_printed_words_have_meanings(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text(WORDS)
    architecture = load_table(path).architecture()
    words = [[layer.kind.word for layer in row.node.layers()] for row in architecture.rows]
    assert words[:3] == [
        ["conv", "hswish", "identity", "global_avgpool", "conv"] * 2,
        ["conv", "relu"] * 3,
        ["conv"],
    ]
    # 4 to 8 and 8 to 8 channels, 8 biases each, and 8x8 of each squeeze; then 8x8 alone
    assert [row.node.params for row in architecture.rows] == [
        4 * 8 + 8 + 64 + 64 + 8 + 64,
        3 * 64,
        64,
        8 * 96 * 49 + 96 * 8,
    ]
    assert architecture.rows[3].node.output.dims == (8, 4, 4)
    assert architecture.unread == ("row c: column filter is 3x3",)


def test_a_printed_word_may_be_the_name_that_it_means(tmp_path):
    path = tmp_path / "net.yaml"
    words = "columns: {out: }\nwords: {out: {k: k}}\n"
    path.write_text(
        HEAD.replace("w: 6", "k: 5")
        + words
        + "table: |\n  row | block | out\n  r | conv 1x1 out | k\n"
    )
    assert load_table(path).architecture().output.dims[0] == 5


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "RE: relu",
            "RE: relo",
            "row b_: act of 'conv 1x1 8 act=word bias=b': column NL is 'relo'",
        ),
        ("| RE |", "| RR |", "column NL is 'RR'; allowed: none, "),
        ("| no\n  c", "| perhaps\n  c", "row b_: bias of 'conv 1x1 8 act=word bias=b': 'perhaps'"),
        ("words: {SE:", "words: {ES:", "7:9: words of unknown column 'ES'; allowed: SE, NL"),
        ("words: {SE:", "words: {n: {a: 1}, SE:", "words of unknown column 'n'"),
        ('"✓": 1', '"✓": [1]', "words.SE.✓ does not fit"),
        ("deep+1", "deeq+1", "repeat: unknown name 'deeq'"),
        ("deep+1", "n+1", "row b_: column n is 'n+1', which is not a number"),
        ("deep+1", "1+1", "column n: '1+1' is not a number of repeats"),
        ("deep+1", "b+1", "row b_: column b is 'no', which is not a number"),
        ("conv filter filter.n", "conv filter SE.n", "unknown name 'SE.n'"),
        ("7x7/2 (x96)", "7x7/2", "row d: column filter is blank, and its block reads filter.n"),
    ],
)
def test_words_without_a_meaning_are_refused(tmp_path, old, new, says):
    path = tmp_path / "net.yaml"
    assert old in WORDS
    text = WORDS.replace(old, new, 1)
    path.write_text(text.replace("3x3 | no", "3x3 (x1) | no", 1))
    with pytest.raises(InvalidTableError, match=re.escape(says)):
        load_table(path)


def test_a_cell_is_read_where_an_equal_row_was_expanded_before(tmp_path):
    # Both rows are 3 to 3 channels on 8x8, so that the second is the first one's node.
    path = tmp_path / "twice.yaml"
    path.write_text(
        "archcount: 1\nname: twice\nsource: {title: Twice}\ninput: 3x8x8\n"
        "columns: {w: filters}\nblocks: {c: conv 3x3 w}\n"
        "table: |\n  row | block | w\n  a | c | 3\n  b | c | 3\n"
    )
    architecture = ac.load(path).architecture()
    assert architecture.rows[0].node is architecture.rows[1].node
    assert architecture.unread == ()
