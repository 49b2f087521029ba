"""One pass through a module on the meta device: no weights, no arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Any

from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from archcount.tracing.autograd_graph import mark_gradients, peak_memory
from archcount.tracing.forward_pass import ForwardPass, ModuleTrace
from archcount.tracing.lazy_modules import fit
from archcount.tracing.module_stack import ModuleStack
from archcount.tracing.module_totals import add_up
from archcount.tracing.nested_tensors import tensors_in
from archcount.tracing.recorder import Recorder


def trace(
    module: nn.Module,
    args: Sequence[Any],
    kwargs: Mapping[str, Any] | None = None,
    *,
    run: Callable[..., Any] | None = None,
    parts: Mapping[str, nn.Module] | None = None,
    forbidden: Set[int] = frozenset(),
) -> ForwardPass:
    """Run a module on the meta device and say what every part of it costs.

    Hooks that torch calls for every module are added for the pass and taken away after it.

    Args:
        module: the module, all of it on the meta device.
        args: what it is given in order.
        kwargs: what it is given by name.
        run: how it is run, where not by calling it: a method of it.
        parts: it and all that it holds by path, where they were looked for before.
        forbidden: modules that must not be run, by `id`: those that this one is a copy of.

    Raises:
        UsageError: its code leads back to one of them.

    >>> import torch
    >>> layer = nn.Conv2d(3, 8, 3, device="meta")
    >>> image = torch.empty(1, 3, 5, 5, device="meta")
    >>> trace(layer, [image]).modules[0].cost.conv  # 8 x 9 x 27
    1944
    """
    kwargs = kwargs or {}
    parts = dict(module.named_modules()) if parts is None else parts
    found = {part: ModuleTrace(path=path) for path, part in parts.items()}
    weights = _tensors_of(found)
    if any(map(is_lazy, weights)):
        fit(module, args, kwargs, run.__name__ if run else "forward")
        weights = [tensor for tensor in _tensors_of(found) if not is_lazy(tensor)]
    given = list(tensors_in((args, kwargs)))
    recorder = Recorder(weights, given)
    with ModuleStack(found, recorder, forbidden) as stack, recorder:
        output = (run or module)(*args, **kwargs)
        ends = list(tensors_in(output, use_up=True))  # what a generator does is done now
    results = tuple([recorder.keep(tensor) for tensor in ends])
    unseen = mark_gradients(recorder.nodes(), ends) + stack.elsewhere
    if not ends:
        unseen["", "backward of a result without tensors"] += 1
    add_up(recorder.calls, found, unseen)
    inputs = tuple([recorder.keep(tensor) for tensor in given])
    made = {storage: size for storage, size in recorder.sizes.items() if storage not in inputs}
    return ForwardPass(
        modules=tuple(found.values()),
        calls=tuple(recorder.calls),
        inputs=inputs,
        results=results,
        activation_bytes=sum(made.values()),
        peak_bytes=peak_memory(recorder.calls, recorder.sizes, inputs, results),
        remarks=(_CAST,) if recorder.is_cast else (),
        storages=recorder.storages,
    )


def _tensors_of(parts: Iterable[nn.Module]) -> list[Tensor]:
    """Return the parameters and buffers of modules."""
    return [
        tensor
        for part in parts
        for kind in (part._parameters, part._buffers)
        for tensor in kind.values()
        if tensor is not None
    ]


_CAST = (
    "autocast does nothing without numbers: bytes are those of the full types; for those of "
    "autocast on a CPU, run with --device cpu"
)
