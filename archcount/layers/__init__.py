"""The layer kinds: each one small class with its shape rule, its cost and its torch module.

To add a kind, write one class in the module of its family; `KINDS` finds it by its word.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from archcount.layers.activation import Relu, Softmax
from archcount.layers.adaptive_pooling import (
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    GlobalAvgPool,
    GlobalMaxPool,
)
from archcount.layers.convolution import Conv, DepthwiseConv
from archcount.layers.cost import CATEGORIES, Cost
from archcount.layers.kind import Argument, ArgumentType, LayerKind
from archcount.layers.linear import Dropout, Flatten, Linear
from archcount.layers.normalization import BatchNorm, LocalResponseNorm
from archcount.layers.pooling import AvgPool, MaxPool
from archcount.layers.scaling import Scale
from archcount.layers.separable import SeparableConv
from archcount.layers.shape import Shape
from archcount.layers.subsampling import Subsample

KINDS: Mapping[str, type[LayerKind]] = MappingProxyType(
    {
        kind.word: kind
        for kind in (
            Conv,
            DepthwiseConv,
            SeparableConv,
            MaxPool,
            AvgPool,
            GlobalAvgPool,
            GlobalMaxPool,
            AdaptiveAvgPool,
            AdaptiveMaxPool,
            LocalResponseNorm,
            BatchNorm,
            Scale,
            Subsample,
            Linear,
            Flatten,
            Dropout,
            Relu,
            Softmax,
        )
    }
)
"""Every layer kind by the word that a table file writes for it."""

__all__ = [
    "CATEGORIES",
    "KINDS",
    "AdaptiveAvgPool",
    "AdaptiveMaxPool",
    "Argument",
    "ArgumentType",
    "AvgPool",
    "BatchNorm",
    "Conv",
    "Cost",
    "DepthwiseConv",
    "Dropout",
    "Flatten",
    "GlobalAvgPool",
    "GlobalMaxPool",
    "LayerKind",
    "Linear",
    "LocalResponseNorm",
    "MaxPool",
    "Relu",
    "Scale",
    "SeparableConv",
    "Shape",
    "Softmax",
    "Subsample",
]
