"""A page: a title, the answer, and sections of blocks; what the HTML renderer takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from archcount.reporting.sheet import Sheet, Span

NOTHING = Span("")


@dataclass(frozen=True, kw_only=True, slots=True)
class SheetBlock:
    """A table of text, with its notes below it.

    Attributes:
        filtered: whether readers can filter its lines; a page without scripts shows all.
        links: where the first cell of each line leads; empty for a text.
        choices: the headings of columns by whose texts readers can choose lines too.
    """

    kind: ClassVar[str] = "sheet"

    sheet: Sheet
    filtered: bool = True
    links: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Lines:
    """Sentences, one below another; what is indented belongs to the sentence above it."""

    kind: ClassVar[str] = "lines"

    spans: tuple[Span, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A text that leads to another page: of the web, or of the same site; others stay text."""

    text: str
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """Names with what belongs to each: a text, or a link."""

    kind: ClassVar[str] = "facts"

    facts: Mapping[str, str | Link]


@dataclass(frozen=True, kw_only=True, slots=True)
class Links:
    """Links beside one another."""

    kind: ClassVar[str] = "links"

    links: tuple[Link, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Commands:
    """Commands to type, each with what it does."""

    kind: ClassVar[str] = "commands"

    commands: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class GridCell:
    """A cell of a printed table.

    Attributes:
        text: as printed.
        verdict: a mark or a word, and its role.
        details: what it says when it is opened; none where there is no more to say.
        name: what the details are of.
    """

    text: str
    verdict: Span = NOTHING
    details: tuple[Block, ...] = ()
    name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """A printed table whose cells can be opened; the first column names the lines.

    Attributes:
        right: the columns that stand to the right, as numbers do.
        legend: what the marks mean.
    """

    kind: ClassVar[str] = "grid"

    title: str
    headings: tuple[str, ...]
    right: tuple[bool, ...]
    lines: tuple[tuple[GridCell, ...], ...]
    legend: Span = NOTHING


@dataclass(frozen=True, kw_only=True, slots=True)
class Tallies:
    """How many numbers of each kind match, are explained, and are wrong."""

    kind: ClassVar[str] = "tallies"

    tallies: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """One line of a bar chart.

    Attributes:
        number: its length; shown: the same in words.
        other: the length of the second bar, such as the printed number; None for none.
        other_shown: the second one in words.
        verdict: what is said of the two.
    """

    label: str
    number: float
    shown: str
    other: float | None = None
    other_shown: str = ""
    verdict: Span = NOTHING


@dataclass(frozen=True, kw_only=True, slots=True)
class Bars:
    """A bar chart that is a table too, for those who hear it or sort it.

    Attributes:
        names: the headings of the label, the number and the other number; without the last where
            no bar has another number.
    """

    kind: ClassVar[str] = "bars"

    title: str
    names: tuple[str, ...]
    bars: tuple[Bar, ...]

    @property
    def longest(self) -> float:
        """The length of the longest bar."""
        return max((max(bar.number, bar.other or 0) for bar in self.bars), default=0) or 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """A picture.

    Attributes:
        description: what it shows, for those who do not see it.
        svg: the picture, whose texts its writer has escaped; it stands in the page as it is.
    """

    kind: ClassVar[str] = "figure"

    title: str
    description: str
    svg: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TreeLine:
    """One line of a tree, and what stands inside it.

    Attributes:
        cells: its name, then its other texts.
        share: of the whole, from 0 to 1; drawn behind the texts.
    """

    cells: tuple[str, ...]
    share: float
    inside: tuple[TreeLine, ...] = ()
    is_open: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Tree:
    """Lines that are folded into one another.

    Attributes:
        names: the headings of the cells and of the share.
    """

    kind: ClassVar[str] = "tree"

    title: str
    names: tuple[str, ...]
    lines: tuple[TreeLine, ...]
    notes: tuple[Span, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Fold:
    """Blocks that a reader opens."""

    kind: ClassVar[str] = "fold"

    summary: str
    blocks: tuple[Block, ...]
    is_open: bool = False


Block = SheetBlock | Lines | Facts | Links | Commands | Grid | Tallies | Bars | Figure | Tree | Fold
"""A part of a section. Each kind has a macro of its name in `templates/blocks.html`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """Blocks under a heading, to which the page's contents lead; without a title neither."""

    title: str = ""
    blocks: tuple[Block, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A whole page.

    Attributes:
        answer: what it says, in a line; the first thing that is read.
        warnings: what makes it void or doubtful; they stand before the answer.
        links: what leads to the other pages of a site; none where it stands alone.
    """

    title: str
    answer: Span | None = None
    warnings: tuple[Span, ...] = ()
    sections: tuple[Section, ...]
    links: tuple[Link, ...] = ()


def page_of_sheets(title: str, sheets: Iterable[Sheet]) -> Page:
    """Return the page of a report that is sheets alone; one that stands twice is shown once."""
    blocks = tuple(SheetBlock(sheet=sheet) for sheet in dict.fromkeys(sheets))
    return Page(title=title, sections=(Section(blocks=blocks),))
