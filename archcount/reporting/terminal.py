"""The terminal: a sheet in colour, the fullest layout that fits; and its picture as SVG."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as RichText

from archcount.reporting.report import Parts
from archcount.reporting.sheet import Sheet

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
    return console.export_svg(title=heading, code_format=_SVG, unique_id="archcount")


def _print_all(parts: Parts, console: Console) -> None:
    for number, layouts in enumerate(parts):
        if number:
            console.print()
        _print(layouts, console)


def _print(sheets: Sequence[Sheet], console: Console) -> None:
    sheets = [sheet for sheet in sheets if not sheet.of_files] or sheets
    tables = [_table(sheet, gap=2 if sheet is sheets[0] else 1) for sheet in sheets]
    fitting = [
        number
        for number, table in enumerate(tables)
        if Measurement.get(console, console.options.update(max_width=10_000), table).maximum
        <= console.width
    ]
    chosen = fitting[0] if fitting else len(sheets) - 1
    console.print(RichText(sheets[chosen].title, style="bold"))
    console.print()
    if sheets[chosen].headings:
        console.print(tables[chosen])
        console.print()
    for note in sheets[chosen].notes:
        for line in note.text.splitlines():
            text = RichText(line.lstrip(), style=_STYLES[note.role])
            console.print(Padding(text, (0, 0, 0, len(line) - len(text))))


def _table(sheet: Sheet, *, gap: int) -> Table:
    # The box itself puts one blank between columns.
    table = Table(box=SIMPLE_HEAD, padding=(0, gap - 1, 0, 0), pad_edge=False, show_edge=False)
    for index, heading in enumerate(sheet.headings):
        # Words may fold on a narrow terminal; a number is never broken.
        whole = max((len(line[index].text) for line in sheet.lines), default=0)
        right = sheet.right[index]
        table.add_column(
            heading,
            justify="right" if right else "left",
            overflow="fold",
            min_width=whole if sheet.whole[index] else None,
            no_wrap=sheet.whole[index],
        )
    for number, line in enumerate(sheet.lines):
        if number in sheet.rule_before:
            table.add_section()
        table.add_row(*(RichText(cell.text, style=_STYLES[cell.role]) for cell in line))
    return table
