"""Where a table was printed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class PaperSource:
    """Where a table was printed.

    Attributes:
        title: the paper's title.
        arxiv: its arXiv identifier with version, if it has one.
        table: which table or figure of it.
        url: another place to find it.
        note: who read it, from what.
    """

    title: str
    arxiv: str = ""
    table: str = ""
    url: str = ""
    note: str = ""

    def __str__(self) -> str:
        where = f"arXiv:{self.arxiv}" if self.arxiv else self.url
        return ", ".join(part for part in (self.title, where, self.table) if part)
