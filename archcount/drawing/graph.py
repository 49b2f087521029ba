"""A picture as a graph, for languages that lay it out themselves: nodes, clusters and edges."""

from __future__ import annotations

from dataclasses import dataclass, field

from archcount.drawing.picture import Box, Branching, Chain, CrossLink, Group, Picture


@dataclass(slots=True)
class Cluster:
    """Nodes in one frame, in their order; the outermost one is the whole picture.

    Attributes:
        items: names of nodes, and clusters inside.
    """

    name: str = ""
    group: Group | None = None
    items: list[str | Cluster] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Edge:
    """From one node to another, with the shape that it carries."""

    source: str
    target: str
    label: str = ""
    is_skip: bool = False


@dataclass(slots=True)
class PictureGraph:
    """A picture as a graph.

    Attributes:
        nodes: the box of each by its name, such as `n1`.
        whole: everything as clusters.
    """

    nodes: dict[str, Box] = field(default_factory=dict)
    whole: Cluster = field(default_factory=Cluster)
    edges: list[Edge] = field(default_factory=list)


_Ends = tuple[tuple[str, bool], ...]
"""The nodes that give what is read next, and whether by a line that passes others by."""


def graph_of(picture: Picture) -> PictureGraph:
    """Return the graph of a picture."""
    reader = _GraphReader(picture)
    for stream in picture.streams:
        given: _Ends = ((reader.node(stream.input, reader.graph.whole), False),)
        for part in stream.body:
            given = reader.chain((part,), given, reader.graph.whole, is_labelled=True)
    for side in picture.sides:
        ends = tuple((name, False) for name in reader.ends[side.at])
        reader.chain((side.group,), ends, reader.graph.whole, is_labelled=False)
    return reader.graph


class _GraphReader:
    def __init__(self, picture: Picture) -> None:
        self.graph = PictureGraph()
        self._links: dict[str, list[CrossLink]] = {}
        for link in picture.links:
            self._links.setdefault(link.target, []).append(link)
        self.ends: dict[str, tuple[str, ...]] = {}
        self._gives: dict[str, str] = {}
        self._clusters = 0

    def node(self, box: Box, inside: Cluster) -> str:
        """Add a node."""
        name = f"n{len(self.graph.nodes) + 1}"
        self.graph.nodes[name] = box
        self._gives[name] = box.output
        inside.items.append(name)
        return name

    def skip(self, path: str) -> _Ends:
        """Return the nodes that a part elsewhere ends with."""
        return tuple((name, True) for name in self.ends.get(path, ()))

    def chain(self, chain: Chain, ends: _Ends, inside: Cluster, *, is_labelled: bool) -> _Ends:
        """Add parts one after another; return the nodes that the last one ends with."""
        for part in chain:
            links = self._links.get(part.path, ())
            if any(link.is_only for link in links):
                ends = ()
            ends += sum((self.skip(link.source) for link in links), ())
            match part:
                case Box():
                    if part.reads in self.ends:
                        ends = self.skip(part.reads)
                        continue
                    ends = self._box(part, () if part.reads else ends, inside, is_labelled)
                case Group():
                    self._clusters += 1
                    cluster = Cluster(f"cluster_{self._clusters}", part)
                    inside.items.append(cluster)
                    ends = self.chain(part.body, ends, cluster, is_labelled=is_labelled)
                case Branching():
                    ends = self._branches(part, ends, inside)
            names = self.ends[part.path] = tuple(name for name, _ in ends)
            # A frame gives what the last of its repetitions does, and its box is the first.
            self._gives |= dict.fromkeys(names, part.output)
            is_labelled = False
        return ends

    def _box(self, box: Box, ends: _Ends, inside: Cluster, is_labelled: bool) -> _Ends:
        name = self.node(box, inside)
        for source, is_skip in ends:
            label = self._gives[source] if is_labelled else ""
            self.graph.edges.append(Edge(source, name, label, is_skip))
        return ((name, False),)

    def _branches(self, part: Branching, ends: _Ends, inside: Cluster) -> _Ends:
        leaving: _Ends = ()
        for branch in part.branches:
            if branch:
                leaving += self.chain(branch, ends, inside, is_labelled=False)
            else:
                leaving += tuple((name, True) for name, _ in ends)
        joined = self._box(part.join, leaving, inside, is_labelled=False)
        self.ends[part.join.path] = tuple(name for name, _ in joined)
        return joined
