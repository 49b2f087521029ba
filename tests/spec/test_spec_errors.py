"""Bad input: each a clear error at its line and column, exit 2, and no traceback."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

import archcount as ac
from archcount.errors import ArchcountError, InvalidTableError, UsageError
from archcount.spec.catalogue import find_table, shipped_tables
from archcount.spec.load import load_table

# What is changed in tests/data/toy.yaml, and what the error must say: line:column: what.
CASES = {
    "unknown block": (("| stem       |", "| stemm      |"), r"19:12: unknown layer kind or block 'stemm'.*'stem', 'residual'"),
    "a layer in other capitals": (("conv patch w", "[conv patch w, ReLU]"), r"10:24: unknown layer kind or block 'ReLU'.*did you mean 'relu'"),
    "a layer as a call": (("conv patch w", "conv(patch, w)"), r"10:9: 'conv\(patch, w\)': a layer has no parentheses; write conv patch w"),
    "a stride of its own": (("conv patch w", "conv 3x3 w stride=2"), r"10:20: .*unknown option 'stride'.*write the stride in the patch"),
    "a width with blanks": (("conv patch w", "conv patch 2 * w"), r"10:22: .*write an expression without blanks"),
    "a heading that is a comment": (("columns: {w: width}", "columns:\n  w: #width"), r"9:6: YAML takes '#width' for a comment; quote it"),
    "a text with a comma": (("title: A toy network", "title: A toy, and more"), r"3:24: unknown key 'and more'.*quote the text of title"),
    "a year that is no number": (("title: A toy network", "year: 20x, title: A toy"), r"3:16: source.year '20x'.*a whole number"),
    "unknown layer kind": (("conv patch w", "convv patch w"), r"10:9: unknown layer kind or block 'convv'.*did you mean 'conv'"),
    "a join in a cell": (("| stem       |", "| {add: [a, b]} |"), r"19:12: unknown layer kind or block .*; write it under blocks:, and its name here"),
    "a layer by another program's word": (("conv patch w", "Conv2d patch w"), r"10:9: unknown layer kind or block 'Conv2d'; did you mean 'conv'\? allowed: the blocks .*; or a layer: .*"),
    "a layer by a word that is like another": (("linear classes", "batch_normalization"), r"did you mean 'batchnorm'"),
    "n read by what it repeats": (("  - relu\n", "  - {repeat: n, block: relu}\n"), r"20:46: row stage: its block reads n, and is repeated by n as a whole; call the column"),
    "missing column": (("row    | block ", "row    | blok  "), r"18:3: column 'block' is missing.*\n.*18:12: unknown column 'blok'.*did you mean 'block'"),
    "undeclared column": (("| w | n |", "| v | n |"), r"unknown column 'v'"),
    "too few cells": (("| 1x1x10 |   |   | 90     | 80", "| 1x1x10 |"), r"21:3: row 'scores' has 5 cells, too few; allowed: 8 cells: row"),
    "too many cells": (("| 90     | 80", "| 90     | 80 | 1"), r"21:3: row 'scores' has 9 cells, too many"),
    "kernel 7y7": (("| 3x3   |", "| 7y7   |"), r"19:25: row stem, column patch: '7y7' is not a patch; allowed: KERNEL"),
    "width of 0": (("| 8 | 2 |", "| 0 | 2 |"), r"20:42: row stage: width of .*: w is 0, which is out of range; allowed: a whole number from 1"),
    "negative width": (("| 8 | 2 |", "| -8| 2 |"), r"20:42: row stage: .*w is -8, which is out of range"),
    "blank width": (("| 8 | 2 |", "|   | 2 |"), r"20:4\d: row stage: column w is blank"),
    "width of words": (("| 8 | 2 |", "| x | 2 |"), r"20:42: row stage: column w is 'x', which is not a number"),
    "channels that cannot be added": (("    - shortcut=project", "    - conv 1x1/2 5"), r"12:5: row stage: add joins branches of different shape: 8x4x4 and 5x4x4"),
    "size below the kernel": (("global_avgpool", "avgpool 9x9 pad=valid"), r"16:24: row scores: .*kernel of extent 9 does not fit an input of length 4"),
    "unknown name": (("linear classes", "linear clases"), r"16:\d+: in 'linear clases': width: unknown name 'clases'; did you mean 'classes'\? allowed: .*"),
    "duplicate row": (("  stage  |", "  stem   |"), r"20:3: duplicate row name 'stem', first at line 19"),
    "row named like a method": (("  stage  |", "  train  |"), r"20:3: row name 'train' is taken by torch"),
    "row with a dot": (("  stage  |", "  st.ge  |"), r"20:3: row name 'st.ge'; allowed: letters"),
    "no such depth": (("| params |", "| depth |"), r"19:\d+: row stem, column depth: '112' is not|row stage, column depth: '2.1K' is not a depth"),
    "not a number": (("6.9K", "6.9Q"), r"19:\d+: row stem, column ops: '6.9Q' is not a printed number"),
    "repeats of less than 0": (("| 8 | 2 |", "| 8 | -1 |"), r"column n: '-1' is not a number of repeats"),
    "unknown key": (("input: 3x8x8", "inputs: 3x8x8"), r"1:1: input is missing.*\n.*4:1: unknown key 'inputs'; did you mean 'input'\? allowed: .*"),
    "key twice": (("let: {classes: 10}", "let: {classes: 10, classes: 11}"), r"5:20: duplicate key 'classes', first at line 5"),
    "wrong version": (("archcount: 1", "archcount: 2"), r"1:12: archcount '2' does not fit; allowed: 1"),
    "bad name": (("name: toy", "name: Toy!"), r"2:7: name 'Toy!' does not fit; allowed: small letters"),
    "bad input": (("3x8x8", "3x"), r"4:8: input '3x' does not fit; allowed: CxHxW"),
    "input of 0": (("3x8x8", "3x0x8"), r"4:8: input '3x0x8' does not fit"),
    "bad choice": (("act: relu}", "act: maxout}"), r"6:\d+: layer.act 'maxout' does not fit; allowed: 'none', .* 'relu', .* or 'tanh'"),
    "bad pad": (("pad: same,", "pad: some,"), r"6:14: layer.pad: 'some' is not a size; allowed: same, valid"),
    "bad K": (("{K: 1000, count: macs}", "{K: 1001, count: macs}"), r"7:\d+: conventions.ops.K '1001' does not fit; allowed: 1000 or 1024"),
    "channels last": (("input: 3x8x8", "input: 8x8x3"), r"4:8: input 8x8x3 would have 8 channels; allowed: channels x height x width; write 3x8x8"),
    "half a call": (("stem: conv patch w", "stem: [unit(3, 6), relu]"), r"10:10: YAML takes 'unit\(3, 6\)' apart at its comma; quote it: \"unit\(3, 6\)\""),
    "half an expression": (("stem: conv patch w", "stem: [conv 3x3 max(w, 6)]"), r"10:10: YAML takes 'conv 3x3 max\(w, 6\)' apart"),
    "half a number of repeats": (("stem: conv patch w", "stem: {repeat: max(1, w), block: conv patch w}"), r"10:18: YAML takes 'max\(1, w\)' apart"),
    "half a condition": (("stem: conv patch w", "stem: {when: max(w, 3, 4) > 3, block: conv patch w}"), r"10:16: YAML takes 'max\(w, 3, 4\) > 3' apart"),
    "half a let": (("classes: 10}", "classes: max(3, 10)}"), r"5:16: YAML takes 'max\(3, 10\)' apart"),
    "half a parenthesis": (("stem: conv patch w", "stem: conv patch max(w"), r"10:9: 'conv patch max\(w' has a parenthesis without its other half"),
    "an unknown join": (("stem: conv patch w", "stem: {mull: [conv patch w, identity]}"), r"10:9: a block with the keys 'mull'; did you mean 'mul'\? allowed: .*"),
    "a block as a key": (("stem: conv patch w", "stem: {residual: [conv patch w]}"), r"10:9: .*name block 'residual' without a colon"),
    "a block nearly as a key": (("stem: conv patch w", "stem: {residul: [conv patch w]}"), r"10:9: .*did you mean 'residual'"),
    "an add of one branch": (("    - shortcut=project\n", ""), r"12:5: add has one branch; allowed: two branches or more; a list is one branch"),
    "a concat of one branch": (("stem: conv patch w", "stem: {concat: [conv patch w]}"), r"10:10: concat has one branch; .*without the join"),
    "an empty branch": (("    - shortcut=project\n", "    - []\n"), r"13:5: an empty list of blocks; .*write identity for a branch without layers"),
    "an identity that does not fit": (("    - shortcut=project\n", "    - shortcut=identity\n"), r"12:5: row stage: add joins branches of different shape: 8x4x4 and 4x8x8"),
    "what the row reads": (("| 8 | 2 |", "| 0 | 2 |"), r"20:42: row stage: .*; the row reads 4x8x8; rows before it: stem 4x8x8$"),
    "what the first row reads": (("conv patch w", "conv 3x3 0"), r"10:\d+: row stem: .*; the row reads 3x8x8; rows before it: none$"),
    "a row called total": (("  stage  |", "  Total  |"), r"20:3: row name 'Total' is that of the sum of all rows; for a printed total, write a claim"),
    "channels last, squared": (("input: 3x8x8", "input: 8^2x3"), r"4:8: input 8\^2x3 would have 8 channels; .*write 3x8x8"),
    "channels last, oblong": (("input: 3x8x8", "input: 8x6x1"), r"4:8: input 8x6x1 would have 8 channels; .*write 1x8x6"),
    "same without the table's padding": (("pad: same, bias: true, act: relu}", "pad: valid, act: relu}"), ("stem: conv patch w", "stem: [conv 1x1 w, maxpool 3x3/1 same=ceil]"), r"10:\d+: row stem: same=ceil has no effect under the table's layer: \{pad: valid\}"),
    "same of no layer": (("pad: same, bias: true, act: relu}", "pad: 1, same: ceil, act: relu}"), r"6:23: layer: same has no effect under pad: 1, and no layer has pad=same"),
    "an unknown derived name of a variant": (("wide: {let:", "wide: {derive: {v: w}, let:"), r"23:19: variant wide changes unknown derive name 'v'"),
    "words of no column in a variant": (("wide: {let:", "wide: {words: {v: {x: 1}}, let:"), r"23:18: variant wide: words of unknown column 'v'; allowed: w"),
    "same without padding": (("stem: conv patch w", "stem: [conv patch w, maxpool 3x3 pad=valid same=ceil]"), r"10:\d+: in 'maxpool 3x3 pad=valid same=ceil': same has no effect under pad=valid"),
    "block in a circle": (("stem: conv patch w", "stem: [stem]"), r"10:10: block 'stem' contains itself"),
    "block named like a layer": (("classifier: [", "linear part: ["), r"16:3: block name 'linear part' begins with the word of a layer kind"),
    "unknown option": (("act=none", "atc=none"), r"13:\d+: in 'conv 3x3 w atc=none': unknown option 'atc'; did you mean 'patch'\? allowed: patch, .*norm, act"),
    "division by 0": (("classes: 10}", "classes: 10/0}"), r"5:16: let classes: '10/0' divides by 0"),
    "let like a column": (("let: {classes: 10}", "let: {classes: 10, w: 3}"), r"5:20: let name 'w' is also a column"),
    "let before its time": (("let: {classes: 10}", "let: {classes: k, k: 3}"), r"5:16: let classes: unknown name 'k'"),
    "unknown key of a variant": (("wide: {let:", "wide: {lets:"), r"23:10: unknown key 'lets'; did you mean 'let'\? allowed: of, printed, read, cells, let, input, .*"),
    "unknown key of a head": (("variants:", "heads: [{at: stem, loss_weigth: 1, body: relu}]\nvariants:"), r"22:20: unknown key 'loss_weigth'; did you mean 'loss_weight'\? allowed: at, loss_weight, body"),
    "unknown key of a convention": (("count: macs}", "counts: macs}"), r"7:\d+: unknown key 'counts'; did you mean 'count'\? allowed: K, count, include"),
    "unknown key of a reference": (("variants:", "claims: [{what: params, printed: 2x, from: x, fewer_than: {nam: A, printed: 3K, from: y}}]\nvariants:"), r"unknown key 'nam'; did you mean 'name'\? allowed: name, printed, from, table, variant"),
    "two includes": (("ops: {K: 1000, count: macs}", "ops: {include: [bias, bias]}"), r"7:\d+: conventions.ops.include does not fit; allowed: each category once"),
    "rows in a fold": (("table: |", "table: >"), r"17:8: table is not a literal block; allowed: table: \|"),
    "rows in quotes": (("table: |", "table: 'row | block'\nnotes: |"), r"17:8: table is not a literal block"),
    "a keyword as a column": (("columns: {w: width}", "columns: {w: width, in: in}"), r"8:21: name 'in' has a meaning of its own in expressions"),
    "a function as a name": (("let: {classes: 10}", "let: {classes: 10, first: 3}"), r"5:20: name 'first' has a meaning of its own"),
    "an input of ten digits": (("3x8x8", "3x8x1000000000"), r"4:8: input .*each from 1 to 999,999,999"),
    "an escape in quotes": (("title: A toy network", 'title: "A \\e toy"'), r"3:17: a control character in"),
    "a variant that breaks": (("wide: {let: {classes: 100}}", "wide: {let: {classes: 100/3}}"), r"23:25: variant wide: row scores: width of .* is 33.3333, not a whole number"),
    "let without a value": (("let: {classes: 10}", "let: {classes: }"), r"5:16: let.classes does not fit; allowed: a text"),
    "variant of nothing": (("wide: {let: {classes: 100}}", "wide: {let: {clases: 100}}"), r"23:16: variant wide changes unknown let name 'clases'.*did you mean 'classes'"),
    "block without a name": (("  stem: conv", "  ' ': conv"), r"10:3: a block without a name"),
    "heading that is a list": (("columns: {w: width}", "columns: {w: [x]}"), r"8:14: columns.w does not fit; allowed: a text"),
    "endless repeats": (("| 8 | 2 |", "| 8 | 999999 |"), r"expands to too many layers; allowed: at most 50,000"),
    "python tag": (("3x8x8", "!!python/object:os.system x"), r"4:8: tag .*os.system"),
    "tab": (("let:", "\tlet:"), r"5:1: not YAML"),
    "control character": (("A toy", "A \x01toy"), r"3:19: not YAML"),
    "empty table": (("table: |\n", "table: ''\nx: |\n"), r"table does not fit|unknown key 'x'"),
    "head on no row": (("variants:", "heads: [{at: stam, loss_weight: 1, body: relu}]\nvariants:"), r"22:14: head at unknown row 'stam'; did you mean 'stem'\? allowed: stem, stage, scores"),
    "two heads on a row": (("variants:", "heads: [{at: stem, loss_weight: 1, body: relu}, {at: stem, loss_weight: 1, body: relu}]\nvariants:"), r"duplicate head at 'stem'"),
    "weightless head": (("variants:", "heads: [{at: stem, loss_weight: 0, body: relu}]\nvariants:"), r"heads.0.loss_weight '0' does not fit; allowed: greater than 0"),
    "reading of no row": (("variants:", "readings: [{row: stam, block: relu, because: x}]\nvariants:"), r"22:18: reading of unknown row 'stam'; did you mean 'stem'\? allowed: stem, stage, scores"),
    "reading without a reason": (("variants:", "readings: [{row: stem, block: relu}]\nvariants:"), r"22:12: readings.0.because is missing"),
    "two readings of a row": (("variants:", "readings: [{row: stem, block: relu, because: x}, {row: stem, block: relu, because: x}]\nvariants:"), r"22:56: duplicate reading of row stem"),
    "reading of no layer": (("variants:", "readings: [{row: stem, block: convv 3x3 w, because: x}]\nvariants:"), r"22:31: unknown layer kind or block 'convv'"),
    "reading that does not fit its input": (("variants:", "readings: [{row: stem, block: conv 3x3 w groups=2, because: x}]\nvariants:"), r"22:49: the reading of row stem.*2 groups do not divide 3 input channels"),
    "reading of a blank cell": (("variants:", "readings: [{row: scores, block: [flatten, linear w], because: x}]\nvariants:"), r"21:41: the reading of row scores: column w is blank, and its block reads w"),
    "erratum of no row": (("variants:", "errata: [{row: stam, cell: ops, verdict: 'off', because: x}]\nvariants:"), r"22:16: erratum of unknown row 'stam'"),
    "erratum of a blank cell": (("variants:", "errata: [{row: stem, cell: depth, verdict: 'off', because: x}]\nvariants:"), r"22:28: erratum of depth in row stem, where nothing is printed; allowed: output, params, ops"),
    "erratum of a match": (("variants:", "errata: [{row: stem, cell: ops, verdict: match, because: x}]\nvariants:"), r"22:42: errata.0.verdict 'match' does not fit; allowed: 'convention', 'reading', 'contradiction' or 'off'"),
    "two errata of a cell": (("variants:", "errata: [{row: stem, cell: ops, verdict: 'off', because: x}, {row: stem, cell: ops, verdict: 'off', because: x}]\nvariants:"), r"duplicate erratum of ops in row stem"),
    "erratum of a claim without a reason": (("variants:", "claims: [{what: ops, printed: 3, from: x, erratum: {verdict: 'off'}}]\nvariants:"), r"claims.0.erratum.because is missing"),
    "ratio to no table": (("variants:", "claims: [{what: ops, printed: 3x, from: x, fewer_than: {table: alexnett}}]\nvariants:"), r"22:64: ratio to unknown table 'alexnett'; did you mean 'alexnet'\? allowed: .*"),
    "ratio to a table and a number": (("variants:", "claims: [{what: ops, printed: 3x, from: x, fewer_than: {table: alexnet, name: A, printed: 3K, from: y}}]\nvariants:"), r"claims.0.fewer_than does not fit; allowed: either name, printed and from, or the name"),
    "ratio to nothing": (("variants:", "claims: [{what: ops, printed: 3x, from: x, fewer_than: {}}]\nvariants:"), r"claims.0.fewer_than does not fit; allowed: either name, printed and from"),
    "ratio of a sum": (("variants:", "claims: [{what: sum of ops, printed: 3x, from: x, fewer_than: {table: alexnet}}]\nvariants:"), r"22:17: a ratio of the sum of ops; allowed: ratios of params"),
    "sum of a column that is not compared": (("variants:", "claims: [{what: sum of w, printed: 3, from: x}]\nvariants:"), r"22:17: a claim of the sum of w, a column that is not compared"),
    "sum of no column": (("variants:", "claims: [{what: sum of depth, printed: 3, from: x}]\nvariants:"), r"22:17: a claim of the sum of depth, and the table has no column depth"),
    "rounding by chance": (("{K: 1000, count: params}", "{rounding: up}"), r"conventions.params.rounding 'up' does not fit; allowed: 'either', 'nearest' or 'down'"),
    "params with what they have": (("{K: 1000, count: params}", "{count: params, include: [bias]}"), r"conventions.params does not fit; allowed: no include beside count: params"),
    "weights with what they cannot have": (("{K: 1000, count: params}", "{count: weights, include: [pool]}"), r"conventions.params.include.0 'pool' does not fit; allowed: 'bias' or 'norm'"),
    "claim of words": (("variants:", "claims: [{what: params, printed: a lot, from: here}]\nvariants:"), r"22:34: claim: 'a lot' is not a printed number"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_bad_tables_are_refused_with_place_and_advice(case, toy_text, tmp_path):
    *changes, says = CASES[case]
    for old, new in changes:
        assert old in toy_text
        toy_text = toy_text.replace(old, new, 1)
    path = tmp_path / "toy.yaml"
    path.write_text(toy_text)
    with pytest.raises(InvalidTableError) as caught:
        load_table(path, "toy.yaml", every_variant=True)
    told = str(caught.value)
    assert re.search(says, told, re.MULTILINE), told
    assert all(re.match(r"toy\.yaml:\d+:\d+: ", line) for line in told.splitlines()), told


FILES = {
    "empty": (b"", r"1:1: the file is empty"),
    "no mapping": (b"hello", r"1:1: the file is not a mapping"),
    "a list": (b"- a", r"1:1: the file is not a mapping"),
    "not UTF-8": (b"archcount: 1\nname: t\xf6y\n", r"2:8: byte 0xf6 is not UTF-8"),
    "UTF-16": ("archcount: 1".encode("utf-16"), r"1:1: byte 0xff is not UTF-8"),
    "a line of 10 MB": (b"a: " + b"x" * 10_000_000, r"1:1: the file is too large; allowed: at most"),
    "an alias bomb": (b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", r"2:8: alias '\*a'; allowed: no YAML aliases"),
    "deep nesting": (b"a: " + b"[" * 5000, r"1:\d+: the nesting is too deep"),
    "a merge key": (b"a: {<<: {b: 1}}\n", r"archcount is missing"),
    "a key of lists": (b"? [a]\n: 1\n", r"1:3: a key that is not a text"),
    "two documents": (b"a: 1\n---\nb: 2\n", r"not YAML"),
    "unclosed": (b"a: [1", r"not YAML"),
}  # fmt: skip


@pytest.mark.parametrize("case", FILES)
def test_bad_files_are_refused(case, tmp_path):
    content, says = FILES[case]
    path = tmp_path / "x.yaml"
    path.write_bytes(content)
    with pytest.raises(InvalidTableError) as caught:
        load_table(path, "x.yaml")
    assert re.search(says, str(caught.value)), str(caught.value)[:500]
    assert len(str(caught.value)) < 3000


def test_all_errors_of_a_file_come_at_once_in_order(toy_text, tmp_path):
    text = toy_text
    for old, new in [
        ("name: toy", "name: Toy!"),
        ("conv patch w", "conv patch 4*"),
        ("| 4x4x8  |", "| 4x4xq  |"),
        ("linear classes", "linear clases"),
        ("| 8x8x4  |", "| 8x8x4  |"),
    ]:
        text = text.replace(old, new, 1)
    path = tmp_path / "toy.yaml"
    path.write_text(text)
    with pytest.raises(InvalidTableError) as caught:
        load_table(path, "toy.yaml")
    assert [problem.where.line for problem in caught.value.problems] == [2, 10, 16, 20]


def test_a_row_that_cannot_be_expanded_does_not_hide_the_next(toy_text, tmp_path):
    path = tmp_path / "toy.yaml"
    path.write_text(
        toy_text.replace("| 8 | 2 |", "| 0 | 2 |").replace(
            "global_avgpool", "maxpool 9x9 pad=valid"
        )
    )
    with pytest.raises(InvalidTableError) as caught:
        load_table(path, "toy.yaml")
    assert [problem.where.line for problem in caught.value.problems] == [16, 20]


def test_what_is_allowed_is_listed_once(toy_text, tmp_path):
    path = tmp_path / "toy.yaml"
    path.write_text(toy_text.replace("| stem       |", "| stm |").replace("| stage", "| stg"))
    path.write_text(path.read_text().replace("stem: conv", "stem: [konv, convv]\n  other: conv"))
    with pytest.raises(InvalidTableError) as caught:
        load_table(path, "toy.yaml")
    told = [item for item in caught.value.problems if "unknown layer kind" in item.what]
    assert len(told) > 2
    assert [item.allowed == "as above" for item in told] == [False] + [True] * (len(told) - 1)
    assert "did you mean 'stem'?" in str(caught.value)


def test_a_block_used_by_many_rows_is_wrong_once(toy_text, tmp_path):
    path = tmp_path / "toy.yaml"
    path.write_text(toy_text.replace("residual   |", "stem       |").replace("patch w", "patch q"))
    with pytest.raises(InvalidTableError) as caught:
        load_table(path, "toy.yaml")
    assert len(caught.value.problems) == 1


def test_columns_count_from_the_file_whatever_the_style(tmp_path, toy_text):
    path = tmp_path / "toy.yaml"
    path.write_text(toy_text.replace("stem: conv patch w", 'stem: "conv patch q"'))
    with pytest.raises(InvalidTableError, match=r":10:21: .*unknown name 'q'"):
        load_table(path)


def test_a_directory_is_refused(tmp_path):
    with pytest.raises(InvalidTableError, match="this is a directory"):
        load_table(tmp_path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InvalidTableError, match="there is no such file"):
        load_table(tmp_path / "none.yaml")


def test_an_unknown_variant_is_refused_with_those_there_are(data):
    with pytest.raises(
        UsageError, match=r"no variant 'wid'; did you mean 'wide'\? allowed: wide, plain"
    ):
        load_table(data / "toy.yaml").architecture(variant="wid")


def test_an_unknown_table_is_refused_with_the_closest():
    with pytest.raises(UsageError, match="did you mean 'googlenet'"):
        find_table("gogglenet")


TOKENS = (
    "| 0 -1 9999999999 x 7x7/2 { } [ ] : # ' \" null ~ same conv concat: add: repeat: shortcut "
    "first( w 1.5 \u00e9 \t &a *a !!int - true n % @ ` \x85 \u2028 \ufeff 1e5 , 2K --- ..."
).split(" ")  # fmt: skip


def mutated(text: str, chance: random.Random) -> str:
    """Put in, take out or exchange a few pieces of a text at random."""
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(text))
        cut = chance.choice([0, 0, chance.randint(1, 8)])
        piece = chance.choice([*TOKENS, "", "", " ", "\n"])
        text = text[:place] + piece + text[place + cut :]
    return text


def assert_survives(text: str, path: Path) -> None:
    """Load, count and compare a table; a user's error is fine, anything else is not."""
    path.write_text(text, encoding="utf-8")
    try:
        table = ac.load(path)
        report = ac.compare(ac.count(table, engine="formula", heads=True), table)
    except ArchcountError as error:
        assert str(error)
    else:
        assert report.to_json()
        assert report.to_markdown()


@pytest.mark.parametrize("seed", range(300))
def test_a_spoilt_table_is_refused_or_read_and_never_crashes(seed, toy_text, tmp_path):
    assert_survives(mutated(toy_text, random.Random(seed)), tmp_path / "spoilt.yaml")


@pytest.mark.slow
@pytest.mark.parametrize("name", shipped_tables())
def test_spoilt_shipped_tables_never_crash(name, tmp_path):
    text = shipped_tables()[name].read_text()
    for seed in range(500):
        assert_survives(mutated(text, random.Random(seed)), tmp_path / "spoilt.yaml")


def test_every_error_of_a_user_is_an_archcount_error():
    assert issubclass(InvalidTableError, ArchcountError)
    assert issubclass(UsageError, ArchcountError)
