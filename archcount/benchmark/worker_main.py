"""The process of a `ProcessWorker`, started as `python -m archcount.benchmark.worker_main`."""

from __future__ import annotations

from archcount.benchmark.workers import InlineWorker
from archcount.engines.worker_process import serve


def main() -> None:
    """Answer requests until there are no more."""
    serve(InlineWorker().ask)


if __name__ == "__main__":
    main()
