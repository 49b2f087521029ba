"""Small files that would cost minutes: each is refused for what it asks, or done within its budget.

A limit of processor time stands for "never ends": what is held here ends in a second, or in hours.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import archcount as ac
from archcount.architecture.budget import MOST_LAYERS, MOST_TOGETHER, MOST_WORK
from archcount.errors import MOST_SHOWN, InvalidTableError
from archcount.spec.grid import LONGEST_CELL, MOST_ROWS
from archcount.spec.yaml_reader import DEEPEST, LONGEST, MOST_ENTRIES

HEAD = "archcount: 1\nname: much\nsource: {title: x}\ninput: 3x8x8\n"
COUNTED = HEAD + "conventions: {params: {K: 1000, count: params}, ops: {K: 1000, count: macs}}\n"
ONE_ROW = "table: |\n  row | block\n  r1 | relu\n"


def _blocks(written: Iterator[str], row: str) -> str:
    return (
        HEAD
        + "blocks:\n"
        + "".join(f"  {line}\n" for line in written)
        + f"table: |\n  row | block\n  r1 | {row}\n"
    )


def _repeated(times: int) -> str:
    return (
        HEAD
        + f"let: {{k: {times}}}\nblocks: {{b: {{repeat: k, block: conv 3x3 3}}}}\ntable: |\n  row | block\n  r1 | b\n"
    )


REFUSED = {
    "a name of many holes": (
        HEAD + 'blocks:\n  "w' + "{}" * 12 + 'y": relu\ntable: |\n  row | block\n  r1 | w' + "1" * 60 + "x\n",
        "unknown layer kind or block",
    ),
    "more layers than a network has": (_repeated(MOST_LAYERS), f"allowed: at most {MOST_LAYERS:,}"),
    "more layers than its networks have together": (
        _repeated(MOST_TOGETHER // 40)  # 5,000 convolutions, of 200,000 // 41 layers
        + "default: v0\nvariants:\n" + "".join(f"  v{i}: {{notes: [x]}}\n" for i in range(40)),
        "allowed: at most 4,878 in a file of 41 networks",
    ),
    "a chain of blocks": (
        _blocks((f"b{i}: {f'[b{i - 1}, relu]' if i else 'relu'}" for i in range(900)), "b899"),
        f"at most {DEEPEST} inside one another",
    ),
    "a chain of blocks, the last first": (
        _blocks((f"b{i}: {f'[b{i - 1}, relu]' if i else 'relu'}" for i in reversed(range(900))), "b899"),
        f"at most {DEEPEST} inside one another",
    ),
    "more rows than a table has": (
        HEAD + "table: |\n  row | block\n" + "".join(f"  r{i} | relu\n" for i in range(MOST_ROWS)),
        f"allowed: at most {MOST_ROWS:,}",
    ),
    "more claims than a paper has": (
        COUNTED + ONE_ROW + "claims:\n" + "- {what: params, printed: 1}\n" * (MOST_ENTRIES + 1),
        f"allowed: at most {MOST_ENTRIES:,}",
    ),
    "more variants than a paper has": (
        HEAD + ONE_ROW + "variants:\n" + "".join(f"  v{i}: {{of: v{i - 1}}}\n" for i in range(MOST_ENTRIES + 1)),
        f"allowed: at most {MOST_ENTRIES:,}",
    ),
    "a cell of commas": (HEAD + "table: |\n  row | block\n  r1 | " + "," * 10**6 + "\n", f"at most {LONGEST_CELL:,} letters"),
    "a patch of blanks": (
        HEAD + "blocks: {c: conv patch 3}\ntable: |\n  row | block | patch\n  r1 | c | 3" + " " * 10**5 + "x3\n",
        f"at most {LONGEST_CELL:,} letters",
    ),
    "a long expression": (HEAD + "let: {a: 1}\nblocks:\n  b: conv 3x3 " + "a+" * LONGEST + "1\n" + ONE_ROW, f"at most {LONGEST:,}"),
}  # fmt: skip

DONE = {
    "blocks that no row uses": _blocks((f"a{i}: {f'[a{i - 1}, a{i - 1}]' if i else 'relu'}" for i in range(30)), "relu"),
    "as many layers as a network may have": _repeated(MOST_LAYERS // 3),
    "a width of a billion": COUNTED + "table: |\n  row | block | params\n  r1 | conv 1x1 1000000000 | 7\n",
    "a kernel of a million": COUNTED + "table: |\n  row | block | params | output\n  r1 | conv 999999x5 48 | 7 | 9x9x48\n",
    "a wide join": COUNTED
    + "blocks:\n  b: {concat: [" + ", ".join(["conv 3x3 4"] * 900) + "]}\ntable: |\n  row | block | params\n  r1 | b | 13\n",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _no_endless_work() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise AssertionError("not done after a minute of processor time")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, 60)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)


def _load(folder: Path, text: str) -> ac.Table:
    file = folder / "much.yaml"
    file.write_text(text)
    return ac.load(file)


@pytest.mark.parametrize("name", REFUSED)
def test_what_asks_for_too_much_is_refused_in_few_words(tmp_path: Path, name: str) -> None:
    text, words = REFUSED[name]
    with pytest.raises(InvalidTableError) as refused:
        _load(tmp_path, text)
    assert words in str(refused.value)
    assert len(str(refused.value)) < 20_000


@pytest.mark.parametrize("name", DONE)
def test_what_is_small_is_compared(tmp_path: Path, name: str) -> None:
    table = _load(tmp_path, DONE[name])
    report = ac.compare(ac.count(table, engine="formula"), table)
    assert report.total.input == (3, 8, 8)


def test_a_search_that_stops_says_so_and_of_one_row_goes_on(tmp_path: Path) -> None:
    # 60 rows of 40 convolutions each, whose printed params no reading gives: some 60 x 40 x 30
    # readings of 40 layers, far more than the work of one search.
    block = "[" + ", ".join(f"conv 3x3 {8 + i}" for i in range(40)) + "]"
    rows = "".join(f"  r{i} | b | 7\n" for i in range(60))
    table = _load(
        tmp_path, COUNTED + f"blocks:\n  b: {block}\ntable: |\n  row | block | params\n{rows}"
    )
    report = ac.compare(ac.count(table, engine="formula"), table)
    assert any(
        "stopped before all were tried" in warning.what for warning in report.record.warnings
    )
    assert {row.cells["params"].verdict.status for row in report.record.rows} == {"off"}
    one = ac.explain(table, "r0")
    assert not one.record.is_cut_short
    assert "stopped before all" not in one.render("plain")
    cut = replace(one, record=replace(one.record, is_cut_short=True))
    assert "readings (the search stopped before all were tried) gives every" in cut.render("plain")
    googlenet = ac.load("googlenet")
    compared = ac.compare(ac.count(googlenet, engine="formula"), googlenet)
    assert not any("stopped" in warning.what for warning in compared.record.warnings)


def test_many_problems_are_counted_and_long_lists_said_once(tmp_path: Path) -> None:
    names = ", ".join(f"a_long_name_{i}: 1" for i in range(40))
    wrong = "".join(f"  b{i}: conv 3x3 nothing{i}\n" for i in range(MOST_SHOWN + 7))
    with pytest.raises(InvalidTableError) as refused:
        _load(tmp_path, f"{HEAD}let: {{{names}}}\nblocks:\n{wrong}{ONE_ROW}")
    lines = str(refused.value).splitlines()
    assert len(lines) == MOST_SHOWN + 1
    assert lines[-1] == "and 7 more problems"
    assert sum("a_long_name_39" in line for line in lines) == 1


@pytest.mark.parametrize("letter", ["\u202e", "\u2066", "\u200f", "\x1b"])
@pytest.mark.parametrize("where", ["title", "key"])
def test_what_turns_or_moves_the_text_is_refused(tmp_path: Path, letter: str, where: str) -> None:
    written = f'"{letter!r}"'.replace("'", "")
    text = {
        "title": HEAD.replace("title: x", f"title: {written}"),
        "key": HEAD + f"let: {{{written}: 1}}\n",
    }[where]
    with pytest.raises(InvalidTableError, match="a control character in") as refused:
        _load(tmp_path, text + ONE_ROW)
    assert letter not in str(refused.value)


def test_a_search_of_models_that_stops_says_so_and_names_no_row(tmp_path: Path) -> None:
    # 50 models of 440 blocks of 9 layers, each with one of six numbers wrong: the search of one
    # counts some 20 networks anew, at 3,960 layers each 4 million units of work.
    text = (Path(__file__).parents[2] / "tables" / "chinchilla.yaml").read_text()
    grid = text.partition("table: |\n")[2].partition("\n\n")[0]
    deep = [re.sub(r"\d+$", "440", line) for line in grid.splitlines() if "|" in line]
    table = _load(tmp_path, text.replace(grid, "\n".join(deep)))
    report = ac.compare(ac.count(table, variant="44m", engine="formula"), table)
    (warning,) = report.record.warnings
    assert (warning.what, warning.advice) == (
        "the search for other readings stopped before all were tried",
        "",
    )


def test_files_that_are_read_again_are_work_of_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archcount.architecture.budget.READING", MOST_WORK)
    table = ac.load("chinchilla")  # whose search tries other structures, each a file to read
    report = ac.compare(ac.count(table, variant="44m", engine="formula"), table)
    assert any("stopped before all" in warning.what for warning in report.record.warnings)


def test_a_caller_may_ask_one_network_of_many_for_as_much_as_any_may_have(tmp_path: Path) -> None:
    variants = "".join(f"  v{i}: {{notes: [x]}}\n" for i in range(40))
    table = _load(tmp_path, _repeated(2) + f"default: v0\nvariants:\n{variants}")
    with pytest.raises(ac.UsageError, match=f"at most {MOST_LAYERS:,};"):
        table.architecture(let={"k": MOST_LAYERS})
    deep = table.architecture(let={"k": 5_000})  # more than the 4,878 of each in the file
    assert deep.rows[0].node.size == 5_000
