"""From an architecture to an ordinary `nn.Module` whose children are named after the rows."""

from __future__ import annotations

from itertools import pairwise

from torch import nn

from archcount.architecture.architecture import Architecture
from archcount.architecture.network import FinalSoftmax, Network
from archcount.architecture.nodes import JoinNode, LayerNode, Node, SequenceNode
from archcount.architecture.ties import ties
from archcount.layers.elementwise import Softmax
from archcount.layers.joins import Concatenation
from archcount.layers.modules import (
    READING,
    WITH_KERNELS,
    Named,
    ReadingJoin,
    ReadingSequential,
    Taken,
)
from archcount.layers.row_output import RowOutput


def build(architecture: Architecture, *, logits: bool = False) -> Network:
    """Build the network of an architecture, with weights that it can learn from.

    Layers before rectifiers are drawn as He et al. propose, classifiers from a narrow normal
    distribution, so that every class is equally likely at first; biases are 0.

    In eval mode the network maps images (N, C, H, W) to the table's output. In train mode it
    returns logits, and with heads `Outputs(main, heads)`; see `Network.loss`. With `logits=True`
    a final softmax is left out in eval mode too.

    Source of the initialisation: arXiv:1502.01852, eq. 10; Krizhevsky et al. 2012, sec. 5.

    >>> from archcount.api.tables import load
    >>> network = build(load("googlenet").architecture())
    >>> list(network.state_dict())[:2]
    ['conv1.conv.weight', 'conv1.conv.bias']
    """
    network = assemble(architecture, logits=logits)
    rectified = _rectified(network)
    for module in network.modules():
        if isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=0.02)
        if not isinstance(module, WITH_KERNELS):
            continue
        if not isinstance(module, nn.Linear) or module in rectified:
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        else:
            nn.init.normal_(module.weight, std=0.01)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    return network


def _rectified(network: nn.Module) -> set[nn.Module]:
    """Return the fully connected layers that a rectifier follows."""
    found: set[nn.Module] = set()
    for module in network.modules():
        if isinstance(module, nn.Sequential):
            children = list(module)
            found |= {
                layer
                for layer, after in pairwise(children)
                if isinstance(layer, nn.Linear) and isinstance(after, nn.ReLU)
            }
    return found


def assemble(architecture: Architecture, *, logits: bool = False) -> Network:
    """Put the modules together with torch's own initial values, as `build` does before its own.

    Under `torch.device("meta")` this takes no memory and draws nothing.
    """
    rows = {row.id: _module(row.node) for row in architecture.rows}
    sources = {row.id: row.source for row in architecture.rows if row.source}
    read = {*sources.values(), *architecture.read_rows}
    _tie(architecture, rows)
    ends = architecture.outputs or (architecture.rows[-1].id,)
    for row in architecture.rows:
        if row.id in ends and row.id not in read:
            rows[row.id] = _with_final_softmax(row.node, rows[row.id], logits=logits)
    return Network(
        rows=rows,
        heads={
            head.at: _with_final_softmax(head.node, _module(head.node), logits=logits)
            for head in architecture.heads
        },
        loss_weights={head.at: head.loss_weight for head in architecture.heads},
        sources=sources,
        kept=read,
        outputs=architecture.outputs,
        inputs=architecture.inputs,
    )


def _tie(architecture: Architecture, rows: dict[str, nn.Module]) -> None:
    """Let tied layers share the parameter of the layer that they are tied to."""
    modules = Named(rows)
    for tie in ties(architecture.rows):
        source, layer = modules.get_submodule(tie.source), modules.get_submodule(tie.path)
        setattr(layer, tie.name, getattr(source, tie.name))


def _module(node: Node) -> nn.Module:
    """Return the module of one node."""
    match node:
        case LayerNode():
            return node.kind.module(node.input)
        case SequenceNode(children=()):
            return nn.Identity()
        case SequenceNode():
            return _sequence(node)
        case JoinNode():
            return _join(node)


def _join(node: JoinNode) -> nn.Module:
    """Return a join; where a branch reads another row, one that hands it the branches' outputs."""
    branches = {name: _module(child) for name, child in node.children}
    shapes = [child.output for _, child in node.children]
    if not any(isinstance(branch, READING) for branch in branches.values()):
        return node.kind.module(branches, shapes)
    taken = {name: Taken(place) for place, name in enumerate(branches)}
    if not node.kind.divides_channels:
        return ReadingJoin(branches, node.kind.module(taken, shapes))
    joined = Concatenation().module(taken, shapes)
    return ReadingJoin(branches, joined, split=-1 if node.input.tokens else 1)


def _sequence(node: SequenceNode) -> nn.Sequential:
    """Return a sequence, its rectifiers in place where what they overwrite is theirs alone."""
    reads = any(isinstance(kind, RowOutput) for kind in node.kinds)
    sequence = ReadingSequential() if reads else nn.Sequential()
    previous: Node | None = None
    for name, child in node.children:
        module = _module(child)
        if isinstance(module, nn.ReLU) and _gives_a_fresh_tensor(previous):
            module.inplace = True
        sequence.add_module(name, module)
        previous = child
    return sequence


def _gives_a_fresh_tensor(node: Node | None) -> bool:
    """Return whether a node's output is a new tensor that its own backward does not read."""
    if isinstance(node, LayerNode):
        return node.kind.role == "weights" or node.kind.word == "batchnorm"
    return isinstance(node, JoinNode) and len(node.children) > 1


def _with_final_softmax(node: Node, module: nn.Module, *, logits: bool) -> nn.Module:
    """Let a softmax at the end of the network, or of a head, give way to the loss in training."""
    if isinstance(node, LayerNode) and isinstance(node.kind, Softmax):
        return FinalSoftmax(node.kind.options(node.input)["dim"], logits=logits)
    if isinstance(node, SequenceNode) and isinstance(module, nn.Sequential) and node.children:
        name, last = node.children[-1]
        inner = _with_final_softmax(last, module.get_submodule(name), logits=logits)
        setattr(module, name, inner)
    return module
