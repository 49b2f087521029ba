"""What was read of a table file, as records: its rows, heads and declared readings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archcount.architecture import Blank, Block, Value
from archcount.printed import DeclaredReading, PrintedRow


@dataclass(frozen=True, kw_only=True, slots=True)
class ParsedRow:
    """One row, read: its block, what its names mean, and what was printed.

    Attributes:
        block: the block, repeated where `n` says so; None where it could not be read.
        values: the row's names for expressions.
        output: the printed output size in the printed order, or None.
    """

    id: str
    block: Block | None
    values: Mapping[str, Value | Blank]
    output: tuple[int, ...] | None
    printed: PrintedRow


@dataclass(frozen=True, kw_only=True, slots=True)
class ParsedReading:
    """Another reading of a row: what is said of it, and its block."""

    declared: DeclaredReading
    block: Block


@dataclass(frozen=True, kw_only=True, slots=True)
class ParsedHead:
    """An auxiliary classifier as written."""

    at: str
    loss_weight: float
    block: Block


@dataclass(frozen=True, kw_only=True, slots=True)
class Sections:
    """The sections of a file that make a network.

    Attributes:
        columns: the grid's columns in order.
        rows: its rows.
        heads: the auxiliary classifiers.
        readings: the other readings of rows.
        elsewhere: columns that some variant reads as another, and not every network must read.
    """

    columns: tuple[str, ...]
    rows: tuple[ParsedRow, ...]
    heads: tuple[ParsedHead, ...]
    readings: tuple[ParsedReading, ...]
    elsewhere: frozenset[str] = frozenset()
