"""The process of a `ProcessWorker`: it answers pickled requests until there are no more.

It is started as `python -m archcount.benchmark.worker_main`. Requests arrive on standard input.
Answers leave on the original standard output; what a model prints goes to standard error.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys

from archcount.benchmark.workers import InlineWorker, WorkerError


def main() -> None:
    """Answer requests until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent process decides when to stop
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    worker = InlineWorker()
    while True:
        try:
            do, how = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        try:
            answer = worker.ask(do, **how)
        except WorkerError as error:
            answer = error
        pickle.dump(answer, answers)
        answers.flush()


if __name__ == "__main__":
    main()
