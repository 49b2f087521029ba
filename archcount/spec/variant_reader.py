"""From a table file's tree to one of its networks, gathering all its problems."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from archcount.architecture import Architecture
from archcount.architecture.blocks import LayerBlock
from archcount.errors import InvalidTableError, Location, Problem, UsageError, quote, suggestion
from archcount.printed import Claim, PaperSource, PrintedTable
from archcount.spec.claim_reader import claims_of, layers_like
from archcount.spec.column_conventions import as_read, conventions_of
from archcount.spec.declarations import errata_of
from archcount.spec.input_sizes import inputs_in
from archcount.spec.models import ModelTable
from archcount.spec.overrides import apply_variant
from archcount.spec.row_readings import RowReadings
from archcount.spec.schema import TableFile
from archcount.spec.sections import Sections, read_sections
from archcount.spec.summary import PRINTED
from archcount.spec.validate import validate
from archcount.spec.variant import Variant
from archcount.spec.yaml_tree import YamlNode


@dataclass(frozen=True, kw_only=True)
class TableSource:
    """A table file that fits the schema, as it was read; `base` is without any variant.

    A table of models is the file that it reduces to, whose variants they are.

    Attributes:
        chosen: the variant that was named with the file; empty where none was.
    """

    tree: YamlNode
    lines: list[str]
    entries: TableFile
    base: Sections
    models: ModelTable | None = None
    chosen: str = ""

    @property
    def written(self) -> PrintedTable:
        """What the paper printed, whatever variants make of it."""
        printed = _printed(self.entries, self.tree, self.base)
        if self.models is None:
            return printed
        named = {} if "model" in self.models.own.headings else {"model": ""}
        return replace(
            printed,
            columns=self.models.columns,
            headings={**named, **printed.headings},
            rows=tuple(model.printed for model in self.models.models),
            turned=self.models.turned,
        )

    @property
    def default(self) -> str:
        """The name of the variant that is meant where none is named."""
        return self.chosen or self.entries.default or ""

    @property
    def networks(self) -> tuple[str, ...]:
        """The names of its networks, the one as printed first where its rows name blocks."""
        if self.models or (self.default and "block" not in self.base.columns):
            return tuple(self.entries.variants)
        return (PRINTED if self.default else "", *self.entries.variants)

    def named(self, name: str) -> str:
        """Return the variant that a name means: a model may be called as the paper prints it."""
        model = self.models.model(name) if self.models and name not in self.networks else None
        return model.name if model else name or self.default

    def find(self, name: str) -> str:
        """Return the network that a name means, or that is meant where it is empty.

        Raises:
            UsageError: there is no such variant, or no default one among the models of a table.
        """
        key = self.named(name)
        if key in self.networks:
            return key
        table, variants = self.entries.name, [each for each in self.networks if each]
        what, remedy = f"table {table} has no variant {quote(name)}", suggestion(name, variants)
        if not name:
            what = f"table {table} is of {len(variants)} models, and none is named"
            remedy = f"name one: --variant, or {table}@{variants[0]}"
        allowed = ", ".join(variants) or "none; this table has no variants"
        raise UsageError.of(what, allowed=allowed, remedy=remedy)

    def read(self, name: str, problems: list[Problem]) -> Variant:
        """Read a variant, or the table as printed where `name` is empty or `printed`.

        What is wrong with it goes to `problems`; those there already are not repeated.
        """
        own: list[Problem] = []
        tree, entries, sections, is_printed = self.tree, self.entries, self.base, True
        if name in entries.variants:
            is_printed = entries.variants[name].printed
            tree, change = apply_variant(tree, name)
            sections = read_sections(tree, self.lines, own, change, self.models)
            entries = validate(tree)
        printed = _printed(entries, tree, sections)
        printed = replace(printed, rows=as_read(printed.rows, entries.conventions, sections.own))
        if self.models:
            whole = self.models.model(name) if is_printed else None
            columns = (*printed.columns, *(self.models.columns if whole else ()))
            row = as_read([whole.printed], entries.conventions, sections.own)[0] if whole else None
            printed = replace(printed, columns=columns, whole=row)
        variant = Variant(
            table=entries.name,
            name=name,
            input_sizes=inputs_in(tree),
            columns_at=tree.section("columns"),
            let=entries.let,
            let_at=tree.section("let"),
            layer=entries.layer.model_dump(exclude_none=True),
            layer_at=tree.section("layer"),
            sections=sections,
            printed=printed,
            is_printed=is_printed,
            networks=len(self.networks),
        )
        own += _check_same(variant)
        if not is_printed:
            own += _check_unprinted(name, entries, tree)
        try:
            architecture = variant.architecture
        except InvalidTableError as error:
            own += error.problems
        else:
            if not own and not problems:
                own += _check_parts(variant.printed.claims, architecture)
                own += _check_columns(variant, architecture) if is_printed else ()
                own += _check_readings(variant)
        problems += _named(name, own, problems)
        return variant


def _named(variant: str, found: Sequence[Problem], known: Sequence[Problem]) -> Iterator[Problem]:
    """Yield a variant's problems with its name; those known of another network are left out."""
    seen = {(item.where, item.what) for item in known}
    ends = {(item.where, item.what.partition(": ")[2]) for item in known}
    for item in found:
        if (item.where, item.what) not in seen | ends:
            name = f"variant {variant}: " if variant and variant != PRINTED else ""
            yield replace(item, what=name + item.what)


