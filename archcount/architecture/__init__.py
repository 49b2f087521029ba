"""The architecture: blocks as written, expanded to a frozen tree with every number resolved."""

from archcount.architecture.architecture import Architecture, ExpandedRow, Head
from archcount.architecture.blocks import (
    Block,
    BoundBlock,
    JoinBlock,
    LocatedText,
    RepeatBlock,
    SequenceBlock,
    Shortcut,
)
from archcount.architecture.expand import expand
from archcount.architecture.expression import Expression, parse_expression
from archcount.architecture.layer_defaults import LayerDefaults
from archcount.architecture.layer_parser import parse_layer
from archcount.architecture.nodes import JoinNode, LayerNode, Node, SequenceNode
from archcount.architecture.scope import Scope, Value

__all__ = [
    "Architecture",
    "Block",
    "BoundBlock",
    "ExpandedRow",
    "Expression",
    "Head",
    "JoinBlock",
    "JoinNode",
    "LayerDefaults",
    "LayerNode",
    "LocatedText",
    "Node",
    "RepeatBlock",
    "Scope",
    "SequenceBlock",
    "SequenceNode",
    "Shortcut",
    "Value",
    "expand",
    "parse_expression",
    "parse_layer",
]
