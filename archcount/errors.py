"""What can go wrong for a user: each error says where, what, what is allowed, what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import ClassVar, Self, TypeVar

from archcount.control_characters import visible

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, order=True, slots=True)
class Location:
    """A place in a file; lines and columns count from 1.

    >>> str(Location("tables/googlenet.yaml", 12, 5))
    'tables/googlenet.yaml:12:5'
    """

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing that is wrong, with its place, what is allowed there, and what to do.

    Attributes:
        below: further lines, such as those of a traceback.

    >>> print(Problem(what="unknown key 'colour'", allowed="name, source", remedy="remove it"))
    unknown key 'colour'; allowed: name, source; remove it
    """

    what: str
    allowed: str = ""
    remedy: str = ""
    where: Location | None = None
    below: tuple[str, ...] = ()

    def __str__(self) -> str:
        allowed = f"allowed: {_shortened(self.allowed)}" if self.allowed else ""
        if self.remedy.startswith(_DID_YOU_MEAN):  # the list may be long
            parts = [self.what, " ".join(filter(None, (self.remedy, allowed)))]
        else:
            parts = [self.what, *filter(None, (allowed, self.remedy))]
        place = f"{self.where}: " if self.where else ""
        return "\n".join(map(visible, (place + "; ".join(parts), *self.below)))


MOST_SHOWN = 50
"""How many problems of one error are shown; the rest are counted."""
_DID_YOU_MEAN = "did you mean"
_LONG_LIST = 200
"""The letters of what is allowed that are not said again and again."""
_LONGEST_LIST = 2_000
"""The letters of what is allowed that are shown."""
_MOST_WORDS = 1_000
"""Among more words than this, none that is alike is looked for."""


class ArchcountError(Exception):
    """The base of every error that is the user's to mend; carries one or more problems.

    >>> import archcount as ac
    >>> try:
    ...     ac.load("googlnet")
    ... except ac.ArchcountError as error:
    ...     print(error.problems[0].what, error.problems[0].remedy, error.exit_code, sep="; ")
    unknown table 'googlnet'; did you mean 'googlenet'?; 2
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (
            (problems,) if isinstance(problems, Problem) else tuple(problems)
        )
        super().__init__(problems)

    def __str__(self) -> str:
        return "\n".join(self.lines)  # whatever code between adds to the arguments

    @property
    def lines(self) -> tuple[str, ...]:
        """The first `MOST_SHOWN` problems in a line each, long lists once, and how many more."""
        shown: list[str] = []
        lists: set[str] = set()
        for problem in self.problems[:MOST_SHOWN]:
            again = problem.allowed in lists and len(problem.allowed) > _LONG_LIST
            shown.append(str(replace(problem, allowed="as above") if again else problem))
            lists.add(problem.allowed)
        more = len(self.problems) - len(shown)
        return (*shown, f"and {more:,} more problems") if more else tuple(shown)

    @classmethod
    def of(
        cls, what: str, *, allowed: str = "", remedy: str = "", where: Location | None = None
    ) -> Self:
        """Return the error of one problem."""
        return cls(Problem(what=what, allowed=allowed, remedy=remedy, where=where))


class InvalidTableError(ArchcountError):
    """A table file that cannot be read, or whose architecture cannot be built."""


class UsageError(ArchcountError):
    """A name, option or path on the command line (or in a call) that does not fit."""


class UnavailableError(ArchcountError):
    """A device, its memory, or an optional part is missing."""

    exit_code: ClassVar[int] = 3


class Stopped(BaseException):
    """A signal asked the program to stop; goes through whatever catches exceptions or exits."""


class InvalidValueError(ValueError):
    """A value that a layer or a notation refuses; the caller who knows the place adds it.

    Attributes:
        argument: the name of the layer argument at fault, where there is one.
    """

    def __init__(
        self, what: str, *, allowed: str = "", remedy: str = "", argument: str = ""
    ) -> None:
        self.what, self.allowed, self.remedy, self.argument = what, allowed, remedy, argument
        super().__init__(str(self.at(None)))

    def at(self, where: Location | None, context: str = "") -> Problem:
        """Place the error: a `Problem` at `where`, the words of `context` before it."""
        what = f"{context}: {self.what}" if context else self.what
        return Problem(what=what, allowed=self.allowed, remedy=self.remedy, where=where)


def _shortened(words: str) -> str:
    """Leave out the end of a list that is longer than anybody reads."""
    if len(words) <= _LONGEST_LIST:
        return words
    shown, _, _ = words[:_LONGEST_LIST].rpartition(", ")
    return f"{shown or words[:_LONGEST_LIST]}, and more"


def each(items: Iterable[T], read: Callable[[T], R]) -> list[R]:
    """Return `read(item)` of every item.

    Raises:
        InvalidTableError: with the problems of all items.
    """
    done: list[R] = []
    problems: list[Problem] = []
    for item in items:
        try:
            done.append(read(item))
        except ArchcountError as error:
            problems += error.problems
    if problems:
        raise InvalidTableError(problems)
    return done


def quote(text: str, limit: int = 60) -> str:
    """Quote a piece of the user's text for a message, shortened to `limit` characters.

    >>> quote("7y7")
    "'7y7'"
    """
    return repr(text if len(text) <= limit else text[: limit - 3] + "...")


def suggestion(text: str, allowed: Iterable[str]) -> str:
    """Name the closest allowed word as advice, or nothing when none is close.

    >>> suggestion("maxpol", ["conv", "maxpool"])
    "did you mean 'maxpool'?"
    """
    words, text = list(allowed), str(text)  # whatever a call gave for a name
    if len(words) > _MOST_WORDS:
        return ""
    alike = [word for word in words if word.lower() == text.lower()]
    close = alike or get_close_matches(text[:100], words, n=1)
    return f"{_DID_YOU_MEAN} {close[0]!r}?" if close else ""


def unknown_name(what: str, name: str, known: Iterable[str]) -> UsageError:
    """Return the error for a name that is not among the known ones.

    >>> str(unknown_name("no row", "conv9", ["conv1", "pool"]))
    "no row 'conv9'; did you mean 'conv1'? allowed: conv1, pool"
    """
    known = list(known)
    return UsageError.of(
        f"{what} {quote(name)}", allowed=", ".join(known), remedy=suggestion(name, known)
    )
