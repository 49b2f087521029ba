"""The process of a `ProcessWorker`, started as `python -m archcount.benchmark.worker_main`."""

from __future__ import annotations

import os

from archcount.benchmark.workers import InlineWorker
from archcount.engines.worker_process import serve


def main() -> None:
    """Answer requests until there are no more."""
    worker = InlineWorker()
    # A model that forks and runs on would do so in every iteration of every copy.
    os.register_at_fork(after_in_child=worker.leave_when_called)
    serve(worker.ask)


if __name__ == "__main__":
    main()
