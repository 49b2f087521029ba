"""Other readings of a row as records: what stands in it, and one change to that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from archcount.errors import Location

EDITS: Mapping[str, str] = {
    "input": "the row reads another input",
    "cell": "a printed number of the row, or a `let`, is another",
    "patch": "a printed patch of the row is another",
    "filters": "a layer has another number of filters",
    "kernel": "a layer has another kernel",
    "stride": "a layer has another stride",
    "pad": "a layer is padded otherwise",
    "groups": "a convolution has groups, or no longer has them",
    "multiplier": "a depthwise convolution has another multiplier",
    "separable": "a convolution is depthwise with a multiplier, then 1x1",
    "joined": "a depthwise convolution and the one behind it are one",
    "without": "a layer is left out",
    "twice": "a layer stands twice, the second time with stride 1",
    "reduced": "a 1x1 convolution stands before a layer",
    "repeats": "a block is repeated more or fewer times",
    "default": "a default of layers is another",
}
"""Every kind of change, with what it means."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """One change to a row.

    Attributes:
        kind: one of `EDITS`.
        to: the new numbers: (channels, height, width) of an input, (height, width) of a kernel,
            stride or padding, kernel and stride of a patch, or one number, of a `cell` also with
            its denominator; empty for `joined`, `without`, `twice` and `default`.
        where: the place in the table file of the layer, cell or repetition that is changed.
        name: the name of the cell, for `cell` and `patch`; of a `default`, "pad=valid".
    """

    kind: str
    to: tuple[int, ...] = ()
    where: Location | None = None
    name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SharedNumber:
    """A whole number that all networks of a table read.

    Attributes:
        name: its `let` name; of a number that stands in a block, the one that it can be given.
        words: what it is, with a place for a number, such as "a vocabulary of {}".
        is_written: whether it stands in the input or the blocks, and not under `let:`.
    """

    name: str
    value: int
    words: str
    is_written: bool = False


@dataclass(frozen=True, slots=True)
class Structure:
    """Another structure of all networks of a table, by its name, and in words."""

    name: str
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """One layer as the table file writes it, with its numbers in one row.

    Attributes:
        path: its place in the row, "branch2.conv2"; of the first repetition where it is repeated.
        text: as written.
        word: the word of its layer kind.
        input: (channels, height, width) that it reads, in the first repetition.
        output: (channels, height, width) that it gives.
        kernel: (height, width), where it has a kernel; as many sides as its input has axes.
        stride: (vertical, horizontal), likewise.
        width: the number of filters where the layer says it itself.
        groups: the number of groups of a convolution, else 1.
        multiplier: the multiplier of a depthwise convolution, else 0.
        weights: parameters of its kernels, all repetitions.
        biases: its biases, all repetitions.
        macs: multiply-accumulates for one image, all repetitions.
        times: how often it stands in the row.
        widths: (input channels, output channels, how often), where these differ in the row.
        reads: the row's cells that it reads, and derived names with the cells behind them.
    """

    path: str
    text: str
    where: Location
    word: str
    input: tuple[int, ...]
    output: tuple[int, ...]
    kernel: tuple[int, ...] | None = None
    stride: tuple[int, ...] | None = None
    width: int | None = None
    groups: int = 1
    multiplier: int = 0
    weights: int
    biases: int
    macs: int
    times: int = 1
    widths: tuple[tuple[int, int, int], ...] = ()
    reads: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberCell:
    """A whole number, printed or a `let`, that layers of its row read.

    Attributes:
        name: the column's name.
        heading: its printed heading, or its name.
        says: what it says of a layer: `filters`, a `factor` of a width that depends on the input,
            `groups`, `multiplier`, `stride` or `kernel`.
    """

    name: str
    heading: str
    value: int
    where: Location
    says: str = "filters"


@dataclass(frozen=True, slots=True)
class Window:
    """Layers one after another, seen as one: what an output sees of the input, and its stride."""

    sees: int
    stride: int

    def then(self, other: Window) -> Window:
        """Put another window behind this one.

        >>> Window(3, 2).then(Window(3, 1))
        Window(sees=7, stride=2)
        """
        return Window(self.sees + (other.sees - 1) * self.stride, self.stride * other.stride)

    def outputs(self, length: int) -> range:
        """Return the output lengths that paddings from none to all but one of a kernel can make.

        >>> Window(11, 4).outputs(224)  # AlexNet's first layer: 54 without, 59 with 10 on each side
        range(54, 60)
        """
        least = max(0, (length - self.sees) // self.stride + 1)
        most = max(-(-length // self.stride), (length + self.sees - 2) // self.stride + 1)
        return range(least, most + 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class PatchCell:
    """A printed patch that layers of its row read.

    Attributes:
        name: the column's name.
        readers: how many layers read it.
    """

    name: str
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    where: Location
    readers: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What can be read otherwise in one row.

    Attributes:
        id: the row's name.
        input: (channels, height, width) that the rows before it give.
        printed_input: what is printed as its input, where that is another.
        sites: the layers with a kernel or window, as written; a projection is `shortcut`.
        cells: the numbers that are widths, by name.
        patches: the patches that layers read, by name.
        repeats: how often each repeated block stands, by its place in the file.
        channels: the printed cells that add up to the output's channels; empty where something
            else does too.
        positions: at how many positions a weight is used, (fewest, most) of all layers.
        bends: whether a width may do more than change counts as a polynomial of degree 2 does: a
            shortcut adapts to it, or an expression floors or bounds it.
        rounds: whether that is for anything else than a shortcut.
        windows: the whole row as one window on its input, for each axis; None where a layer
            adapts to its input.
    """

    id: str
    input: tuple[int, ...]
    printed_input: tuple[int, ...] | None = None
    sites: tuple[Site, ...] = ()
    cells: Mapping[str, NumberCell] = field(default_factory=dict)
    patches: Mapping[str, PatchCell] = field(default_factory=dict)
    repeats: Mapping[Location, int] = field(default_factory=dict)
    channels: tuple[str, ...] = ()
    positions: tuple[Fraction, Fraction] | None = None
    bends: bool = False
    rounds: bool = False
    windows: tuple[Window, ...] | None = None

    def reaches(self, grid: Sequence[int], wanted: Sequence[int]) -> bool:
        """Return whether some padding leads from one grid to another; true if a layer adapts."""
        return self.windows is None or all(
            end in window.outputs(start)
            for window, start, end in zip(self.windows, grid, wanted, strict=True)
        )
