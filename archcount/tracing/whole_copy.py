"""A copy of a model with its numbers, to be run without touching the model."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from torch import nn

from archcount.errors import Stopped
from archcount.tracing.model_copy import tensor_copy
from archcount.tracing.object_copy import Copier


def whole_copy(module: nn.Module) -> nn.Module:
    """Return a copy of a module, its tensors where they lie; what cannot be copied is shared.

    It is that of `copy.deepcopy` where there is one: a lock has none, nor have weights that are
    computed of others, as those of the older `weight_norm` are.

    >>> from threading import Lock
    >>> layer = nn.Linear(4, 3)
    >>> layer.lock = Lock()
    >>> copy = whole_copy(layer)
    >>> copy.weight is layer.weight, copy.lock is layer.lock
    (False, True)
    """
    try:
        return deepcopy(module)
    except (KeyboardInterrupt, Stopped):
        raise
    except BaseException:  # of any kind, as it is code of the model's
        copier = Copier(
            lambda tensor: tensor_copy(tensor, str(tensor.device)),
            lambda part, name: _module(part, name, copier),
        )
        copy: nn.Module = copier.copied(module, "the model")
        return copy


def _module(module: nn.Module, name: str, copier: Copier) -> Any:
    copy = copier.keep(module, object.__new__(type(module)))
    for key, value in vars(module).items():
        copy.__dict__[key] = copier.copied(value, f"{name}.{key}")
    return copy
