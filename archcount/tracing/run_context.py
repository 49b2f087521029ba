"""Context managers around a pass: settings of torch, random states, garbage collection."""

from __future__ import annotations

import gc
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from archcount.tracing.process_state import same_process
from archcount.tracing.torch_internals import COND


@contextmanager
def gc_paused() -> Iterator[None]:
    """Keep Python from looking for cycles among the many small things of a pass.

    Nearly all of them are let go without it; looking for cycles takes longer than the pass.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def counting_context() -> Iterator[None]:
    """Let a pass show what it does, and leave the process as it was; one pass after another.

    Fused paths are switched off, so that attention, recurrent layers and encoders come to the
    products that they are made of; gradients are on, so that it is seen which are needed.

    >>> before = torch.random.get_rng_state()
    >>> with counting_context():
    ...     _ = torch.rand(1)
    >>> torch.equal(before, torch.random.get_rng_state())
    True
    """
    with same_process(), ExitStack() as stack:
        warnings.simplefilter("ignore")
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        stack.enter_context(sdpa_kernel(SDPBackend.MATH))
        # Scripted functions would be fused, their backward passes too, from the second call on.
        stack.enter_context(torch.jit.optimized_execution(False))  # type: ignore[attr-defined]
        stack.enter_context(torch.backends.mkldnn.flags(enabled=False))
        if "torch._dynamo" in sys.modules:  # a long import, without which nothing is compiled yet
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        else:  # what it meets first in a pass, it would take for not to be compiled ever after
            uncompiled = partial(torch.compile, disable=True)
            stack.enter_context(patch.object(torch, "compile", uncompiled))
        stack.enter_context(patch.object(COND, "__call__", _branch))
        torch.backends.mha.set_fastpath_enabled(False)
        yield


def _branch(
    operator: Any,
    chosen: Any,
    then: Callable[..., Any],
    other: Callable[..., Any],
    operands: Any = (),
) -> Any:
    """Do what `torch.cond` chooses, which is a question of numbers as any `if` is."""
    return (then if chosen else other)(*operands)
