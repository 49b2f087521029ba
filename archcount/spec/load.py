"""A table file, loaded: what was printed, and the architecture of any variant of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from archcount.architecture import Architecture, LayerDefaults, Value
from archcount.errors import InvalidTableError, Location, Problem, UsageError, quote, suggestion
from archcount.layers import Shape
from archcount.printed import Convention, PrintedTable, Source
from archcount.spec.declared import ParsedReading, claims_of, errata_of
from archcount.spec.expansion import HeadBody, expand_table
from archcount.spec.reader import Parts, layer_defaults, read_lets, read_parts
from archcount.spec.rereading import Rereading
from archcount.spec.rows import ParsedRow
from archcount.spec.schema import TableFile, VariantEntry
from archcount.spec.source import Marked, parse, read_text
from archcount.spec.validate import validate


@dataclass(frozen=True, kw_only=True)
class LoadedTable:
    """A table file that was read without a problem.

    Attributes:
        path: the file.
        printed: what the paper printed.
        input: the input shape that the numbers are printed for.
        variants: the names of the variants.
    """

    path: Path
    printed: PrintedTable
    input: Shape
    variants: tuple[str, ...]
    _file: TableFile
    _marked: Marked
    _rows: tuple[ParsedRow, ...]
    _heads: tuple[HeadBody, ...]
    _readings: tuple[ParsedReading, ...]

    @property
    def name(self) -> str:
        """The table's name."""
        return self.printed.name

    def architecture(self, variant: str = "", input: Shape | None = None) -> Architecture:
        """Expand the table.

        Args:
            variant: the name of one of its variants, or empty for the table as printed.
            input: another input shape, (channels, height, width).

        Raises:
            UsageError: there is no such variant.
            InvalidTableError: the rows do not go together (with this input).
        """
        shape, lets, defaults = self._resolved(variant, input)
        return expand_table(self.name, variant, shape, self._rows, self._heads, lets, defaults)

    def rereading(self) -> Rereading:
        """Give the rows of the table as printed, ready to be read in another way."""
        _, lets, defaults = self._resolved("", None)
        return Rereading(
            architecture=self.architecture(),
            rows=self._rows,
            lets=lets,
            defaults=defaults,
            headings=self.printed.headings,
            readings={reading.declared.row: reading.block for reading in self._readings},
        )

    def _resolved(
        self, variant: str, input: Shape | None
    ) -> tuple[Shape, dict[str, Value], LayerDefaults]:
        """Give the input shape, the `let` names and the layer defaults of a variant."""
        change = self._change(variant) if variant else VariantEntry()
        written = self._marked.section("variants").section(variant)
        problems: list[Problem] = []
        lets = read_lets(
            {**self._file.let, **change.let},
            [written.section("let"), self._marked.section("let")],
            problems,
        )
        defaults = layer_defaults(
            [self._file.layer, change.layer],
            [self._marked.section("layer"), written.section("layer")],
            problems,
        )
        if problems:
            raise InvalidTableError(problems)
        return input or (Shape.parse(change.input) if change.input else self.input), lets, defaults

    def _change(self, variant: str) -> VariantEntry:
        if variant not in self._file.variants:
            raise UsageError(
                Problem(
                    what=f"table {self.name} has no variant {quote(variant)}",
                    allowed=", ".join(self.variants) or "none; this table has no variants",
                    remedy=suggestion(variant, self.variants),
                )
            )
        return self._file.variants[variant]


def load_table(path: Path, name: str = "") -> LoadedTable:
    """Read a table file.

    Args:
        path: the file.
        name: what messages call it; the path if empty.

    Raises:
        InvalidTableError: with every problem of the file, each with its line and column.
    """
    name = name or str(path)
    text = read_text(path, name)
    marked = parse(text, name)
    problems: list[Problem] = []
    file: TableFile | None = None
    try:
        file = validate(marked)
    except InvalidTableError as error:
        problems += error.problems
    parts = read_parts(marked, text.split("\n"), problems)
    if file is None:
        raise InvalidTableError(_in_order(problems))
    table = LoadedTable(
        path=path,
        printed=_printed(file, marked, parts),
        input=Shape.parse(file.input),
        variants=tuple(file.variants),
        _file=file,
        _marked=marked,
        _rows=parts.rows,
        _heads=parts.heads,
        _readings=parts.readings,
    )
    for variant in ("", *table.variants):
        try:
            table.architecture(variant)
        except InvalidTableError as error:
            told = f"variant {variant}: " if variant else ""
            problems += [
                replace(problem, what=told + problem.what)
                for problem in error.problems
                if problem not in problems
            ]
    if not problems:
        problems += _unfit_readings(table)
    if problems:
        raise InvalidTableError(_in_order(problems))
    return table


def _unfit_readings(table: LoadedTable) -> list[Problem]:
    """Expand every declared reading on its row's input; give what does not go together."""
    problems: list[Problem] = []
    for reading in table.printed.readings:
        try:
            table.rereading().declared(reading.row)
        except InvalidTableError as error:
            problems += error.problems
    return problems


def _in_order(problems: list[Problem]) -> list[Problem]:
    """Sort problems by their place, and keep each once."""
    once = dict.fromkeys(problems)
    return sorted(once, key=lambda item: item.where or Location("", 0, 0))


def _printed(file: TableFile, marked: Marked, parts: Parts) -> PrintedTable:
    """Gather what the paper printed, and what the file says of it."""
    params, ops = file.conventions.params, file.conventions.ops
    return PrintedTable(
        name=file.name,
        source=Source(**file.source.model_dump()),
        columns=parts.columns,
        headings=file.columns,
        rows=tuple(row.printed for row in parts.rows),
        conventions={
            "params": Convention(
                k=params.K, count=params.count, include=params.include, rounding=params.rounding
            ),
            "ops": Convention(k=ops.K, count=ops.count, include=ops.include, rounding=ops.rounding),
        },
        claims=claims_of(file, marked),
        readings=tuple(reading.declared for reading in parts.readings),
        errata=errata_of(file, marked),
        notes=file.notes,
    )
