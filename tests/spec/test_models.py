"""Tables whose printed rows, or columns, are whole networks; and columns that are numbers."""

from __future__ import annotations

import json

import pytest

import archcount as ac
from archcount.api.printed_report import printed_report
from archcount.errors import InvalidTableError, UsageError
from archcount.spec.catalogue import shipped_tables
from archcount.spec.load import load_table
from archcount.spec.summary import read_networks, read_summary

TINY = """\
archcount: 1
name: tiny
source: {title: A tiny table of models}
rows: models
input: tokens 8 of vocab
let: {vocab: 10}
columns:
  model: Model
  emb: {heading: Embedding, is: params of embed}
  d: {heading: Width, is: heads*dh}
  batch: {heading: Batch Size, is: information}
network:
- {row: embed, block: embedding d}
- {row: mlp, block: linear d bias=false, n: layers}
- {row: out, block: linear vocab bias=false}
table: |
  model    | params | emb | layers | d | heads | dh | batch
  Tiny (S) | 96     | 40  | 1      | 4 | 2     | 2  | 1.5M
  Tiny (L) | 288    | 80  | 2      | 8 | 2     | 4  | -
"""
# S: 10 x 4 + 4^2 + 4 x 10 = 96. L: 10 x 8 + 2 x 8^2 + 8 x 10 = 288.


@pytest.fixture
def tiny(tmp_path):
    """Load the tiny table, with replacements in its text."""

    def make(*changes):
        text = TINY
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "tiny.yaml"
        path.write_text(text)
        return load_table(path)

    return make


def verdicts(table, **options):
    """Return the verdicts of all models by name and column."""
    report = ac.compare(ac.count(table, engine="formula", **options), table)
    rows = report.record.comparison.rows
    return {(row.id, name): cell.verdict for row in rows for name, cell in row.cells.items()}


def test_a_blank_cell_leaves_what_let_says_whatever_another_model_prints(tiny):
    table = tiny(
        ("let: {vocab: 10}", "let: {vocab: 10, layers: 3}"),
        ("288    | 80  | 2     ", "352    | 80  |       "),
    )
    # 10 x 8 + 3 x 8^2 + 8 x 10 = 352
    assert table.architecture(variant="tiny-l").params == 352
    assert table.architecture(variant="tiny-s").params == 96


def test_a_blank_cell_is_nothing_that_a_network_could_read(tiny):
    table = tiny(
        ("let: {vocab: 10}", "let: {vocab: 10, w: 1}"),
        (
            "- {row: out",
            "- {row: wide, block: {when: dh == 4, block: linear w bias=false}}\n- {row: out",
        ),
        ("| dh | batch", "| dh | w | batch"),
        ("| 2  | 1.5M", "| 2  |   | 1.5M"),
        ("| 4  | -", "| 4  | 8 | -"),
    )
    for name in ("tiny-s", "tiny-l"):
        assert table.architecture(variant=name).unread == ()


def test_each_model_is_a_variant_named_as_it_is_printed(tiny):
    table = tiny()
    assert table.networks == ("tiny-s", "tiny-l")
    assert table.models == {"tiny-s": "Tiny (S)", "tiny-l": "Tiny (L)"}
    for name, params in (("Tiny (S)", 96), ("tiny-l", 288)):
        assert table.architecture(variant=name).params == params
    assert str(table.architecture(variant="tiny-s").input) == "tokens 8 of 10"


def test_the_input_follows_the_names_that_it_reads(tiny):
    other = tiny().architecture(variant="tiny-s", let={"vocab": 12})
    assert (other.input.vocabulary, other.params) == (12, 2 * 12 * 4 + 16)
    sides = [("tokens 8 of vocab", "3 x side x side"), ("{vocab: 10}", "{vocab: 10, side: 6}")]
    flat = [*sides, ("block: linear vocab", "block: conv 1x1 vocab")]
    with_maps = tiny(*flat, ("embedding d", "conv 1x1 d"), ("linear d", "conv 1x1 d"))
    assert with_maps.variant("tiny-s").input.dims == (3, 6, 6)
    with pytest.raises(InvalidTableError, match=r"5:8: .*input: unknown name 'words'; .*vocab"):
        tiny(("of vocab", "of words"))


