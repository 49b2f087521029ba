"""Workers that run one configuration each: a process of its own, or this process."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import tempfile
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

from archcount.benchmark.settings import Configuration
from archcount.errors import ArchcountError

if TYPE_CHECKING:
    from torch import nn

Failure = Literal["memory", "killed", "died", "problem"]


class WorkerError(Exception):
    """A request to a worker failed.

    Attributes:
        kind: out of `memory`, the process was `killed` (as systems do without memory) or `died`,
            or there is a `problem` with the model.
        what: the message.
        exit_code: the exit code of the command.
    """

    def __init__(self, kind: Failure, what: str, exit_code: int) -> None:
        super().__init__(kind, what, exit_code)
        self.kind, self.what, self.exit_code = kind, what, exit_code


class ProcessWorker:
    """A worker in a process of its own, whose threads are set before torch is imported."""

    def __init__(self, configuration: Configuration) -> None:
        self._stderr = tempfile.TemporaryFile(  # noqa: SIM115 - closed with the process
            "w+", encoding="utf-8", errors="replace"
        )
        self._process = subprocess.Popen(
            [sys.executable, "-m", "archcount.benchmark.worker_main"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env=variables(configuration),
        )

    def ask(self, do: str, **how: Any) -> Any:
        """Make a request, and return the result.

        Args:
            do: `prepare` with a configuration makes its session and returns the batch and remarks;
                `measure_peak` measures its device; any other is a method of the session.
            how: its keyword arguments.

        Raises:
            WorkerError: it failed.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(pickle.dumps((do, how)))
            self._process.stdin.flush()
            answer = pickle.load(self._process.stdout)
        except (BrokenPipeError, EOFError, pickle.UnpicklingError):
            raise self._death() from None
        if isinstance(answer, WorkerError):
            raise answer
        return answer

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._stderr.close()

    def _death(self) -> WorkerError:
        code = self._process.wait()
        what = f"its process ended with code {code}"
        if code < 0:
            what = f"its process was ended by {_signal_name(-code)}"
            what += ", as systems do when memory runs out" if code == -signal.SIGKILL else ""
        self._stderr.seek(0)
        lines = self._stderr.read().strip().splitlines()[-3:]
        what += ": " + " / ".join(lines) if lines else ""
        return WorkerError("killed" if code == -signal.SIGKILL else "died", what, 3)


def variables(configuration: Configuration) -> dict[str, str]:
    """Return the environment variables of a process that runs a configuration."""
    found = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    if configuration.threads is not None:
        found["OMP_NUM_THREADS"] = str(configuration.threads)
    return found


def _signal_name(number: int) -> str:
    with suppress(ValueError):
        return signal.Signals(number).name
    return f"signal {number}"


class InlineWorker:
    """A worker in this process, for a copy of a model, or for what the target names."""

    def __init__(self, module: nn.Module | None = None) -> None:
        self._module = module
        self._session: Any = None

    def ask(self, do: str, **how: Any) -> Any:
        """Make a request, as for `ProcessWorker`."""
        from archcount.benchmark.devices import is_out_of_memory

        try:
            return self._done(do, how)
        except Exception as error:
            cause = error.__context__ if isinstance(error, ArchcountError) else error
            if cause is not None and is_out_of_memory(cause):
                raise WorkerError("memory", _summary(cause).splitlines()[0], 3) from None
            if isinstance(error, ArchcountError):
                what = "\n".join(str(problem) for problem in error.problems)
                raise WorkerError("problem", what, error.exit_code) from None
            where = traceback.extract_tb(error.__traceback__)[-1]
            what = f"{_summary(error)} ({where.filename}:{where.lineno})"
            raise WorkerError("problem", what, 2) from None

    def close(self) -> None:
        """Free the model."""
        self._module = self._session = None

    def _done(self, do: str, how: dict[str, Any]) -> Any:
        if do == "measure_peak":
            from archcount.benchmark.peaks import measure_peak

            return measure_peak(**how)
        if do == "prepare":
            from archcount.benchmark.session import Session

            self._session = Session(how["configuration"], self._module)
            return self._session.batch, self._session.remarks
        return getattr(self._session, do)(**how)


Worker = ProcessWorker | InlineWorker
"""Runs one configuration."""


def _summary(error: BaseException) -> str:
    return traceback.format_exception_only(error)[-1].strip()
