"""The graph of autograd after a pass: which calls get a gradient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from torch import Tensor
from torch.autograd.function import BackwardCFunction

from archcount.tracing.forward_pass import Call


def mark_gradients(calls: Mapping[Any, Call], ends: Iterable[Tensor]) -> Counter[tuple[str, str]]:
    """Mark the calls that a gradient comes back to, along the graph that autograd itself keeps.

    A gradient goes from a result to what it was computed from, tensor by tensor: what shares its
    memory, such as what it was detached from, has no part in it. Calls are given by the node of
    the graph that hands a gradient back through them.

    Returns:
        The number of backward functions that cannot be counted, by module and name: those of
        custom autograd functions of the model, in Python or in C++.
    """
    unseen: Counter[tuple[str, str]] = Counter()
    waiting = [(end.grad_fn, "") for end in ends if end.grad_fn is not None]
    met: set[Any] = set()
    while waiting:
        node, place = waiting.pop()
        if node in met:
            continue
        met.add(node)
        call = calls.get(node)
        if call is not None:
            place = call.place
        if _is_unseen(node, call):
            unseen[place, _told(node)] += 1
        elif call is not None:
            call.has_gradient = True
        waiting += [(other, place) for other, _ in node.next_functions if other is not None]
    return unseen


def _is_unseen(node: Any, call: Call | None) -> bool:
    """Return whether the backward function of a node is not known from the forward pass."""
    if type(node).__name__ != "CppFunction":  # a node without a class of its own
        name = node.name  # its text takes a while
        return isinstance(node, BackwardCFunction) and not (
            _INDEX in name() or _is_known(node, call)
        )
    return call is None or _SCRIPTED in node.name()


def _is_known(node: Any, call: Call | None) -> bool:
    """Return whether a node is of a library's operator, whose rule counts its backward pass too."""
    if call is None or call.pattern.charge is None:
        return False
    name = call.pattern.operation.name.replace(".", "_")
    return str(node.name()).startswith(f"GeneratedBackwardFor_{name}_")


_INDEX = "ModIndex"
"""In the name of the node for an index in a function that is given to `flex_attention`."""
_SCRIPTED = "DifferentiableGraph"
"""In the name of the node for what torch has fused of a scripted function."""


def _told(node: Any) -> str:
    """Name the backward pass of a node."""
    if _SCRIPTED in node.name():
        return "backward of a scripted function"
    return f"backward of {node.name().removesuffix('Backward')}"
