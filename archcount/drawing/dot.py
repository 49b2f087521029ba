"""A picture in the language of Graphviz, and what its `dot` makes of it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from shutil import which

from archcount.control_characters import visible
from archcount.drawing.graph import Cluster, PictureGraph, graph_of
from archcount.drawing.picture import Box, Picture
from archcount.drawing.style import fill_of
from archcount.errors import UnavailableError

_SECONDS = 120


def dot(picture: Picture, *, down: bool = True) -> str:
    """Return a picture as a directed graph in the DOT language.

    >>> from archcount.api.tables import load
    >>> from archcount.drawing.table_picture import table_picture
    >>> text = dot(table_picture(load("googlenet").architecture(), detail="rows"))
    >>> text.startswith('digraph "googlenet" {')
    True
    """
    graph = graph_of(picture)
    lines = [
        f"digraph {_quoted(picture.title)} {{",
        f"  graph [rankdir={'TB' if down else 'LR'}, label={_quoted(picture.title)}, labelloc=t, "
        'fontname="Helvetica", fontsize=14, nodesep=0.25, ranksep=0.3];',
        '  node [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=10];',
        '  edge [fontname="Helvetica", fontsize=8, arrowsize=0.6, color="#7b858f"];',
        *_cluster(graph, graph.whole, "  "),
    ]
    for edge in graph.edges:
        given = [f"label={_quoted(edge.label)}"] if edge.label else []
        given += ["constraint=false"] if edge.is_skip else []
        said = f" [{', '.join(given)}]" if given else ""
        lines.append(f"  {edge.source} -> {edge.target}{said};")
    return "\n".join([*lines, "}"]) + "\n"


def _cluster(graph: PictureGraph, cluster: Cluster, indent: str) -> Iterator[str]:
    for item in cluster.items:
        if isinstance(item, str):
            yield f"{indent}{item} [{_node(graph.nodes[item])}];"
            continue
        assert item.group is not None
        mark = item.group.mark
        title = "  ".join(item.group.lines)
        tone = mark.tone if mark and mark.tone != "frame" else ""
        fill, edge = fill_of(tone) if tone else ("#f7f8f9", "#a8b0b9")
        yield f"{indent}subgraph {item.name} {{"
        yield (
            f"{indent}  graph [label={_quoted(title)}, labeljust=l, style="
            f'"rounded,filled", fillcolor="{fill}", color="{edge}", fontsize=11];'
        )
        yield from _cluster(graph, item, f"{indent}  ")
        yield f"{indent}}}"


def _node(box: Box) -> str:
    label = "\\n".join(map(_escaped, box.lines))
    fill, edge = fill_of(box.mark.tone if box.mark else box.family)
    shape = ", shape=circle, width=0.3, fixedsize=true" if box.is_sign else ""
    return f'label="{label}", fillcolor="{fill}", color="{edge}"{shape}'


def _escaped(text: str) -> str:
    """Return a text inside of quotes: no sequence of DOT's, and no entity of HTML's."""
    return visible(text).replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def require_dot() -> str:
    """Return the path of Graphviz's program.

    Raises:
        UnavailableError: it is not installed.
    """
    found = which("dot")
    if found is None:
        raise UnavailableError.of(
            "--layout dot needs Graphviz, whose program dot is not installed",
            remedy="install the package graphviz of the system, or leave --layout out",
        )
    return found


def laid_out_by_dot(picture: Picture, form: str, *, down: bool = True) -> bytes:
    """Return what Graphviz draws, as `svg` or `png`.

    Raises:
        UnavailableError: it is not installed, or it fails.
    """
    program = require_dot()
    try:
        done = subprocess.run(
            [program, f"-T{form}"],
            input=dot(picture, down=down).encode(),
            capture_output=True,
            check=True,
            timeout=_SECONDS,
        )
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise UnavailableError.of(f"Graphviz's dot failed: {said or error}") from None
    except subprocess.TimeoutExpired:
        raise UnavailableError.of(
            f"Graphviz's dot is not done after {_SECONDS} s", remedy="leave --layout out"
        ) from None
    return done.stdout
