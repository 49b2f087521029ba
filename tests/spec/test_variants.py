"""Variants, columns read as others, numbers in block names: all reduce to a plain table."""

from __future__ import annotations

import pytest

import archcount as ac
from archcount.errors import InvalidTableError, UsageError
from archcount.spec.load import load_table

COLUMNS = """archcount: 1
name: two
source: {title: Two networks in one table, table: Table 1}
input: 3x8x8
let: {classes: 10}
columns: {small: Small, large: Large}
blocks:
  "conv{}-{width}": conv 3x3 width
  "[3x3, {a}; 3x3, {b}] x{times}": {repeat: times, block: [{add: [[conv 3x3 a, conv 3x3 b], shortcut=project]}]}
  maxpool: maxpool 2x2/2 pad=valid
  FC: [global_avgpool, flatten, linear classes]
table: |
  row  | output | small     | large
  one  | 8x8    | conv3-4   | conv3-4, conv3-6
  pool | 4x4    | maxpool   | maxpool
  two  | 4x4    | conv3-8   | [3x3, 8; 3x3, 8] x2
  last | 1x1    | FC        | FC
default: large
variants:
  small:
    printed: true
    read: {block: small}
    claims: [{what: depth, printed: 3, from: here}]
  large:
    printed: true
    read: {block: large}
  thin:
    of: small
    cells: {two: {block: conv3-2}}
    claims: [{what: depth, printed: 3, from: here}]
  thinner: {of: thin, cells: {one: {block: conv3-1}}, let: {classes: 5}}
"""


@pytest.fixture
def load(tmp_path):
    """Give a function that loads a changed text, with every variant of it unless told otherwise."""

    def loaded(*changes: tuple[str, str], every_variant: bool = True):
        text = COLUMNS
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / "two.yaml"
        path.write_text(text)
        return load_table(path, every_variant=every_variant)

    return loaded


def params(table, variant="", **options):
    return table.architecture(variant=variant, **options).params


def test_a_table_with_columns_for_several_networks(load):
    table = load()
    assert table.networks == ("small", "large", "thin", "thinner")
    # 4 x 27 + 4 = 112; 8 x 36 + 8 = 296; 8 x 10 + 10 = 90
    assert params(table, "small") == 112 + 296 + 90
    # 112, 6 x 36 + 6 = 222; 6 to 8: 8 x 54 + 8 = 440, 8 x 72 + 8 = 584, projection 8 x 6 + 8 = 56,
    # then 584 twice; the default where none is named
    assert params(table) == 112 + 222 + 440 + 584 + 56 + 2 * 584 + 90
    assert table.architecture().variant == "large"
    report = ac.compare(ac.count(table, variant="small", engine="formula"), table)
    assert report.record.comparison.tally("output")["match"] == 4
    assert [claim.verdict.status for claim in report.record.comparison.claims] == ["match"]


def test_a_variant_of_a_variant_changes_what_that_one_makes(load):
    table = load()
    # 2 x 36 + 2 = 74 instead of 296; 2 x 10 + 10 = 30
    assert params(table, "thin") == 112 + 74 + 30
    # 27 + 1 = 28; 2 x 9 + 2 = 20; 2 x 5 + 5 = 15
    assert params(table, "thinner") == 28 + 20 + 15
    report = ac.compare(ac.count(table, variant="thinner", engine="formula"), table)
    assert report.record.comparison.claims == ()  # what is printed of one is not said of another
    assert report.record.comparison.columns == ()


def test_a_changed_cell_is_read_by_those_that_read_its_column(load):
    table = load(
        (
            "    read: {block: small}\n",
            "    read: {block: small}\n    cells: {one: {small: conv3-5}}\n",
        )
    )
    assert table.architecture(variant="small").find("one").params == 5 * 27 + 5
    # the paper's own rows stay
    assert table.written.rows[0].cells["small"].text == "conv3-4"


