"""One network of a table file: the table as printed, or a variant of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import product
from types import MappingProxyType
from typing import Any

from archcount.architecture import Architecture, LayerDefaults, Scope, Value, parse_expression
from archcount.architecture.context import ExpansionCache
from archcount.architecture.layer_parser import parse_padding
from archcount.errors import (
    InvalidTableError,
    InvalidValueError,
    Problem,
    UsageError,
    quote,
    suggestion,
)
from archcount.layers import Shape
from archcount.printed import PrintedTable
from archcount.spec.expansion import expand_table
from archcount.spec.input_size import InputSize
from archcount.spec.input_sizes import input_shapes, resized
from archcount.spec.sections import Sections
from archcount.spec.yaml_tree import YamlNode

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One network of a table file.

    Attributes:
        table: the table's name.
        name: the variant's name; empty for a table as printed that has no other name.
        input_sizes: the input that its numbers are printed for, as written; several by name.
        columns_at: where columns are declared.
        let: the `let` names as written.
        let_at: where they were written.
        layer: the defaults of layers as written.
        layer_at: where they were written.
        sections: the rows, heads and declared readings, the variant's changes in place.
        printed: what the paper printed, with what the file says of it.
        is_printed: whether the printed cells are this network's.
        networks: how many networks the file has.
    """

    table: str
    name: str
    input_sizes: Mapping[str, YamlNode]
    columns_at: YamlNode
    let: Mapping[str, str]
    let_at: YamlNode
    layer: Mapping[str, Any]
    layer_at: YamlNode
    sections: Sections
    printed: PrintedTable
    is_printed: bool
    networks: int = 1

    @cached_property
    def architecture(self) -> Architecture:
        """The network with the numbers of its file.

        Raises:
            InvalidTableError: the rows do not go together.
        """
        return self._expanded(None)

    @cached_property
    def input(self) -> Shape:
        """The input shape that its numbers are printed for; of several, the first.

        Raises:
            InvalidTableError: it reads a name that is no whole number of 1 or more.
        """
        return next(iter(input_shapes(self.input_sizes, self.values).values()))

    def input_with(self, numbers: Mapping[str, Fraction]) -> Shape:
        """Return `input` with other numbers of `let` names, which may be symbolic.

        Raises:
            InvalidTableError: it reads a name that is no whole number of 1 or more.
        """
        values = self._resolve(numbers=numbers)[0]
        return next(iter(input_shapes(self.input_sizes, values).values()))

    @property
    def written_inputs(self) -> tuple[InputSize, ...]:
        """The inputs as written, equal ones once."""
        texts = dict.fromkeys(size.text for size in self.input_sizes.values())
        return tuple(map(InputSize, texts))

    def expand(
        self,
        input: Shape | None = None,
        lets: Mapping[str, str] = _NOTHING,
        cache: ExpansionCache | None = None,
        dims: tuple[int, ...] | None = None,
    ) -> Architecture:
        """Expand the network with other numbers.

        Args:
            input: another input shape, (channels, height, width).
            dims: other sizes of the input, which else is as it is with these numbers.
            lets: other values of `let` names, by name.
            cache: what blocks of this variant expanded to before, where many sizes are expanded.

        Raises:
            UsageError: there is no such name, or the rows do not go together with these values.
            InvalidTableError: the rows do not go together with this input.
        """
        for name in lets:
            if name not in self.let:
                raise UsageError.of(
                    f"table {self.table} has no let name {quote(name)}",
                    allowed=", ".join(self.let) or "none; this table has no let:",
                    remedy=suggestion(name, self.let),
                )
        try:
            return self._expanded(input, lets, cache=cache, dims=dims)
        except InvalidTableError as error:
            if not lets:
                raise
            # The number is the caller's, and stands nowhere in the file.
            given = ", ".join(f"{name} = {value}" for name, value in lets.items())
            problem = error.problems[0]
            raise UsageError(
                replace(problem, what=f"with {given}: {problem.what}", where=None)
            ) from None

    def expand_numbers(
        self, dims: tuple[int, ...] | None, numbers: Mapping[str, Fraction]
    ) -> Architecture:
        """Expand the network with numbers that are no text, such as symbolic ones.

        Raises:
            UsageError: there are inputs of several sizes, and `dims` are given.
            InvalidTableError: the rows do not go together with these numbers.
        """
        return self._expanded(None, {}, numbers, dims=dims)

    def stated(self, lets: Mapping[str, str] = _NOTHING) -> Mapping[tuple[str, str], Fraction]:
        """Return what the expressions of compared columns give, by row and column.

        A network as a whole, where it is a row of a table of models, has an empty name.

        Raises:
            InvalidTableError: a name that one reads has no number in its row.
        """
        values = self._resolve(lets)[0] if lets else self.values
        pairs = zip(self.printed.rows, self.sections.rows, strict=True)
        rows = {row.id: (printed, row.values) for printed, row in pairs}
        if self.printed.whole is not None:
            # Every row of a network has what is printed of the network.
            rows = {"": (self.printed.whole, self.sections.rows[0].values)}
        found = {}
        for (row, (printed, own)), column in product(rows.items(), self.printed.checked):
            text = self.printed.checked[column].expression
            if text and column in printed.cells:
                owner = f"{f'row {row}' if row else f'model {printed.id}'}, column {column}"
                scope = Scope(values={**values, **own}, owner=owner)
                try:
                    found[row, column] = parse_expression(text).evaluate(scope.number)
                except InvalidValueError as error:
                    where = printed.cells[column].where
                    raise InvalidTableError(error.at(where, scope.owner)) from None
        return found

    @property
    def values(self) -> Mapping[str, Value]:
        """What the `let` names mean, and those of tables of connections."""
        return {**self._resolved[0], **self.sections.connections}

    @property
    def defaults(self) -> LayerDefaults:
        """The defaults of layers."""
        return self._resolved[1]

    @property
    def numbers(self) -> Mapping[str, Fraction]:
        """The `let` names with their numbers."""
        return {name: Fraction(value.value) for name, value in self._resolved[0].items()}  # type: ignore[arg-type]

    @cached_property
    def _resolved(self) -> tuple[Mapping[str, Value], LayerDefaults]:
        return self._resolve()

    def _resolve(
        self, lets: Mapping[str, str] = _NOTHING, numbers: Mapping[str, Fraction] | None = None
    ) -> tuple[Mapping[str, Value], LayerDefaults]:
        """Return the values of the `let` names and the layer defaults."""
        problems: list[Problem] = []
        values = _read_lets({**self.let, **lets}, self.let_at, problems, numbers or {})
        defaults = _layer_defaults(self.layer, self.layer_at, problems)
        if problems:
            raise InvalidTableError(problems)
        return values, defaults

    def _expanded(
        self,
        input: Shape | None,
        lets: Mapping[str, str] = _NOTHING,
        numbers: Mapping[str, Fraction] | None = None,
        cache: ExpansionCache | None = None,
        dims: tuple[int, ...] | None = None,
    ) -> Architecture:
        values, defaults = self._resolve(lets, numbers) if lets or numbers else self._resolved
        inputs = input_shapes(self.input_sizes, values)
        if input is not None:
            inputs = resized(inputs, input)
        if dims is not None:
            inputs = self._of_size(inputs, dims)
        sections = self.sections
        values = {**values, **sections.connections}
        named = (self.table, self.name, inputs, sections, values, defaults)
        # Other numbers are those of a caller, who may ask one network for as much as any may have.
        networks = 1 if lets or numbers else self.networks
        expanded = expand_table(*named, cache=cache, networks=networks)
        return replace(expanded, lets=dict(lets), unread=self._unread(expanded))

    def _of_size(self, inputs: Mapping[str, Shape], dims: tuple[int, ...]) -> dict[str, Shape]:
        """Return the inputs with other sizes, which are those of all of them."""
        if len(self.written_inputs) > 1:
            told = ", ".join(size.text for size in self.written_inputs)
            raise UsageError.of(f"one size for inputs of different sizes ({told})")
        return {name: replace(shape, dims=dims) for name, shape in inputs.items()}

    def _unread(self, expanded: Architecture) -> tuple[str, ...]:
        """Return the cells that no layer reads, without those that the file's own names read."""
        whole = self.printed.whole
        if whole is None:
            return expanded.unread
        checked = self.printed.checked.values()
        texts = (*self.let.values(), *(column.expression for column in checked))
        read = {name for text in texts if text for name in parse_expression(text).names}
        read |= {name for size in self.written_inputs for name in size.names}
        printed = whole.cells  # a blank cell says nothing that a layer could read
        return tuple(name for name in expanded.unread if name in printed and name not in read)


