"""Many models counted in a pool of processes; each summary is yielded when it is done."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread, Timer

from archcount.engines.count_request import CountRequest
from archcount.engines.model_summary import ModelSummary
from archcount.engines.worker_process import WorkerError, WorkerProcess

_MODULE = "archcount.engines.summary_worker"


def summarize_all(
    names: Sequence[str],
    request: CountRequest,
    *,
    jobs: int | None = None,
    timeout: float | None = None,
) -> Iterator[ModelSummary]:
    """Count models in processes, and yield a line each in the order in which they are done.

    A model that fails, is killed or times out has the reason in its line; the others continue.

    Args:
        names: as `load_model` takes them.
        request: how each is called.
        jobs: processes at a time; as many as there are cores by default.
        timeout: seconds after which a model is given up.
    """
    pool = _ProcessPool(names, request, timeout)
    try:
        for _ in range(min(jobs or os.cpu_count() or 1, len(names))):
            Thread(target=pool.work, daemon=True).start()
        for _ in names:
            yield pool.done.get()
    finally:
        pool.close()


class _ProcessPool:
    """Threads that each send names to a process of their own, until none is left.

    Attributes:
        done: the lines, as they come.
    """

    def __init__(self, names: Sequence[str], request: CountRequest, timeout: float | None) -> None:
        self.done: SimpleQueue[ModelSummary] = SimpleQueue()
        self._names: SimpleQueue[str] = SimpleQueue()
        for name in names:
            self._names.put(name)
        self._request, self._timeout = request, timeout
        self._lock, self._is_closed = Lock(), False
        self._processes: set[WorkerProcess] = set()

    def work(self) -> None:
        """Count one model after another; a process that died is replaced."""
        process: WorkerProcess | None = None
        while not self._is_closed:
            try:
                name = self._names.get_nowait()
            except Empty:
                break
            try:
                process = process or self._started()
            except WorkerError as error:
                self.done.put(ModelSummary(model=name, error=error.what, exit_code=error.exit_code))
                continue
            if process is None:
                return
            line = self._asked(process, name)
            if isinstance(line, WorkerError):
                self._end(process)
                process = None
                line = ModelSummary(model=name, error=line.what, exit_code=line.exit_code)
            self.done.put(line)
        if process is not None:
            self._end(process)

    def close(self) -> None:
        """End all processes."""
        with self._lock:
            self._is_closed = True
            for process in self._processes:
                process.kill()

    def _started(self) -> WorkerProcess | None:
        """Start a process; None where the pool was closed meanwhile."""
        with self._lock:
            if self._is_closed:
                return None
            process = WorkerProcess(_MODULE, {**os.environ, "OMP_NUM_THREADS": "1"})
            self._processes.add(process)
            return process

    def _end(self, process: WorkerProcess) -> None:
        with self._lock:
            self._processes.discard(process)
        process.close()

    def _asked(self, process: WorkerProcess, name: str) -> ModelSummary | WorkerError:
        late = Event()

        def give_up() -> None:
            late.set()
            process.kill()

        timer = Timer(self._timeout or 0, give_up)
        try:
            process.ask("start")  # what is imported takes no time of the model's
            if self._timeout is not None:
                timer.start()
            found: ModelSummary = process.ask("summarize", name=name, request=self._request)
        except WorkerError as error:
            if late.is_set():
                return WorkerError("died", f"not counted within {self._timeout:g} s", 3)
            return error
        except Exception as error:  # of any kind: a line that never comes is waited for
            return WorkerError("died", f"{type(error).__name__}: {error}", 3)
        finally:
            timer.cancel()
        return found
