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
        arguments: what names the model, and its options, on the command line; empty for a module
            of Python.
        drawn_by: those of them that `draw` takes; empty where they are not enough to call it.
        versions: what the numbers depend on, by name.
    """

    count: ModelCount
    figure: Figure | None
    not_drawn: str = ""
    arguments: str
    drawn_by: str
    versions: Mapping[str, str]
