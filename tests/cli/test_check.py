"""`check`, `explain` and `infer` as a user meets them: surprises in both directions, exit codes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import readme
from helpers.commands import FAST, in_terminal, invoke, run

import archcount as ac
from archcount.spec.catalogue import shipped_tables

# The toy's stage prints 33.2K ops, and 32,768 are counted: off.
ERRATUM = "errata: [{row: stage, cell: ops, verdict: off, because: a deliberate slip}]\n"


@pytest.fixture
def toy(toy_text, tmp_path):
    def write(text=toy_text, tail=""):
        path = tmp_path / "toy.yaml"
        path.write_text(text + tail)
        return path

    return write


def findings(path, **options):
    report = ac.check(path, engine="formula", **options)
    return report, [(item.kind, item.what) for item in report.findings if item.failing]


def test_a_table_as_its_file_declares_it_passes(toy):
    report, found = findings(toy(tail=ERRATUM))
    assert found == []
    assert report.passed
    [table] = report.record
    assert (table.variants, table.declared) == (3, 1)
    # stem, stage and scores: output, params and ops of each, and one of them off
    assert table.verdicts == {"match": 8, "off": 1}


def test_an_undeclared_difference_is_a_surprise(toy):
    report, [(kind, what)] = findings(toy())
    assert not report.passed
    assert kind == "surprise"
    assert what.startswith("row stage, ops: off, not match. 32,768 MACs")
    where = report.findings[0].where
    line = toy().read_text().splitlines()[where.line - 1]
    assert line[where.column - 1 :].startswith("33.2K")


def test_an_erratum_that_no_longer_disagrees_is_a_surprise(toy, toy_text):
    path = toy(toy_text.replace("33.2K", "32.8K"), ERRATUM)
    report, [(_, what)] = findings(path)
    assert what.startswith("row stage, ops: match, not off.")
    assert report.findings[0].remedy == "remove the erratum"
    assert report.findings[0].where.line == len(path.read_text().splitlines())


def test_an_erratum_of_another_verdict_is_a_surprise(toy):
    _, [(_, what)] = findings(toy(tail=ERRATUM.replace("verdict: off", "verdict: reading")))
    assert what.startswith("row stage, ops: off, not reading.")


def test_a_reading_that_gives_nothing_is_a_surprise(toy):
    tail = "readings: [{row: stem, block: conv 5x5 w, because: why not}]\n"
    _, found = findings(toy(tail=ERRATUM + tail))
    assert [what for _, what in found] == [
        "the reading of row stem: no reading. It does not give the row's printed numbers, or they "
        "match without it."
    ]


def test_claims_are_held_to_their_errata_too(toy):
    claim = "claims: [{what: params, printed: %s, from: here%s}]\n"
    # the rows print 112, 2.1K and 90, which add up to 2.4K at most
    erratum = ", erratum: {verdict: contradiction, because: known}"
    # 2,290 params
    assert findings(toy(tail=ERRATUM + claim % ("2290", "")))[1] == []
    assert findings(toy(tail=ERRATUM + claim % ("9290", erratum)))[1] == []
    [(_, what)] = findings(toy(tail=ERRATUM + claim % ("9290", "")))[1]
    assert what.startswith("the claim 9290 (params): ")
    [(_, what)] = findings(toy(tail=ERRATUM + claim % ("2290", erratum)))[1]
    assert what.startswith("the claim 2290 (params): match, not contradiction")


def test_what_fails_can_be_chosen(toy):
    path = toy(tail=ERRATUM)
    assert findings(path, fail_on=("surprise", "contradiction"))[1] == []
    [(kind, what)] = findings(path, fail_on=("off",))[1]
    assert (kind, what[:14]) == ("off", "row stage, ops")
    undeclared = toy()
    assert findings(undeclared, fail_on=("warning",))[0].passed
    with pytest.raises(
        ac.UsageError, match=r"unknown reason to fail 'of'; did you mean 'off'\? allowed: surprise"
    ):
        findings(path, fail_on=("of",))


def test_an_unread_cell_is_a_warning_that_may_fail(toy, toy_text):
    text = toy_text.replace("| block      |", "| block      | patch2 |", 1)
    lines = []
    for line in toy_text.splitlines():
        cell = {"  row ": "x", "  stem": "7", "  stage": "", "  scores": ""}
        added = next((v for k, v in cell.items() if line.startswith(k) and "|" in line), None)
        lines.append(line if added is None else f"{line} | {added}")
    text = "\n".join(lines).replace("columns: {w: width}", "columns: {w: width, x: unread}")
    path = toy(text, "\n" + ERRATUM)
    assert findings(path)[0].passed
    [(kind, what)] = findings(path, fail_on=("warning",))[1]
    assert kind == "warning"
    assert "column x is 7" in what


def test_engines_that_disagree_fail_whatever_is_asked(toy, monkeypatch):
    from dataclasses import replace

    from archcount.engines import fvcore

    real = fvcore.count

    def wrong(architecture, **options):
        count = real(architecture, **options)
        first = replace(count.rows[0], weights=count.rows[0].weights + 1)
        return replace(count, rows=(first, *count.rows[1:]))

    monkeypatch.setattr(fvcore, "count", wrong)
    report = ac.check(toy(tail=ERRATUM), fail_on=("warning",))
    assert {item.kind for item in report.findings if item.failing} == {"engines"}
    # in the table and in each of its two variants
    assert len(report.findings) == 3
    assert "weights of row stem: fvcore 109, formula 108" in report.findings[0].what
    assert "of variant wide" in report.findings[1].what


def test_check_passes_and_fails_with_its_exit_code(toy):
    path = toy(tail=ERRATUM)
    passed = run("check", str(path), *FAST)
    assert (passed.returncode, passed.stderr) == (0, "")
    # 3 rows with a size, params and ops each
    answer = f"{path}: passes; 1 of 9 printed numbers is off, for a declared reason"
    assert passed.stdout.splitlines()[0] == answer
    assert invoke("check", str(path), *FAST, "-q").stdout == f"{answer}\n"
    failed = run("check", str(toy()), *FAST)
    assert (failed.returncode, failed.stderr) == (1, "")
    assert "1 found" in failed.stdout
    assert re.search(r"toy\.yaml:\d+:\d+: surprise: row stage, ops", failed.stdout)


def test_every_shipped_table_is_as_its_file_declares():
    # That the engines agree is tested network by network, in tests/tables.
    report = ac.check(engine="formula")
    assert {check.name for check in report.record} == set(shipped_tables())
    assert report.passed, report.render("plain")
    # docs/zoo.md has the tally, as `make docs` writes it
    page = readme.part(readme.ROOT / "docs" / "zoo.md", "tally")
    assert page == ["", *report.to_markdown().splitlines(), ""]


def test_a_shipped_table_is_checked_with_two_engines():
    result = run("check", "mobilenet_v1")
    assert (result.returncode, result.stderr) == (0, ""), result.stdout
    assert "fvcore, formula" in result.stdout


def test_an_invalid_file_does_not_hide_the_others(toy, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text("archcount: 1\n")
    result = invoke("check", str(bad), str(toy(tail=ERRATUM)), *FAST)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert re.search(r"bad\.yaml:1:1: invalid: name is missing", result.stdout)
    assert re.search(r"toy\.yaml +ok", result.stdout)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["check", "nix"], "unknown table 'nix'; allowed: alexnet, "),
        (["check", "--all", "googlenet"], "--all and names; allowed: one of them"),
        (["check", "--fail-on", "surprize"], "unknown reason to fail 'surprize'"),
        (["check", "--engine", "nix"], "unknown engine 'nix'"),
        (["check", "--format", "xml"], "unknown format 'xml'"),
        (["explain", "googlenet", "inception_5c"], "googlenet has no row 'inception_5c'"),
        (["explain", "nix", "conv1"], "unknown table 'nix'"),
        (["infer", "/nix.yaml"], "there is no such file"),
    ],
)
def test_a_mistake_is_one_line_and_exit_2(arguments, says):
    result = invoke(*arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert says in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_annotations_for_github(toy, tmp_path):
    path = toy()
    result = run(
        "check", str(path), *FAST, "--format", "github", env={"GITHUB_WORKSPACE": str(tmp_path)}
    )
    assert result.returncode == 1
    line, last = result.stdout.splitlines()
    place = ac.check(path, engine="formula").findings[0].where
    assert line.startswith(
        f"::error file=toy.yaml,line={place.line},col={place.column},title=archcount%3A surprise::row stage, ops"
    )
    assert "%25 from printed" in line
    assert last == f"{path}: 1 found"


def test_check_as_json_and_csv(toy):
    report = json.loads(invoke("check", str(toy()), *FAST, "--format", "json").stdout)
    assert report["schema"] == "archcount.check/2"
    [table] = report["tables"]
    assert (Path(table["name"]).name, table["passed"], table["verdicts"]) == (
        "toy.yaml",
        False,
        {"match": 8, "off": 1},
    )
    [finding] = table["findings"]
    assert (finding["kind"], finding["failing"]) == ("surprise", True)
    lines = invoke("check", str(toy()), *FAST, "--format", "csv").stdout.splitlines()
    assert lines[0] == "table,path,passed,kind,failing,line,column,what,remedy"
    assert ",0,surprise,1," in lines[1]


def test_explain_shows_arithmetic_conventions_and_readings():
    text = invoke("explain", "googlenet", "inception_5a", "-v", *FAST).stdout
    assert re.search(r"#3×3 +conv 3x3 n3 +7x7x160 +160 x 320 x 3x3 +460,800 +49 +22,579,200", text)
    assert "together: 1,042,432 weights, 1,024 biases" in text
    # 1071.5 x 1024 and 1073 x 1024
    assert "1,097,216 to 1,098,752" in text
    assert re.search(
        r"params +weights, K = 1024 \(declared\) +1,042,432 +1,018.0K +- +3 of 12", text
    )
    assert re.search(r"1 +928 input channels instead of 832 +1,097,728 +53,788,672", text)
    assert text.count("\n") == len(text.splitlines())


def test_explain_writes_the_arithmetic_as_on_paper():
    text = invoke("explain", "googlenet", "inception_3a", *FAST).stdout
    # arXiv:1409.4842v1, Table 1: 16 "#5x5 reduce" to 32 "#5x5" filters on a grid of 28 x 28
    assert re.search(r"#5×5 +5x5 x 16 -> 32 +25 x 16 x 32 = 12,800 +x 28 x 28 = 10,035,200", text)
    assert "branch" not in text
    # a layer that stands several times, unlike widths, one position, and weights that are no product
    text = invoke("explain", "resnet@50", "conv3_x", *FAST).stdout
    assert "256 x 128 + 3 x (512 x 128) = 229,376" in text
    assert "4 x 9 x 128 x 128 = 589,824" in text
    text = invoke("explain", "googlenet", "linear", *FAST).stdout
    assert re.search(r"1024 -> 1000 +1024 x 1000 = 1,024,000 +1,024,000", text)
    text = invoke("explain", "mobilenet_v1", "dw2", *FAST).stdout
    assert re.search(r"3x3 x 64 -> 64 +9 x 64 = 576 +x 56 x 56 = 1,806,336", text)


@pytest.mark.parametrize(
    ("name", "row"),
    [
        *(("googlenet", row) for row in ("conv1", "inception_3a", "inception_4e", "linear")),
        *(("googlenet", row) for row in ("inception_5a", "inception_5b")),
        ("efficientnet_b0", "stage3"),
    ],
)
def test_explain_is_one_screen(name, row):
    report = ac.explain(ac.load(name), row)
    lines = report.render("rich", width=80, colour=False).splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert lines[-1].startswith("-v: ")


@pytest.mark.parametrize("options", [[], ["-v"]])
def test_explain_fits_a_terminal_of_80_columns(options):
    shown = in_terminal(80, "explain", "googlenet", "conv1", *options, *FAST, env={"NO_COLOR": "1"})
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown).replace("\r", "\n").splitlines()
    assert any("118,013,952" in line for line in lines)
    assert max(map(len, lines)) <= 80


def test_explain_as_json_and_csv():
    record = json.loads(
        invoke("explain", "googlenet", "inception_5a", *FAST, "--format", "json").stdout
    )
    assert record["schema"] == "archcount.explain/2"
    assert record["row"]["id"] == "inception_5a"
    assert record["explanations"][0]["what"] == "928 input channels instead of 832"
    assert record["explanations"][0]["weights"] == 1_097_728
    assert sum(layer["weights"] for layer in record["layers"]) == record["row"]["weights"]
    lines = invoke(
        "explain", "googlenet", "inception_5a", *FAST, "--format", "csv"
    ).stdout.splitlines()
    assert len(lines) == len(record["explanations"]) + 1


def test_a_row_that_matches_is_explained_too():
    assert "params 159K (truncated)" in invoke("explain", "googlenet", "inception_3a", *FAST).stdout
    text = invoke("explain", "googlenet", "inception_3a", "-v", *FAST).stdout
    assert "match (truncated)" in text
    assert "Readings" not in text


def test_infer_says_where_the_file_declares_something_else():
    report = ac.infer(ac.load("googlenet"))
    lines = report.render("plain").splitlines()
    # tables/googlenet.yaml: params: {K: 1024, count: weights}; ops as proposed
    told = [
        line for line in lines if line.startswith("params: the file declares weights, K = 1024")
    ]
    assert len(told) == 1
    assert re.search(r"which gives \d of 12; the likeliest gives \d of 12", told[0])
    assert lines[4] == "as the file declares: ops"
    columns = json.loads(report.to_json())["columns"]
    assert [columns[name]["differs"] for name in ("params", "ops")] == [True, False]


@pytest.mark.parametrize("width", [60, 80, 160])
@pytest.mark.parametrize("what", ["infer", "explain", "explain -v"])
def test_no_name_or_number_is_broken(what, width):
    table = ac.load("googlenet")
    report = (
        ac.infer(table)
        if what == "infer"
        else ac.explain(table, "inception_5a", verbose="-v" in what)
    )
    text = report.render("rich", width=width, colour=False)
    assert max(map(len, text.splitlines())) <= width
    # each word of the text in full is one on the screen, but for what the narrow layout leaves out
    words = {*re.findall(r"[\w.,]*\d[\w.,]*\w", text)}
    known = {*re.findall(r"[\w.,]*\d[\w.,]*\w", report.render("plain"))}
    assert words <= known, words - known


def test_infer_proposes_a_block_that_a_file_can_hold(toy, toy_text):
    text = toy_text.replace(
        "conventions: {params: {K: 1000, count: params}, ops: {K: 1000, count: macs}}\n", ""
    )
    path = toy(text)
    out = invoke("infer", str(path)).stdout
    block = next(line for line in out.splitlines() if line.startswith("conventions: "))
    path.write_text(text.replace("columns:", block + "\ncolumns:"))
    assert ac.load(path).printed.conventions["ops"].count == "macs"
    assert "weak: only 3 printed numbers" in out
    record = json.loads(invoke("infer", str(path), "--format", "json").stdout)
    assert record["schema"] == "archcount.infer/2"
    assert record["block"] == block


def test_the_reasons_stand_below_the_table():
    text = invoke("table", "--compare-paper", "--verbose", *FAST).stdout
    assert (
        "inception_5a params: reading: 928 input channels instead of 832: 1,097,728 weights" in text
    )
    assert "1072K reading (input)" in text
    assert "463K contradiction (params-ops)" in text
    record = json.loads(invoke("table", "--compare-paper", *FAST, "--format", "json").stdout)
    cell = next(
        cell for row in record["rows"] if row["id"] == "inception_5a" for cell in row["cells"] if cell["column"] == "params"
    )  # fmt: skip
    assert (cell["printed"], cell["computed"], cell["verdict"], cell["why"]) == (
        "1072K",
        1_042_432,
        "reading",
        "input",
    )
    comparison = record["comparison"]
    assert comparison["explanations"]["inception_5a"]["believed"] is True
    assert {item["row"] for item in comparison["contradictions"]} == {
        "inception_4c", "inception_4d", "inception_4e", "inception_5b",
    }  # fmt: skip


def test_a_reading_that_the_search_finds_is_a_surprise_until_it_is_declared(toy, toy_text):
    # the stem with 5x5: 3 x 4 x 25 + 4 = 304 params, 300 x 64 = 19,200 macs
    text = toy_text.replace("| 112    | 6.9K", "| 304    | 19.2K")
    _, found = findings(toy(text, ERRATUM))
    assert [what.split(".")[0] for _, what in found] == [
        "row stem, params: reading, not match",
        "row stem, ops: reading, not match",
    ]
    declared = "readings: [{row: stem, block: conv 5x5 w, because: the text says so}]\n"
    assert findings(toy(text, ERRATUM + declared))[1] == []
    errata = ERRATUM.rstrip("]\n") + "".join(
        f", {{row: stem, cell: {cell}, verdict: reading, because: it fits}}"
        for cell in ("params", "ops")
    )
    assert findings(toy(text, errata + "]\n"))[1] == []


def test_the_verdicts_of_all_tables_are_summed(toy, tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text(toy(tail=ERRATUM).read_text())
    # both have 8 matches and one number that is off, which the first one declares and not the other
    report = ac.check(other, toy(), engine="formula")
    assert [table.undeclared for table in report.record] == [0, 1]
    answer = "2 tables: 1 pass, 1 fail; 2 of 18 printed numbers are off, 1 of them with no reason declared"
    first, *lines, last = report.to_markdown().splitlines()
    assert first == last == f"**{answer}**"
    total, shares = [line for line in lines if "total" in line or "of 18" in line]
    # networks, numbers, match, off, declared and off, undeclared
    assert re.findall(r"\d+", total) == ["6", "18", "16", "2", "1", "1"]
    # 16, 2 and 1 of 18
    assert shares == (
        "- of 18 printed numbers 88.9% match, 11.1% off; 5.6% off with no reason declared"
    )


def test_all_engines_count_what_they_can_and_torch_what_is_too_large():
    """Mistral's weights would take 27 GiB; fvcore runs a network with numbers."""
    report = ac.check("mistral", "lenet5", engine="all")
    assert report.passed
    assert [set(table.engines) for table in report.record] == [
        {"torch", "formula"},
        {"fvcore", "torch", "formula"},
    ]
