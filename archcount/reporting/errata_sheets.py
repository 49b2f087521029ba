"""Errata for people: by the paper that prints the number, each with its explanation and command."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from archcount.printed import PaperSource
from archcount.reporting.sheet import Sheet, Span, make_sheet

CERTAINTY = {
    "contradiction": "certain, for the paper's own numbers disagree",
    "convention": "likely, for another way of counting gives the printed number",
    "reading": "likely, for another reading gives every printed number of its row or model",
    "off": "open, for the printed network gives another number, and why is only what is said here",
}
"""How sure it is why a number is not the printed one, by its verdict."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PrintedErratum:
    """A printed number that the file of its table declares not to match.

    Attributes:
        table: the table's name.
        variant: the variant that the number is printed for; empty for the table itself.
        source: the paper that prints it, as a whole.
        cell: its table, the row or model and the column; or where a claim stands, and of what.
        printed: as printed.
        computed: in the paper's notation.
        verdict: what was found.
        explanation: why, as it was worked out.
        because: the reason that the file gives.
        command: the command that shows it.
    """

    table: str
    variant: str
    source: PaperSource
    cell: str
    printed: str
    computed: str
    verdict: str
    explanation: str
    because: str
    command: str

    @property
    def paper(self) -> str:
        """The paper in a line: who printed it, when and where."""
        return ", ".join(filter(None, (self.source.short_authors, str(self.source))))

    @property
    def certainty(self) -> str:
        """How sure it is why the number is not the printed one."""
        return CERTAINTY[self.verdict]


def errata_sheets(errata: Sequence[PrintedErratum], remarks: Iterable[Span]) -> Iterator[Sheet]:
    """Lay errata out: what the words mean, then a part for each paper."""
    papers = dict.fromkeys(item.paper for item in errata)
    title = f"errata: {len(errata)} printed numbers of {len(papers)} papers"
    notes = _key() if errata else [Span("none is declared")]
    yield make_sheet(title, (), (), notes=(*notes, *remarks))
    for paper in papers:
        notes = [Span(_written(item)) for item in errata if item.paper == paper]
        yield make_sheet(paper, (), (), notes=notes)


def _key() -> Iterable[Span]:
    yield Span(
        "Each number as printed and as counted, the reason, the arithmetic, and the command that "
        "shows it. How sure it is why the two differ:"
    )
    for verdict, words in CERTAINTY.items():
        yield Span(f"{verdict}: {words}")


def _written(item: PrintedErratum) -> str:
    lines = [f"{item.cell}: printed {item.printed}, counted {item.computed} ({item.verdict})"]
    lines += [_sentence(item.because), _sentence(item.explanation), f"`{item.command}`"]
    return "\n  ".join(lines)


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
