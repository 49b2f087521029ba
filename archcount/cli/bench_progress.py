"""The progress of a benchmark on stderr: one changing line on a terminal, else lines."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from archcount.benchmark.runner import Phase, Progress, silent
from archcount.benchmark.trial import Trial
from archcount.cli.output import is_closed, is_terminal
from archcount.cli.standard_output import say
from archcount.control_characters import visible
from archcount.reporting.figures import milliseconds, percent


@contextmanager
def shown() -> Iterator[Progress]:
    """Yield the function that shows each step of a benchmark."""
    if is_closed(sys.stderr):
        yield silent
        return
    if not is_terminal(sys.stderr):
        yield _print
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status("starting") as status:

        def update(trial: Trial, phase: Phase, left_ns: float) -> None:
            left = f"; at most {left_ns / 1e9:.0f} s of sampling left"
            status.update(Text(_step(trial, phase) + left))

        yield update


def _print(trial: Trial, phase: Phase, left_ns: float) -> None:
    """Print the start and the end of a configuration."""
    if phase in ("starting", "done") and not trial.process:
        say(_step(trial, phase))


def _step(trial: Trial, phase: Phase) -> str:
    """Return the current step, and the time of an iteration so far."""
    text = visible(f"{trial.configuration.label}: {phase}")
    sampling = trial.sampling
    blocks = sampling.blocks if sampling else trial.warming.blocks
    if not blocks:
        return text
    known = trial.measurement.statistics or (sampling.statistics if sampling else None)
    if known is not None and known.half_width is not None:
        return f"{text}, {milliseconds(known.median_ns)} ms ±{percent(known.half_width)}"
    return f"{text}, {milliseconds(median(blocks[-1].samples_ns))} ms"
