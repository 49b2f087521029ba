"""What every report can do: be written in each output format, and become a data frame."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from archcount.errors import Problem, UsageError, quote
from archcount.reporting.encoding import Value, encode
from archcount.reporting.formats import FORMATS, OutputFormat
from archcount.reporting.sheet import Sheet, Text

if TYPE_CHECKING:
    import pandas as pd


class Report(ABC):
    """A result that can be written in every output format.

    A subclass is a frozen dataclass with a field `record`: everything that the report says, as
    frozen dataclasses. JSON is made from it; `tidy` and `sheets` lay it out for the others.

    Attributes:
        schema: the name and version of the JSON form.
        formats: the formats that it can be written in.
        index: the key of `tidy` that names the rows of the data frame; empty for numbers.
    """

    schema: ClassVar[str]
    formats: ClassVar[Mapping[str, OutputFormat]] = FORMATS
    index: ClassVar[str] = ""
    record: Any

    @property
    @abstractmethod
    def title(self) -> str:
        """The command that makes such a report, for the title of a picture."""

    @abstractmethod
    def tidy(self) -> Sequence[Mapping[str, Value]]:
        """Return one mapping of equal keys a line, in base units, None where a value is missing."""

    @abstractmethod
    def sheets(self) -> Sequence[Sequence[Sheet]]:
        """Return the report's parts for people, each in layouts from widest to narrowest."""

    def remarks(self) -> Iterator[Text]:
        """Return what the reader must not miss and `tidy` cannot hold; it is part of `sheets`."""
        return iter(())

    def document(self) -> Mapping[str, Any]:
        """Return what JSON says, without its schema."""
        document: dict[str, Any] = encode(self.record)
        return document

    def render(self, format: str, *, width: int | None = None, colour: bool = True) -> str:
        """Return the report as text.

        Args:
            format: the name of one of `formats`.
            width: for rich and svg, the width in columns; None asks the terminal.
            colour: for rich, whether colours may be written.

        Raises:
            UsageError: there is no such format.
        """
        if format not in self.formats:
            raise UsageError(
                Problem(what=f"unknown format {quote(format)}", allowed=", ".join(self.formats))
            )
        return self.formats[format].write(self, width, colour)

    def to_csv(self) -> str:
        """Return one line of comma-separated values for each mapping of `tidy`."""
        return self.render("csv")

    def to_json(self) -> str:
        """Return everything that the report says as JSON."""
        return self.render("json")

    def to_markdown(self) -> str:
        """Return the report as Markdown tables."""
        return self.render("md")

    def to_html(self) -> str:
        """Return the report as HTML tables."""
        return self.render("html")

    def _repr_html_(self) -> str:
        return self.to_html()

    def to_frame(self) -> pd.DataFrame:
        """Return `tidy` as a pandas data frame."""
        import pandas as pd

        records: list[dict[str, Any]] = [dict(record) for record in self.tidy()]
        return pd.DataFrame.from_records(records, index=self.index or None)
