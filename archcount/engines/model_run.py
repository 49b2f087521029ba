"""One run of a copy of a model; the model itself is left unchanged."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import Any

import torch
from torch import nn

from archcount.engines.count_request import CountRequest
from archcount.engines.measure import memory_needed
from archcount.engines.weight_types import WeightType
from archcount.errors import ArchcountError, UsageError
from archcount.loading.input_spec import check_batch
from archcount.loading.inputs import Inputs, make_inputs
from archcount.loading.reference import UserCodeError, users_code
from archcount.loading.tokens import TokenRun
from archcount.tracing.forward_pass import ForwardPass
from archcount.tracing.meta_device_mode import MetaDeviceMode
from archcount.tracing.model_copy import ModelCopy
from archcount.tracing.module_parts import tensors_of
from archcount.tracing.run_context import counting_context
from archcount.tracing.trace import trace

_DEFAULT = CountRequest()


def run(
    module: nn.Module,
    given: Any,
    *,
    name: str,
    request: CountRequest = _DEFAULT,
) -> tuple[ModelCopy, Inputs, ForwardPass]:
    """Run a copy of a model once.

    Args:
        module: the model.
        given: its inputs, as `make_inputs` takes or gives them, or how many tokens it is given.
        name: what the model is called in messages.
        request: how it is called.

    Raises:
        UsageError: it is no module, or the inputs are none.
        UserCodeError: the model raised something.
        UnavailableError: it is too large to run.
    """
    _check(module)
    redirect = False
    while True:
        was_imported = _COMPILER in sys.modules
        try:
            found = _run(module, given, name, request, redirect)
        except UserCodeError:
            if redirect or request.device != "meta":
                raise
            redirect = True
        except ArchcountError:
            if was_imported or _COMPILER not in sys.modules:
                raise
        else:
            if was_imported or _COMPILER not in sys.modules:
                return found
        # The first use of some operators, such as torch.cond and checkpoints, imports the
        # compiler, and what that import computes was recorded as the model's: run it again.


_COMPILER = "torch._dynamo"


def _run(
    module: nn.Module, given: Any, name: str, request: CountRequest, redirect: bool
) -> tuple[ModelCopy, Inputs, ForwardPass]:
    """Run a copy of a model, whatever torch imports meanwhile."""
    device = request.device
    with counting_context(), memory_needed("take a smaller --input"):
        with _failures(name, "", device):
            copy = ModelCopy(module, device)
            copy.set_mode(request.train)
            if request.dtype:
                WeightType.read(request.dtype).convert(copy.module)
        inputs = given
        mode = MetaDeviceMode() if redirect else nullcontext()
        if isinstance(given, TokenRun):
            with _failures(name, str(given), device), mode:
                inputs = given.prepared(copy)
        elif not isinstance(given, Inputs):
            check_batch(given, request.batch)
            inputs = make_inputs(given, batch=request.batch, dtype=_dtype(copy), device=device)
        known = [*copy.known, *inputs.known]
        with _failures(name, str(inputs), device), mode:
            traced = trace(
                copy.module,
                inputs.args,
                inputs.kwargs,
                parts=copy.parts,
                forbidden=copy.originals,
                known=known if device == "meta" else None,
                attention=request.attention,
            )
            if isinstance(given, TokenRun):
                inputs = given.measured(copy, inputs)
    return copy, inputs, traced


def _check(module: Any) -> None:
    if isinstance(module, nn.Module):
        return
    kind = type(module).__name__
    what, remedy = f"a {kind} is not a model", ""
    if isinstance(module, type):
        what, remedy = (
            f"the class {module.__name__} is not a model",
            f"create an instance: {module.__name__}(...)",
        )
    raise UsageError.of(what, allowed="an nn.Module, or a table", remedy=remedy)


def _dtype(copy: ModelCopy) -> torch.dtype:
    """Return the type of a model's own numbers."""
    for tensor in tensors_of(copy.parts):
        if tensor.is_floating_point():
            return tensor.dtype
    return torch.float32


def _failures(name: str, inputs: str, device: str) -> Any:
    remedy = "if it takes another input, give it with --input"
    if device == "meta":
        remedy += "; if its code reads values of tensors, add --device cpu, or give inputs "
        remedy += "with values by --inputs"
    return users_code(f"{name} failed on {inputs or 'no input'}", remedy)
