"""`archcount draw`: formats, destinations and wrong options."""

from __future__ import annotations

import subprocess
import sys
from xml.etree import ElementTree

import pytest
from helpers.commands import invoke

import archcount.drawing.dot
import archcount.drawing.png


def test_an_outline_is_shown_without_a_file():
    done = invoke("draw", "googlenet")
    assert done.returncode == 0
    assert done.stdout.startswith("googlenet: Going deeper with convolutions\n")
    assert "├ conv 5×5" not in done.stdout
    assert done.stdout.count("└ concat") == 9
    assert done.stdout.count("auxiliary head") == 2


@pytest.mark.parametrize(
    ("ending", "begin"),
    [("svg", b"<svg "), ("dot", b"digraph "), ("gv", b"digraph "), ("mmd", b"flowchart TB"),
     ("mermaid", b"flowchart TB"), ("txt", b"lenet5"), ("png", b"\x89PNG")],
)  # fmt: skip
def test_the_ending_of_the_file_chooses_the_format(tmp_path, ending, begin):
    file = tmp_path / f"x.{ending}"
    done = invoke("draw", "lenet5", "-o", str(file))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert file.read_bytes().startswith(begin)


def test_options_reach_the_picture(tmp_path):
    file = tmp_path / "x.svg"
    how = ("--direction", "right", "--theme", "dark", "--detail", "rows", "--colour", "verdict")
    assert invoke("draw", "googlenet", *how, "-o", str(file)).returncode == 0
    root = ElementTree.parse(file).getroot()
    assert float(root.get("width")) > 4 * float(root.get("height"))
    text = file.read_text()
    assert "prefers-color-scheme" not in text
    assert "params contradiction" in text  # the verdict on inception_4c


def test_another_input_and_other_names_are_drawn():
    done = invoke("draw", "googlenet", "--input", "3x256x256", "--let", "classes=10")
    assert "256×256×3" in done.stdout
    assert "linear 10 " in done.stdout


def test_a_model_is_drawn():
    done = invoke("draw", "torch.nn:Linear", "--arg", "in_features=8", "--arg", "out_features=4",
                  "--input", "[2,8]", "--format", "mermaid")  # fmt: skip
    assert done.returncode == 0
    assert "linear 4" in done.stdout


WRONG = [
    (
        ["lenet5", "-o", "x.jpg"],
        "names no format; allowed: .txt, .svg, .png, .dot, .gv, .mmd, .mermaid",
    ),
    (["lenet5", "--format", "png"], "a PNG is no text; name its file with -o x.png"),
    (["lenet5", "--format", "pdf"], "unknown format 'pdf'; allowed: text, svg, png, dot, mermaid"),
    (
        ["lenet5", "--detail", "block"],
        "unknown detail 'block'; did you mean 'blocks'? allowed: rows, blocks, layers",
    ),
    (["lenet5", "--colour", "flops"], "unknown colour 'flops'; allowed: kind, verdict, macs"),
    (["lenet5", "--direction", "up"], "unknown direction 'up'; allowed: down, right"),
    (["lenet5", "--theme", "blue"], "unknown theme 'blue'; allowed: auto, light, dark"),
    (["lenet5", "--layout", "neato"], "unknown layout 'neato'; allowed: own, dot"),
    (["lenet5", "--layout", "dot"], "--layout dot does not go with text; allowed: the formats svg"),
    (["lenet5", "--arg", "a=1"], "arguments and a device go with a model"),
    (["lenet5", "--input", "1x1x1", "--input", "2x2x2"], "a table has one --input"),
    (["torch.nn:Linear", "--colour", "verdict"], "go with a table"),
    (["nothing"], "unknown table 'nothing'"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_wrong_options_have_one_clear_error(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = invoke("draw", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not done.stdout
    assert not list(tmp_path.iterdir())


def test_what_is_not_installed_is_said_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setattr(archcount.drawing.png, "find_spec", lambda name: None)
    done = invoke("draw", "nothing", "-o", str(tmp_path / "x.png"))
    assert done.returncode == 3
    assert 'pip install "archcount[draw]"' in done.stderr
    monkeypatch.setattr(archcount.drawing.dot, "which", lambda name: None)
    done = invoke("draw", "nothing", "--layout", "dot", "-o", str(tmp_path / "x.svg"))
    assert done.returncode == 3
    assert "install the package graphviz" in done.stderr
    assert not list(tmp_path.iterdir())


def test_graphviz_lays_a_picture_out_where_it_is_installed(tmp_path):
    if archcount.drawing.dot.which("dot") is None:
        pytest.skip("Graphviz is not installed")
    for ending, begin in (("svg", b"<?xml"), ("png", b"\x89PNG")):
        file = tmp_path / f"x.{ending}"
        assert invoke("draw", "unet", "--layout", "dot", "-o", str(file)).returncode == 0
        assert file.read_bytes().startswith(begin)


def test_a_table_is_drawn_without_torch():
    code = (
        "import sys; from archcount.api.draw_report import draw; draw('googlenet').to_svg(); "
        "draw('resnet@50', detail='rows', colour='macs').render('dot'); "
        "sys.exit(sorted({'torch', 'pandas', 'fvcore'} & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
