"""All that is used of torch beyond what it documents, in one place.

Nothing here has a documented counterpart. Where a version of torch lacks one of these, importing
this module says so.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _device, _python_dispatch
from torch.utils._python_dispatch import TorchDispatchMode

from archcount.errors import UnavailableError


def _internal(owner: Any, name: str) -> Any:
    """Return a name of torch's own.

    Raises:
        UnavailableError: this version of torch has no such name.
    """
    found = getattr(owner, name, None)
    if found is None:
        kind = getattr(owner, "__name__", type(owner).__name__)
        raise UnavailableError.of(
            f"torch {torch.__version__} has no {kind}.{name}, which counting needs",
            allowed="torch 2.6 or newer; the newest that was tried is 2.14.1",
            remedy="install torch 2.14.1",
        )
    return found


_python_state = _internal(torch._C, "_RestorePythonTLSSnapshot")
_is_any_autocast_enabled = _internal(torch._C, "_is_any_autocast_enabled")

DispatchMode = TorchDispatchMode
"""The base of what is called for every operation, below autograd."""
PARTS = ("_parameters", "_buffers", "_modules")
"""Where a module keeps its parameters, buffers and modules, by name."""
FORWARD_HOOKS = ("_forward_hooks", "_forward_pre_hooks")
"""Where it keeps the hooks that are run in a forward pass."""
OTHER_HOOKS = (
    "_backward_hooks",
    "_backward_pre_hooks",
    "_state_dict_hooks",
    "_state_dict_pre_hooks",
    "_load_state_dict_pre_hooks",
    "_load_state_dict_post_hooks",
)
"""Where it keeps those that are not."""
COMPILED = "_compiled_call_impl"
"""Where it keeps what torch has compiled of it."""
SHARDING = "__composable_api_state_key"
"""How the names begin under which `torch.distributed` keeps how it is sharded."""
DEFAULT_DEVICE = _internal(torch, "_GLOBAL_DEVICE_CONTEXT")
"""What knows, for each thread, the device that tensors are made on by default."""
GIVEN_DEVICE = (_device, ("CURRENT_DEVICE",))
"""Where torch notes that device too."""
GLOBAL_HOOKS: tuple[dict[int, Any], ...] = tuple(
    _internal(nn.modules.module, name)
    for name in (
        "_global_buffer_registration_hooks",
        "_global_module_registration_hooks",
        "_global_parameter_registration_hooks",
        "_global_backward_pre_hooks",
        "_global_backward_hooks",
        "_global_forward_pre_hooks",
        "_global_forward_hooks",
        "_global_forward_hooks_always_called",
        "_global_forward_hooks_with_kwargs",
    )
)
"""The hooks that torch calls for every module."""


def _stack(owner: Any, name: str) -> tuple[Callable[[], list[Any]], Callable[[list[Any]], None]]:
    """Return what reads the modes that are on, and what sets them."""
    read, pop, push = (_internal(owner, each) for each in (name, "_pop_mode", "_push_mode"))

    def write(modes: list[Any]) -> None:
        while read():
            pop()
        for mode in modes:
            push(mode)

    return read, write


_top_hooks = _internal(torch._C._autograd, "_top_saved_tensors_default_hooks")
_pop_hooks = _internal(torch._C._autograd, "_pop_saved_tensors_default_hooks")


def _leave_hooks(before: Any) -> None:
    while _top_hooks(True) not in (before, None):
        _pop_hooks()


HOOKS_ENTERED = (torch._C._autograd, "_push_saved_tensors_default_hooks")
"""Where the function is by which such hooks are entered."""
SAVING = (lambda: _top_hooks(True), _leave_hooks)
"""How the hooks that saved tensors go through are read, and those that came after are left."""


def _disable_hooks(message: str | None) -> None:
    if message is None:
        _internal(torch._C._autograd, "_saved_tensors_hooks_enable")()
    else:
        _internal(torch._C._autograd, "_saved_tensors_hooks_disable")(message)


DISABLED_HOOKS = (
    _internal(torch._C._autograd, "_saved_tensors_hooks_get_disabled_error_message"),
    _disable_hooks,
)
"""How it is read and set that there are to be no such hooks: by what is told to who enters some."""
MODES = (
    _stack(torch.overrides, "_get_current_function_mode_stack"),
    _stack(_python_dispatch, "_get_current_dispatch_mode_stack"),
)
"""How the modes that calls of functions go through are read and set, and those of operations."""


def selected() -> list[Any]:
    """Return what selective checkpoints keep that are being run, with the tensors in it."""
    read, _ = MODES[1]
    return [
        _internal(mode, "storage")
        for mode in read()
        if type(mode).__name__ == "_CachingTorchDispatchMode"
    ]


MODE_FLAGS = (
    _python_dispatch,
    tuple(name for name in vars(_python_dispatch) if name.startswith("_is_in_")),
)
"""Where torch notes whether some of operations are on."""
_internal(*HOOKS_ENTERED)
for _name in (*PARTS, *FORWARD_HOOKS, *OTHER_HOOKS):
    _internal(nn.Module(), _name)


def stored(tensor: Tensor) -> list[Tensor] | None:
    """Return the indices and values that a sparse tensor consists of, None of another layout."""
    if tensor.layout is torch.sparse_coo:
        return [tensor._indices(), tensor._values()]
    if tensor.layout in (torch.sparse_csr, torch.sparse_bsr):
        return [tensor.crow_indices(), tensor.col_indices(), tensor.values()]
    if tensor.layout in (torch.sparse_csc, torch.sparse_bsc):
        return [tensor.ccol_indices(), tensor.row_indices(), tensor.values()]
    return None


def state_of(packed: Any) -> Any:
    """Return what an object of a class of torch in C++ consists of, as pickling takes it."""
    return packed._get_method("__getstate__")()


COND = type(_internal(import_module("torch._higher_order_ops.cond"), "cond_op"))
"""The class of the operator that `torch.cond` gives both branches to."""
FLEX = "torch.nn.attention.flex_attention"
"""The module of FlexAttention."""
FLEX_OPERATOR, FLEX_CHECK = "flex_attention_hop", "_validate_device"
"""Where it has the operator that is compiled, and what refuses devices without a kernel."""


def dense_flex_attention() -> Callable[..., Any]:
    """Return what FlexAttention computes, as matrix products and a softmax."""
    module = import_module("torch._higher_order_ops.flex_attention")
    dense: Callable[..., Any] = _internal(module, "sdpa_dense")
    return dense


def base_of(tensor: Tensor) -> Tensor | None:
    """Return what a tensor is a view of, None where it is none."""
    return tensor._base


def is_autocast() -> bool:
    """Return whether autocast is on where an operation was called, asked where it is dispatched."""
    nested = torch.autocast_increment_nesting()
    torch.autocast_decrement_nesting()
    if nested == 1:
        return False
    with _python_state():  # below, where operations arrive, it is off
        return bool(_is_any_autocast_enabled())
