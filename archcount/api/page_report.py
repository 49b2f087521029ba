"""A page to look at: a table compared with its paper, in one file for a browser."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from archcount.api.comparing import compare
from archcount.api.counting import count
from archcount.api.model_table_report import ModelTableReport
from archcount.api.page_content import models_content, network_content
from archcount.api.table_report import TableReport
from archcount.api.tables import Table, load
from archcount.pages.table_page import table_page
from archcount.reporting.formats import FORMATS
from archcount.reporting.page import Page
from archcount.reporting.report import Lines, Parts, Report
from archcount.reporting.sheet import Span


@dataclass(frozen=True)
class PageReport(Report):
    """A page for a browser, whole in one file; `to_html()` returns it.

    Attributes:
        of: the report whose page it is; `of.record` has its numbers.
    """

    command = "report {record.title}"
    schema = "archcount.page/1"
    formats = MappingProxyType({"html": FORMATS["html"]})

    record: Page
    of: TableReport | ModelTableReport

    def _tidy(self) -> Lines:
        return self.of._tidy()

    def _sheets(self) -> Parts:
        return self.of._sheets()

    def _remarks(self) -> Iterable[Span]:
        return self.of._remarks()

    def _page(self) -> Page:
        return self.record

    def __str__(self) -> str:
        """Return the report whose page it is in plain text."""
        return str(self.of)


def report(
    table: Table | str | Path,
    *,
    variant: str = "",
    input: str = "",
    let: Mapping[str, str | int] | None = None,
    engine: str = "auto",
) -> PageReport:
    """Return the page of a table: each printed number with its verdict and its arithmetic.

    Args:
        table: the table, its name or its file; a name may have `@variant` behind it.
        variant: a variant of it.
        input: another input size, "CxHxW", for which nothing is judged.
        let: other values of its `let` names, for which nothing is judged either.
        engine: `formula`, `fvcore`, `torch`, `all` or `auto`, as `count` takes them.

    Raises:
        UsageError: there is no such table, variant, engine or name.
        InvalidTableError: the file is wrong, or the rows do not go together with this input.
        UnavailableError: there is not the memory for the engine.

    >>> page = report("lenet5", engine="formula")
    >>> page.to_html().startswith("<!doctype html>")
    True
    """
    loaded = table if isinstance(table, Table) else load(table, variant)
    words = _arguments(table, loaded, variant)
    options = [
        ("--input", input),
        *(("--let", f"{name}={value}") for name, value in (let or {}).items()),
    ]
    options.append(("--engine", engine.removeprefix("auto")))
    given = [f"{option} {shlex.quote(text)}" for option, text in options if text]
    arguments = " ".join([words, *given])
    counted = count(loaded, variant=loaded.chosen or variant, input=input, let=let, engine=engine)
    compared = compare(counted, loaded)
    if isinstance(compared, ModelTableReport):
        content = models_content(loaded, compared, words, arguments)
    else:
        content = network_content(loaded, compared, words, arguments)
    return PageReport(table_page(content), compared)


def _arguments(given: Table | str | Path, table: Table, variant: str) -> str:
    """Return what names the table on the command line."""
    name = str(table) if isinstance(given, Table) else str(given)
    if isinstance(given, Table):
        name = f"{table.name}@{table.chosen}" if table.chosen else table.name
    return shlex.quote(
        f"{name}@{variant}" if variant and not name.endswith(f"@{variant}") else name
    )
