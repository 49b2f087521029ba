"""After any fault a file is the old one or the new one, nothing is left beside it, and it is said."""

from __future__ import annotations

import errno
import io
import os
import re
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from helpers import commands
from helpers.commands import FAST, invoke
from helpers.measurements import measured
from helpers.measurements import run as run_of

from archcount.benchmark.result_files import read_results, to_line

sys.path.insert(0, str(Path(__file__).parent))
from faults import KINDS, failing

OLD = "old\n"
TABLE = ["table", "lenet5", "--compare-paper", *FAST, "-o"]
LINEAR = ["torch.nn:Linear", "--arg", "in_features=4", "--arg", "out_features=3", "--input", "4"]
BENCH = ["bench", "lenet5", "--batch", "4", "--peak", "1T"]
RESULT = str(Path(__file__).parents[1] / "fuzz" / "result.json")
QUICK = [
    [*TABLE, "x.json"],
    [*TABLE, "x.xlsx"],
    ["new", "mine", "-o", "x.yaml"],
    ["draw", "lenet5", "-o", "x.svg"],
    ["sweep", "lenet5", "-o", "x.csv"],
    [*BENCH, "-o", "x.json"],
    [*BENCH, "--append", "x.jsonl"],
]
SLOW = [
    *([*TABLE, f"x.{ending}"] for ending in ("csv", "tsv", "md", "html", "tex", "svg", "txt")),
    ["report", "lenet5", "-o", "x.html"],
    ["draw", "googlenet", "--colour", "verdict", "-o", "x.svg"],
    *(["draw", "lenet5", "-o", f"x.{ending}"] for ending in ("dot", "mmd", "png")),
    ["sweep", "lenet5", "--input", "32..64:16", "-o", "x.svg"],
    ["sweep", "lenet5", "-o", "x.json"],
    ["sweep", "lenet5", "-o", "x.md"],
    ["formula", "lenet5", "-o", "x.json"],
    ["explain", "lenet5", "C1", "-o", "x.json"],
    ["check", "lenet5", *FAST, "-o", "x.json"],
    ["list", "-o", "x.json"],
    ["list", "--totals", "--year", "1989", "-o", "x.json"],
    ["infer", "lenet5", "-o", "x.json"],
    ["errata", "lenet5", "-o", "x.md"],
    ["bench", "compare", RESULT, RESULT, "-o", "x.json"],
    ["schema", "-o", "x.json"],
    ["env", "-o", "x.json"],
    ["count", *LINEAR, "-o", "x.json"],
    ["diff", "lenet5", "lenet5", "-o", "x.json"],
    ["count", LINEAR[0], *LINEAR, "--jobs", "1", "-o", "x.csv"],
    ["count", LINEAR[0], *LINEAR, "--jobs", "1", "-o", "x.json"],
]


@pytest.fixture(autouse=True)
def _measured():
    """Results of `bench` without the seconds of measuring them."""
    found = run_of(measured(1.0, target="lenet5"))
    with patch("archcount.benchmark.run.run_benchmark", lambda *_, **__: found):
        yield


@pytest.mark.parametrize(
    "arguments",
    [*QUICK, *(pytest.param(each, marks=pytest.mark.slow) for each in SLOW)],
    ids=lambda arguments: " ".join(arguments).replace(RESULT, "result.json"),
)
def test_after_every_fault_there_is_the_old_file_or_the_new_one(arguments, tmp_path):
    file = tmp_path / arguments[-1]
    is_added, is_made = "--append" in arguments, arguments[0] == "new"

    def done(kind, at):
        file.unlink(missing_ok=True)
        if not is_made:
            file.write_text(OLD)
        with failing(kind, at) as counter:
            result = invoke(*arguments, cwd=tmp_path)
        return result, counter.calls

    warm, _ = done("", 0)  # what is imported is not opened again
    if warm.returncode == 3:
        pytest.skip(warm.stderr)
    assert warm.returncode == 0, warm.stderr
    faults = 0
    for kind in KINDS:
        _, calls = done(kind, 0)
        # In short, the last calls alone: those before read the tables that there are.
        for at in range(1 if arguments in SLOW else max(1, calls - 7), calls + 1):
            result, _ = done(kind, at)
            faults += 1
            place = f"{kind} {at}: {result.stderr}"
            assert [each.name for each in tmp_path.iterdir()] in ([file.name], []), place
            text = file.read_bytes() if file.exists() else b""
            errors = re.findall("^error: .*", result.stderr, re.MULTILINE)
            assert "Traceback" not in result.stderr
            if result.returncode in (2, 3):
                # A report may itself say what could not be read or started.
                is_old = text == (b"" if is_made else OLD.encode())
                # Lines of several models are added one by one.
                assert len(errors) == (is_old or is_added) or file.suffix == ".csv", place
            else:
                assert (result.returncode, errors) == (0, []), place
            if is_added:
                lines = text.decode().splitlines(keepends=True)
                assert lines[0] == OLD, place
                assert len(lines) == (1 if result.returncode else 2), place
            elif text != OLD.encode() and not is_made:
                assert len(text) > 20, place
                assert text.endswith((b"\n", b">", b"\0\0", b"\x60\x82")), place
    assert faults >= 4  # at least an open, a write, and what makes it the file's own


