"""A user's model made: without weights where it can be."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import torch
from torch import nn

from archcount.errors import Problem, UsageError
from archcount.loading.reference import find, users_code


def build(
    reference: str, arguments: Mapping[str, Any] | None = None, device: str = "meta"
) -> nn.Module:
    """Make the module that a reference names: call it, unless it is a module already.

    It is made on the meta device, so that a model of any size takes no memory; where its code
    must see numbers while it is made, on the CPU.

    Raises:
        UsageError: there is no such thing, or it gives no module.
        UserCodeError: the user's code raised something.

    >>> build("torch.nn:Linear", {"in_features": 4, "out_features": 3}).weight.device.type
    'meta'
    """
    found = find(reference)
    if not isinstance(found, nn.Module):
        if not callable(found):
            raise _no_module(reference, found)
        found = _called(found, reference, dict(arguments or {}), device)
    elif arguments:
        raise UsageError(
            Problem(what=f"{reference} is a module already", remedy="leave --arg away")
        )
    if not isinstance(found, nn.Module):
        raise _no_module(reference, found)
    return found


def _called(found: Any, reference: str, arguments: dict[str, Any], device: str) -> Any:
    if device == "meta":
        # Whatever fails may only need numbers; what else is wrong fails again below, and is told.
        with suppress(Exception, SystemExit), torch.device("meta"):
            return found(**arguments)
    with users_code(f"{reference} failed"):
        return found(**arguments)


def _no_module(reference: str, found: Any) -> UsageError:
    return UsageError(
        Problem(
            what=f"{reference} gives a {type(found).__name__}",
            allowed="an nn.Module, a class of one, or a function that returns one",
        )
    )
