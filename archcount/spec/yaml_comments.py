"""Texts that YAML takes for comments, such as a printed heading #1×1 that is not in quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archcount.errors import Location, Problem, quote

_LOST = re.compile(r"\s*(?:- )?[^\s#\"'{\[|][^:|]*:\s+(?P<text>#[^\s#].*)")
"""A key with nothing but a comment, which no blank sets apart from its #."""


def lost_texts(text: str, name: str) -> Iterator[Problem]:
    r"""Yield what was probably meant as a text and is a comment.

    >>> [str(problem) for problem in lost_texts("columns:\n  n1: #1×1", "a.yaml")]
    ["a.yaml:2:7: YAML takes '#1×1' for a comment; quote it, or put a blank behind the #"]
    """
    for number, line in enumerate(text.split("\n"), start=1):
        if match := _LOST.fullmatch(line):
            yield Problem(
                what=f"YAML takes {quote(match['text'].strip())} for a comment",
                remedy="quote it, or put a blank behind the #",
                where=Location(name, number, match.start("text") + 1),
            )
