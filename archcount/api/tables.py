"""Tables: loaded, expanded, built."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from archcount import spec
from archcount.architecture import Architecture
from archcount.errors import InvalidValueError, Problem, UsageError
from archcount.layers import Shape
from archcount.printed import PrintedTable, Source

if TYPE_CHECKING:
    from archcount.modules import Network


@dataclass(frozen=True)
class Table:
    """A paper's architecture table, loaded.

    Attributes:
        file: the loaded file.
    """

    file: spec.LoadedTable

    @property
    def name(self) -> str:
        """The table's name."""
        return self.file.name

    @property
    def source(self) -> Source:
        """Where it was printed."""
        return self.file.printed.source

    @property
    def printed(self) -> PrintedTable:
        """What the paper printed, verbatim."""
        return self.file.printed

    @property
    def input(self) -> tuple[int, int, int]:
        """The (channels, height, width) that its numbers are printed for."""
        return self.file.input.chw

    @property
    def variants(self) -> tuple[str, ...]:
        """The names of its variants."""
        return self.file.variants

    def architecture(self, *, variant: str = "", input: str = "") -> Architecture:
        """Expand the table to an architecture.

        Args:
            variant: the name of a variant, or empty for the table as printed.
            input: another input size, "CxHxW".

        Raises:
            UsageError: there is no such variant, or the input is no size.
            InvalidTableError: the rows do not go together.

        >>> load("googlenet").architecture().params
        6998552
        """
        try:
            shape = Shape.parse(input) if input else None
        except InvalidValueError as error:
            raise UsageError(
                Problem(
                    what=f"input: {error.what}",
                    allowed="channels x height x width, such as 3x224x224",
                )
            ) from None
        return self.file.architecture(variant, shape)

    def build(self, *, variant: str = "", input: str = "", logits: bool = False) -> Network:
        """Build the PyTorch module; arguments and errors as `architecture`.

        Args:
            variant: the name of a variant.
            input: another input size, "CxHxW".
            logits: leave a final softmax out in eval mode too.
        """
        from archcount.builder import build

        return build(self.architecture(variant=variant, input=input), logits=logits)


def load(name: str | Path) -> Table:
    """Load a table by its shipped name, or from a file.

    Raises:
        UsageError: there is no such table.
        InvalidTableError: with every problem of the file.

    >>> load("googlenet").input
    (3, 224, 224)
    """
    path, label = (name, str(name)) if isinstance(name, Path) else spec.find_table(name)
    return Table(spec.load_table(path, label))
