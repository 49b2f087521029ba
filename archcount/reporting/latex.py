"""LaTeX: a sheet as a table for the package booktabs, every text of it escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archcount.control_characters import visible
from archcount.reporting.sheet import Sheet

_ON_ONE_PAGE = 50
"""The lines of a table that stands on one page; longer ones go on over pages."""
_OF_PROSE = 40
"""Characters from which a text that may be broken gets a paragraph's width."""
_BEYOND_LATIN = re.compile("[^\u0000-\u024f\u2010-\u203a]")
"""What pdfLaTeX has no character for, without further packages."""

_ESCAPES = str.maketrans(
    {
        **{mark: f"\\{mark}" for mark in "&%$#_{}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        '"': r"{\char34}",
        "`": r"\textasciigrave{}",
        "≈": r"$\approx$",
        "≥": r"$\geq$",
        "✓": r"$\surd$",
        "✗": r"$\times$",
        **{power: f"$^{digit}$" for digit, power in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
    }
)


def escaped(text: str) -> str:
    r"""Write a text so that LaTeX shows it as it is, on one line.

    >>> print(escaped(r"\input{x} & 5_a -- -1.3%"), escaped("[1]"), escaped("resnet-50"))
    \textbackslash{}input\{x\} \& 5\_a -{}- $-$1.3\% {[}1] resnet-50
    """
    line = " ".join(visible(text).split())
    line = re.sub("-(?=-)", "-{}", line.translate(_ESCAPES))
    line = re.sub(r"(?<![\w}-])-(?=\d)", "$-$", line)
    # After the end of a line both would be read as its arguments.
    return f"{{{line[0]}}}{line[1:]}" if line.startswith(("[", "*")) else line


def latex(sheet: Sheet) -> str:
    """Write a sheet as a LaTeX table with its title as the caption and its notes below."""
    notes = [_paragraph(line) for note in sheet.notes for line in note.lines]
    if not sheet.headings:
        lines = [rf"\medskip\noindent\textbf{{{escaped(sheet.title)}}}\par", *notes]
    elif len(sheet.lines) <= _ON_ONE_PAGE:
        lines = [_preamble("booktabs"), *_table(sheet), *notes, r"\end{table}"]
    else:
        lines = [_preamble("booktabs", "longtable"), *_long_table(sheet), *notes]
    if _BEYOND_LATIN.search("".join(lines)):
        lines.insert(0, "% To be compiled by LuaLaTeX or XeLaTeX, in a font that has its letters.")
    return "\n".join(lines) + "\n"


def _preamble(*packages: str) -> str:
    return "% In the preamble: " + " ".join(rf"\usepackage{{{name}}}" for name in packages)


def _paragraph(text: str) -> str:
    return rf"\noindent {_indented(text)}\par" if text.strip() else ""


def _indented(text: str) -> str:
    """Write a text with the blanks before it, half as wide as a letter each."""
    blanks = len(text) - len(text.lstrip())
    return (rf"\hspace*{{{blanks / 2:g}em}}" if blanks else "") + escaped(text)


def _table(sheet: Sheet) -> list[str]:
    """Return a table up to its notes."""
    return [
        r"\begin{table}",
        r"\centering\small",
        rf"\caption{{{escaped(sheet.title)}}}",
        rf"\begin{{tabular}}{{{_alignment(sheet)}}}",
        *_heading(sheet),
        *_lines(sheet),
        r"\bottomrule",
        r"\end{tabular}",
        *([r"\par\medskip\raggedright\footnotesize"] if sheet.notes else []),
    ]


def _long_table(sheet: Sheet) -> list[str]:
    """Return a table that repeats its heading on each page."""
    return [
        rf"\begin{{longtable}}{{{_alignment(sheet)}}}",
        rf"\caption{{{escaped(sheet.title)}}}\\",
        *_heading(sheet),
        r"\endhead",
        r"\bottomrule",
        r"\endlastfoot",
        *_lines(sheet),
        r"\end{longtable}",
    ]


def _alignment(sheet: Sheet) -> str:
    return "".join(
        "r" if right else r"p{0.35\linewidth}" if _is_prose(sheet, place) else "l"
        for place, right in enumerate(sheet.right)
    )


def _is_prose(sheet: Sheet, place: int) -> bool:
    return not sheet.whole[place] and any(len(line[place].text) > _OF_PROSE for line in sheet.lines)


def _heading(sheet: Sheet) -> list[str]:
    return [r"\toprule", _line(sheet.headings), r"\midrule"]


def _lines(sheet: Sheet) -> Iterator[str]:
    for number, line in enumerate(sheet.lines):
        if number in sheet.rule_before:
            yield r"\midrule"
        yield _line(tuple(cell.text for cell in line))


def _line(cells: tuple[str, ...]) -> str:
    return " & ".join(_indented(cell) for cell in cells) + r" \\"
