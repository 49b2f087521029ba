"""The terminal: a sheet in colour, the fullest layout that fits; and its picture as SVG."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as RichText

from archcount.control_characters import visible
from archcount.reporting.fitted_columns import FittedColumns, fitted
from archcount.reporting.report import Parts
from archcount.reporting.sheet import Sheet, Span

_STYLES = {"good": "green", "bad": "red", "warn": "yellow", "dim": "dim", "strong": "bold", "": ""}

# Rich's own template names fonts on a host of the internet; a picture here needs none.
_SVG = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: Menlo, Consolas, "DejaVu Sans Mono", monospace; \
font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def terminal(parts: Parts, *, width: int | None = None, colour: bool = True) -> str:
    """Write each part in its first layout that fits, else its last; no width asks the terminal."""
    text = io.StringIO()
    console = Console(file=text, width=width, force_terminal=colour, no_color=None)
    _print_all(parts, console)
    return text.getvalue()


def svg(parts: Parts, *, width: int = 132, heading: str = "archcount") -> str:
    """Draw the same as a picture."""
    console = Console(
        file=io.StringIO(), width=width, record=True, force_terminal=True, color_system="truecolor"
    )
    _print_all(parts, console)
    return console.export_svg(title=visible(heading), code_format=_SVG, unique_id="archcount")


def _print_all(parts: Parts, console: Console) -> None:
    for number, layouts in enumerate(parts):
        if number:
            console.print()
        _print(layouts, console)


def _print(sheets: Sequence[Sheet], console: Console) -> None:
    sheets = [sheet for sheet in sheets if not sheet.of_files] or sheets
    for number, sheet in enumerate(sheets):
        gap = 1 if number else 2
        pieces = [FittedColumns.natural(sheet, gap)]
        if pieces[0].total <= console.width:
            break
    else:
        pieces = [*fitted(sheet, console.width, gap)]
    console.print(RichText(sheet.title, style="bold"))
    if sheet.headings:
        for piece in pieces:
            console.print()
            console.print(_table(sheet, piece))
    if sheet.notes:
        console.print()
    for note in sheet.notes:
        for line in (_styled(note), *map(RichText, note.below)):
            indent = len(line.plain) - len(line.plain.lstrip())
            console.print(Padding(line[indent:], (0, 0, 0, indent)))


def _styled(span: Span) -> RichText:
    """Return a text with its role on the part that has it."""
    text = RichText(span.text)
    text.stylize(_STYLES[span.role], *span.styled)
    return text


def _table(sheet: Sheet, piece: FittedColumns) -> Table:
    # The box itself puts one blank between columns.
    padding = (0, piece.gap - 1, 0, 0)
    table = Table(box=SIMPLE_HEAD, padding=padding, pad_edge=False, show_edge=False)
    for index, width in piece.widths.items():
        justify: Literal["left", "right"] = "right" if sheet.right[index] else "left"
        heading = RichText(sheet.headings[index])
        table.add_column(heading, justify=justify, overflow="fold", width=width)
    for number, line in enumerate(sheet.lines):
        if number in sheet.rule_before:
            table.add_section()
        table.add_row(*(_styled(line[index]) for index in piece.widths))
    return table
