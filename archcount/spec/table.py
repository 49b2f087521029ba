"""A paper's architecture table, loaded from its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from archcount.architecture import Architecture, parse_expression
from archcount.errors import (
    InvalidTableError,
    InvalidValueError,
    Problem,
    UsageError,
    quote,
)
from archcount.layers import Shape
from archcount.printed import PaperSource, PrintedTable, channels_first
from archcount.spec.variant import Variant
from archcount.spec.variant_reader import TableSource, in_order

if TYPE_CHECKING:
    from archcount.architecture.network import Network


@dataclass(frozen=True, kw_only=True, repr=False)
class Table:
    """A paper's architecture table, loaded; a variant is read when it is first asked for.

    >>> from archcount.api.tables import load
    >>> table = load("resnet")
    >>> table.input, table.variants[:5]
    ((3, 224, 224), ('18', '34', '50', '101', '152'))
    """

    path: Path
    _source: TableSource = field(repr=False)
    _read: dict[str, Variant] = field(default_factory=dict, compare=False, repr=False)

    def __repr__(self) -> str:
        """Return the table in one line."""
        variant = f"@{self.chosen}" if self.chosen else ""
        return f"<Table {self.name}{variant}: {self.written.source}>"

    def __str__(self) -> str:
        """Return the printed rows, as the file has them."""
        paper = self.written
        lines = [list(paper.columns)]
        lines += [
            [row.cells[name].text if name in row.cells else "" for name in paper.columns]
            for row in paper.rows
        ]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        text = [" | ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
        return "\n".join([f"{self.name}: {paper.source}", "", *text])

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"

    @property
    def name(self) -> str:
        """The table's name."""
        return self._source.entries.name

    @property
    def written(self) -> PrintedTable:
        """What the paper printed, whatever variants make of it."""
        return self._source.written

    @property
    def networks(self) -> tuple[str, ...]:
        """Every variant that is a network of its own; empty for the table as printed."""
        return self._source.networks

    @property
    def variants(self) -> tuple[str, ...]:
        """The names of its variants."""
        return tuple(name for name in self.networks if name)

    @property
    def chosen(self) -> str:
        """The variant that it was loaded for, which is meant where none is named; or empty."""
        return self._source.chosen

    @property
    def source(self) -> PaperSource:
        """Where it was printed."""
        return self.printed.source

    @property
    def printed(self) -> PrintedTable:
        """What the paper printed, verbatim; of a table of models all of them."""
        return self.written if self.models else self.variant().printed

    @property
    def models(self) -> Mapping[str, str]:
        """The printed names of its models by variant, where its rows are whole networks."""
        models = self._source.models
        return {model.name: model.label for model in models.models} if models else {}

    @property
    def input(self) -> tuple[int, ...]:
        """The size that its numbers are printed for, channels first."""
        return self.variant().input.printed

    def variant(self, name: str = "") -> Variant:
        """Return one network of the file.

        Args:
            name: the name of a variant, or empty for the default one: what was named when the
                table was loaded, else what the file says, else the table as printed.

        Raises:
            UsageError: there is no such variant, or no default one among the models of a table.
            InvalidTableError: with every problem of the variant.
        """
        key = self._source.find(name)
        if key not in self._read:
            problems: list[Problem] = []
            variant = self._source.read(key, problems)
            if problems:
                raise InvalidTableError(in_order(problems))
            self._read[key] = variant
        return self._read[key]

    def architecture(
        self, *, variant: str = "", input: str = "", let: Mapping[str, str | int] | None = None
    ) -> Architecture:
        """Expand the table to an architecture.

        Args:
            variant: the name of a variant, or empty for the default one.
            input: another input size, "CxHxW".
            let: other values of the file's `let` names, such as `{"classes": 10}`.

        Raises:
            UsageError: there is no such variant or name, or the input is no size.
            InvalidTableError: the rows do not go together.

        >>> from archcount.api.tables import load
        >>> load("googlenet").architecture().params
        6998552
        >>> load("googlenet").architecture(let={"classes": 10}).output.dims
        (10,)
        """
        if let and not isinstance(let, Mapping):
            raise UsageError.of(f"let {quote(str(let))}", allowed='a mapping, {"classes": 10}')
        lets = {name: _expression(name, value) for name, value in (let or {}).items()}
        shape, network = _shape(input), self.variant(variant)
        return network.expand(shape, lets) if shape or lets else network.architecture

    def build(
        self,
        *,
        variant: str = "",
        input: str = "",
        let: Mapping[str, str | int] | None = None,
        logits: bool = False,
    ) -> Network:
        """Build the PyTorch module; arguments and errors as `architecture`.

        Args:
            variant: the name of a variant.
            input: another input size, "CxHxW".
            let: other values of the file's `let` names.
            logits: leave a final softmax out in eval mode too.
        """
        from archcount.architecture.builder import build

        architecture = self.architecture(variant=variant, input=input, let=let)
        return build(architecture, logits=logits)


def _shape(text: str) -> Shape | None:
    """Read another input size; None where nothing is said."""
    if text and not isinstance(text, str):
        raise UsageError.of(f"input {quote(str(text))}", allowed='a text, such as "3x224x224"')
    if text and (first := channels_first(text)):
        raise UsageError.of(
            f"input {text} would have {text.partition('x')[0]} channels", remedy=f"write {first}"
        )
    try:
        return Shape.parse(text) if text else None
    except InvalidValueError as error:
        allowed = error.allowed or "channels x height x width, such as 3x224x224"
        raise UsageError.of(f"input: {error.what}", allowed=allowed) from None


def _expression(name: str, value: str | int) -> str:
    """Take what is given for a `let` name, once it can be read."""
    try:
        parse_expression(str(value))
    except InvalidValueError as error:
        raise UsageError.of(
            f"let {name}: {error.what}", allowed=error.allowed, remedy=error.remedy
        ) from None
    return str(value)
