"""Pictures written: well formed, whatever a title or a name holds, and the same each time."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from dataclasses import replace
from xml.etree import ElementTree

import pytest

import archcount as ac
from archcount.drawing import COLOURS, Mark, svg, table_picture
from archcount.drawing.dot import dot
from archcount.drawing.mermaid import mermaid
from archcount.drawing.outline import outline
from archcount.drawing.picture import Box, Branching, Group

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '"]; x --> y %% <script>alert(1)</script> \\" \\N \\l ]]> &lt; &#34; #quot; `**a**` \x1b[31m\u202e end\n'
PICTURES = ["googlenet", "unet", "transformer", "mixtral", "resnet@18"]


def picture_of(name, **how):
    return table_picture(ac.load(name).architecture(), **how)


def hostile(part):
    """Put a text that means something in each format into every title and line."""
    match part:
        case Box():
            return replace(part, title=HOSTILE, details=(HOSTILE,), mark=Mark(HOSTILE, "wrong"))
        case Group():
            return replace(part, title=HOSTILE, body=tuple(map(hostile, part.body)))
        case Branching():
            branches = tuple(tuple(map(hostile, branch)) for branch in part.branches)
            return replace(part, branches=branches, join=hostile(part.join))


def hostile_picture():
    picture = picture_of("resnet@18")
    streams = tuple(
        replace(stream, body=tuple(map(hostile, stream.body))) for stream in picture.streams
    )
    return replace(picture, title=HOSTILE, note=HOSTILE, description=HOSTILE, streams=streams)


def all_pictures():
    yield from (picture_of(name) for name in PICTURES)
    yield hostile_picture()


def test_svg_is_xml_with_a_name_and_nothing_that_runs():
    allowed = {"svg", "title", "desc", "style", "rect", "circle", "path", "text", "g"}
    for picture in all_pictures():
        root = ElementTree.fromstring(svg(picture))
        assert {element.tag.removeprefix(SVG) for element in root.iter()} <= allowed
        assert root.get("role") == "img"
        named = root.get("aria-labelledby").split()
        assert [element.get("id") for element in root.iter() if element.get("id")] == named
        assert root.find(f"{SVG}title").text
        assert root.find(f"{SVG}desc").text
        assert not [key for element in root.iter() for key in element.attrib if key[:2] == "on"]


def test_every_box_of_a_picture_has_its_text_as_text():
    picture = picture_of("googlenet")
    texts = [element.text for element in ElementTree.fromstring(svg(picture)).iter(f"{SVG}text")]
    for box in picture.boxes:
        assert box.title in texts
    assert texts.count("concat") == 9  # Table 1 has nine inception modules
    assert texts.count("auxiliary head") == 2


def test_two_pictures_on_a_page_share_no_id_and_each_is_the_same_every_time():
    one, other = (svg(picture_of(name)) for name in ("resnet@18", "resnet@34"))
    ids = [set(re.findall(r' id="(.*?)"', text)) for text in (one, other)]
    assert not ids[0] & ids[1]
    assert one == svg(picture_of("resnet@18"))


def test_no_colour_stands_alone():
    marks = {"conv1": Mark("params off", "wrong"), "pool1": Mark("match", "good")}
    for colour in COLOURS:
        text = svg(picture_of("googlenet", colour=colour, marks=marks))
        assert ("params off" in text) == (colour == "verdict")
        assert (
            "%" in re.sub(r"<style>.*?</style>|width=\S+|height=\S+", "", text, flags=re.S)
        ) == (colour in ("macs", "params"))


def test_shares_are_of_the_whole():
    # conv1 of GoogLeNet does 118,013,952 of 1,582,671,872 multiply-accumulates: 7.5%.
    found = picture_of("googlenet", colour="macs").streams[0].body[0]
    assert found.mark == Mark("7.5%", "share2")


@pytest.mark.parametrize("down", [True, False])
def test_dot_is_read_by_graphviz(down):
    if not shutil.which("dot"):
        pytest.skip("Graphviz is not installed")
    for picture in all_pictures():
        done = subprocess.run(
            ["dot", "-Tsvg"],
            input=dot(picture, down=down).encode(),
            capture_output=True,
            check=True,
        )
        root = ElementTree.fromstring(done.stdout)
        drawn = {group.find(f"{SVG}title").text for group in root.iter(f"{SVG}g")}
        texts = "".join(element.text or "" for element in root.iter(f"{SVG}text"))
        assert {"n1", "n2", "n3"} <= drawn
        if picture.title == HOSTILE:
            assert "<script>alert(1)</script>" in texts
            assert "&lt; &#34;" in texts


LABEL = r'"(?:[A-Za-z0-9 ,.:()/+×…-]|#\d+;|<br/>)+"'
MERMAID = (
    r"flowchart (TB|LR)",
    rf" +n\d+(\[{LABEL}\]|\(\[{LABEL}\]\)|\(\({LABEL}\)\))",
    rf" +subgraph cluster_\d+\[{LABEL}\]",
    r" +end",
    rf"  n\d+ (-->|-\.->)(\|{LABEL}\|)? n\d+",
    r"  classDef [a-z0-9]+ fill:#\w{6},stroke:#\w{6},color:#\w{6}",
    r"  class n\d+(,n\d+)* [a-z0-9]+",
)
"""All that a line may be."""


def test_mermaid_has_lines_of_its_grammar_alone():
    for picture in all_pictures():
        lines = mermaid(picture).splitlines()
        for line in lines:
            assert any(re.fullmatch(each, line) for each in MERMAID), line
        opened = sum(line.lstrip().startswith("subgraph") for line in lines)
        assert opened == sum(line.strip() == "end" for line in lines)
        nodes = set(re.findall(r"^ +(n\d+)[\[(]", "\n".join(lines), re.M))
        ends = set(re.findall(r"(?:^  |[>|] )(n\d+)(?: |$)", "\n".join(lines), re.M))
        assert ends == nodes


def test_graphs_have_the_lines_of_the_network():
    # Of an inception module: 4 lines part, 3 lead to second layers, and 4 to the concatenation.
    text = mermaid(picture_of("googlenet"))
    assert text.count("concat") == 9
    # U-Net's Fig. 1 has four grey arrows, and the Transformer's decoder reads the encoder.
    assert mermaid(picture_of("unet")).count("-.->") == 4
    assert "from encoder" not in mermaid(picture_of("transformer"))


def test_outlines_hold_every_row_and_no_control_character():
    for name in PICTURES:
        text = outline(picture_of(name, detail="rows"))
        for row in ac.load(name).architecture().rows:
            assert re.search(rf"^{re.escape(row.id)}\b", text, re.M)
    text = outline(hostile_picture())
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_png_has_twice_the_size_of_the_svg_and_text_in_it():
    pytest.importorskip("resvg_py")
    from archcount.drawing.png import png

    picture = picture_of("lenet5")
    width, height = map(int, re.search(r'viewBox="0 0 (\d+) (\d+)"', svg(picture)).groups())
    data = png(picture)
    assert struct.unpack(">II", data[16:24]) == (2 * width, 2 * height)
    blank = replace(picture, title="", note="")
    assert png(blank, theme="dark") != png(picture, theme="dark")


def test_no_text_is_wider_than_it_is_taken_for():
    # DejaVu Sans, which comes with matplotlib, is wider than what most systems have.
    matplotlib = pytest.importorskip("matplotlib")
    from matplotlib.ft2font import FT2Font

    from archcount.drawing.text_width import text_width

    folder = f"{matplotlib.get_data_path()}/fonts/ttf"
    texts = {
        line
        for name in PICTURES
        for box in picture_of(name).boxes
        for line in (box.title, *box.details)
    }
    texts |= {
        "MobileNet_V2: Inverted Residual",
        "WWWW mmmm",
        "params contradiction, ops off",
        "98.7%",
    }
    for bold, name in ((False, "DejaVuSans"), (True, "DejaVuSans-Bold")):
        font = FT2Font(f"{folder}/{name}.ttf")
        font.set_size(1200, 72)  # so large that nothing is rounded to pixels
        for text in texts:
            font.set_text(text)
            assert font.get_width_height()[0] / 6400 <= text_width(text, 12, bold=bold), text


@pytest.mark.parametrize("detail", ["rows", "blocks", "layers"])
def test_a_line_from_repetitions_carries_what_the_last_gives(detail):
    # Table 1 of DenseNet-121: from 64 channels on, each of the layers adds 32
    text = mermaid(picture_of("densenet@121", detail=detail))
    shapes = {
        f"56×56×{64 + 32 * layers}" for layers in range(1, 7) if f"56×56×{64 + 32 * layers}" in text
    }
    assert shapes - {"56×56×128"} == {"56×56×256"}  # a transition halves the channels
    assert {"28×28×512", "14×14×1024", "7×7×1024"} <= set(re.findall(r'\|"(.*?)"\|', text))
