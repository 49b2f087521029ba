"""Workers, which run one configuration each: a process that is asked by lines of JSON."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, Protocol

from archcount.benchmark.settings import Configuration

if TYPE_CHECKING:
    from torch import nn


Failure = Literal["memory", "killed", "died", "problem"]


class WorkerError(Exception):
    """A worker could not do what it was asked.

    Attributes:
        kind: `memory` ran out, the process was `killed` as by a system without memory, or `died`,
            or there is a `problem` with the model.
        what: in words.
        exit_code: what it makes the command exit with.
    """

    def __init__(self, kind: Failure, what: str, exit_code: int) -> None:
        super().__init__(what)
        self.kind, self.what, self.exit_code = kind, what, exit_code


class Worker(Protocol):
    """Runs one configuration."""

    def ask(self, do: str, **how: Any) -> Any:
        """Have something done, and give what comes of it.

        Raises:
            WorkerError: it could not be done.
        """

    def close(self) -> None:
        """End it, and let go what it held."""


class ProcessWorker:
    """A worker that is a process of its own, so that nothing of another run is in it.

    Args:
        configuration: what it will run; its threads are set before torch is there.
    """

    def __init__(self, configuration: Configuration) -> None:
        self._said = tempfile.TemporaryFile(  # noqa: SIM115 - closed with the process
            "w+", encoding="utf-8", errors="replace"
        )
        self._process = subprocess.Popen(
            [sys.executable, "-m", "archcount.benchmark.worker_main"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            env=variables(configuration),
        )

    def ask(self, do: str, **how: Any) -> Any:
        """Have something done, and give what comes of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps({"do": do, "with": how}) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise self._death()
        try:
            return _value(json.loads(line))
        except json.JSONDecodeError:  # it was ended in the middle of an answer
            raise self._death() from None

    def close(self) -> None:
        """End it, and let go what it held."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._said.close()

    def _death(self) -> WorkerError:
        code = self._process.wait()
        is_killed = code == -signal.SIGKILL
        return WorkerError("killed" if is_killed else "died", self._last_words(code), 3)

    def _last_words(self, code: int) -> str:
        told = f"its process ended with code {code}"
        if code < 0:
            told = f"its process was ended by {_signal_name(-code)}"
            told += ", as systems do when memory runs out" if code == -signal.SIGKILL else ""
        self._said.seek(0)
        lines = self._said.read().strip().splitlines()[-3:]
        return told + (": " + " / ".join(lines) if lines else "")


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
    """A worker that is this process, for a module that no text names.

    Args:
        module: a copy of the model, which is the benchmark's to change.
    """

    def __init__(self, module: nn.Module) -> None:
        from archcount.benchmark.worker_main import Tasks

        self._tasks = Tasks(module)

    def ask(self, do: str, **how: Any) -> Any:
        """Have something done, and give what comes of it."""
        return _value(self._tasks.answer({"do": do, "with": how}))

    def close(self) -> None:
        """Let the model go."""
        self._tasks.close()


def _value(answer: dict[str, Any]) -> Any:
    if "error" in answer:
        raise WorkerError(answer["error"], answer["what"], answer["exit_code"])
    return answer["value"]