def _check_unprinted(variant: str, file: TableFile, tree: YamlNode) -> Iterator[Problem]:
    """Refuse what a variant says of printed rows that are not its own."""
    for key, what in (("errata", "an erratum"), ("readings", "a reading")):
        for entry in tree.listing(key):
            place = dict(entry.items()).get("row", entry)
            yield place.problem(
                f"{what} of variant {variant}, of which the paper prints no rows",
                remedy="write printed: true if its rows are printed, or remove it",
            )
    for index, claim in enumerate(file.claims):
        if claim.what.startswith("sum of "):
            yield tree.find(("claims", index, "what")).problem(
                f"a claim of the {claim.what}, and the paper prints no rows of this variant",
                remedy="write printed: true if its rows are printed, or remove it",
            )


def _check_same(variant: Variant) -> Iterator[Problem]:
    """Refuse the table's `same:` where no layer has that padding, so that it says nothing."""
    pad = variant.layer.get("pad", "same")
    if pad == "same" or "same" not in variant.layer:
        return
    blocks = [row.block for row in variant.sections.rows] + [
        head.block for head in variant.sections.heads
    ]
    written = [
        bound.value
        for block in blocks
        for part in (block.parts() if block is not None else ())
        if isinstance(part, LayerBlock)
        for bound in part.arguments
        if bound.argument.name == "pad"
    ]
    if "same" not in written:
        yield variant.layer_at.find(("same",)).problem(
            f"layer: same has no effect under pad: {pad}, and no layer has pad=same",
            "same beside pad: same",
            remedy="remove it, or write pad: same",
        )


def _check_parts(claims: Sequence[Claim], architecture: Architecture) -> Iterator[Problem]:
    """Refuse claims of a part that the network does not have."""
    for claim in claims:
        said, where = f"the claim {quote(claim.printed)}", claim.where
        if claim.heads and not architecture.heads:
            what, remedy = f"{said} counts heads, and there are none", "add heads:, or remove it"
            yield Problem(what=what, remedy=remedy, where=where)
        if claim.of and architecture.find(claim.of) is None:
            paths = list(architecture.paths())
            rows = ", ".join(row.id for row in architecture.rows)
            example = max(paths[:40], key=len)
            yield Problem(
                what=f"{said} is of the unknown part {quote(claim.of)}",
                allowed=f"a row ({rows}), or the path of a module such as {example}",
                remedy=suggestion(claim.of, paths),
                where=where,
            )
        if claim.layers and not architecture.like(*layers_like(claim.layers)):
            yield Problem(
                what=f"{said} is of layers {quote(claim.layers)}, and there are none",
                allowed="a kind of layer, and a kernel, that the network has",
                where=where,
            )


def _check_columns(variant: Variant, architecture: Architecture) -> Iterator[Problem]:
    """Refuse compared columns of a part that is not there, or of what has no number."""
    try:
        variant.stated()
    except InvalidTableError as error:
        yield from error.problems
    rows = [""] if variant.printed.whole else [f"{row.id}." for row in architecture.rows]
    for name, column in variant.printed.checked.items():
        for part in (*column.of, *column.without):
            if not any(architecture.find(row + part) for row in rows):
                paths = [path.removeprefix(rows[0]) for path in architecture.paths()]
                yield Problem(
                    what=f"column {name} is the {column}, and there is no part {quote(part)}",
                    allowed=", ".join(row.id for row in architecture.rows)
                    if variant.printed.whole
                    else "a part of some row",
                    remedy=suggestion(part, paths),
                    where=variant.columns_at.key(name).where,
                )


def _check_readings(variant: Variant) -> Iterator[Problem]:
    """Expand every declared reading on its row's input; give what does not go together."""
    for reading in variant.printed.readings:
        try:
            if reading.row:
                RowReadings(variant).declared(reading.row)
            else:
                variant.expand(lets=reading.let)
        except (InvalidTableError, UsageError) as error:
            yield from (
                item if item.where else replace(item, where=reading.where)
                for item in error.problems
            )


_LONG = 200
"""The characters of a list of what is allowed that is said once."""


def in_order(problems: list[Problem]) -> list[Problem]:
    """Sort problems by their place, and keep each once; a long list of what is allowed likewise."""
    once = dict.fromkeys(problems)
    ordered = sorted(once, key=lambda item: item.where or Location("", 0, 0))
    said: set[str] = set()
    for place, item in enumerate(ordered):
        if len(item.allowed) > _LONG and item.allowed in said:
            ordered[place] = replace(item, allowed="as above")
        said.add(item.allowed)
    return ordered


def _printed(file: TableFile, tree: YamlNode, parts: Sections) -> PrintedTable:
    """Gather what the paper printed, and what the file says of it."""
    return PrintedTable(
        name=file.name,
        source=PaperSource(**file.source.model_dump()),
        columns=parts.columns,
        headings={name: heading for name, heading in parts.own.headings.items() if heading},
        rows=tuple(row.printed for row in parts.rows),
        conventions=conventions_of(file.conventions, parts.own),
        claims=claims_of(file, tree),
        readings=tuple(reading.declared for reading in parts.readings),
        errata=errata_of(file, tree),
        notes=file.notes,
        checked=parts.own.checked,
    )
