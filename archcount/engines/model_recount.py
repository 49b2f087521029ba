"""The networks of a table of models counted again, with other numbers or another structure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from archcount.architecture import Architecture
from archcount.architecture.budget import Work
from archcount.architecture.context import ExpansionCache
from archcount.edits import SharedNumber, Structure
from archcount.engines import formula
from archcount.engines.counts import Count
from archcount.engines.network_parts import NetworkParts
from archcount.errors import InvalidTableError, UsageError
from archcount.printed import PrintedTable
from archcount.spec.file_changes import named, shared_numbers
from archcount.spec.structures import restructured, structures
from archcount.spec.table import Table

FileChange = SharedNumber | Structure
"""A change of all networks: a number that stands in the blocks gets its name, or a structure."""


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
        self._work = Work()
        self._expanded: dict[tuple[str, FileChange | None], ExpansionCache] = {}
        self._changed: dict[str, Table | None] = {}

    @property
    def is_spent(self) -> bool:
        """Whether nothing more is counted, since there was work enough."""
        return self._work.is_spent

    @property
    def shared_numbers(self) -> tuple[SharedNumber, ...]:
        """The whole numbers that all networks of the table read."""
        return shared_numbers(self._table)

    @property
    def structures(self) -> tuple[Structure, ...]:
        """The other structures that its networks may have had."""
        return structures(self._table)

    def printed(self, model: str) -> PrintedTable:
        """Return what is printed of a model, by the name of its variant."""
        return self._table.variant(model).printed

    def numbers(self, model: str) -> Mapping[str, int]:
        """Return the whole numbers that are printed of a model, by the names that it reads."""
        network = self._table.variant(model)
        assert network.printed.whole is not None, "a network that is a printed row"
        own = {name: network.let.get(name, "") for name in network.printed.whole.cells}
        return {name: int(text) for name, text in own.items() if text.isdigit()}

    def count(
        self, model: str, lets: Mapping[str, int], change: FileChange | None = None
    ) -> Recounted | None:
        """Count a model otherwise; None where it does not go together so, or none is left.

        Args:
            model: the name of its variant.
            lets: other numbers of `let` names, a shared number's own among them.
            change: a change of all networks.
        """
        table = self._table if change is None else self._with(change)
        if table is None or self.is_spent:
            return None
        texts = {name: str(value) for name, value in lets.items()}
        if change is not None and (model, change) not in self._expanded:
            self._work.read()
        cache = self._expanded.setdefault((model, change), ExpansionCache())
        before = len(cache)
        try:
            network = table.variant(model)
            known = network.architecture
            architecture = network.expand(lets=texts, cache=cache) if texts else known
            stated = network.stated(texts) if network.printed.checked else {}
        except (InvalidTableError, UsageError):
            return None  # such a network cannot be built, so that nobody can have counted it
        layers = sum(row.node.size for row in architecture.rows)
        self._work.spend(len(cache) - before if texts else layers, layers)
        return Recounted(
            architecture=architecture,
            count=formula.count(architecture),
            parts=NetworkParts(architecture),
            stated=stated,
        )

    def _with(self, change: FileChange) -> Table | None:
        """Return the table with a change; None where it does not go together so."""
        if change.name not in self._changed:
            self._work.read()
            try:
                table = (
                    named(self._table, change)
                    if isinstance(change, SharedNumber)
                    else restructured(self._table, change)
                )
            except InvalidTableError:
                table = None
            self._changed[change.name] = table
        return self._changed[change.name]
