"""Tables: loaded, expanded, built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from archcount.architecture import Architecture, parse_expression
from archcount.errors import InvalidValueError, Problem, UsageError
from archcount.loading.target import input_shape
from archcount.printed import PrintedTable, Source
from archcount.spec.catalogue import find_table
from archcount.spec.load import load_table
from archcount.spec.loaded import LoadedTable

if TYPE_CHECKING:
    from archcount.architecture.network import Network


@dataclass(frozen=True)
class Table:
    """A paper's architecture table, loaded.

    Attributes:
        file: the loaded file.
    """

    file: LoadedTable

    @property
    def name(self) -> str:
        """The table's name."""
        return self.file.name

    @property
    def source(self) -> Source:
        """Where it was printed."""
        return self.file.printed().source

    @property
    def printed(self) -> PrintedTable:
        """What the paper printed, verbatim."""
        return self.file.printed()

    @property
    def input(self) -> tuple[int, int, int]:
        """The (channels, height, width) that its numbers are printed for."""
        return self.file.input().chw

    @property
    def variants(self) -> tuple[str, ...]:
        """The names of its variants."""
        return self.file.variants

    @property
    def networks(self) -> tuple[str, ...]:
        """Every variant that is a network of its own; empty for the table as printed."""
        return self.file.networks

    def architecture(
        self, *, variant: str = "", input: str = "", let: Mapping[str, str | int] | None = None
    ) -> Architecture:
        """Expand the table to an architecture.

        Args:
            variant: the name of a variant, or empty for the default one, which is the table as
                printed unless the file says otherwise.
            input: another input size, "CxHxW".
            let: other values of the file's `let` names, such as `{"classes": 10}`.

        Raises:
            UsageError: there is no such variant or name, or the input is no size.
            InvalidTableError: the rows do not go together.

        >>> load("googlenet").architecture().params
        6998552
        >>> load("googlenet").architecture(let={"classes": 10}).output.dims
        (10,)
        """
        lets = {name: _expression(name, value) for name, value in (let or {}).items()}
        return self.file.architecture(variant, input_shape(input), lets)

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


def _expression(name: str, value: str | int) -> str:
    """Take what is given for a `let` name, once it can be read.

    Raises:
        UsageError: it is no expression.
    """
    try:
        parse_expression(str(value))
    except InvalidValueError as error:
        raise UsageError(
            Problem(what=f"let {name}: {error.what}", allowed=error.allowed, remedy=error.remedy)
        ) from None
    return str(value)


def load(name: str | Path) -> Table:
    """Load a table by its shipped name, or from a file.

    Raises:
        UsageError: there is no such table.
        InvalidTableError: with every problem of the file.

    >>> load("googlenet").input
    (3, 224, 224)
    """
    path, label = (name, str(name)) if isinstance(name, Path) else find_table(name)
    return Table(load_table(path, label))
