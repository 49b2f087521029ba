"""The layer kinds and joins: each one small class with shape rule, cost and torch module.

To add one, write its class in a module of this package; `by_word` finds it.
"""

from archcount.layers.cost import CATEGORIES, Cost
from archcount.layers.joins import JoinKind
from archcount.layers.kind import Argument, ArgumentType, LayerKind
from archcount.layers.shape import Shape

__all__ = ["CATEGORIES", "Argument", "ArgumentType", "Cost", "JoinKind", "LayerKind", "Shape"]
