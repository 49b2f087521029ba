"""What every report can do: be written in each output format, and become a data frame."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from archcount.control_characters import visible
from archcount.errors import UsageError, quote
from archcount.reporting.encoding import Value, encode
from archcount.reporting.formats import FORMATS, OutputFormat
from archcount.reporting.page import Page, page_of_sheets
from archcount.reporting.sheet import Sheet, Span

if TYPE_CHECKING:
    import pandas as pd


Lines = Sequence[Mapping[str, Value]]
"""One mapping of equal keys a line, in base units, None where a value is missing."""
Parts = Sequence[Sequence[Sheet]]
"""What stands one after another, each in layouts from the widest to the narrowest."""


class Report(ABC):
    """A result that can be written in every output format.

    A subclass is a frozen dataclass with a field `record`, and says how it is laid out for data
    frames and CSV (`_tidy`) and for people (`_sheets`). JSON is its record, encoded.

    Attributes:
        command: the command that makes it, such as "table {record.name}".
        schema: the name and version of the JSON form.
        formats: the formats that it can be written in.
        index: the key of its lines that names the rows of a data frame; empty for numbers.
        items: the field of the JSON form that holds the record, where that is a sequence.
        record: everything that the report says.

    >>> import archcount as ac
    >>> report = ac.count("lenet5", engine="formula")
    >>> report  # print(report) shows all of it
    <TableReport lenet5: 60,000 params, 326,520 MACs>
    >>> report.to_frame().params.to_dict()
    {'C1': 156, 'S2': 12, 'C3': 1516, 'S4': 32, 'C5': 48120, 'F6': 10164, 'output': 0}
    """

    command: ClassVar[str]
    schema: ClassVar[str]
    formats: ClassVar[Mapping[str, OutputFormat]] = FORMATS
    index: ClassVar[str] = ""
    items: ClassVar[str] = "items"
    record: Any

    def __init_subclass__(cls, **options: Any) -> None:
        # A dataclass keeps a method that its class has; its own repr would write every number.
        super().__init_subclass__(**options)
        cls.__repr__ = Report.__repr__  # type: ignore[method-assign]

    def __repr__(self) -> str:
        """Return the report in one line, such as `<TableReport lenet: 10 params, 20 MACs>`."""
        return visible(f"<{type(self).__name__} {self._gist()}>")

    def __str__(self) -> str:
        """Return the report in plain text, as a pipe gets it."""
        return self.render("plain").rstrip("\n")

    def _gist(self) -> str:
        """Return what it is about, in a few words: that for which it was made."""
        return self.command.format(record=self.record).partition(" ")[2]

    @abstractmethod
    def _tidy(self) -> Lines: ...

    @abstractmethod
    def _sheets(self) -> Parts: ...

    def _remarks(self) -> Iterable[Span]:
        """Return what the reader must not miss and `_tidy` cannot hold; `_sheets` holds it too."""
        return ()

    def _document(self) -> Mapping[str, Any]:
        encoded = encode(self.record)
        return encoded if isinstance(encoded, dict) else {self.items: encoded}

    def render(self, format: str, *, width: int | None = None, colour: bool = True) -> str:
        """Return the report as text.

        Args:
            format: the name of one of `formats`.
            width: for rich and svg, the width in columns; None asks the terminal.
            colour: for rich, whether colours may be written.

        Raises:
            UsageError: there is no such format, or it is not text.
        """
        written = self._written(format, width, colour)
        if isinstance(written, bytes):
            raise UsageError.of(f"{format} is not text", remedy="write to_excel() to a file")
        return written

    def _written(self, format: str, width: int | None, colour: bool) -> str | bytes:
        if format not in self.formats:
            raise UsageError.of(f"unknown format {quote(format)}", allowed=", ".join(self.formats))
        self.formats[format].require()
        return self.formats[format].write(self, width, colour)

    def to_csv(self) -> str:
        """Return one line of comma-separated values a row, in base units."""
        return self.render("csv")

    def to_json(self) -> str:
        """Return everything that the report says as JSON."""
        return self.render("json")

    def to_markdown(self) -> str:
        """Return the report as Markdown tables."""
        return self.render("md")

    def to_html(self) -> str:
        """Return the report as a page for a browser, whole in one file."""
        return self.render("html")

    def to_latex(self) -> str:
        """Return the report as LaTeX tables, for the package booktabs."""
        return self.render("latex")

    def to_excel(self) -> bytes:
        """Return the report as an Excel workbook: its tables, and the lines of `to_csv` as `data`.

        Raises:
            UnavailableError: XlsxWriter is not installed.
            UsageError: there are more lines than a worksheet holds.
        """
        written = self._written("xlsx", None, False)
        assert isinstance(written, bytes)
        return written

    def _html_sheets(self) -> Sequence[Sheet]:
        """Return what a page shows: each part in its widest layout."""
        return [layouts[0] for layouts in self._sheets()]

    def _page(self) -> Page:
        title = f"archcount {self.command}".format(record=self.record)
        return page_of_sheets(title, self._html_sheets())

    def _repr_html_(self) -> str:
        from archcount.reporting.html import html_fragment

        return html_fragment(self._html_sheets())

    def to_frame(self) -> pd.DataFrame:
        """Return the lines of `to_csv` as a pandas data frame."""
        import pandas as pd

        records: list[dict[str, Any]] = [dict(record) for record in self._tidy()]
        return pd.DataFrame.from_records(records, index=self.index or None)


def network_name(name: str, variant: str) -> str:
    """Return a network's name as commands take it.

    >>> network_name("resnet", "50"), network_name("googlenet", "")
    ('resnet@50', 'googlenet')
    """
    return "@".join(filter(None, (name, variant)))


def how_many(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> how_many(1, "table"), how_many(1200, "point")
    ('1 table', '1,200 points')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


class CatalogueReport(Report):
    """A report of every table that has a name.

    Attributes:
        problems: what keeps other files from being in it.
    """

    problems: tuple[str, ...]

    def _remarks(self) -> Iterable[Span]:
        return tuple(Span(problem, "warn") for problem in self.problems)

    def _document(self) -> Mapping[str, Any]:
        return {**super()._document(), "problems": [*self.problems]}
