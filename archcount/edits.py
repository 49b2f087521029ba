"""Other readings of a row as records: what stands in it, and one change to that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from archcount.errors import Location

EDITS: Mapping[str, str] = {
    "input": "the row reads another input",
    "cell": "a printed number of the row is another",
    "filters": "a layer has another number of filters",
    "kernel": "a layer has another kernel",
    "stride": "a layer has another stride",
    "groups": "a convolution has groups, or no longer has them",
    "multiplier": "a depthwise convolution has another multiplier",
    "separable": "a convolution is depthwise with a multiplier, then 1x1",
    "without": "a layer is left out",
    "twice": "a layer stands twice, the second time with stride 1",
    "reduced": "a 1x1 convolution stands before a layer",
    "repeats": "a block is repeated more or fewer times",
}
"""Every kind of change, with what it means."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """One change to a row.

    Attributes:
        kind: one of `EDITS`.
        to: the new numbers: (channels, height, width) of an input, (height, width) of a kernel
            or stride, or one number; empty for `without` and `twice`.
        where: the place in the table file of the layer, cell or repetition that is changed.
        name: the name of the cell, for `cell`.
    """

    kind: str
    to: tuple[int, ...] = ()
    where: Location | None = None
    name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """One layer as the table file writes it, with its numbers in one row.

    Attributes:
        path: its place in the row, "branch2.conv2"; of the first repetition where it is repeated.
        text: as written.
        word: the word of its layer kind.
        input: (channels, height, width) that it reads, in the first repetition.
        output: (channels, height, width) that it gives.
        kernel: (height, width), where it has a kernel.
        stride: (vertical, horizontal), where it has a kernel.
        width: the number of filters where the layer says it itself.
        groups: the number of groups of a convolution, else 1.
        multiplier: the multiplier of a depthwise convolution, else 0.
        weights: parameters of its kernels, all repetitions.
        biases: its biases, all repetitions.
        macs: multiply-accumulates for one image, all repetitions.
        times: how often it stands in the row.
        reads: the row's cells that it reads.
    """

    path: str
    text: str
    where: Location
    word: str
    input: tuple[int, int, int]
    output: tuple[int, int, int]
    kernel: tuple[int, int] | None = None
    stride: tuple[int, int] | None = None
    width: int | None = None
    groups: int = 1
    multiplier: int = 0
    weights: int
    biases: int
    macs: int
    times: int = 1
    reads: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberCell:
    """A printed whole number that layers of its row read.

    Attributes:
        name: the column's name.
        heading: its printed heading, or its name.
    """

    name: str
    heading: str
    value: int
    where: Location


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What can be read otherwise in one row.

    Attributes:
        id: the row's name.
        input: (channels, height, width) that the rows before it give.
        printed_input: what the row before prints as its output, where that is another.
        sites: the layers with a kernel or window, as written.
        cells: the printed numbers that are widths, by name.
        patches: the names of the cells with a patch that layers read.
        repeats: how often each repeated block stands, by its place in the file.
    """

    id: str
    input: tuple[int, int, int]
    printed_input: tuple[int, int, int] | None = None
    sites: tuple[Site, ...] = ()
    cells: Mapping[str, NumberCell] = field(default_factory=dict)
    patches: tuple[str, ...] = ()
    repeats: Mapping[Location, int] = field(default_factory=dict)
