"""A table file, loaded: what was printed, and the architecture of any variant of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from archcount.architecture import Architecture, LayerDefaults, Value
from archcount.errors import InvalidTableError, Location, Problem, UsageError, quote, suggestion
from archcount.layers import Shape
from archcount.printed import Convention, PrintedTable, Source
from archcount.spec.claims import claims_of, layers_like
from archcount.spec.declared import errata_of
from archcount.spec.expansion import expand_table
from archcount.spec.reader import Parts, layer_defaults, read_lets, read_parts
from archcount.spec.rereading import Rereading
from archcount.spec.schema import TableFile
from archcount.spec.source import Marked, parse, read_text
from archcount.spec.validate import validate
from archcount.spec.variants import PRINTED, apply_variant


@dataclass(frozen=True, kw_only=True)
class _Network:
    """One network of a file: the table as it stands, or a variant.

    Attributes:
        variant: the variant's name; empty for the table as it stands.
        file: the file with the variant's changes in place.
        is_printed: whether the printed cells are this network's.
    """

    variant: str
    file: TableFile
    marked: Marked
    parts: Parts
    printed: PrintedTable
    is_printed: bool

    def resolved(
        self, input: Shape | None, lets: Mapping[str, str]
    ) -> tuple[Shape, dict[str, Value], LayerDefaults]:
        """Give the input shape, the `let` names and the layer defaults."""
        problems: list[Problem] = []
        values = read_lets({**self.file.let, **lets}, self.marked.section("let"), problems)
        defaults = layer_defaults(self.file.layer, self.marked.section("layer"), problems)
        if problems:
            raise InvalidTableError(problems)
        return input or Shape.parse(self.file.input), values, defaults


@dataclass(frozen=True, kw_only=True)
class LoadedTable:
    """A table file that was read without a problem.

    Where a method takes a variant, the empty name means the file's default variant, or the table
    as printed where it has none.

    Attributes:
        path: the file.
        name: the table's name.
        written: what the paper printed, whatever variants make of it.
        variants: the names of the variants.
        networks: the names of all networks of the file, the empty one for a table as printed
            that has no other name.
    """

    path: Path
    name: str
    written: PrintedTable
    variants: tuple[str, ...]
    networks: tuple[str, ...]
    _default: str
    _networks: Mapping[str, _Network]

    def printed(self, variant: str = "") -> PrintedTable:
        """Give what the paper printed, with what the file says of this variant.

        Raises:
            UsageError: there is no such variant.
        """
        return self._network(variant).printed

    def is_printed(self, variant: str = "") -> bool:
        """Tell whether the printed cells are this variant's.

        Raises:
            UsageError: there is no such variant.
        """
        return self._network(variant).is_printed

    def input(self, variant: str = "") -> Shape:
        """Give the input shape of a variant.

        Raises:
            UsageError: there is no such variant.
        """
        return Shape.parse(self._network(variant).file.input)

    def lets(self, variant: str = "") -> Mapping[str, str]:
        """Give the `let` names of a variant, as written.

        Raises:
            UsageError: there is no such variant.
        """
        return self._network(variant).file.let

    def architecture(
        self,
        variant: str = "",
        input: Shape | None = None,
        lets: Mapping[str, str] | None = None,
    ) -> Architecture:
        """Expand the table.

        Args:
            variant: the name of one of its variants.
            input: another input shape, (channels, height, width).
            lets: other values of `let` names, by name.

        Raises:
            UsageError: there is no such variant, or no such name.
            InvalidTableError: the rows do not go together (with these numbers).
        """
        network = self._network(variant)
        for name in lets or {}:
            if name not in network.file.let:
                raise UsageError(
                    Problem(
                        what=f"table {self.name} has no let name {quote(name)}",
                        allowed=", ".join(network.file.let) or "none; this table has no let:",
                        remedy=suggestion(name, network.file.let),
                    )
                )
        try:
            return self._expanded(variant, input, lets or {})
        except InvalidTableError as error:
            if not lets:
                raise
            # The number is the caller's, and stands nowhere in the file.
            given = ", ".join(f"{name} = {value}" for name, value in lets.items())
            problem = error.problems[0]
            raise UsageError(
                replace(problem, what=f"with {given}: {problem.what}", where=None)
            ) from None

    def _expanded(self, variant: str, input: Shape | None, lets: Mapping[str, str]) -> Architecture:
        """Expand a variant with other numbers."""
        network = self._network(variant)
        shape, values, defaults = network.resolved(input, lets)
        parts = network.parts
        name = self._name_of(variant)
        expanded = expand_table(
            self.name,
            name,
            shape,
            parts.rows,
            parts.heads,
            values,
            defaults,
            parts.elsewhere,
        )
        return replace(expanded, lets=dict(lets))

    def rereading(self, variant: str = "") -> Rereading:
        """Give the rows of a variant, ready to be read in another way."""
        network = self._network(variant)
        _, lets, defaults = network.resolved(None, {})
        return Rereading(
            architecture=self.architecture(variant),
            rows=network.parts.rows,
            is_printed=network.is_printed,
            lets=lets,
            defaults=defaults,
            headings=network.printed.headings,
            readings={reading.declared.row: reading.block for reading in network.parts.readings},
        )

    def _name_of(self, variant: str) -> str:
        return variant or self._default

    def _network(self, variant: str) -> _Network:
        name = self._name_of(variant)
        if name not in self._networks:
            raise UsageError(
                Problem(
                    what=f"table {self.name} has no variant {quote(variant)}",
                    allowed=", ".join(self.variants) or "none; this table has no variants",
                    remedy=suggestion(variant, self.variants),
                )
            )
        return self._networks[name]


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
    table = _loaded(path, file, marked, parts, text.split("\n"), problems)
    for variant in table.networks:
        try:
            table.architecture(variant)
        except InvalidTableError as error:
            problems += _told(variant, error.problems, problems)
    if not problems:
        problems += _strange_parts(table)
        problems += _unfit_readings(table)
    if problems:
        raise InvalidTableError(_in_order(problems))
    return table


def _loaded(
    path: Path,
    file: TableFile,
    marked: Marked,
    parts: Parts,
    lines: list[str],
    problems: list[Problem],
) -> LoadedTable:
    """Gather the networks of a file; what is wrong with variants goes to `problems`."""
    default = file.default or ""
    base = PRINTED if default else ""
    networks = {}
    if parts.alone or not default:
        networks[base] = _Network(
            variant="",
            file=file,
            marked=marked,
            parts=parts,
            printed=_printed(file, marked, parts),
            is_printed=True,
        )
    for variant, entry in file.variants.items():
        found: list[Problem] = []
        changed, change = apply_variant(marked, variant)
        own = read_parts(changed, lines, found, change)
        own_file = validate(changed)
        networks[variant] = _Network(
            variant=variant,
            file=own_file,
            marked=changed,
            parts=own,
            printed=_printed(own_file, changed, own),
            is_printed=entry.printed,
        )
        found += _unheard(variant, own_file, changed, printed=entry.printed)
        problems += _told(variant, found, problems)
    names = tuple(networks)
    return LoadedTable(
        path=path,
        name=file.name,
        written=_printed(file, marked, parts),
        variants=tuple(name for name in names if name),
        networks=names,
        _default=default,
        _networks=networks,
    )


def _told(variant: str, found: Sequence[Problem], known: Sequence[Problem]) -> Iterator[Problem]:
    """Say whose problems they are; what is known of another network already is left out."""
    told = {(item.where, item.what) for item in known}
    ends = {(item.where, item.what.partition(": ")[2]) for item in known}
    for item in found:
        if (item.where, item.what) not in told | ends:
            name = f"variant {variant}: " if variant and variant != PRINTED else ""
            yield replace(item, what=name + item.what)


def _unheard(variant: str, file: TableFile, marked: Marked, *, printed: bool) -> Iterator[Problem]:
    """Refuse what a variant says of printed rows that are not its own."""
    if printed:
        return
    for index, _ in enumerate(file.errata):
        yield Problem(
            what=f"an erratum of variant {variant}, of which the paper prints no rows",
            remedy="write printed: true if its rows are printed, or remove it",
            where=marked.find(("errata", index, "row")).where,
        )
    for index, claim in enumerate(file.claims):
        if claim.what.startswith("sum of "):
            yield Problem(
                what=f"a claim of the {claim.what}, and the paper prints no rows of this variant",
                remedy="write printed: true if its rows are printed, or remove it",
                where=marked.find(("claims", index, "what")).where,
            )


def _strange_parts(table: LoadedTable) -> Iterator[Problem]:
    """Refuse claims of a part that the network does not have."""
    for variant, claim in (
        (name, each) for name in table.networks for each in table.printed(name).claims
    ):
        if not (claim.of or claim.layers):
            continue
        architecture = table.architecture(variant)
        if claim.of and architecture.find(claim.of) is None:
            yield Problem(
                what=f"the claim {quote(claim.printed)} is of {quote(claim.of)}, and there is no "
                "such part",
                allowed="the name of a row, or the path of a module such as "
                f"{max(list(architecture.paths())[:40], key=len)}; rows: "
                + ", ".join(row.id for row in architecture.rows),
                remedy=suggestion(claim.of, list(architecture.paths())),
                where=claim.where,
            )
        if claim.layers and not architecture.like(*layers_like(claim.layers)):
            yield Problem(
                what=f"the claim {quote(claim.printed)} is of layers {quote(claim.layers)}, and "
                "the network has none",
                allowed="a kind of layer, and a kernel, that the network has",
                where=claim.where,
            )


def _unfit_readings(table: LoadedTable) -> list[Problem]:
    """Expand every declared reading on its row's input; give what does not go together."""
    problems: list[Problem] = []
    for variant in table.networks:
        for reading in table.printed(variant).readings:
            try:
                table.rereading(variant).declared(reading.row)
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
        headings={name: heading for name, heading in file.columns.items() if heading},
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
