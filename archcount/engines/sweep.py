"""Many combinations of a table's numbers, each counted in closed form, one at a time."""

from __future__ import annotations

import os
import re
import signal
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, product, takewhile
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NoReturn

from archcount.architecture import parse_expression
from archcount.architecture.memo import Memo
from archcount.engines.formula import count
from archcount.errors import (
    ArchcountError,
    InvalidValueError,
    Problem,
    UnavailableError,
    UsageError,
    quote,
)
from archcount.layers import Shape
from archcount.spec.load import load_table
from archcount.spec.table import Table

_PAYS = 5_000
"""Combinations from which on more processes finish sooner than one: on two cores 4,000 do not."""
_CHUNK = 250
"""Combinations that a process is given at a time."""
_REMEMBERED = 20_000
"""Blocks that are remembered at a time: at the ends of networks many sizes are alike."""
_PLAIN = re.compile(r"[1-9][0-9]{0,8}")
"""Values of a range, which need no closer look."""

Combination = tuple[tuple[int, ...], tuple[str, ...], int]
"""Input sizes (empty for the table's own), values of the `let` names, and a batch."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Axes:
    """What is varied, each in order.

    Attributes:
        inputs: input sizes, (channels, height, width); empty for the table's own alone.
        lets: the values of each `let` name.
        batches: how many images operations are counted for.
    """

    inputs: Sequence[tuple[int, ...]] = ()
    lets: Mapping[str, Sequence[str]]
    batches: Sequence[int] = (1,)

    def __len__(self) -> int:
        """Say how many combinations there are."""
        number = max(1, len(self.inputs)) * len(self.batches)
        for values in self.lets.values():
            number *= len(values)
        return number

    def combinations(self) -> Iterator[Combination]:
        """Give every combination, the batch changing fastest."""
        inputs = self.inputs or ((),)
        yield from product(inputs, product(*self.lets.values()), self.batches)


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """One combination, counted.

    Attributes:
        input: (channels, height, width).
        lets: the values of the names that were varied.
        batch: how many images `macs` are of.
        params: trained numbers; None where the rows do not go together so.
        weights: those of kernels.
        macs: multiply-accumulates of the batch.
        output: (channels, height, width).
        problem: why it cannot be counted, or empty.
    """

    input: tuple[int, ...]
    lets: tuple[str, ...]
    batch: int
    params: int | None = None
    weights: int | None = None
    macs: int | None = None
    output: tuple[int, ...] | None = None
    problem: str = ""


Points = Generator[Point, None, None]


def sweep(table: Table, variant: str, axes: Axes, jobs: int | None = None) -> Points:
    """Count every combination in order; at no time are more than a few hundred in memory.

    Who takes no more of them closes what is given, so that its processes end.

    Args:
        table: the table.
        variant: of the table.
        axes: what is varied.
        jobs: processes; where nothing is said one for few combinations, else one a core.

    Raises:
        UsageError: there is no such variant or name, or a value can never be a number.
        UnavailableError: while it is taken: a process could not be started, or has ended by itself.
    """
    names = tuple(axes.lets)
    _check(table, variant, axes)
    number = jobs or (1 if len(axes) < _PAYS else os.cpu_count() or 1)
    if number == 1:
        return _Counter(table, variant, names).points(axes.combinations())
    return _in_parallel((table.path, variant, names), axes.combinations(), number)


def _check(table: Table, variant: str, axes: Axes) -> None:
    """Let a variant, a name or a value fail before anything is counted."""
    known = list(table.variant(variant).let)
    if any(name not in known for name in axes.lets):
        table.variant(variant).expand(None, dict.fromkeys(axes.lets, "1"))
    for name, values in axes.lets.items():
        for value in values:
            if not _PLAIN.fullmatch(value):
                _check_value(name, value, known[: known.index(name)])


def _check_value(name: str, value: str, before: Sequence[str]) -> None:
    """Refuse what can be no number, whatever the other names are.

    Args:
        name: the `let` name.
        value: what it is to be.
        before: the names that it may read.

    Raises:
        UsageError: it is no expression, reads another name, or is never a number.
    """
    try:
        expression = parse_expression(value)
        unknown = [read for read in expression.names if read not in before]
        if unknown:
            allowed = ", ".join(["numbers", *before])
            raise InvalidValueError(f"{quote(unknown[0])} is no name here", allowed=allowed)
        if not expression.names:
            expression.evaluate(lambda _: Fraction(1))
    except InvalidValueError as error:
        raise UsageError(error.at(None, f"let {name}")) from None


class _Counter:
    """Counts combinations of one table; what blocks expanded to is remembered between them.

    Args:
        table: the table.
        variant: of the table.
        names: the `let` names that are varied.
    """

    def __init__(self, table: Table, variant: str, names: Sequence[str]) -> None:
        self._network, self._names = table.variant(variant), names
        self._memo = Memo()

    def points(self, combinations: Iterable[Combination]) -> Points:
        """Count combinations; what changes the batch alone is not counted anew."""
        last: tuple[object, ...] = ()
        point = Point(input=(), lets=(), batch=1)
        for size, lets, batch in combinations:
            if (size, lets) != last:
                last = (size, lets)
                point = self._point(size, dict(zip(self._names, lets, strict=True)))
            yield Point(
                input=point.input,
                lets=lets,
                batch=batch,
                params=point.params,
                weights=point.weights,
                macs=None if point.macs is None else point.macs * batch,
                output=point.output,
                problem=point.problem,
            )

    def _point(self, size: tuple[int, ...], lets: Mapping[str, str]) -> Point:
        if len(self._memo) > _REMEMBERED:
            self._memo = Memo()
        own = size or self._network.input.dims
        values = tuple(lets.values())
        shape = Shape(size) if size else None
        try:
            found = count(self._network.expand(shape, lets, self._memo)).total
        except ArchcountError as error:
            return Point(input=own, lets=values, batch=1, problem=str(error.problems[0].what))
        return Point(
            input=own,
            lets=values,
            batch=1,
            params=found.params,
            weights=found.weights,
            macs=found.cost.macs,
            output=found.output,
        )


_Job = tuple[Path, str, tuple[str, ...]]


def _in_parallel(job: _Job, combinations: Iterator[Combination], jobs: int) -> Points:
    """Count chunks in processes, which end when no more is taken.

    Raises:
        UnavailableError: a process could not be started, or has ended by itself.
    """
    context = get_context("spawn")
    stop = context.RawValue("b", 0)
    try:
        pool = ProcessPoolExecutor(
            jobs, mp_context=context, initializer=_begin, initargs=(*job, stop)
        )
        try:
            yield from _taken(pool, combinations, 2 * jobs)
        finally:
            stop.value = 1
            pool.shutdown(cancel_futures=True)
    except BrokenExecutor:
        _give_up("a process of the sweep ended before its work was done; it may have been killed")
    except OSError as error:
        _give_up(f"the processes of the sweep failed: {(error.strerror or str(error)).lower()}")


def _give_up(what: str) -> NoReturn:
    raise UnavailableError(
        Problem(what=what, remedy="count in one process with --jobs 1")
    ) from None


def _taken(pool: ProcessPoolExecutor, combinations: Iterator[Combination], most: int) -> Points:
    """Hand out chunks, a few ahead of what is taken, and give what was counted in order."""
    ahead: deque[Future[list[Point]]] = deque()
    for chunk in iter(lambda: list(islice(combinations, _CHUNK)), []):
        with _no_interrupt():
            ahead.append(pool.submit(_chunk, chunk))
        if len(ahead) > most:
            yield from ahead.popleft().result()
    while ahead:
        yield from ahead.popleft().result()


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """Hold signals to stop back until this is over, also from a process that is started here."""
    if not hasattr(signal, "pthread_sigmask"):  # pragma: no cover
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_WORK: list[tuple[_Counter, Any]] = []
"""What a process counts with, and where it is told to stop."""


def _begin(path: Path, variant: str, names: tuple[str, ...], stop: Any) -> None:
    """Load the table once; an interrupt is for the process that asks, which then sets `stop`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    _WORK.append((_Counter(load_table(path, str(path)), variant, names), stop))


def _chunk(combinations: list[Combination]) -> list[Point]:
    counter, stop = _WORK[0]
    wanted = takewhile(lambda _: not stop.value, combinations)
    return list(counter.points(wanted))
