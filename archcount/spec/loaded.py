"""A loaded table file: what was printed, and the architecture of any of its networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from archcount.architecture import Architecture, LayerDefaults, Value
from archcount.architecture.memo import Memo
from archcount.errors import InvalidTableError, Problem, UsageError, quote, suggestion
from archcount.layers import Shape
from archcount.printed import PrintedTable
from archcount.spec.expansion import expand_table
from archcount.spec.lets import layer_defaults, read_lets
from archcount.spec.marked import Marked
from archcount.spec.parts import Parts
from archcount.spec.rereading import Rereading


@dataclass(frozen=True, kw_only=True)
class Network:
    """One network of a file: the table as it stands, or a variant.

    Attributes:
        input: the input size as written.
        lets: the `let` names as written, and where.
        layer: the table's `layer:` as written, and where.
        parts: what was read of the file, the variant's changes in place.
        printed: what the paper printed, with what the file says of it.
        is_printed: whether the printed cells are this network's.
    """

    input: str
    lets: tuple[Mapping[str, str], Marked]
    layer: tuple[Mapping[str, Any], Marked]
    parts: Parts
    printed: PrintedTable
    is_printed: bool

    def resolved(
        self,
        input: Shape | None,
        lets: Mapping[str, str],
        numbers: Mapping[str, Fraction] | None = None,
    ) -> tuple[Shape, dict[str, Value], LayerDefaults]:
        """Give the input shape, the `let` names and the layer defaults."""
        problems: list[Problem] = []
        written, where = self.lets
        values = read_lets({**written, **lets}, where, problems, numbers or {})
        defaults = layer_defaults(*self.layer, problems)
        if problems:
            raise InvalidTableError(problems)
        return input or Shape.parse(self.input), values, defaults


@dataclass(frozen=True, kw_only=True)
class LoadedTable:
    """A table file that was read without a problem.

    Where a method takes a variant, the empty name means the file's default variant, or the table
    as printed where it has none.

    Attributes:
        path: the file.
        label: what messages call the file.
        name: the table's name.
        written: what the paper printed, whatever variants make of it.
        variants: the names of the variants.
        networks: the names of all networks of the file, the empty one for a table as printed
            that has no other name.
    """

    path: Path
    label: str
    name: str
    written: PrintedTable
    variants: tuple[str, ...]
    networks: tuple[str, ...]
    _default: str
    _networks: Mapping[str, Network]
    _architectures: dict[str, Architecture] = field(default_factory=dict, compare=False, repr=False)

    def printed(self, variant: str = "") -> PrintedTable:
        """Give what the paper printed, with what the file says of this variant.

        Raises:
            UsageError: there is no such variant.
        """
        return self._network(variant).printed

    def is_printed(self, variant: str = "") -> bool:
        """Tell whether the printed cells are this variant's.

        Raises:
            UsageError: there is no such variant.
        """
        return self._network(variant).is_printed

    def input(self, variant: str = "") -> Shape:
        """Give the input shape of a variant.

        Raises:
            UsageError: there is no such variant.
        """
        return Shape.parse(self._network(variant).input)

    def lets(self, variant: str = "") -> Mapping[str, str]:
        """Give the `let` names of a variant, as written.

        Raises:
            UsageError: there is no such variant.
        """
        return self._network(variant).lets[0]

    def architecture(
        self,
        variant: str = "",
        input: Shape | None = None,
        lets: Mapping[str, str] | None = None,
        memo: Memo | None = None,
    ) -> Architecture:
        """Expand the table.

        Args:
            variant: the name of one of its variants.
            input: another input shape, (channels, height, width).
            lets: other values of `let` names, by name.
            memo: what blocks of this variant expanded to before, where many sizes are expanded.

        Raises:
            UsageError: there is no such variant, or no such name.
            InvalidTableError: the rows do not go together (with these numbers).
        """
        name, network = self._name_of(variant), self._network(variant)
        if input is None and not lets:
            if name not in self._architectures:
                self._architectures[name] = self._expanded(variant, None, {})
            return self._architectures[name]
        known, _ = network.lets
        for name in lets or {}:
            if name not in known:
                raise UsageError(
                    Problem(
                        what=f"table {self.name} has no let name {quote(name)}",
                        allowed=", ".join(known) or "none; this table has no let:",
                        remedy=suggestion(name, known),
                    )
                )
        try:
            return self._expanded(variant, input, lets or {}, memo=memo)
        except InvalidTableError as error:
            if not lets:
                raise
            # The number is the caller's, and stands nowhere in the file.
            given = ", ".join(f"{name} = {value}" for name, value in lets.items())
            problem = error.problems[0]
            raise UsageError(
                replace(problem, what=f"with {given}: {problem.what}", where=None)
            ) from None

    def numbers(self, variant: str = "") -> Mapping[str, Fraction]:
        """Give the `let` names of a variant with their numbers.

        Raises:
            UsageError: there is no such variant.
        """
        _, values, _ = self._network(variant).resolved(None, {})
        return {name: Fraction(value.value) for name, value in values.items()}  # type: ignore[arg-type]

    def with_numbers(
        self, variant: str, input: Shape, numbers: Mapping[str, Fraction]
    ) -> Architecture:
        """Expand a variant with numbers that are no text, such as symbolic ones.

        Raises:
            UsageError: there is no such variant.
            InvalidTableError: the rows do not go together (with these numbers).
        """
        return self._expanded(variant, input, {}, numbers)

    def _expanded(
        self,
        variant: str,
        input: Shape | None,
        lets: Mapping[str, str],
        numbers: Mapping[str, Fraction] | None = None,
        memo: Memo | None = None,
    ) -> Architecture:
        """Expand a variant with other numbers."""
        network = self._network(variant)
        shape, values, defaults = network.resolved(input, lets, numbers)
        parts = network.parts
        name = self._name_of(variant)
        expanded = expand_table(
            self.name,
            name,
            shape,
            parts.rows,
            parts.heads,
            values,
            defaults,
            parts.elsewhere,
            memo,
        )
        return replace(expanded, lets=dict(lets))

    def rereading(self, variant: str = "") -> Rereading:
        """Give the rows of a variant, ready to be read in another way."""
        network = self._network(variant)
        _, lets, defaults = network.resolved(None, {})
        return Rereading(
            architecture=self.architecture(variant),
            rows=network.parts.rows,
            is_printed=network.is_printed,
            lets=lets,
            defaults=defaults,
            headings=network.printed.headings,
            readings={reading.declared.row: reading.block for reading in network.parts.readings},
        )

    def _name_of(self, variant: str) -> str:
        return variant or self._default

    def _network(self, variant: str) -> Network:
        name = self._name_of(variant)
        if name not in self._networks:
            raise UsageError(
                Problem(
                    what=f"table {self.name} has no variant {quote(variant)}",
                    allowed=", ".join(self.variants) or "none; this table has no variants",
                    remedy=suggestion(variant, self.variants),
                )
            )
        return self._networks[name]
