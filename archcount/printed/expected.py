"""What an implementation is expected to do otherwise than a paper's table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from archcount.errors import Location


@dataclass(frozen=True, kw_only=True, slots=True)
class ExpectedDifference:
    """A difference that is declared, with the reason.

    Attributes:
        differs: what differs in a row, in the words of the report; "outside" and a module for one
            that belongs to no row.
        rows: the rows that it stands in; every row that differs so where none is named.
        layers: how many layers differ so, None where it is not said.
    """

    differs: str
    rows: tuple[str, ...] = ()
    layers: int | None = None
    because: str
    where: Location


@dataclass(frozen=True, kw_only=True, slots=True)
class Expectations:
    """What is declared of an implementation.

    Attributes:
        label: what messages call the file; empty where nothing is declared.
        table: the table's name or file, `@variant` behind it; empty where the file does not say.
        model: the implementation, likewise.
        input: what both are called with; the table's own where it is empty.
        arguments: what the callable that `model` names is given by name.
        map: which modules stand for which rows.
        totals: the params and MACs that the implementation has, where they are declared.
        totals_at: where each is declared.
        differences: the declared differences.
    """

    label: str = ""
    table: str = ""
    model: str = ""
    input: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    map: Mapping[str, str] = field(default_factory=dict)
    totals: Mapping[str, int] = field(default_factory=dict)
    totals_at: Mapping[str, Location] = field(default_factory=dict)
    differences: tuple[ExpectedDifference, ...] = ()
