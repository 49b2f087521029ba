"""The command line as a user meets it: streams, exit codes, files, and no traceback."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import pty
import re
import signal
import stat
import subprocess
import sys
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from helpers.commands import COMMAND, FAST, in_terminal, invoke, run

import archcount as ac

SCRIPT = str(Path(sys.executable).with_name("archcount"))


def test_the_main_job_with_the_default_engine():
    result = run("table", "--compare-paper", "-v")
    assert result.returncode == 0
    assert result.stderr == ""
    assert "output: 19 match" in result.stdout
    assert "depth: 19 match" in result.stdout
    assert (
        "params: 3 match, 1 convention, 2 readings, 4 contradictions, 2 off, 7 unpublished"
        in result.stdout
    )
    assert "ops: 10 match, 2 readings, 7 unpublished" in result.stdout
    assert "6,998,552 params (6,990,272 weights), 1,582,671,872 MACs" in result.stdout
    assert "and formula agree on every row and cost category" in result.stdout


def test_a_users_own_file_works_like_a_shipped_name(data, tmp_path):
    result = invoke("table", str(data / "toy.yaml"), "--format", "json", cwd=tmp_path)
    found = json.loads(result.stdout)
    assert found["totals"]["params"] == 2_290
    assert [engine["name"] for engine in found["engines"]] == ["fvcore", "formula"]
    assert all(engine["agrees"] for engine in found["engines"])


def test_a_pipe_gets_plain_text_uncut_and_a_terminal_colours():
    piped = run("table", "--compare-paper", *FAST).stdout
    assert "\x1b" not in piped
    assert "1,582,671,872" in piped
    shown = in_terminal(80, "table", "--compare-paper", *FAST)
    assert "128M \x1b[32m✓\x1b[0m" in shown
    assert "364K \x1b[31m✗ +0.8%\x1b[0m" in shown
    assert "118,013,952" in in_terminal(160, "table", "--compare-paper", *FAST)


def test_no_color_is_respected():
    shown = in_terminal(80, "table", "--compare-paper", *FAST, env={"NO_COLOR": "1"})
    assert "\x1b[3" not in shown
    assert "364K ✗ +0.8%" in shown


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["table", "nonet"],
            "unknown table 'nonet'; did you mean 'unet'? allowed: a name that `archcount list` shows",
        ),
        (["table", "none.yaml"], "none.yaml:1:1: there is no such file"),
        (["table", "."], ".:1:1: this is a directory"),
        (["table", "a" * 300], "unknown table"),
        (["table", "a" * 300 + ".yaml"], "the file cannot be read: File name too long"),
        (["table", "--variant", "x"], "has no variant 'x'; allowed: naive, bn, "),
        (["table", "--input", "224"], "input: '224' is not a size"),
        (["table", "--input", "3x4x4"], "googlenet.yaml:"),
        (
            ["table", "--engine", "x"],
            "unknown engine 'x'; allowed: auto, formula, fvcore, torch, all",
        ),
        (["table", "--format", "x"], "unknown format 'x'; allowed: rich, plain"),
        (["table", "--batch", "0"], "batch 0; allowed: a whole number of 1 or more"),
        (["table", "--row", "x"], "has no row 'x'; allowed: conv1, pool1"),
        (["table", "-o", "x.doc"], "names no format; allowed: .txt, .csv"),
        (["table", "-o", "no/folder/x.csv"], "cannot write 'no/folder/x.csv'"),
        (["table", "-o", ".", "--format", "csv"], "cannot write '.': it is a directory"),
        (["table", "--batch", "many"], "valid integer"),
        (["table", "--such"], "such"),
        (["tabel"], "tabel"),
    ],
)
def test_a_mistake_is_one_clear_error_with_exit_2(arguments, says, tmp_path):
    extra = FAST if arguments[0] == "table" and "--engine" not in arguments else []
    result = invoke(*arguments, *extra, cwd=tmp_path)
    assert result.returncode == 2
    assert says in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_an_invalid_table_names_every_problem_with_exit_2(toy_text, tmp_path):
    (tmp_path / "toy.yaml").write_text(toy_text.replace("3x3   |", "7y7   |").replace("6.9K", "6Q"))
    result = invoke("table", "toy.yaml", *FAST, cwd=tmp_path)
    assert result.returncode == 2
    assert [line.split(": ")[1] for line in result.stderr.splitlines()] == [
        "toy.yaml:19:25", "toy.yaml:19:59",
    ]  # fmt: skip


def test_no_memory_is_exit_3(data):
    result = run(
        "table", str(data / "toy.yaml"), "--input", "3x8000000x8000000", "--engine", "fvcore"
    )
    assert result.returncode == 3
    assert "not enough memory" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("x.csv", "row,part,type"),
        ("x.tsv", "row\tpart\ttype"),
        ("x.md", "**googlenet"),
        ("x.json", "{"),
        ("x.txt", "googlenet, Table 1: "),
        ("x.html", "<!doctype html>"),
        ("x.svg", "<svg"),
    ],
)
def test_a_file_is_written_in_the_format_of_its_ending(name, start, tmp_path):
    result = invoke("table", "--compare-paper", *FAST, "-o", name, cwd=tmp_path)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert (tmp_path / name).read_text().startswith(start)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_the_format_asked_for_wins_over_the_ending(tmp_path):
    invoke("table", *FAST, "-o", "x.txt", "--format", "json", cwd=tmp_path)
    assert json.loads((tmp_path / "x.txt").read_text())["name"] == "googlenet"


def test_links_in_a_circle_are_said(tmp_path):
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    result = invoke("table", *FAST, "-o", "loop.csv", cwd=tmp_path)
    assert result.returncode == 2
    assert "cannot write 'loop.csv'" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_failed_run_leaves_the_old_file_as_it_was(tmp_path):
    (tmp_path / "x.csv").write_text("old")
    assert invoke("table", "none.yaml", "-o", "x.csv", cwd=tmp_path).returncode == 2
    assert (tmp_path / "x.csv").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]


def test_a_file_that_is_replaced_keeps_its_permissions_and_links(tmp_path):
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "real.csv").chmod(0o640)
    (tmp_path / "link.csv").symlink_to("real.csv")
    invoke("table", *FAST, "-o", "link.csv", cwd=tmp_path)
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text().startswith("row,")
    assert stat.S_IMODE((tmp_path / "real.csv").stat().st_mode) == 0o640


def test_an_unwritable_file_fails_before_any_work(tmp_path):
    # The table is invalid too; that it is not mentioned shows that nothing was read.
    result = invoke("table", "none.yaml", "-o", "no/x.csv", cwd=tmp_path)
    assert "cannot write 'no/x.csv'" in result.stderr
    assert "no such file" in result.stderr.lower()
    assert "none.yaml" not in result.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_said():
    result = run("table", *FAST, "-o", "/dev/full", "--format", "csv")
    assert result.returncode == 2
    assert "no space left" in result.stderr
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            [*COMMAND, "table", *FAST], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert result.returncode == 2
    assert "cannot write 'stdout': no space left" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_reader_who_has_seen_enough_is_no_failure():
    command = " ".join([*COMMAND, "table", *FAST, "--format", "json"])
    result = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command} | head -n 1"], capture_output=True, text=True
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "{\n", "")


def test_an_interrupt_is_exit_130():
    """Interrupted while it counts, which its spinner tells."""
    primary, secondary = pty.openpty()
    with (
        os.fdopen(primary, "rb", buffering=0) as terminal,
        subprocess.Popen(
            [*COMMAND, "table"], stdout=subprocess.PIPE, stderr=secondary, start_new_session=True
        ) as process,
    ):
        os.close(secondary)
        told = b""
        while b"counting" not in told:
            told += terminal.read(1024)
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == b""
        with contextlib.suppress(OSError):
            while piece := terminal.read(1024):
                told += piece
    assert process.returncode == 130
    assert b"Traceback" not in told


def test_a_termination_leaves_nothing_behind(tmp_path):
    primary, secondary = pty.openpty()
    with (
        os.fdopen(primary, "rb", buffering=0) as terminal,
        subprocess.Popen(
            [*COMMAND, "table", "-o", "x.csv"], stderr=secondary, cwd=tmp_path
        ) as process,
    ):
        os.close(secondary)
        told = b""
        while b"counting" not in told:
            told += terminal.read(1024)
        assert len(list(tmp_path.iterdir())) == 1, "the place is reserved while it works"
        process.terminate()
        with contextlib.suppress(OSError):
            while terminal.read(1024):
                pass
    assert process.returncode == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []


def test_closed_streams_are_no_traceback():
    for redirection in (">&-", "2>&-"):
        command = " ".join([*COMMAND, "list"])
        result = subprocess.run(
            ["bash", "-c", f"{command} {redirection}"], capture_output=True, text=True
        )
        assert (result.returncode, result.stderr) == (0, "")


def test_csv_leaves_what_it_cannot_hold_to_stderr(data):
    arguments = ["table", str(data / "toy.yaml"), "--compare-paper", *FAST, "--variant", "wide"]
    result = invoke(*arguments, "--format", "csv")
    assert result.stdout.startswith("row,part,type,batch")
    assert "variant wide" in result.stderr
    assert invoke(*arguments, "--format", "plain").stderr == ""


def test_list():
    result = invoke("list", "--format", "json")
    found = json.loads(result.stdout)
    assert found["schema"] == "archcount.list/2"
    items = {item["name"]: item for item in found["items"]}
    assert {"rows": 19, "input": "3x224x224"}.items() <= items["googlenet"].items()


@cache
def totals() -> ac.TotalsReport:
    """Those of some years, counted once for all formats."""
    return ac.list(totals=True, year="2014..2017")


def test_totals_in_every_format_are_of_every_network():
    found = json.loads(totals().to_json())
    assert found["schema"] == "archcount.totals/2"
    items = {(item["name"], item["variant"]): item for item in found["items"]}
    resnet = items["resnet", "50"]
    assert (resnet["params"], resnet["macs"], resnet["depth"]) == (25_557_032, 3_857_973_248, 50)
    [claim] = [each for each in resnet["printed"] if each["what"] == "ops"]
    assert {key: claim[key] for key in ("what", "printed", "from", "verdict", "why")} == {
        "what": "ops",
        "printed": "3.8×10^9",
        "from": "Table 1, FLOPs: multiply-adds",
        "verdict": "match",
        "why": "truncated",
    }
    assert items["googlenet", None]["verdicts"]["contradiction"] == 4
    assert ("googlenet", "keras-ucm") in items
    lines = list(csv.DictReader(io.StringIO(totals().to_csv())))
    assert [(line["table"], line["variant"] or None) for line in lines] == list(items)
    [shallow] = [line for line in lines if line["variant"] == "shallow"]
    assert (shallow["ops_printed"], shallow["ops_verdict"]) == ("307M", "match")
    assert (shallow["match"], shallow["off"]) == ("2", "0")


@pytest.mark.parametrize("form", ["plain", "md", "html", "svg"])
def test_totals_for_people_have_a_line_a_network(form):
    text = totals().render(form, width=160)
    for word in ("keras-ucm", "101-v1.5", "inception_resnet_v2_printed"):
        assert word in text


def test_totals_fit_narrow_terminals():
    plain = totals().render("rich", width=80, colour=False).splitlines()
    assert max(len(line.rstrip()) for line in plain) <= 80
    assert any(line.startswith("  1.0-224") and "568,740,352" in line for line in plain)
    assert any(line.startswith("inception_resnet_v2_printed ") for line in plain)


def test_the_paper_as_printed():
    result = invoke("table", "googlenet", "--as-printed", "--row", "inception_3a")
    heading, _, line = [text for text in result.stdout.splitlines() if text][1:]
    assert heading.split("  ")[0] == "type"
    assert "#3×3 reduce" in heading
    assert line.split()[:3] == ["inception", "(3a)", "28x28x256"]
    found = json.loads(invoke("table", "mobilenet_v1", "--as-printed", "--format", "json").stdout)
    assert found["schema"] == "archcount.as-printed/2"
    rows = {row["id"]: row["cells"] for row in found["rows"]}
    # the default variant strides this layer by 1; the paper prints 2
    assert rows["dw13"] == {
        "type": "Conv dw",
        "stride": "2",
        "block": "3x3x1024 dw",
        "n": None,
        "input": "7x7x1024",
    }
    lines = invoke("table", "bn_inception", "--as-printed", "--format", "csv").stdout.splitlines()
    assert lines[0].endswith("double #3×3,Pool +proj")
    assert lines[7].startswith("inception (3c),stride 2,28x28x576,3,0,128,160,64,96,max +")
    assert len(lines) == 16  # the classifier is not in the figure


def test_class_count_and_let_names_on_the_command_line():
    arguments = ["table", "mobilenet_v1", *FAST, "--format", "json"]
    found = json.loads(invoke(*arguments, "--classes", "10", "--let", "alpha=0.5").stdout)
    # 1,331,592 less the classifier's 513,000, and 512 x 10 + 10 instead
    assert found["totals"]["params"] == 823_722
    assert found["totals"]["buffers"] == 10_944  # 2 x 5,472 channels


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--as-printed", "--variant", "bn"], "--as-printed shows what the paper prints"),
        (["--as-printed", "--batch", "2"], "--as-printed shows what the paper prints"),
        (["--as-printed", "--compare-paper"], "allowed: --row, --format and -o beside it"),
        (["--as-printed", "--row", "inception_3z"], "googlenet has no row 'inception_3z'"),
        (["--classes", "ten"], "unknown name 'ten'"),
        (["--classes", "0"], "with classes = 0: row linear: "),
        (["--let", "classes"], "--let 'classes'; allowed: NAME=VALUE"),
        (["--let", "clases=3"], "no let name 'clases'; did you mean 'classes'? allowed: classes"),
        (["--classes", "3", "--let", "classes=4"], "duplicate classes"),
    ],
)
def test_options_that_make_no_sense_are_one_clear_error(arguments, says):
    fast = [] if "--as-printed" in arguments else FAST
    result = invoke("table", "googlenet", *fast, *arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    [line] = result.stderr.splitlines()
    assert says in line


def test_a_variant_written_into_the_name_is_advised():
    result = run("table", "resnet50")
    assert result.returncode == 2
    assert result.stderr.endswith("write resnet@50\n")


def test_layers_of_one_text_and_unlike_widths_are_added_up():
    result = invoke("explain", "vgg", "conv1", "-v", *FAST)
    # 3 x 64 x 9 = 1,728 and 64 x 64 x 9 = 36,864
    assert "3 x 64 x 3x3 + 64 x 64 x 3x3" in result.stdout
    assert "38,592" in result.stdout
    result = invoke("explain", "vgg", "conv5", "--variant", "E", "-v", *FAST)
    assert "512 x 512 x 3x3, 4 times" in result.stdout


def test_a_row_of_a_variant_is_explained():
    result = invoke("explain", "resnet", "conv2_x", "--variant", "18", *FAST)
    assert result.stdout.startswith("resnet@18, conv2_x")


def test_json_gives_the_printed_headings():
    found = json.loads(invoke("table", "--compare-paper", *FAST, "--format", "json").stdout)
    assert found["comparison"]["headings"]["output"] == "output size"


def test_schema_is_json():
    assert json.loads(invoke("schema").stdout)["title"] == "archcount table file"


def test_env_names_versions():
    found = {
        item["what"]: item["value"]
        for item in json.loads(run("env", "--format", "json").stdout)["items"]
    }
    assert found["torch"].startswith("2.")
    assert found["archcount"] == ac.__version__


def test_version():
    assert run("--version").stdout.strip() == ac.__version__


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["list"],
        ["list", "--totals", "--year", "2014"],
        ["schema"],
        ["explain", "googlenet", "inception_5a"],
        ["check", "googlenet", *FAST],
        ["table", *FAST],
        ["table", *FAST, "--compare-paper"],
        ["table", *FAST, "--format", "rich"],
        ["sweep", "googlenet", "--input", "224"],
    ],
    ids=" ".join,
)
def test_what_needs_no_torch_imports_none(arguments):
    code = (
        "import sys\nfrom archcount.cli import main\nsys.argv = ['archcount', *sys.argv[1:]]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print({'torch', 'fvcore', 'pandas', 'numpy'} & set(sys.modules), file=sys.stderr)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    assert result.stderr.strip() == "set()"


@pytest.mark.parametrize(
    "code",
    [
        "import archcount as ac; from torch import nn; ac.count(nn.Linear(4, 3), input='4')",
        "import sys; from archcount.cli.app import app; sys.argv[1:] = "
        "'count torch.nn:Linear --arg in_features=4 --arg out_features=3 --input 4'.split(); "
        "app(standalone_mode=False)",
    ],
    ids=["in Python", "on the command line"],
)
def test_a_count_of_a_module_imports_nothing_of_papers(code):
    code += "\nprint(*(name for name in sys.modules if name.startswith('archcount.')))"
    result = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}"], capture_output=True, text=True, check=True
    )
    rooms = {name.split(".")[1] for name in result.stdout.splitlines()[-1].split()}
    assert {"api", "engines"} <= rooms
    assert not rooms & {"comparison", "spec", "symbolic", "difference", "benchmark"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("archcount table goo", {"googlenet"}),
        ("archcount table googlenet --row inception_3", {"inception_3a", "inception_3b"}),
        ("archcount table {toy} --variant w", {"wide"}),
        ("archcount table --format j", {"json"}),
    ],
)
def test_completion_knows_tables_variants_and_rows(words, expected, data):
    words = words.format(toy=data / "toy.yaml")
    request = {
        "_ARCHCOUNT_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    result = subprocess.run([SCRIPT], capture_output=True, text=True, env={**os.environ, **request})
    assert set(result.stdout.split()) == expected


def test_help_names_every_command_with_its_own_sentence():
    from archcount.cli.app import sentence

    shown = " ".join(invoke("--help").stdout.split())
    names = "table explain report check infer list errata site new schema formula sweep count draw diff bench env".split()
    assert re.findall(r"^  ([a-z]+)  ", invoke("--help").stdout, re.M) == names
    for name in names:
        function = getattr(import_module(f"archcount.cli.{name}"), f"show_{name}")
        assert sentence(name) == function.__doc__.splitlines()[0]
        assert f"{name} {sentence(name)}" in shown
