"""A process of `summarize_all`, started as `python -m archcount.engines.summary_worker`."""

from __future__ import annotations

import warnings
from time import perf_counter
from typing import Any

from archcount.engines import models
from archcount.engines.model_run import run
from archcount.engines.model_summary import ModelSummary, summary_of
from archcount.engines.summaries import CountRequest
from archcount.engines.worker_process import serve
from archcount.errors import ArchcountError, UsageError
from archcount.loading.model_target import load_model
from archcount.loading.reference import find_callable
from archcount.loading.tokens import TokenRun
from archcount.tracing.layer_sequence import layers_of


def summarize(name: str, request: CountRequest) -> ModelSummary:
    """Count one model; whatever fails is told in its line.

    >>> summarize("torch.nn:Linear", CountRequest(inputs=("2",),
    ...     arguments={"in_features": 2, "out_features": 3})).macs
    6
    """
    start = perf_counter()
    try:
        module, own = load_model(name, arguments=request.arguments, device=request.device)
        given = _given(request, own)
        copy, inputs, traced = run(
            module,
            given,
            name=name,
            batch=request.batch,
            train=request.train,
            device=request.device,
            attention=request.attention,
        )
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


def _given(request: CountRequest, own: tuple[str, ...]) -> Any:
    """Return what a model is called with, its own input where nothing else is asked for."""
    tokens = request.decode if request.prefill is None else request.prefill
    if tokens is not None:
        return TokenRun(
            tokens=tokens,
            is_decode=request.prefill is None,
            batch=request.batch,
            device=request.device,
        )
    if request.maker:
        return find_callable(request.maker)
    if not request.inputs and not own:
        raise UsageError.of("no input given", remedy="give --input 3x224x224")
    return list(request.inputs) or own


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