def test_every_printed_number_of_every_model_gets_a_verdict(tiny):
    found = verdicts(tiny())
    assert {verdict.status for verdict in found.values()} == {"match"}
    assert {column for _, column in found} == {"params", "emb", "d"}


def test_columns_that_disagree_are_a_contradiction(tiny):
    found = verdicts(tiny(("| 2     | 2  |", "| 2     | 3  |")))
    verdict = found["tiny-s", "d"]
    assert (verdict.status, verdict.why) == ("contradiction", "columns")
    assert "6 = heads*dh, printed 4" in verdict.sentence


@pytest.mark.parametrize(
    ("meaning", "printed", "status"),
    [
        ("params of embed and out", "160", "match"),  # 80 + 80
        ("params without embed", "208", "match"),  # 288 - 80
        ("{what: weights, without: 'embed, mlp'}", "80", "match"),
        ("depth", "3", "match"),  # two of mlp, and out
        ("macs", "1,664", "match"),  # 8 x (2 x 64 + 80)
        ("macs of out", "640", "match"),
        ("flops of out", "640", "convention"),  # 2 x 640, printed as MACs
        ("params", "291", "off"),
        ("params", "290", "off"),  # of two digits perhaps, of which one other number is no evidence
        ("layers*d", "16", "match"),
        ("layers*d", "17", "contradiction"),
        ("vocab*d", "81", "off"),  # the vocabulary is the file's, not the paper's
    ],
)
def test_a_column_is_what_the_file_says(meaning, printed, status, tiny):
    table = tiny(("is: params of embed", f"is: {meaning}"), ("288    | 80 ", f"288 | {printed}"))
    assert verdicts(table)["tiny-l", "emb"].status == status


def test_active_params_leave_idle_experts_out(data):
    [verdict] = [
        value for (_, column), value in verdicts(ac.load("mixtral")).items() if column == "active"
    ]
    # 46,702,792,704 without 6 of 8 experts of 3 x 4,096 x 14,336 in 32 layers: 33,822,867,456
    assert "12,879,925,248 active params" in verdict.sentence
    assert verdict.status == "match"


def test_a_column_that_nothing_reads_is_said_once(tiny):
    table = tiny(("  batch: {heading: Batch Size, is: information}\n", ""), ("| -", "| 3"))
    report = ac.count(table, engine="formula")
    assert [str(item) for item in report.record.warnings] == [
        "no row of the network reads column batch; write is: information under columns: if it says "
        "nothing of the network"
    ]
    assert ac.count(tiny(), engine="formula").record.warnings == ()


def test_a_printed_size_is_compared_and_need_not_be_read(tiny):
    table = tiny(
        ("dh | batch", "dh | output | batch"),
        ("2  | 1.5M", "2 | 8x10 | 1.5M"),
        ("4  | -", "4 | 8x11 | -"),
    )
    report = ac.count(table, engine="formula")
    assert report.record.warnings == ()
    assert verdicts(table)["tiny-s", "output"].status == "match"
    assert verdicts(table)["tiny-l", "output"].status == "off"


def test_a_blank_cell_leaves_the_number_of_the_file(tiny):
    blank = ("| 2     | 4  |", "|       | 4  |")
    assert (
        tiny(blank, ("{vocab: 10}", "{vocab: 10, heads: 2}")).variant("tiny-l").numbers["heads"]
        == 2
    )
    with pytest.raises(InvalidTableError, match="column heads is blank"):
        tiny(blank).variant("tiny-l").architecture  # noqa: B018


def test_words_and_thousands_are_read(tiny):
    table = tiny(
        ("linear vocab bias=false", "linear vocab bias=false act=act"),
        ("| dh | batch", "| dh | act | batch"),
        ("| 2  | 1.5M", "| 2  | G | 1.5M"),
        ("| 4  | -", "| 4  | relu | -"),
        ("network:", "words: {act: {G: gelu}, layers: {two: 2}}\nnetwork:"),
        ("288    | 80  | 2 ", "288    | 80  | two "),
        ("{vocab: 10}", "{vocab: 10}"),
    )
    small, large = (table.architecture(variant=name) for name in table.networks)
    assert [each.kind.word for each in small.rows[-1].node.layers()][-1] == "gelu"
    assert (large.params, [*large.rows[-1].node.layers()][-1].kind.word) == (288, "relu")


