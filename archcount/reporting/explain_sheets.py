"""The layout of `archcount explain`: arithmetic, printed cells, conventions, readings."""

from __future__ import annotations

from collections.abc import Iterator

from archcount.comparison import Explanation, believed
from archcount.comparison.conventions import describe
from archcount.comparison.plausibility import MARGIN
from archcount.edits import Site
from archcount.printed import joined_by_x
from archcount.reporting.compared_columns import role, size
from archcount.reporting.declared_reasons import DeclaredReasons
from archcount.reporting.explain_answer import answer_sheet, is_product, layer_names
from archcount.reporting.explained_row import ExplainedRow, TriedConvention, ranks, what
from archcount.reporting.report import network_name
from archcount.reporting.sheet import Column, Sheet, Span, make_sheet

MOST_CONVENTIONS = 4
"""How many conventions of a column are shown at least."""

MOST_SHOWN = 12
"""How many readings are shown where more fit; JSON and CSV hold all of them."""


def explained_sheets(row: ExplainedRow, *, verbose: bool = False) -> list[list[Sheet]]:
    """Lay an explanation out: on one screen, or all of it.

    Returns:
        The arithmetic and the printed cells; or these, conventions and readings, each in a wide
        layout, and where that helps in a narrow one.
    """
    if not verbose:
        return [[answer_sheet(row, _reasons(row))] * 2]  # the second closer together
    sheets = [[_arithmetic(row, narrow=narrow) for narrow in (False, True)]]
    cells = _cells(row)
    if cells.lines or cells.notes:
        sheets.append([cells])
    if row.tried:
        sheets.append([_conventions(row)])
    if row.compared.explanations:
        sheets.append([_readings(row, narrow=narrow) for narrow in (False, True)])
    return sheets


def _arithmetic(row: ExplainedRow, *, narrow: bool) -> Sheet:
    label = f' "{row.label}"' if row.label and row.label != row.count.id else ""
    names = layer_names(row.plan.sites, row.headings)
    columns: list[Column[Site]] = [
        Column("Layer", lambda site: names[site.path]),
        Column("as written", lambda site: site.text),
        Column("reads", lambda site: size(site.input)),
        Column("weights", _weights),
        Column("=", lambda site: f"{site.weights:,}", right=True),
        Column("positions", _positions, right=True),
        Column("MACs", lambda site: f"{site.macs:,}", right=True),
    ]
    if narrow:
        del columns[2]
    if all(names[site.path] == site.text for site in row.plan.sites):
        del columns[0]
    count = row.count
    notes = [
        f"together: {count.weights:,} weights, {count.biases:,} biases, {count.params:,} params, "
        f"{count.cost.macs:,} MACs; {size(count.input)} in, {size(count.output)} out"
    ]
    if row.plan.printed_input:
        notes.append(f"the row before prints its output as {size(row.plan.printed_input)}")
    return make_sheet(
        f"{network_name(row.name, row.variant)}, {count.id}{label}: {row.source}",
        columns,
        row.plan.sites,
        notes=(Span(note) for note in notes),
    )


def _weights(site: Site) -> str:
    """Write a layer's weights as a product, or as a sum of them where its widths differ."""
    if not is_product(site):
        return ""
    if site.widths:
        return " + ".join(
            f"{times} x ({product})" if times > 1 else product
            for inside, outside, times in site.widths
            for product in [_product(site, inside, outside)]
        )
    product = _product(site, site.input[0], site.output[0])
    return f"{product}, {site.times} times" if site.times > 1 else product


def _product(site: Site, inside: int, outside: int) -> str:
    """Write the weights of one layer of so many input and output channels."""
    if site.kernel is None:
        return f"{inside} x {outside}"
    area = joined_by_x(site.kernel)
    if site.word == "sepconv":
        wide = inside * site.multiplier
        return f"{wide} x {area} + {wide} x {outside}"
    if site.word == "dwconv":
        return f"{outside} x {area}"
    groups = f" / {site.groups}" if site.groups > 1 else ""
    return f"{inside}{groups} x {outside} x {area}"


def _positions(site: Site) -> str:
    if not site.weights:
        return ""
    positions = site.macs / site.weights
    return f"{positions:,.0f}" if positions.is_integer() else f"{positions:,.1f}"


def _cells(row: ExplainedRow) -> Sheet:
    cells = [cell for cell in row.compared.cells.values() if cell.printed is not None]
    return make_sheet(
        "What is printed",
        [
            Column("Cell", lambda cell: cell.column),
            Column("printed", lambda cell: cell.printed or ""),
            Column("stands for", lambda cell: row.stands_for.get(cell.column, "")),
            Column("computed", lambda cell: cell.shown, right=True),
            Column(
                "verdict",
                lambda cell: Span(f"{cell.verdict.status} ({cell.verdict.why})", role(cell)),
            ),
        ],
        cells,
        notes=_reasons(row),
    )


