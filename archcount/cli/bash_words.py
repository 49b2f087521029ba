"""Completion in bash, which parts words at @ and at colons: resnet@50, timm:resnet50."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from itertools import pairwise

ASKED = ("_ARCHCOUNT_COMPLETE", "complete_bash")
"""The variable by which bash asks for completions, and its value."""
_BREAKS = re.compile("[@:]+")


@contextmanager
def whole_words() -> Iterator[None]:
    """Put words that bash has parted together, and answer with what stands behind the last break.

    Words of anyone else, who has them in one line, are left as they are.
    """
    words = os.environ.get("COMP_WORDS", "").split("\n")
    if os.environ.get(ASKED[0]) != ASKED[1] or len(words) == 1:
        yield
        return
    begun = words[: int(os.environ["COMP_CWORD"]) + 1]
    whole = begun[:1]
    for before, word in pairwise(begun):
        if _BREAKS.fullmatch(word) or _BREAKS.fullmatch(before):
            whole[-1] += word
        else:
            whole.append(word)
    os.environ |= {"COMP_WORDS": "\n".join(whole), "COMP_CWORD": str(len(whole) - 1)}
    known = re.sub("[^@:]*$", "", whole[-1])
    try:
        with redirect_stdout(io.StringIO()) as answer:
            yield
    finally:
        sys.stdout.writelines(
            line.removeprefix(known) for line in answer.getvalue().splitlines(keepends=True)
        )
