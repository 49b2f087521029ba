"""A worker process that answers requests, so that a crash in it is contained."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from threading import Thread, Timer
from typing import Any, Literal

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


class WorkerProcess:
    """A Python process that runs a module, which answers requests by `serve`.

    One that has not answered after `timeout` seconds is killed.

    Raises:
        WorkerError: it could not be started.
    """

    def __init__(
        self, module: str, environment: Mapping[str, str], timeout: float | None = None
    ) -> None:
        self._timeout = timeout
        self._is_late = False
        with ExitStack() as stack:
            try:
                self._stderr = stack.enter_context(
                    tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")
                )
                self._process = subprocess.Popen(
                    python(module),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self._stderr,
                    env=environment,
                )
            except OSError as error:
                raise not_started(error) from None
            stack.pop_all()  # closed with the process

    def ask(self, do: str, **how: Any) -> Any:
        """Make a request, and return the result.

        Args:
            do: what the module knows it by.
            how: its keyword arguments.

        Raises:
            WorkerError: it failed.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            with self._deadline():
                self._process.stdin.write(pickle.dumps((do, how)))
                self._process.stdin.flush()
                answer = pickle.load(self._process.stdout)
        except (BrokenPipeError, EOFError, pickle.UnpicklingError):
            raise self._death() from None
        if isinstance(answer, WorkerError):
            raise answer
        return answer

    @contextmanager
    def _deadline(self) -> Iterator[None]:
        """Kill the process where what is done in here takes too long."""
        if self._timeout is None:
            yield
            return
        timer = Timer(self._timeout, self._give_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _give_up(self) -> None:
        self._is_late = True
        self._process.kill()

    def kill(self) -> None:
        """Kill the process; a pending request fails."""
        self._process.kill()

    def close(self) -> None:
        """Kill the process, and close its files."""
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
        if self._is_late:
            return WorkerError("died", late(self._timeout), 3)
        what = f"its process ended with code {code}"
        if code < 0:
            what = f"its process was ended by {_signal_name(-code)}"
            what += ", as systems do when memory runs out" if code == -signal.SIGKILL else ""
        self._stderr.seek(0)
        lines = self._stderr.read().strip().splitlines()[-3:]
        what += ": " + " / ".join(lines) if lines else ""
        return WorkerError("killed" if code == -signal.SIGKILL else "died", what, 3)


def not_started(error: OSError) -> WorkerError:
    """Return the failure of a process that the system did not start."""
    what = (error.strerror or str(error)).lower()
    return WorkerError("died", f"no process could be started: {what}", 3)


def late(seconds: float | None) -> str:
    """Return what is said of a process that did not answer in time."""
    return f"it did not answer within {seconds:,g} s; --timeout gives it longer"


def python(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module in a process that imports what this one does.

    It looks for modules in the same places in the same order, and not in the current folder.
    """
    places = [place for place in sys.path if place]
    code = (
        f"import runpy, sys; sys.path[:] = {places!r}; "
        f"runpy.run_module({module!r}, run_name='__main__', alter_sys=True)"
    )
    return [sys.executable, "-P", "-c", code, *arguments]


def _signal_name(number: int) -> str:
    with suppress(ValueError):
        return signal.Signals(number).name
    return f"signal {number}"


def serve(answer: Callable[..., Any]) -> None:
    """Answer pickled requests from standard input until there are no more.

    Answers leave on the original standard output; what a model prints goes to standard error, and
    what it reads is empty. The process ends with the one that started it.

    Args:
        answer: is called with a request's name, and its keyword arguments.
    """
    for number in (signal.SIGINT, signal.SIGHUP):  # the parent process decides when to stop
        signal.signal(number, signal.SIG_IGN)
    Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    process = os.getpid()
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    while True:
        try:
            do, how = pickle.load(requests)
        except EOFError:
            return
        try:
            found = answer(do, **how)
        except WorkerError as error:
            found = error
        if os.getpid() != process:
            os._exit(0)  # a copy that the model has made
        pickle.dump(found, answers)
        answers.flush()


def _end_with(parent: int) -> None:
    """End this process when the one that started it has ended, whatever it is doing."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
