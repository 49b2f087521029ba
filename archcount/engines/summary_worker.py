"""A process of `summarize_all`, started as `python -m archcount.engines.summary_worker`."""

from __future__ import annotations

import warnings
from time import perf_counter
from typing import Any

from archcount.engines import models
from archcount.engines.count_request import CountRequest
from archcount.engines.model_run import run
from archcount.engines.model_summary import ModelSummary, summary_of
from archcount.engines.worker_process import serve
from archcount.errors import ArchcountError
from archcount.loading.model_target import load_model
from archcount.tracing.layer_sequence import layers_of


def summarize(name: str, request: CountRequest) -> ModelSummary:
    """Count one model; a failure is described in its line.

    >>> summarize("torch.nn:Linear", CountRequest(input="2",
    ...     arguments={"in_features": 2, "out_features": 3})).macs
    6
    """
    start = perf_counter()
    try:
        module, own = load_model(name, arguments=request.arguments, device=request.device)
        copy, inputs, traced = run(module, request.given(own), name=name, request=request)
        count = models.counted(copy, inputs, traced, name=name, train=request.train)
        depth = layers_of(traced).depth
    except ArchcountError as error:
        what, code = "; ".join(str(problem) for problem in error.problems), error.exit_code
    except Exception as error:  # of any kind: the other models go on
        what, code = f"{type(error).__name__}: {error}", 3
    else:
        return summary_of(count, depth=depth, seconds=perf_counter() - start)
    seconds = perf_counter() - start
    return ModelSummary(model=name, seconds=seconds, error=_line(what), exit_code=code)


def _line(text: str) -> str:
    """Write a message of several lines, without its advice and traceback, in one."""
    lines = [line for line in text.splitlines() if line.strip()]
    return " ".join(line for line in lines if not line.startswith("  "))


def answer(do: str, **how: Any) -> ModelSummary | None:
    """Answer `summarize`, or `start`, which all imports are done for."""
    return summarize(**how) if do == "summarize" else None


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # they would fill the file that errors are read from
    serve(answer)
