"""What torch keeps in every module, beside what the module's own class puts there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any

from torch import nn

PARTS = ("_parameters", "_buffers", "_modules")
STATE = tuple(vars(nn.Module()))
"""What every module holds, in order."""
CONTAINERS = {
    name: type(value)
    for name, value in vars(nn.Module()).items()
    if name not in PARTS and isinstance(value, dict | set)
}
"""What is nearly always empty of it, with its type."""


def own_containers(held: Mapping[str, Any]) -> Sequence[Any] | None:
    """Give what torch makes for every module; None where something is in it, or is missing."""
    if tuple(islice(held, len(STATE))) != STATE:
        return None
    own: tuple[Any, ...] = _containers(held)
    return None if any(own) or list(map(type, own)) != _KINDS else own


def new_containers() -> dict[str, Any]:
    """Make them anew."""
    return {name: kind() for name, kind in CONTAINERS.items()}


_KINDS = list(CONTAINERS.values())
_containers = itemgetter(*CONTAINERS)


def is_trained_as_torch_does(kind: Any) -> bool:
    """Tell whether `train` does nothing but set a flag on modules of a kind and their parts."""
    names = ("train", "children", "named_children", "__setattr__")
    return not hasattr(kind, "training") and all(
        getattr(kind, name) is getattr(nn.Module, name) for name in names
    )
