"""The process that one configuration runs in: it does what it is asked, one line of JSON each.

It is started as `python -m archcount.benchmark.worker_main`. Requests come on standard input;
answers go out where standard output was, which what a model prints does not reach.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archcount.benchmark.settings import Configuration
from archcount.errors import ArchcountError

if TYPE_CHECKING:
    from torch import nn


class Tasks:
    """What a session can be asked for, with answers that JSON can hold.

    Args:
        module: the model, where no target names it.
    """

    def __init__(self, module: nn.Module | None = None) -> None:
        self._module = module
        self._session: Any = None

    def close(self) -> None:
        """Let the model go."""
        self._module = self._session = None

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Do what is asked; an error becomes an answer."""
        try:
            return {"value": self._tasks()[request["do"]](**request["with"])}
        except ArchcountError as error:
            what = "\n".join(str(problem) for problem in error.problems)
            cause = error.__context__
            if cause is not None and _is_out_of_memory(cause):
                return {"error": "memory", "what": _first_line(cause), "exit_code": 3}
            return {"error": "problem", "what": what, "exit_code": error.exit_code}
        except Exception as error:
            if _is_out_of_memory(error):
                return {"error": "memory", "what": _first_line(error), "exit_code": 3}
            told = traceback.format_exception_only(error)[-1].strip()
            where = traceback.extract_tb(error.__traceback__)[-1]
            what = f"{told} ({where.filename}:{where.lineno})"
            return {"error": "problem", "what": what, "exit_code": 2}

    def _tasks(self) -> Mapping[str, Callable[..., Any]]:
        return {
            "prepare": self._prepare,
            "first_call": lambda: self._session.first_call(),
            "block": lambda **how: asdict(self._session.block(**how)),
            "host": lambda: self._session.host_ns(),
            "memory": lambda: self._session.peak_memory(),
            "rows": lambda walks: [asdict(row) for row in self._session.rows(walks)],
            "loss": lambda: self._session.loss.words,
            "save": lambda path: self._session.save_outputs(Path(path)),
            "difference": lambda path: self._session.difference(Path(path)),
            "peak": self._peak,
        }

    def _prepare(self, **settings: Any) -> dict[str, Any]:
        from archcount.benchmark.session import Session

        self._session = Session(Configuration.of(settings), self._module)
        return {"batch": self._session.batch, "remarks": self._session.remarks}

    def _peak(self, **settings: Any) -> dict[str, Any]:
        from archcount.benchmark.peaks import measure_peak

        return asdict(measure_peak(Configuration.of(settings)))


def _is_out_of_memory(error: BaseException) -> bool:
    from archcount.benchmark.devices import is_out_of_memory

    return is_out_of_memory(error)


def _first_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}"


def main() -> None:
    """Answer requests until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who asks decides when to stop
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    tasks = Tasks()
    for line in sys.stdin:
        answers.write(json.dumps(tasks.answer(json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
