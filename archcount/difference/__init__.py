"""Difference: two models as sequences of layers, aligned and compared."""

from archcount.difference.compare import compare
from archcount.difference.records import (
    DIFFERENT,
    Change,
    Difference,
    Model,
    Pair,
    Row,
)
from archcount.tracing.layer import Layer, describe

__all__ = [
    "DIFFERENT",
    "Change",
    "Difference",
    "Layer",
    "Model",
    "Pair",
    "Row",
    "compare",
    "describe",
]
