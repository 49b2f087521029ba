"""The one screen of `archcount explain`: the arithmetic of a row as on paper, and its cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import prod

from archcount.comparison import ComparedCell
from archcount.edits import Site
from archcount.printed import joined_by_x
from archcount.reporting.compared_columns import role, size
from archcount.reporting.explained_row import ExplainedRow, ranks, what
from archcount.reporting.report import network_name
from archcount.reporting.sheet import Column, Sheet, Span, make_sheet

MOST_LAYERS = 9
"""How many layers fit on a screen of 24 lines."""


_LONG = 18
"""The characters from which on what a file writes is folded between its words."""


def answer_sheet(row: ExplainedRow, reasons: Iterator[Span]) -> Sheet:
    """Lay out a row on one screen: its layers, its totals, its printed cells and their reasons."""
    sites = [site for site in row.plan.sites if site.weights or site.macs]
    shown = sites if len(sites) <= MOST_LAYERS else sites[: MOST_LAYERS - 1]
    names = layer_names(row.plan.sites, row.headings)
    columns: list[Column[Site]] = [
        Column(
            "Layer",
            lambda site: names[site.path],
            whole=max(map(len, names.values()), default=0) < _LONG,
        ),
        Column("kernel, channels", channel_words),
        Column("weights", weight_words),
        Column("MACs", mac_words, right=True),
    ]
    return make_sheet(
        f"{_title(row)}: {row.count.params:,} params, {row.count.cost.macs:,} MACs",
        columns,
        shown,
        notes=_notes(row, len(sites) - len(shown), reasons),
    )


def _title(row: ExplainedRow) -> str:
    label = f' "{row.label}"' if row.label and row.label != row.count.id else ""
    return f"{network_name(row.name, row.variant)}, {row.count.id}{label}"


def layer_names(sites: Sequence[Site], headings: Mapping[str, str]) -> dict[str, str]:
    """Name each layer of a row by the printed column of its width; else as it is written.

    It is named by a column where no other layer has that; both are how the paper and its table
    file call it.
    """
    headings = {name: text for name, text in headings.items() if text and name not in _SHARED}
    read = {
        site.path: [headings[name] for name in site.reads if name in headings] for site in sites
    }
    if len(read) == 1:
        read = {path: [] for path in read}
    times = Counter(found[0] for found in read.values() if len(found) == 1)
    return {
        site.path: found[0] if len(found) == 1 and times[found[0]] == 1 else site.text
        for site, found in zip(sites, read.values(), strict=True)
    }


_SHARED = frozenset({"row", "block", "type", "patch", "input", "output", "from", "n"})
"""The columns that say something of a row, and not which of its layers."""


_PRODUCTS = frozenset({"conv", "dwconv", "linear", "sepconv", "shortcut", "upconv"})
"""The layers whose weights are a product of what they read and give; others have several."""


def is_product(site: Site) -> bool:
    """Return whether the weights of a layer are a product of its kernel and channels."""
    return bool(site.weights) and site.word in _PRODUCTS


def channel_words(site: Site) -> str:
    """Write the kernel and the channels, such as 5x5 x 16 -> 32."""
    if not is_product(site):
        return ""
    kernel = f"{joined_by_x(site.kernel)} x " if site.kernel else ""
    pairs = site.widths or ((site.input[0], site.output[0], site.times),)
    return ", ".join(
        f"{f'{times} of ' if times > 1 else ''}{kernel}{inside} -> {outside}"
        for inside, outside, times in pairs
    )


def weight_words(site: Site) -> str:
    """Write the product of the weights and what it gives, such as 25 x 16 x 32 = 12,800."""
    if not is_product(site):
        return f"{site.weights:,}" if site.weights else ""
    pairs = site.widths or ((site.input[0], site.output[0], site.times),)
    several = len(pairs) > 1
    terms = []
    for inside, outside, times in pairs:
        product = _product(site, inside, outside)
        is_sum = several or " + " in product
        of = f"({product})" if times > 1 and is_sum else product
        terms.append(f"{times} x {of}" if times > 1 else of)
    return f"{' + '.join(terms)} = {site.weights:,}"


def _product(site: Site, inside: int, outside: int) -> str:
    """Write the weights of one layer of so many input and output channels."""
    area = prod(site.kernel) if site.kernel else 1
    if site.word == "sepconv":
        wide = inside * site.multiplier
        return f"{area} x {wide} + {wide} x {outside}"
    factors = [area] if area > 1 else []
    if site.word == "dwconv":
        return " x ".join(map(str, [*factors, outside]))
    factors += [inside, outside]
    groups = f" / {site.groups}" if site.groups > 1 else ""
    return f"{' x '.join(map(str, factors))}{groups}"


def mac_words(site: Site) -> str:
    """Write the MACs as the weights times the positions, such as x 28 x 28 = 10,035,200."""
    if not site.weights:
        return f"{site.macs:,}" if site.macs else ""
    positions, rest = divmod(site.macs, site.weights)
    sides = site.output[1:]
    if rest or positions <= 1:
        return f"{site.macs:,}"
    at = " x ".join(map(str, sides)) if prod(sides) == positions else f"{positions:,}"
    return f"x {at} = {site.macs:,}"


def _notes(row: ExplainedRow, more: int, reasons: Iterator[Span]) -> Iterator[Span]:
    count = row.count
    if more > 0:
        yield Span(f"and {more} more layers", "dim")
    yield Span(
        f"{count.weights:,} weights + {count.biases:,} biases; {size(count.input)} in, "
        f"{size(count.output)} out"
    )
    printed = [cell for cell in row.compared.cells.values() if cell.printed is not None]
    same = [cell for cell in printed if cell.verdict.status == "match"]
    if same:
        words = ", ".join(f"{cell.column} {cell.printed} ({cell.verdict.why})" for cell in same)
        yield Span(f"as printed: {words}", "good")
    for cell in printed:
        if cell not in same:
            yield Span(_cell(cell), role(cell))
    yield from reasons
    if not any(cell.verdict.status == "reading" for cell in printed):
        yield from _reading(row)  # else the reasons say it
    yield Span("-v: the conventions tried, and every reading", "dim")


def _cell(cell: ComparedCell) -> str:
    verdict = cell.verdict
    return (
        f"{cell.column}: printed {cell.printed}, computed {cell.shown}: {verdict.status} "
        f"({verdict.why})"
    )


def _reading(row: ExplainedRow) -> Iterator[Span]:
    found = row.compared.explanations
    if not found:
        return
    best, more = found[0], len(found) - 1
    equal = sum(rank == "1=" for rank in ranks(found)) - 1
    others = f"; {more} more fit" if more else ""
    ties = f", {equal} of them as likely" if equal > 0 else ""
    yield Span(
        f"every printed number fits with {what(best)}: {best.count.weights:,} weights, "
        f"{best.count.cost.macs:,} MACs{others}{ties}"
    )