def test_a_turned_table_is_the_same_networks(data):
    table = ac.load("llama3")
    assert table.networks == ("8b", "70b", "405b")
    assert table.variant("70B").let["ffn"] == "28672"
    shown = ac.count(table, engine="formula").to_frame()
    assert [*shown.index] == ["8b", "70b", "405b"]


def test_what_is_printed_is_shown_as_it_is_printed(data):
    llama, gpt2 = (printed_report(ac.load(name).written) for name in NAMES)
    lines = [line.split() for line in llama.to_markdown().splitlines() if line.startswith("|")]
    assert lines[0] == ["|", "|", "8B", "|", "70B", "|", "405B", "|"]
    assert "FFN Dimension" in llama.to_markdown()
    some = printed_report(ac.load("gpt3").written, ["GPT-3 XL", "gpt-3-13b"])
    assert [row.id for row in some.record.rows] == ["gpt-3-xl", "gpt-3-13b"]
    assert "| Parameters | Layers | d_model |" in gpt2.to_markdown()


NAMES = ("llama3", "gpt2")


def test_a_report_of_all_models_is_of_any_format(tiny):
    table = tiny()
    report = ac.compare(ac.count(table, engine="formula"), table)
    found = json.loads(report.to_json())
    assert [(row["id"], row["model"], row["params"]) for row in found["rows"]] == [
        ("tiny-s", "Tiny (S)", 96),
        ("tiny-l", "Tiny (L)", 288),
    ]
    assert [cell["verdict"] for cell in found["rows"][0]["cells"]] == ["match"] * 3
    assert report.verdicts == {"match": 6}
    assert report.select(["Tiny (L)"]).record.rows[0].id == "tiny-l"
    with pytest.raises(UsageError, match="no model 'Tiny'.*Tiny \\(S\\)"):
        report.select(["Tiny"])


def test_one_model_is_compared_as_a_whole(tiny):
    table = tiny()
    report = ac.compare(ac.count(table, variant="Tiny (S)", engine="formula"), table)
    assert report.record.comparison.whole.cells["params"].verdict.status == "match"
    assert report.verdicts == {"match": 3}
    assert report.render("plain").startswith("tiny@tiny-s: ")


def test_commands_on_one_network_say_which_there_are(tiny):
    table = tiny()
    for asked in (table.variant, table.architecture, lambda: ac.explain(table, "mlp")):
        with pytest.raises(UsageError, match=r"of 2 models, and none is named.*tiny-s, tiny-l"):
            asked()
    default = tiny(("table: |", "default: Tiny (L)\ntable: |"))
    assert default.architecture().params == 288
    assert ac.explain(table, "mlp", variant="tiny-l").record.count.params == 128


def test_variants_change_models(tiny):
    table = tiny(("table: |", "variants: {deep: {of: Tiny (S), let: {layers: 5}}}\ntable: |"))
    assert table.architecture(variant="deep").params == 80 + 5 * 16
    assert [*table.models] == ["tiny-s", "tiny-l"]


def test_a_list_of_tables_shows_the_models(data):
    gpt3, llama3 = (read_summary(shipped_tables()[name]) for name in ("gpt3", "llama3"))
    assert (gpt3.rows, gpt3.variants[-1]) == (8, "gpt-3-175b")
    assert llama3.variants == ("8b", "70b", "405b")
    assert read_networks(shipped_tables()["llama3"]) == llama3.variants


def test_conventions_are_inferred_from_all_models(data):
    inferred = ac.infer(ac.load("gpt3"))
    assert inferred.proposed["params"].count == "params"
    assert len(inferred.record.fits["params"][0].fits) == 4


def test_params_without_a_part_of_the_network_are_a_convention(tiny):
    table = tiny(("{vocab: 10}", "{vocab: 1000}"), ("| 288 ", "| 8,128 "))
    verdict = verdicts(table)["tiny-l", "params"]
    # 2 x 8^2 + 8 x 1000, without 1000 x 8 of the embedding
    assert (verdict.status, verdict.why) == ("convention", "embedding")


