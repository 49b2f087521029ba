"""Errata for people: by the paper that prints the number, each with its explanation and command."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from archcount.printed import PaperSource
from archcount.reporting.detail import Detail
from archcount.reporting.report import how_many
from archcount.reporting.sheet import Sheet, Span, make_sheet
from archcount.reporting.table_sheets import tallied

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


def errata_sheets(
    errata: Sequence[PrintedErratum], remarks: Iterable[Span], detail: Detail = "findings"
) -> Iterator[Sheet]:
    """Lay errata out: the answer, what the words mean, a part for each paper, the answer again."""
    answer = errata_answer(errata)
    if detail == "answer":
        yield make_sheet(answer, (), (), notes=remarks)
        return
    everything = detail == "everything"
    notes = _key(errata, everything=everything) if errata else ()
    yield make_sheet(answer, (), (), notes=(*notes, *remarks))
    for paper in dict.fromkeys(item.paper for item in errata):
        of_paper = (item for item in errata if item.paper == paper)
        notes = [_written(item, everything=everything) for item in of_paper]
        yield make_sheet(paper, (), (), notes=notes)
    if len(errata) > 1:
        yield make_sheet(answer, (), ())


def errata_answer(errata: Sequence[PrintedErratum]) -> str:
    """Return in a line how many printed numbers are known not to match, and by which verdicts."""
    if not errata:
        return "no printed number is declared not to match"
    papers = how_many(len({item.paper for item in errata}), "paper")
    tally = Counter(item.verdict for item in errata)
    found = tallied({verdict: tally[verdict] for verdict in CERTAINTY if tally[verdict]})
    numbers = how_many(len(errata), "printed number")
    return (
        f"{numbers} of {papers} {'is' if len(errata) == 1 else 'are'} known not to match: {found}"
    )


def _key(errata: Sequence[PrintedErratum], *, everything: bool) -> Iterable[Span]:
    more = ", the arithmetic, and the command that shows it" if everything else ""
    yield Span(
        f"Each number as printed and as counted, with the reason{more}. How sure it is why the "
        "two differ:"
    )
    found = {item.verdict for item in errata}
    for verdict, words in CERTAINTY.items():
        if verdict in found:
            yield Span(f"{verdict}: {words}")


def _written(item: PrintedErratum, *, everything: bool) -> Span:
    said = f"{item.cell}: printed {item.printed}, counted {item.computed} ({item.verdict})"
    below = [_sentence(" ".join(item.because.split()))]
    below += [_sentence(item.explanation), item.command] if everything else []
    return Span(said, below=tuple(f"  {line}" for line in below))


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
