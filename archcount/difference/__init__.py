"""Difference: two models as sequences of layers, aligned and compared."""

from archcount.difference.common_layers import another_network, is_another_network
from archcount.difference.findings import LayerFinding, findings
from archcount.difference.model_comparison import compare
from archcount.difference.model_difference import (
    DIFFERENT,
    ComparedModel,
    LayerPair,
    ModelDifference,
    RowDifference,
    SettingChange,
)
from archcount.tracing.traced_layer import TracedLayer, describe

__all__ = [
    "DIFFERENT",
    "ComparedModel",
    "LayerFinding",
    "LayerPair",
    "ModelDifference",
    "RowDifference",
    "SettingChange",
    "TracedLayer",
    "another_network",
    "compare",
    "describe",
    "findings",
    "is_another_network",
]
