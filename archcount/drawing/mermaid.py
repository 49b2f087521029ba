"""A picture as a flowchart of Mermaid, which Markdown pages draw."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archcount.control_characters import visible
from archcount.drawing.graph import Cluster, PictureGraph, graph_of
from archcount.drawing.picture import Box, Picture
from archcount.drawing.style import fill_of

_UNSAFE = re.compile(r"[^\w ,:()/+×…-]|(?<=\d)\.(?= )|_", re.ASCII)
"""What may mean something in a label, also as Markdown."""


def mermaid(picture: Picture, *, down: bool = True) -> str:
    """Return a picture as a flowchart of Mermaid.

    >>> from archcount.api.tables import load
    >>> from archcount.drawing.table_picture import table_picture
    >>> text = mermaid(table_picture(load("googlenet").architecture(), detail="rows"))
    >>> text.splitlines()[:2]
    ['flowchart TB', '  n1(["input<br/>224×224×3"])']
    """
    graph = graph_of(picture)
    lines = [f"flowchart {'TB' if down else 'LR'}", *_cluster(graph, graph.whole, "  ")]
    for edge in graph.edges:
        arrow = "-.->" if edge.is_skip else "-->"
        label = f'|"{_escaped(edge.label)}"|' if edge.label else ""
        lines.append(f"  {edge.source} {arrow}{label} {edge.target}")
    return "\n".join([*lines, *_classes(graph)]) + "\n"


def _cluster(graph: PictureGraph, cluster: Cluster, indent: str) -> Iterator[str]:
    for item in cluster.items:
        if isinstance(item, str):
            yield f"{indent}{item}{_node(graph.nodes[item])}"
            continue
        assert item.group is not None
        title = "  ".join(item.group.lines)
        yield f'{indent}subgraph {item.name}["{_escaped(title) or " "}"]'
        yield from _cluster(graph, item, f"{indent}  ")
        yield f"{indent}end"


def _node(box: Box) -> str:
    label = "<br/>".join(map(_escaped, box.lines))
    if box.is_sign:
        return f'(("{label}"))'
    return f'(["{label}"])' if box.family in ("input", "join", "copy") else f'["{label}"]'


def _escaped(text: str) -> str:
    """Write every character that may mean something to Mermaid or to HTML by its number."""
    return _UNSAFE.sub(lambda found: f"#{ord(found[0])};", visible(text))


def _classes(graph: PictureGraph) -> Iterator[str]:
    """Yield the colours of the nodes."""
    members: dict[str, list[str]] = {}
    for name, box in graph.nodes.items():
        members.setdefault(box.mark.tone if box.mark else box.family, []).append(name)
    for kind, names in members.items():
        fill, edge = fill_of(kind)
        yield f"  classDef {kind} fill:{fill},stroke:{edge},color:#1b1f24"
        yield f"  class {','.join(names)} {kind}"
