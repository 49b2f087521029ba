"""Rows counted again, read in another way; in closed form, since a search asks for thousands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from archcount.architecture import Architecture, ExpandedRow
from archcount.edits import Edit, Plan
from archcount.engines.counts import RowCount
from archcount.engines.formula import count_row
from archcount.errors import InvalidTableError
from archcount.layers.row_output import RowOutput
from archcount.spec.row_readings import RowReadings
from archcount.spec.variant import Variant


class Recount:
    """Counts the rows of a table as other readings have them."""

    def __init__(self, network: Variant) -> None:
        self._readings = RowReadings(network)
        self._plans: dict[str, Plan] = {}

    def plan(self, row: str) -> Plan:
        """Return what can be read otherwise in a row."""
        if row not in self._plans:
            self._plans[row] = self._readings.plan(row)
        return self._plans[row]

    def count(self, row: str, edits: Sequence[Edit]) -> RowCount | None:
        """Count a row with changes; None where it does not go together so, or none is left.

        >>> from archcount.api.tables import load
        >>> recount = Recount(load("googlenet").variant())
        >>> recount.count("inception_5a", [Edit(kind="input", to=(928, 7, 7))]).weights
        1097728
        """
        if self.is_spent:
            return None
        try:
            return count_row(row, self._readings.node(row, edits))
        except InvalidTableError:
            return None  # such a row cannot be built, so that nobody can have counted it

    def whole(self, edit: Edit) -> Mapping[str, RowCount] | None:
        """Count every row with one change of the whole network; None as in `count`.

        >>> from archcount.api.tables import load
        >>> recount = Recount(load("googlenet").variant())
        >>> recount.whole(Edit(kind="input", to=(3, 256, 256)))["conv1"].output
        (64, 128, 128)
        """
        if self.is_spent:
            return None
        try:
            architecture = self._readings.whole(edit)
        except InvalidTableError:
            return None
        return {row.id: count_row(row.id, row.node) for row in architecture.rows}

    @property
    def is_spent(self) -> bool:
        """Whether nothing more is counted, since there was work enough."""
        return self._readings.work.is_spent

    @property
    def reads_images(self) -> bool:
        """Whether the network reads maps of channels, height and width."""
        return self._readings.network.input.is_map

    @property
    def lets(self) -> Mapping[str, Fraction]:
        """The `let` names with their numbers."""
        return self._readings.network.numbers

    @property
    def other_defaults(self) -> tuple[str, ...]:
        """The other defaults of layers on which sizes depend, as "pad=valid"."""
        layer = self._readings.network.layer
        pad = str(layer.get("pad", "same"))
        pads = tuple(f"pad={word}" for word in ("same", "valid") if word != pad)
        rounded_up = pad == "same" and layer.get("same") != "ceil"
        return (*pads, "same=ceil") if rounded_up else pads

    def declared(self, row: str) -> RowCount | None:
        """Count the reading that the file declares for a row; None where it declares none."""
        node = self._readings.declared(row)
        return None if node is None else count_row(row, node)

    def alone(self, row: str, edits: Sequence[Edit], *, declared: bool = False) -> Architecture:
        """Return a row with changes, or as the file declares, for an engine to build.

        The outputs of other rows that it reads are inputs of its own.
        """
        node = self._readings.declared(row) if declared else self._readings.node(row, edits)
        assert node is not None, "only what was counted is built"
        read = {
            layer.kind.row: layer.output
            for layer in node.layers()
            if isinstance(layer.kind, RowOutput)
        }
        return Architecture(
            name=f"{self._readings.network.architecture.name}: {row}",
            input=node.input,
            inputs={f"before {row}": node.input, **read} if read else {},
            rows=(ExpandedRow(id=row, node=node),),
        )
