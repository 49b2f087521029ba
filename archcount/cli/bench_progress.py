"""What a benchmark is doing, on stderr: one line that changes on a terminal, else a line each."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from statistics import median

from archcount.benchmark.runner import Phase, Progress, silent
from archcount.benchmark.trial import Trial
from archcount.cli.output import is_closed, is_terminal
from archcount.reporting.figures import percent, significant


class Line:
    """Shows each step as a line of text.

    Args:
        write: takes the line.
        every: whether every step is shown, or each phase of a configuration once.
    """

    def __init__(self, write: Callable[[str], None], *, every: bool) -> None:
        self._write, self._every = write, every
        self._last = ""

    def show(self, trial: Trial, phase: Phase, left_ns: float) -> None:
        """Show a step."""
        told = f"{trial.configuration.label}: {phase}"
        if not self._every:
            if phase in ("starting", "done") and told != self._last:
                self._last = told
                self._write(told + _estimate(trial))
            return
        left = f"; at most {left_ns / 1e9:.0f} s of sampling left"
        self._write(told + _estimate(trial) + left)


def _estimate(trial: Trial) -> str:
    """Write what is known by now of an iteration."""
    sampling = trial.sampling
    if sampling is None:
        blocks = trial.warming.blocks
        return f", {significant(median(blocks[-1].samples_ns) / 1e6)} ms" if blocks else ""
    if not sampling.blocks:
        return ""
    known = trial.measurement.statistics or sampling.statistics
    if known is not None and known.half_width is not None:
        return f", {significant(known.median_ns / 1e6)} ms ±{percent(known.half_width)}"
    return f", {significant(median(sampling.blocks[-1].samples_ns) / 1e6)} ms"


def _to_stderr(text: str) -> None:
    with suppress(OSError):  # nobody reads it any more
        print(text, file=sys.stderr, flush=True)  # noqa: T201


@contextmanager
def shown() -> Iterator[Progress]:
    """Give what shows the progress of a benchmark."""
    if is_closed(sys.stderr):
        yield silent
        return
    if not is_terminal(sys.stderr):
        yield Line(_to_stderr, every=False).show
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status("starting") as status:
        yield Line(lambda text: status.update(Text(text)), every=True).show