def _reasons(row: ExplainedRow) -> Iterator[Span]:
    declared = DeclaredReasons(is_own=True)
    cells = [cell for cell in row.compared.cells.values() if cell.printed is not None]
    for cell in cells:
        if cell.verdict.status != "match":
            words = f"{cell.column}{declared.mark(cell)}: {cell.verdict.sentence}"
            yield Span(words, role(cell), below=declared.below(cell.because, cell.column))
    if row.because and row.because not in {cell.because for cell in cells}:
        yield Span(f"the file declares a reading: {row.because}")
    said = {cell.verdict.why for cell in row.compared.cells.values()}
    for item in row.contradictions:
        if item.why not in said:
            yield Span(f"contradiction: {item.sentence}", "bad")
    if nothing_found(row):
        yield Span(nothing_found(row))


def _conventions(row: ExplainedRow) -> Sheet:
    shown = [tried for tried in row.tried if _worth_showing(tried, row)]
    more = len(row.tried) - len(shown)
    words = f"{more} more were tried: none gives the cell, nor as much of its column"
    return make_sheet(
        "The conventions tried, on the row as it stands",
        [
            Column("Cell", lambda tried: tried.column),
            Column(
                "counting",
                lambda tried: describe(tried.convention) + " (declared)" * tried.declared,
            ),
            Column("computed", lambda tried: f"{tried.computed:,}", right=True),
            Column("as the paper writes", lambda tried: tried.shown, right=True),
            Column(
                "this cell", lambda tried: Span("fits", "good") if tried.fits else Span("-", "dim")
            ),
            Column(
                "its column",
                lambda tried: f"{tried.column_fits} of {tried.column_printed}",
                right=True,
            ),
        ],
        shown,
        notes=[Span(f"{words} (all of them with --format json)")] if more else [],
    )


def _worth_showing(tried: TriedConvention, row: ExplainedRow) -> bool:
    """Whether a convention is the declared one, gives the cell, or is among the best four."""
    same = [other for other in row.tried if other.column == tried.column]
    return tried.declared or tried.fits or same.index(tried) < MOST_CONVENTIONS


def _readings(row: ExplainedRow, *, narrow: bool) -> Sheet:
    ranked = list(zip(ranks(row.compared.explanations), row.compared.explanations, strict=True))
    columns: list[Column[tuple[str, Explanation]]] = [
        Column("Rank", lambda item: item[0], right=True),
        Column("Reading", lambda item: what(item[1])),
        Column("weights", lambda item: f"{item[1].count.weights:,}", right=True),
        Column("MACs", lambda item: f"{item[1].count.cost.macs:,}", right=True),
        Column("bits", lambda item: f"{item[1].bits:.1f}", right=True),
        Column("", lambda item: _belief(item[1])),
    ]
    if narrow:
        del columns[2:4]
    return make_sheet(
        "Readings that give every printed number of the row at once",
        columns,
        ranked[:MOST_SHOWN],
        notes=_reading_notes(row, len(ranked)),
    )


def _belief(item: Explanation) -> Span:
    if not believed(item):
        return Span("implausible", "dim")
    if item.engines:
        return Span(f"built, counted by {' and '.join(item.engines)}", "good")
    return Span("likely", "good")


def _reading_notes(row: ExplainedRow, fitting: int) -> Iterator[Span]:
    more = f", {fitting - MOST_SHOWN} of them not shown" if fitting > MOST_SHOWN else ""
    yield Span(f"{fitting} fit of {row.compared.tried} tried{_cut(row)}{more}; = marks ties")
    worth = row.compared.explanations[0].evidence
    yield Span(
        f"a reading of b bits is one of about 2^b as simple; the cells explained carry {worth:.1f} "
        f"bits, and a reading is believed that needs {MARGIN:.1f} fewer"
    )


def nothing_found(row: ExplainedRow) -> str:
    """Return a sentence that no reading fits, where some cell asks for one; empty otherwise."""
    is_open = any(
        cell.verdict.status not in ("match", "unpublished") for cell in row.compared.cells.values()
    )
    if not is_open or row.compared.explanations:
        return ""
    tried = f"{row.compared.tried} readings{_cut(row)}"
    return f"Nothing found: none of {tried} gives every printed number."


def _cut(row: ExplainedRow) -> str:
    """Return that not all readings were tried, where that is so."""
    return " (the search stopped before all were tried)" if row.is_cut_short else ""
