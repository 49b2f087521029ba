"""One pass of a model, counted, with how its modules read one another."""

from __future__ import annotations

from typing import Any

from torch import nn

from archcount.engines.count_request import CountRequest
from archcount.engines.model_count import ModelCount
from archcount.engines.models import count_pass
from archcount.tracing.module_flow import Run, module_flow
from archcount.tracing.run_context import gc_paused


@gc_paused()
def flow(
    module: nn.Module, given: Any, *, name: str, request: CountRequest
) -> tuple[ModelCount, Run]:
    """Count one call of a model, and tell how its modules read one another; arguments as `run`."""
    record, traced = count_pass(module, given, name=name, request=request)
    return record, module_flow(traced)
