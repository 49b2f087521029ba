"""The networks of a table of models counted again, with another number or another file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from archcount.architecture import Architecture
from archcount.edits import SharedNumber
from archcount.engines import formula
from archcount.engines.counts import Count
from archcount.engines.network_parts import NetworkParts
from archcount.errors import InvalidTableError, UsageError
from archcount.printed import PrintedTable
from archcount.spec.file_changes import named, shared_numbers
from archcount.spec.table import Table


@dataclass(frozen=True, kw_only=True, slots=True)
class Recounted:
    """A network counted again in closed form.

    Attributes:
        parts: its parts, for columns that are of some.
        stated: by row and column what the expressions of compared columns give.
    """

    architecture: Architecture
    count: Count
    parts: NetworkParts
    stated: Mapping[tuple[str, str], Fraction]


class ModelRecount:
    """Counts the networks of one table of models as other readings have them."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._named: dict[str, Table | None] = {}

    @property
    def shared_numbers(self) -> tuple[SharedNumber, ...]:
        """The whole numbers that all networks of the table read."""
        return shared_numbers(self._table)

    def printed(self, model: str) -> PrintedTable:
        """Return what is printed of a model, by the name of its variant."""
        return self._table.variant(model).printed

    def count(
        self, model: str, lets: Mapping[str, int], shared: SharedNumber | None = None
    ) -> Recounted | None:
        """Count a model with other numbers; None where the network does not go together so.

        Args:
            model: the name of its variant.
            lets: other numbers of `let` names, the shared number's own among them.
            shared: a number that stands in the blocks, to be given its name.
        """
        table = self._table if shared is None else self._with_name(shared)
        if table is None:
            return None
        texts = {name: str(value) for name, value in lets.items()}
        try:
            network = table.variant(model)
            architecture = network.expand(lets=texts) if texts else network.architecture
            stated = network.stated(texts) if network.printed.checked else {}
        except (InvalidTableError, UsageError):
            return None  # such a network cannot be built, so that nobody can have counted it
        return Recounted(
            architecture=architecture,
            count=formula.count(architecture),
            parts=NetworkParts(architecture),
            stated=stated,
        )

    def _with_name(self, shared: SharedNumber) -> Table | None:
        """Return the table in which a number has a name; None where it may have none."""
        if shared.name not in self._named:
            try:
                table = named(self._table, shared)
            except InvalidTableError:
                table = None
            self._named[shared.name] = table
        return self._named[shared.name]