def test_a_declared_reading_gives_every_printed_number_of_a_model(data, tmp_path):
    text = shipped_tables()["gpt3"].read_text()
    path = tmp_path / "gpt3.yaml"
    path.write_text(text)
    assert ac.check(path, engine="formula").passed
    found = verdicts(load_table(path))
    # 52,305 x 2048 + 24 (12 x 2048^2 + 13 x 2048) + 2 x 2048 = 107,120,640 + 1,208,598,528 + 4,096
    for column, computed in (("params", "1,315,723,264 params"), ("d", "2,048 = heads*dh")):
        verdict = found["gpt-3-xl", column]
        assert (verdict.status, verdict.why) == ("reading", "declared")
        assert f"with heads = 16 instead of 24: {computed}" in verdict.sentence
    path.write_text(text.replace("let: {heads: 16}", "let: {heads: 20}"))
    found = ac.check(path, engine="formula").findings
    # the declared reading is wrong, and the search finds the right one
    assert ["params" in found[0].what, "d: reading" in found[1].what, found[2].what[:47]] == [
        True,
        True,
        "variant gpt-3-xl, the reading: no reading. It d",
    ]


def test_a_declared_reading_of_what_matches_is_refused(tiny, tmp_path):
    # the vocabulary is 10 already: nothing is wrong without the reading
    tiny(("table: |", "readings: [{model: Tiny (S), let: {vocab: 10}, because: x}]\ntable: |"))
    report = ac.check(tmp_path / "tiny.yaml", engine="formula")
    assert [finding.what.partition(". ")[2] for finding in report.findings] == [
        "It does not give the row's printed numbers, or they match without it."
    ]


def test_a_column_is_in_the_unit_of_its_heading(tiny):
    changes = (("{vocab: 10}", "{vocab: 1000}"), (" 96 ", " 8.0 "), (" 288 ", " 16.1 "))
    table = tiny(*changes, ("network:", "conventions: {params: {unit: thousand}}\nnetwork:"))
    found = verdicts(table)
    # 2 x 1000 x 4 + 4^2 = 8,016; 2 x 1000 x 8 + 2 x 8^2 = 16,128
    assert [found[name, "params"].status for name in table.models] == ["match", "match"]
    assert "printed 16.1 thousand" in found["tiny-l", "params"].sentence
    assert [row.cells["params"].text for row in table.written.rows] == ["8.0", "16.1"]