@pytest.mark.slow
def test_after_every_fault_there_is_the_old_site_or_the_new_one(tmp_path):
    def of(folder):
        return {
            str(x.relative_to(folder)): x.read_bytes() for x in folder.rglob("*") if x.is_file()
        }

    def done(kind, at):
        shutil.rmtree(tmp_path / "x", ignore_errors=True)
        shutil.copytree(tmp_path / "old", tmp_path / "x")
        with failing(kind, at) as counter:
            result = invoke("site", "lenet5", "-o", "x", cwd=tmp_path)
        return result, counter.calls, of(tmp_path / "x")

    assert invoke("site", "lenet1989", "-o", "old", cwd=tmp_path).returncode == 0
    old, (_, _, new) = of(tmp_path / "old"), done("", 0)
    assert old.keys() != new.keys()
    met = set()
    for kind in KINDS:
        for at in range(1, done(kind, 0)[1] + 1):
            result, _, found = done(kind, at)
            met.add(result.returncode)
            place = f"{kind} {at}: {result.stderr}"
            assert sorted(each.name for each in tmp_path.iterdir()) == ["old", "x"], place
            assert found == (old if result.returncode else new), place
            errors = re.findall("^error: .*", result.stderr, re.MULTILINE)
            assert len(errors) == (result.returncode != 0), place
            assert "Traceback" not in result.stderr
    assert met == {0, 2, 3}  # 3: a file that was there could not be read


def test_a_record_is_not_added_to_half_a_line(tmp_path):
    history = tmp_path / "x.jsonl"
    history.write_text('{"half')
    assert invoke(*BENCH, "--append", "x.jsonl", cwd=tmp_path).returncode == 0
    half, line = history.read_text().splitlines()
    assert (half, f"{line}\n") == ('{"half', to_line(run_of(measured(1.0, target="lenet5"))))
    assert read_results(history).measurements[0].batch == 4


@pytest.mark.parametrize("full", ["x.json", "x.jsonl", "stdout"])
def test_what_was_measured_is_written_wherever_there_is_place(full, tmp_path):
    """To the file, the history and standard output: one is full, the others have it."""
    arguments = {"-o": "x.json", "--append": "x.jsonl"}
    is_full = {option: "/dev/full" for option, name in arguments.items() if name == full}
    options = [word for pair in {**arguments, **is_full}.items() for word in pair]
    streams = iter([_Full() if full == "stdout" else io.StringIO(), io.StringIO()])
    with patch.object(commands, "io", SimpleNamespace(StringIO=streams.__next__)):
        done = invoke(*BENCH, *options, "--format", "json", cwd=tmp_path)
    assert done.returncode == 2
    assert "no space left on device" in done.stderr
    assert ("images/s" in done.stdout) == (full != "stdout")
    for name in {"x.json", "x.jsonl"} - {full}:
        assert read_results(tmp_path / name).measurements[0].batch == 4


class _Full(io.StringIO):
    def write(self, text):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


MEMORY = [
    "archcount.cli.output._write_all",
    "archcount.reporting.report.Report._written",
    "archcount.spec.load.parse",
    "archcount.reporting.encoding.encode",
]


@pytest.mark.parametrize("place", MEMORY)
def test_no_memory_is_one_line_and_leaves_the_old_file(place, tmp_path):
    (tmp_path / "x.json").write_text(OLD)
    with patch(place, side_effect=MemoryError):
        done = invoke(*TABLE, "x.json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "error: there is not enough memory for this\n"
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("x.json", OLD)]
