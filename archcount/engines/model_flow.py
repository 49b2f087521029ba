"""One pass of a model, counted, with how its modules read one another."""

from __future__ import annotations

from typing import Any

from torch import nn

from archcount.engines.count_request import CountRequest
from archcount.engines.model_count import ModelCount
from archcount.engines.model_run import run
from archcount.engines.models import counted
from archcount.tracing.module_flow import Run, module_flow
from archcount.tracing.run_context import gc_paused


@gc_paused()
def flow(
    module: nn.Module, given: Any, *, name: str, request: CountRequest
) -> tuple[ModelCount, Run]:
    """Count one call of a model, and tell how its modules read one another; arguments as `run`."""
    copy, inputs, traced = run(module, given, name=name, request=request)
    return counted(copy, inputs, traced, name=name, train=request.train), module_flow(traced)
