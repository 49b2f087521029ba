"""A page to look at: a table compared with its paper, or a model, in one file for a browser."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from archcount.api.comparing import compare
from archcount.api.counting import count
from archcount.api.model_table_report import ModelTableReport
from archcount.api.page_content import models_content, network_content
from archcount.api.table_report import TableReport
from archcount.api.tables import Table, as_table, is_model
from archcount.errors import UsageError
from archcount.pages.table_page import table_page
from archcount.reporting.formats import FORMATS
from archcount.reporting.page import Page
from archcount.reporting.report import Lines, Parts, Report
from archcount.reporting.sheet import Span

if TYPE_CHECKING:
    from torch import nn

    from archcount.api.model_report import ModelReport


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
    of: TableReport | ModelTableReport | ModelReport

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
    thing: Table | nn.Module | str | Path,
    *,
    variant: str = "",
    input: Any = "",
    let: Mapping[str, str | int] | None = None,
    engine: str = "auto",
    **options: Any,
) -> PageReport:
    """Return the page of a table, each printed number with its arithmetic; or that of a model.

    Args:
        thing: the table, its name or its file; a name may have `@variant` behind it. Or a model: a
            module, or a text that names one with a colon, as `count` takes it.
        variant: a variant of a table.
        input: another input size of a table, "CxHxW", for which nothing is judged; what a model is
            called with, as `count` takes it.
        let: other values of a table's `let` names, for which nothing is judged either.
        engine: of a table `formula`, `fvcore`, `torch`, `all` or `auto`, as `count` takes them.
        **options: of a model `arguments`, `maker`, `batch`, `train`, `device`, `prefill`, `decode`,
            `dtype`, `attention`, `peak` and `bandwidth`, as `count` takes them.

    Raises:
        UsageError: there is no such table, variant, engine, name or model, or an option does not
            go with the thing.
        InvalidTableError: the file is wrong, or the rows do not go together with this input.
        UserCodeError: a model raised something.
        UnavailableError: there is not the memory for the engine or the model.

    >>> page = report("lenet5", engine="formula")
    >>> page.to_html().startswith("<!doctype html>")
    True
    """
    if is_model(thing):
        if variant or let or engine != "auto":
            raise UsageError.of(
                "variant, let and engine go with a table, and this is a model",
                remedy="leave them out, or give the name of a table",
            )
        from archcount.api.model_page_report import page_of_model

        page, counted = page_of_model(thing, input=input, **options)
        return PageReport(page, counted)
    for option in options:
        raise UsageError.of(
            f"{option} goes with a model, and this is a table",
            allowed="variant, input, let, engine",
        )
    return _of_table(thing, variant, input, let, engine)


def _of_table(
    table: Any, variant: str, input: str, let: Mapping[str, str | int] | None, engine: str
) -> PageReport:
    loaded = as_table(table, variant)
    words = _arguments(table, loaded, variant)
    options = [
        ("--input", input),
        *(("--let", f"{name}={value}") for name, value in (let or {}).items()),
    ]
    options.append(("--engine", engine.removeprefix("auto")))
    given = [f"{option} {shlex.quote(text)}" for option, text in options if text]
    arguments = " ".join([words, *given])
    counted = count(loaded, variant=loaded.chosen or variant, input=input, let=let, engine=engine)
    return page_of_table(loaded, compare(counted, loaded), words, arguments)


def page_of_table(
    table: Table, report: TableReport | ModelTableReport, network: str, arguments: str
) -> PageReport:
    """Return the page of a report that was compared with its table.

    Args:
        table: the table.
        report: what was counted and compared.
        network: what names the table, or a network of it, on the command line.
        arguments: the same with options.
    """
    if isinstance(report, ModelTableReport):
        content = models_content(table, report, network, arguments)
    else:
        content = network_content(table, report, network, arguments)
    return PageReport(table_page(content), report)


def _arguments(given: Table | str | Path, table: Table, variant: str) -> str:
    """Return what names the table on the command line."""
    name = str(table) if isinstance(given, Table) else str(given)
    if isinstance(given, Table):
        name = f"{table.name}@{table.chosen}" if table.chosen else table.name
    return shlex.quote(
        f"{name}@{variant}" if variant and not name.endswith(f"@{variant}") else name
    )
