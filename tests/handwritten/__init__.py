"""Networks written by hand, for tests: they know nothing of archcount.

`NETWORKS` holds the settings of GoogLeNet, ResNet-18, ResNet-50 and MobileNet, `TABLES` the table
and variant of each; `build` makes a module in one of two styles; `plant` makes one mistake.
"""

from __future__ import annotations

from typing import Literal, get_args

from torch import nn

from . import functional, modules
from .plants import KINDS, Edit, Kind, plant
from .settings import NETWORKS, TABLES, Settings
from .sizes import DoesNotRunError, Layer, layers

Style = Literal["modules", "functional"]
STYLES: tuple[Style, ...] = get_args(Style)


def build(settings: Settings, style: Style) -> nn.Module:
    """Build a network in a style."""
    return modules.build(settings) if style == "modules" else functional.build(settings)


__all__ = [
    "KINDS",
    "NETWORKS",
    "STYLES",
    "TABLES",
    "DoesNotRunError",
    "Edit",
    "Kind",
    "Layer",
    "Settings",
    "Style",
    "build",
    "layers",
    "plant",
]
