"""The difference of two models: layer by layer, by rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from archcount.tracing.traced_layer import LayerInput, LayerParameter, TracedLayer

Verdict = Literal["same", "follows", "changed", "missing", "extra"]
DIFFERENT: tuple[Verdict, ...] = ("changed", "missing", "extra")
"""The verdicts of what is another; what `follows` differs by what came before it alone."""


WHOLE = "(model)"
"""The row of what stands in no module of the model."""


def row_of(path: str) -> str:
    """Return the row that a module of a table's network is of.

    >>> row_of("conv2.conv1"), row_of("")
    ('conv2', '(model)')
    """
    return path.partition(".")[0] or WHOLE


@dataclass(frozen=True, slots=True)
class SettingChange:
    """One setting of a layer that became another.

    >>> str(SettingChange("kernel", "5x5", "3x3"))
    'kernel 5x5 became 3x3'
    """

    what: str
    left: str
    right: str

    def __str__(self) -> str:
        return f"{self.what} {self.left} became {self.right}"


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparedModel:
    """One side of a comparison.

    Attributes:
        name: the name that it was requested by.
        layers: what it does.
        results: what gives the results.
        params: parameters that the call used.
        macs: multiply-accumulates.
        parameters: the parameters by the numbers that layers have in `weights`.
    """

    name: str
    layers: tuple[TracedLayer, ...]
    results: tuple[LayerInput, ...]
    params: int
    macs: int
    parameters: tuple[LayerParameter, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerPair:
    """A layer of the left side and the one of the right that stands for it.

    Attributes:
        verdict: `same`; `changed`; `follows`, where only what it reads is another; `missing` on
            the right; `extra` there.
        left: the layer of the left side, None of an extra one.
        right: the layer of the right side, None of a missing one.
        place: the module of the left side, after which an extra layer comes.
        block: the repeated unit that it stands in, by the left side's name, or by the right one's
            where that has more blocks; empty where it stands in none.
        changes: the settings that became others.
        remarks: what is another, and changes no size.
    """

    verdict: Verdict
    left: TracedLayer | None
    right: TracedLayer | None
    place: str
    block: str = ""
    changes: tuple[SettingChange, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class RowDifference:
    """A row of the left side."""

    name: str
    pairs: tuple[LayerPair, ...]

    @property
    def verdict(self) -> Verdict:
        """The verdict that all its layers share, or else `changed`."""
        found = {pair.verdict for pair in self.pairs}
        if found <= {"same"}:
            return "same"
        if found <= {"same", "follows"}:
            return "follows"
        return next(iter(found)) if len(found) == 1 else "changed"


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelDifference:
    """Two models held against each other.

    Attributes:
        left: the one side.
        right: the other.
        inputs: what both were given, as text.
        rows: the rows of the left side.
        results: what gives the results, where others do on the right.
        remarks: what the reader should know of how they were run.
        has_blocks: whether both sides have blocks, which stand for each other or for none.
        mapped: the rows of layers of the right side that the reader names, by their places.
    """

    left: ComparedModel
    right: ComparedModel
    inputs: str
    rows: tuple[RowDifference, ...]
    results: SettingChange | None = None
    remarks: tuple[str, ...] = ()
    has_blocks: bool = False
    mapped: Mapping[int, str] = field(default_factory=dict)

    @property
    def is_changed(self) -> bool:
        """Whether anything is another."""
        told = self.results is not None or any(row.verdict in DIFFERENT for row in self.rows)
        return told or self.is_unexplained

    @property
    def is_remarked_on(self) -> bool:
        """Whether the reader should know more than the verdicts."""
        told = any(pair.remarks for row in self.rows for pair in row.pairs)
        return told or bool(self.remarks)

    @property
    def is_unexplained(self) -> bool:
        """Whether no layer differs, but the totals do."""
        if self.results or any(row.verdict in DIFFERENT for row in self.rows):
            return False
        return (self.left.params, self.left.macs) != (self.right.params, self.right.macs)

    @property
    def tally(self) -> Counter[str]:
        """How many layers got each verdict."""
        return Counter(pair.verdict for row in self.rows for pair in row.pairs)
