"""The architecture: blocks as written, expanded to a frozen tree with every number resolved."""

from archcount.architecture.architecture import Architecture, Head, Row
from archcount.architecture.blocks import (
    Block,
    BoundBlock,
    JoinBlock,
    LayerDefaults,
    RepeatBlock,
    SequenceBlock,
    Shortcut,
    Text,
)
from archcount.architecture.expand import expand
from archcount.architecture.expression import Expression, parse_expression
from archcount.architecture.nodes import Join, Layer, Node, Sequence
from archcount.architecture.scope import Blank, Scope, Value
from archcount.architecture.text import parse_layer

__all__ = [
    "Architecture",
    "Blank",
    "Block",
    "BoundBlock",
    "Expression",
    "Head",
    "Join",
    "JoinBlock",
    "Layer",
    "LayerDefaults",
    "Node",
    "RepeatBlock",
    "Row",
    "Scope",
    "Sequence",
    "SequenceBlock",
    "Shortcut",
    "Text",
    "Value",
    "expand",
    "parse_expression",
    "parse_layer",
]
