"""From a table file to a loaded table, or to all its problems at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from archcount.errors import InvalidTableError, Location, Problem, quote, suggestion
from archcount.printed import Convention, PrintedTable, Source
from archcount.spec.claims import claims_of, layers_like
from archcount.spec.declared import errata_of
from archcount.spec.loaded import LoadedTable, Network
from archcount.spec.marked import Marked
from archcount.spec.parts import Parts
from archcount.spec.reader import read_parts
from archcount.spec.schema import TableFile
from archcount.spec.source import parse, read_text
from archcount.spec.validate import validate
from archcount.spec.variants import PRINTED, apply_variant


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
    table = _loaded(path, name, file, marked, parts, text.split("\n"), problems)
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
    label: str,
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
        networks[base] = _network(file, marked, parts, printed=True)
    for variant, entry in file.variants.items():
        found: list[Problem] = []
        changed, change = apply_variant(marked, variant)
        own = read_parts(changed, lines, found, change)
        own_file = validate(changed)
        networks[variant] = _network(own_file, changed, own, printed=entry.printed)
        found += _unheard(variant, own_file, changed, printed=entry.printed)
        problems += _told(variant, found, problems)
    names = tuple(networks)
    return LoadedTable(
        path=path,
        label=label,
        name=file.name,
        written=_printed(file, marked, parts),
        variants=tuple(name for name in names if name),
        networks=names,
        _default=default,
        _networks=networks,
    )


def _network(file: TableFile, marked: Marked, parts: Parts, *, printed: bool) -> Network:
    """Gather one network of a file."""
    return Network(
        input=file.input,
        lets=(file.let, marked.section("let")),
        layer=(file.layer.model_dump(exclude_none=True), marked.section("layer")),
        parts=parts,
        printed=_printed(file, marked, parts),
        is_printed=printed,
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
        if not (claim.of or claim.layers or claim.heads):
            continue
        architecture = table.architecture(variant)
        if claim.heads and not architecture.heads:
            yield Problem(
                what=f"the claim {quote(claim.printed)} counts heads, and the network has none",
                remedy="write the heads, or leave heads: out",
                where=claim.where,
            )
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
