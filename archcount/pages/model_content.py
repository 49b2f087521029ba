"""What a page of a model is made from: its count, its picture, and what it was asked for by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archcount.engines.model_count import ModelCount
from archcount.reporting.page import Figure


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelContent:
    """Everything that the page of a model shows.

    Attributes:
        count: what was counted, with the memory of the pass over its steps.
        figure: the network, drawn; None where it is too large.
        not_drawn: why it is not.
        target: what names the model on the command line; empty for a module of Python.
        arguments: that and its options.
        versions: what the numbers depend on, by name.
    """

    count: ModelCount
    figure: Figure | None
    not_drawn: str = ""
    target: str
    arguments: str
    versions: Mapping[str, str]