def test_a_table_that_stands_by_itself_is_called_printed_beside_a_default(toy_text, tmp_path):
    path = tmp_path / "toy.yaml"
    path.write_text(toy_text + "default: wide\n")
    table = ac.load(path)
    assert table.networks == ("printed", "wide", "plain")
    assert table.architecture().output.dims == (100,)
    assert table.architecture(variant="printed").output.dims == (10,)


def test_a_variant_changes_blocks_heads_and_source(toy_text, tmp_path):
    path = tmp_path / "toy.yaml"
    path.write_text(
        toy_text
        + "  other:\n    source: {title: Another paper}\n    blocks: {stem: [conv patch w, conv 1x1 w]}\n"
        "    heads: [{at: stem, loss_weight: 0.5, body: [global_avgpool, flatten, linear 2]}]\n"
    )
    table = ac.load(path)
    # 4 x 4 + 4 = 20 more than 2,290, and a head of 4 x 2 + 2
    other = table.architecture(variant="other")
    assert other.params == 2_310
    assert [head.node.params for head in other.heads] == [10]
    assert table.variant("other").printed.source.title == "Another paper"
    assert table.architecture().params == 2_290


def test_let_names_and_input_are_options_of_any_table(load):
    table = load()
    assert table.architecture(let={"classes": 3}, input="1x16x16").output.dims == (3,)
    report = ac.compare(ac.count(table, let={"classes": "2*3"}, engine="formula"), table)
    [warning] = report.record.warnings
    assert "this count is for classes = 2*3" in str(warning)
    with pytest.raises(
        UsageError, match=r"has no let name 'clases'; did you mean 'classes'\? allowed: classes"
    ):
        table.architecture(let={"clases": 3})
    with pytest.raises(UsageError, match="with classes = 1/2: row last: .*not a whole number"):
        table.architecture(let={"classes": "1/2"})
    with pytest.raises(UsageError, match="let classes: 'a b' is not an expression"):
        table.architecture(let={"classes": "a b"})


def test_a_number_of_a_block_name_can_be_read_otherwise(tmp_path):
    # 3 x 27 x 64 macs = 5,184 and not 6,912: printed are those of 3 filters where the name says 4
    path = tmp_path / "one.yaml"
    path.write_text(
        "archcount: 1\nname: one\nsource: {title: t, table: t}\ninput: 3x8x8\n"
        'blocks: {"conv-{w}": conv 3x3 w bias=false}\n'
        "table: |\n  row | block  | output | params | ops\n  one | conv-4 | 8x8x3  | 81     | 5184\n"
    )
    table = ac.load(path)
    row = ac.compare(ac.count(table, engine="formula"), table).record.comparison.rows[0]
    assert row.cells["params"].verdict.status == "reading"
    assert row.explanations[0].what == "w 3 instead of 4"


