"""Networks written by hand, for tests: they know nothing of archcount.

`NETWORKS` holds the settings of GoogLeNet, ResNet-18, ResNet-50 and MobileNet, `TABLES` the table
and variant of each; `build` makes a module in one of three styles; `plant` makes one mistake.
"""

from __future__ import annotations

from typing import Literal, get_args

from torch import nn

from . import channels_last, functional, modules
from .plants import KINDS, Edit, Kind, plant
from .settings import NETWORKS, TABLES, Settings
from .sizes import DoesNotRunError, Layer, layers

Style = Literal["modules", "functional", "channels last"]
STYLES: tuple[Style, ...] = get_args(Style)


def build(settings: Settings, style: Style) -> nn.Module:
    """Build a network in a style."""
    styles = {"modules": modules, "functional": functional, "channels last": channels_last}
    return styles[style].build(settings)


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