def _read_lets(
    texts: Mapping[str, str],
    source: YamlNode,
    problems: list[Problem],
    given: Mapping[str, Fraction],
) -> dict[str, Value]:
    """Evaluate the `let` names in order; each may read those before it; given ones are not read."""
    values: dict[str, Value] = {}
    numbers: dict[str, Fraction] = {}

    def lookup(name: str) -> Fraction:
        if name not in numbers:
            raise InvalidValueError(
                f"unknown name {quote(name)}",
                allowed=", ".join(numbers) or "numbers; no name is defined before it",
                remedy="define names before they are used",
            )
        return numbers[name]

    for name, text in texts.items():
        where = source.find((name,)).where
        try:
            number = given[name] if name in given else parse_expression(text).evaluate(lookup)
        except InvalidValueError as error:
            problems.append(error.at(where, f"let {name}"))
            number = Fraction(1)
        numbers[name] = number
        values[name] = Value(value=number, text=text, where=where, what=f"let {name}")
    return values


def _layer_defaults(
    entry: Mapping[str, Any], source: YamlNode, problems: list[Problem]
) -> LayerDefaults:
    """Read the table's `layer:`."""
    given = dict(entry)
    if "pad" in given:
        try:
            given["pad"] = parse_padding(given["pad"])
        except InvalidValueError as error:
            problems.append(error.at(source.find(("pad",)).where, "layer.pad"))
    norm, act = given.pop("norm", "none"), given.pop("act", "none")
    return LayerDefaults(arguments=given, norm=norm, act=act)
