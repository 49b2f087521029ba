"""Workers that run one configuration each: a process of its own, or this process."""

from __future__ import annotations

import os
import traceback
from typing import TYPE_CHECKING, Any

from archcount.benchmark.settings import Configuration
from archcount.engines.worker_process import WorkerError, WorkerProcess
from archcount.errors import ArchcountError

if TYPE_CHECKING:
    from torch import nn


class ProcessWorker(WorkerProcess):
    """A worker in a process of its own, whose threads are set before torch is imported.

    Of its requests, `prepare` with a configuration makes its session and returns the batch and
    remarks; `measure_peak` measures its device; any other is a method of the session.
    """

    def __init__(self, configuration: Configuration, timeout: float | None = None) -> None:
        super().__init__("archcount.benchmark.worker_main", variables(configuration), timeout)


def variables(configuration: Configuration) -> dict[str, str]:
    """Return the environment variables of a process that runs a configuration."""
    if configuration.threads is None:
        return {**os.environ}
    return {**os.environ, "OMP_NUM_THREADS": str(configuration.threads)}


class InlineWorker:
    """A worker in this process, for a copy of a model, or for what the target names.

    Args:
        module: the model, which is left as it is.
    """

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

    def leave_when_called(self) -> None:
        """End this process, which is a copy of another, when it is to run the model again."""
        if self._session is not None:
            self._session.leave_when_called()

    def _done(self, do: str, how: dict[str, Any]) -> Any:
        if do == "measure_peak":
            from archcount.benchmark.peaks import measure_peak

            return measure_peak(**how)
        if do == "prepare":
            from archcount.benchmark.session import Session
            from archcount.loading.reference import users_code
            from archcount.tracing.whole_copy import whole_copy

            configuration: Configuration = how["configuration"]
            with users_code(f"{configuration.target} failed"):
                copy = None if self._module is None else whole_copy(self._module)
                self._session = Session(configuration, copy)
            return self._session.batch, self._session.remarks
        return getattr(self._session, do)(**how)


Worker = ProcessWorker | InlineWorker
"""Runs one configuration."""


def _summary(error: BaseException) -> str:
    return traceback.format_exception_only(error)[-1].strip()