def test_a_printed_stride_and_a_type_as_block(tmp_path):
    path = tmp_path / "one.yaml"
    path.write_text(
        "archcount: 1\nname: one\nsource: {title: t, table: t}\ninput: 3x8x8\ncolumns: {how: how}\n"
        "blocks: {first: conv 3x3/how 4}\n"
        "table: |\n  row | type  | block     | how      | output\n"
        "  one | first |           | stride 2 | 4x4x4\n  two | first | relu      |          | 4x4x4\n"
    )
    architecture = ac.load(path).architecture()
    assert [row.node.output.dims for row in architecture.rows] == [(4, 4, 4), (4, 4, 4)]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("default: large", "default: larg"), "18:10: unknown default variant 'larg'.*did you mean 'large'"),
        (("default: large\n", ""), "column 'block' is missing"),
        (("  small:\n", "  printed:\n"), "variant name 'printed' means the table as printed"),
        (("of: small", "of: smal"), "variant thin is of unknown variant 'smal'.*did you mean 'small'"),
        (("of: small", "of: thinner"), "variant thin is based on itself .thin -> thinner -> thin."),
        (("of: thin,", "of: thinner,"), "variant thinner is based on itself .thinner -> thinner."),
        (("read: {block: large}", "read: {block: lage}"), "variant large: unknown column to read 'lage'.*did you mean 'large'"),
        (("read: {block: large}", "read: {blok: large}"), "variant large: unknown column to read another as 'blok'"),
        (("    read: {block: large}\n", ""), "variant large: no column names the rows' blocks.*read: {block: COLUMN}"),
        (("{two: {block", "{too: {block"), "variant thin: unknown row 'too'.*did you mean 'two'"),
        (("{two: {block", "{two: {blok"), "variant thin: unknown column to change 'blok'"),
        (("{two: {block: conv3-2", "{two: {block: convv3-2"), "unknown layer kind or block 'convv3-2'"),
        (('"conv{}-{width}": conv 3x3 width', '"conv{}-{width}": conv 3x3 4'), "block 'conv{}-{width}' does not read 'width'; write {}"),
        (('"conv{}-{width}": conv 3x3 width', '"conv{}-{classes}": conv 3x3 classes'), "the number '{classes}' in block name"),
        (('"conv{}-{width}": conv 3x3 width', '"conv{w}-{w}": conv 3x3 w'), "the number '{w}' in block name.*each name once"),
        (("  maxpool: max", '  "conv3-{n_}": conv 3x3 n_\n  maxpool: max'), "'conv3-4' could be 'conv{}-{width}' and 'conv3-{n_}'"),
        (("conv3-4, conv3-6", "conv3-4, , conv3-6"), "unknown layer kind or block ''"),
        (("[3x3, 8; 3x3, 8] x2", "[3x3, 8; 3x3, 8 x2"), "unknown layer kind or block"),
        (("claims: [{what: depth, printed: 3", "errata: [{row: one, cell: output, verdict: 'off', because: x}]\n    claims: [{what: depth, printed: 4"), "."),
        (("    cells: {two", "    errata: [{row: one, cell: output, verdict: 'off', because: x}]\n    cells: {two"), "an erratum of variant thin, of which the paper prints no rows"),
        (("  maxpool: maxpool 2x2/2 pad=valid", "  relu: conv 3x3 4\n  maxpool: maxpool 2x2/2 pad=valid"), "block name 'relu' begins with the word of a layer kind"),
        (("  maxpool: maxpool 2x2/2 pad=valid", "  maxpool: maxpool output/2 pad=valid"), "output"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_where_it_stands(change, says, load):
    if says == ".":  # an erratum of a printed variant's cell is fine
        assert load(change).variant("small").printed.errata
        return
    with pytest.raises(InvalidTableError, match=says):
        load(change)


def test_one_mistake_is_told_once_however_many_variants_share_it(load):
    with pytest.raises(InvalidTableError) as caught:
        load(
            (
                "FC: [global_avgpool, flatten, linear classes]",
                "FC: [global_avgpool, flatten, linear classes x]",
            )
        )
    assert len(caught.value.problems) == 1


def test_a_variant_is_read_when_it_is_asked_for(load, tmp_path):
    strange = ("{block: conv3-2}", "{block: convv3-2}")
    with pytest.raises(InvalidTableError) as caught:
        load(strange)
    [problem] = caught.value.problems
    table = load(strange, every_variant=False)
    assert table.architecture().variant == "large"
    assert params(table, "small") == 112 + 296 + 90  # as above
    for name in ("thin", "thin", "thinner"):
        with pytest.raises(InvalidTableError) as caught:
            table.architecture(variant=name)
        [own] = caught.value.problems
        assert own.where == problem.where
        assert own.what.partition(": ")[2] == problem.what.partition(": ")[2]
    [found] = ac.check(tmp_path / "two.yaml", engine="formula").findings
    assert (found.kind, found.where) == ("invalid", problem.where)


def test_an_unknown_variant_is_refused(load):
    with pytest.raises(
        UsageError,
        match=r"no variant 'lage'; did you mean 'large'\? allowed: small, large, thin, thinner",
    ):
        load().architecture(variant="lage")
