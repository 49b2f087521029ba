"""Parts of a network, counted in closed form: what claims of running text speak of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from archcount.architecture import Architecture, LayerNode, Node, SequenceNode
from archcount.architecture.architecture import WEIGHTED
from archcount.architecture.nodes import JoinNode
from archcount.engines.counts import PartCount, total
from archcount.engines.formula import count_row
from archcount.layers.row_output import RowOutput


class NetworkParts:
    """Counts parts of an architecture."""

    def __init__(self, architecture: Architecture) -> None:
        self._architecture = architecture

    def whole(self, *, heads: bool = False) -> PartCount:
        """Count the whole network.

        >>> from archcount.api.tables import load
        >>> NetworkParts(load("googlenet").architecture()).whole().concatenations
        9
        """
        rows = tuple(row.node for row in self._architecture.rows)
        extra = tuple(head.node for head in self._architecture.heads) if heads else ()
        return self._part("whole", rows, extra)

    def backward_macs(self, *, heads: bool = False) -> int:
        """Count the multiply-accumulates of the backward pass for one image.

        A layer that nothing learns before needs no gradient of its input: that of the first
        convolution is never computed.

        >>> from archcount.api.tables import load
        >>> network = load("googlenet").architecture()
        >>> forward, backward = network.cost.macs, NetworkParts(network).backward_macs()
        >>> 2 * forward - backward == network.find("conv1").cost.macs
        True
        """
        macs, learns = 0, False
        learnt = dict.fromkeys(self._architecture.inputs, False)
        for row in self._architecture.rows:
            own, learns = _backward(row.node, learnt.get(row.source, learns), learnt)
            macs, learnt[row.id] = macs + own, learns
        extra = self._architecture.heads if heads else ()
        return macs + sum(_backward(head.node, learnt[head.at], learnt)[0] for head in extra)

    def at(self, path: str) -> PartCount:
        """Count the part at a path, which the architecture has."""
        found = self.find(path)
        assert found is not None, f"no part {path}: the file was not checked"
        return found

    def find(self, path: str) -> PartCount | None:
        """Count the part at a path; None where the architecture has none."""
        node = self._architecture.find(path)
        return None if node is None else self._part(path, (node,))

    def like(self, word: str, kernel: tuple[int, int] | None) -> PartCount:
        """Count every layer of a kind, and of a kernel where one is given."""
        return self._part(word, self._architecture.like(word, kernel))

    def setting(self, path: str, what: str) -> tuple[int, ...]:
        """Return the largest kernel, stride, heads or groups of a part's layers, or its width.

        A kernel and a stride are by axis, others one number; 0 where no layer has one. Pools count
        where nothing else has a kernel or a stride.

        >>> from archcount.api.tables import load
        >>> parts = NetworkParts(load("googlenet").architecture())
        >>> parts.setting("conv1", "kernel"), parts.setting("inception_3a", "width")
        ((7, 7), (256,))
        """
        node = self._architecture.find(path) if path else None
        nodes = [node] if node else [row.node for row in self._architecture.rows]
        if what == "width":
            return (nodes[-1].output.channels,)
        kinds = [layer.kind for each in nodes for layer in each.layers()]
        if what in ("kernel", "stride"):
            weighted = [kind for kind in kinds if kind.role in WEIGHTED]
            patches = [kind.patch for kind in weighted if hasattr(kind, "patch")]
            patches = patches or [kind.patch for kind in kinds if hasattr(kind, "patch")]
            sides = (getattr(patch, what) for patch in patches)
            return max(sides, key=prod, default=(0,))
        return (max((getattr(kind, what, 0) for kind in kinds), default=0),)

    def find_like(self, word: str) -> PartCount | None:
        """Count every layer of a kind; None where there is none."""
        return self.like(word, None) if self._architecture.like(word) else None

    def _part(self, name: str, nodes: Sequence[Node], heads: Sequence[Node] = ()) -> PartCount:
        everything = (*nodes, *heads)
        layers = [layer for node in everything for layer in node.layers()]
        joins = [join for node in everything for join in node.joins()]
        return PartCount(
            count=total(
                name,
                tuple(count_row(name, node) for node in nodes),
                tuple(count_row(name, node) for node in heads),
            ),
            layers=sum(layer.kind.is_layer for layer in layers) + len(joins),
            concatenations=sum(join.kind.stacks_channels for join in joins),
            neurons=sum(layer.output.elements for layer in layers if layer.kind.role in WEIGHTED),
            active_params=sum(_active_params(node) for node in everything),
        )


def _active_params(node: Node) -> int:
    """Return the parameters that one token meets: of experts, those of the active ones."""
    if isinstance(node, LayerNode):
        return node.params
    return sum(
        _active_params(child) for place, (_, child) in enumerate(node.children) if node.runs(place)
    )


def _backward(node: Node, learns: bool, learnt: Mapping[str, bool]) -> tuple[int, bool]:
    """Return a node's backward multiply-accumulates, and whether anything up to it learns."""
    if isinstance(node, LayerNode):
        if isinstance(node.kind, RowOutput):
            return 0, learnt[node.kind.row]
        own = node.kind.backward_macs(node.input, reaches_back=learns)
        return own, learns or node.params > 0 or bool(getattr(node.kind, "tied", ""))
    macs, after = 0, learns
    learning: list[bool] = []
    for place, (_, child) in enumerate(node.children):
        if not node.runs(place):
            continue
        start = after if isinstance(node, SequenceNode) else learns
        own, reached = _backward(child, start, learnt)
        macs, after = macs + own, after or reached
        learning.append(reached)
    if isinstance(node, JoinNode) and len(learning) == len(node.children):
        macs += node.kind.backward_macs([child.output for _, child in node.children], learning)
    return macs, after