def test_errata_and_claims_are_of_models(tiny, tmp_path):
    off = "errata: [{model: Tiny (S), cell: params, verdict: 'off', because: a slip}]\n"
    claim = "claims: [{model: Tiny (L), what: params, printed: 288, from: sec. 1}]\n"
    tiny((" 96 ", " 95 "), ("table: |", off + claim + "table: |"))
    path = tmp_path / "tiny.yaml"
    report = ac.check(path, engine="formula")
    assert report.passed, report.findings
    assert report.record[0].verdicts == {"match": 6, "off": 1}
    assert [item.cell for item in ac.errata(path).record] == ["Tiny (S), params"]
    path.write_text(path.read_text().replace(" 95 ", " 96 "))
    [found] = ac.check(path, engine="formula").findings
    assert "match, not off" in found.what
    assert ac.errata(path).record == ()  # it is no longer known to be wrong


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("rows: models\n", "", "12:1: .*network: beside a table whose rows are parts"),
        ("network:\n", "others:\n", "rows: models without the rows of a network"),
        ("  model    |", "  row      |", "first column of a table of models is 'row'.*call it model"),
        ("| layers |", "| block |", "column 'block' in a table of models.*under network:"),
        ("| layers |", "| n |", "column 'n' in a table of models.*for example layers"),
        ("Tiny (L)", "tiny s", "models 'Tiny \\(S\\)' and 'tiny s' are both tiny-s"),
        ("is: params of embed", "is: params of embedding", "there is no part 'embedding'; .*embed"),
        ("is: params of embed", "is: params of out and out", "'out' would be counted twice"),
        ("is: params of embed", "is: params without mlp and mlp.x", "'mlp.x' would be .* with 'mlp'"),
        ("is: params of embed", "is: weigths", "'weigths' is neither a quantity nor an expression"),
        ("is: params of embed", "is: depth without out", "the depth of several parts, or without"),
        ("is: heads*dh", "is: heads*d", "unknown name 'd'"),
        ("network:", "conventions: {ems: {K: 1024}}\nnetwork:", "conventions of 'ems'; did you mean 'emb'. allowed: .*ops, emb"),
        ("network:", "conventions: {emb: {include: [bias]}}\nnetwork:", "params include 'bias'"),
        ("| 96 ", "| x ", "model Tiny \\(S\\), column params: 'x' is not a printed number"),
        ("| 40 ", "| many ", "column emb: 'many' is not a printed number"),
        ("  batch: {", "  batches: {", "columns: of unknown column 'batches'.*did you mean 'batch'"),
        ("table: |", "claims: [{what: depth, printed: 2, from: x}]\ntable: |", "a claim of no model"),
        (
            "table: |",
            "readings: [{model: Tiny (S), let: {head: 3}, because: x}]\ntable: |",
            "table tiny has no let name 'head'.*did you mean",
        ),
        (
            "table: |",
            "readings: [{model: Tiny (S), because: x}]\ntable: |",
            "row: with block:, or model: with let:",
        ),
        ("table: |", "variants: {odd: {let: {layers: 2}}}\ntable: |", "variant odd changes no model"),
        ("table: |", "default: Tiny\ntable: |", "unknown default variant 'Tiny'"),
        (
            "table: |",
            "errata: [{model: Tiny (S), cell: heads, verdict: 'off', because: x}]\ntable: |",
            "erratum of heads in model Tiny \\(S\\).*allowed: params, emb, d",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_remedy(old, new, says, tiny):
    with pytest.raises(InvalidTableError, match=says):
        tiny((old, new))


ROWS = """\
archcount: 1
name: rows
source: {title: A table of rows with more columns of numbers}
input: 3x8x8
columns:
  filters: Filters
  squeezed: {heading: After, is: params of conv1}
  wide: {heading: Width, is: 2*filters}
  note: {heading: Note, is: information}
  k: {heading: Kernel, is: kernel}
  c: {heading: Channels, is: width}
  c1: {heading: Squeezed, is: width of conv1}
conventions: {squeezed: {rounding: nearest}}
table: |
  row | block                          | params | filters | squeezed | wide | note | k   | c | c1
  one | conv 1x1 2, conv 3x3 filters   | 65     | 3       | 8        | 6    | 7    | 3x3 | 3 | 2
  two | conv 1x1 filters               | 16     | 4       |          | 9    | -    | 3   | 4 | -
"""


def test_rows_have_columns_of_numbers_too(tmp_path):
    path = tmp_path / "rows.yaml"
    path.write_text(ROWS)
    table = load_table(path)
    report = ac.compare(ac.count(table, engine="formula"), table)
    assert report.record.warnings == ()
    cells = {row.id: row.cells for row in report.record.comparison.rows}
    # 3 x 2 + 2 = 8 of 8 + 2 x 3 x 9 + 3 = 65; 3 x 4 + 4 = 16; twice 3 filters are 6, twice 4 are 8
    assert cells["one"]["squeezed"].verdict.status == "match"
    assert (cells["one"]["wide"].verdict.status, cells["one"]["params"].computed) == ("match", 65)
    assert cells["two"]["squeezed"].verdict.status == "unpublished"
    assert cells["two"]["wide"].verdict.why == "columns"
    kernels = {name: (cells[name]["k"].verdict.status, cells[name]["k"].shown) for name in cells}
    assert kernels == {"one": ("match", "3x3"), "two": ("off", "1x1")}
    assert [cells["one"][name].computed for name in ("c", "c1")] == [3, 2]
    assert {cells[row][name].verdict.status for row, name in (("one", "c"), ("one", "c1"))} == {
        "match"
    }
    # in the sheet under its printed heading
    assert "| After |" in report.to_markdown()
