"""Plain text, Markdown and HTML: one loop over a sheet each, nothing cut off."""

from __future__ import annotations

from html import escape

from archcount.reporting.sheet import Sheet


def plain(sheet: Sheet) -> str:
    """Write a sheet as aligned text, lines as long as they need to be."""
    if not sheet.headings:
        return "\n".join([sheet.title, "", *(note.text for note in sheet.notes)]) + "\n"
    table = [sheet.headings, *(tuple(cell.text for cell in line) for line in sheet.lines)]
    widths = [max(len(line[index]) for line in table) for index in range(len(sheet.headings))]
    rule = "  ".join("-" * width for width in widths)

    def written(line: tuple[str, ...]) -> str:
        cells = zip(line, widths, sheet.right, strict=True)
        return "  ".join(
            text.rjust(width) if right else text.ljust(width) for text, width, right in cells
        ).rstrip()

    lines = [sheet.title, "", written(table[0]), rule]
    for number, line in enumerate(table[1:]):
        if number in sheet.rule_before:
            lines.append(rule)
        lines.append(written(line))
    if sheet.notes:
        lines += ["", *(note.text for note in sheet.notes)]
    return "\n".join(lines) + "\n"


def markdown(sheet: Sheet) -> str:
    """Write a sheet as a Markdown table with its notes as a list."""

    def written(cells: tuple[str, ...]) -> str:
        # A star means emphasis outside code, and multiplication in an expression.
        escaped = (text.replace("|", "\\|").replace("*", "\\*") for text in cells)
        return "| " + " | ".join(escaped) + " |"

    lines = [f"**{sheet.title}**"]
    if sheet.headings:
        lines += ["", written(sheet.headings)]
        lines.append("|" + "|".join("---:" if right else ":---" for right in sheet.right) + "|")
        lines += [written(tuple(cell.text for cell in line)) for line in sheet.lines]
    if sheet.notes:
        lines += ["", *(f"- {note.text}" for note in sheet.notes)]
    return "\n".join(lines) + "\n"


def html(sheet: Sheet) -> str:
    """Write a sheet as an HTML table, roles as classes."""

    def written(cells: tuple[str, ...], tag: str) -> str:
        aligned = zip(cells, sheet.right, strict=True)
        return "".join(
            f'<{tag} style="text-align: {"right" if right else "left"}">{escape(text)}</{tag}>'
            for text, right in aligned
        )

    lines = [
        "<table>",
        f"<caption>{escape(sheet.title)}</caption>",
        f"<thead><tr>{written(sheet.headings, 'th')}</tr></thead>",
        "<tbody>",
        *(f"<tr>{written(tuple(cell.text for cell in line), 'td')}</tr>" for line in sheet.lines),
        "</tbody>",
        "</table>",
    ]
    if sheet.notes:
        lines += ["<ul>", *(f"<li>{escape(note.text)}</li>" for note in sheet.notes), "</ul>"]
    return "\n".join(lines) + "\n"
