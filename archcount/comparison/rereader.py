"""What comparison needs of a table to read its rows otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from archcount.edits import Edit, Plan
from archcount.engines.records import RowCount


class Rereader(Protocol):
    """What comparison needs of a table to read its rows otherwise."""

    def plan(self, row: str) -> Plan:
        """Say what can be read otherwise in a row."""

    def count(self, row: str, edits: Sequence[Edit]) -> RowCount | None:
        """Count a row with changes; None where it does not go together so."""

    def declared(self, row: str) -> RowCount | None:
        """Count the reading that the file declares for a row; None where it declares none."""
