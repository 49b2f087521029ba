"""`archcount table --model`: an implementation held against the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archcount.cli import complete
from archcount.cli.model_options import arguments_of
from archcount.cli.options import pairs_of
from archcount.comparison import VERDICTS
from archcount.engines import AUTO
from archcount.errors import UsageError, quote, unknown_name

if TYPE_CHECKING:
    from archcount.api.check_report import CheckReport
    from archcount.api.implementation_report import ImplementationReport
    from archcount.api.tables import Table

ImplementedBy = Annotated[
    str,
    typer.Option(
        "--model",
        help="An implementation: show its numbers in the table's rows, and what it does "
        "otherwise: torchvision:NAME, timm:NAME, hf:CONFIG.json, package.module:callable, "
        "path/to/file.py:callable.",
        metavar="MODEL",
        autocompletion=complete.models,
    ),
]
FAILING = ("changed", *(word for word in VERDICTS if word not in ("match", "unpublished")))
FailOn = Annotated[
    list[str] | None,
    typer.Option(
        "--fail-on",
        help="Exit 1 on any of these (may be repeated, or joined by commas): with --model "
        f"changed, where the code differs from the table; {', '.join(FAILING[1:])}.",
        metavar="WHAT",
        autocompletion=complete.words(*FAILING),
    ),
]


Maps = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        help="The modules that stand for a row, where you know better: "
        "conv2=features.3:features.6 (may be repeated), or a file with map:.",
        metavar="ROW=MODULES",
    ),
]


@dataclass(frozen=True, slots=True)
class Implemented:
    """The model that a command names, what its callable is given, and where it is run.

    Attributes:
        maps: which modules stand for which rows, as options.
    """

    model: str
    arguments: Sequence[str]
    device: str
    maps: Sequence[str]

    def check(
        self, names: Sequence[str], files: Sequence[str], *, engine: str, fail_on: Sequence[str]
    ) -> CheckReport:
        """Check it by each file of expectations; tables where no model and no file is named."""
        from archcount.api.check_report import CheckReport, check

        if not (self.model or files):
            if self.arguments or self.maps or self.device != "meta":
                raise UsageError.of("--arg, --map and --device go with --model or --expect")
            return check(*names, engine=engine, fail_on=fail_on)
        if engine != AUTO:
            raise UsageError.of("--engine does not go with --model or --expect")
        options = {"fail_on": fail_on, "model": self.model, **self._options()}
        reports = [check(*names, expect=file, **options) for file in files or [""]]
        return CheckReport(tuple(each for report in reports for each in report.record))

    def _options(self) -> dict[str, Any]:
        return {
            "arguments": arguments_of([*self.arguments]),
            "map": _map_of(self.maps),
            "device": self.device,
        }

    def report(
        self, table: Table, size: str, let: Mapping[str, str], rows: Sequence[str]
    ) -> ImplementationReport:
        """Hold it against a table; of a table of models one row names the network."""
        from archcount.api.implementation_report import compare_model

        is_network = bool(table.models) and not table.chosen and len(rows) == 1
        report = compare_model(
            self.model,
            table,
            variant=rows[0] if is_network else "",
            input=size,
            let=let,
            **self._options(),
        )
        return report.select(rows) if rows and not is_network else report


def _map_of(texts: Sequence[str]) -> dict[str, str]:
    """Read which modules stand for which rows, from options and files."""
    from archcount.spec.expectation_file import read_expectations

    given = [text for text in texts if "=" in text]
    named = [Path(text) for text in texts if "=" not in text]
    for path in named:
        if not path.exists():
            raise UsageError.of(
                f"--map: there is no file {quote(str(path))}",
                allowed="ROW=MODULES, such as conv2=features.3:features.6, or a file with map:",
            )
    files = [read_expectations(path).map for path in named]
    return {
        name: modules
        for each in (*files, pairs_of("--map", given))
        for name, modules in each.items()
    }


def words_of(texts: Sequence[str], *, has_model: bool) -> list[str]:
    """Read what a command fails on; raise a UsageError for what is none of it."""
    words = [word.strip() for text in texts for word in text.split(",")]
    for word in words:
        if word not in FAILING:
            raise unknown_name("unknown reason to fail", word, FAILING)
        if word == "changed" and not has_model:
            raise UsageError.of("--fail-on changed", remedy="name an implementation with --model")
    return words


def fail_on(words: Sequence[str], report: Any) -> None:
    """Exit with code 1 where a report has what fails it."""
    has = {"changed": "changed" in words and report.is_changed, **report.verdicts} if words else {}
    if any(has.get(word) for word in words):
        raise typer.Exit(1)
