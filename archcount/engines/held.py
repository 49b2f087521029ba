"""What the modules of a model hold: their tensors, each counted once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from torch import Tensor, nn
from torch.nn.parameter import is_lazy


def distinct(parts: Iterable[nn.Module], kind: str) -> list[Tensor]:
    """Give the tensors of a kind that modules hold, each once, but those without a size yet."""
    held = {
        id(tensor): tensor
        for part in parts
        for tensor in getattr(part, kind).values()
        if tensor is not None
    }
    return [tensor for tensor in held.values() if not is_lazy(tensor)]


Sizes = tuple[int, int, int]
"""Parameters, those that take a gradient, and numbers in buffers."""


def sizes_of(parts: Mapping[str, nn.Module], *, has_unfit: bool) -> dict[str, Sizes]:
    """Count what every module holds, each tensor once.

    Where nothing is shared, as nearly always, the sums of what a module holds are added up;
    looking through all of it for every module takes longer than the pass.
    """
    held = {path: _own_tensors(part) for path, part in parts.items()}
    tensors = [tensor for own in held.values() for tensor in own]
    children = [child for part in parts.values() for child in part._modules.values() if child]
    is_shared = len(set(map(id, tensors))) < len(tensors)
    if has_unfit or is_shared or len(set(map(id, children))) < len(children):
        return {path: _shared(path, part, parts) for path, part in parts.items()}
    found: dict[str, Sizes] = {}
    below: dict[str, list[Sizes]] = {}
    for path, part in reversed(list(parts.items())):
        size = _held(part._parameters.values(), part._buffers.values()) if held[path] else _EMPTY
        if path in below:
            params, trainable, buffers = zip(size, *below.pop(path), strict=True)
            size = (sum(params), sum(trainable), sum(buffers))
        found[path] = size
        below.setdefault(path.rpartition(".")[0], []).append(size)
    return found


_EMPTY = (0, 0, 0)


def _own_tensors(part: nn.Module) -> list[Tensor]:
    own = (*part._parameters.values(), *part._buffers.values())
    return [tensor for tensor in own if tensor is not None]


def _shared(path: str, part: nn.Module, parts: Mapping[str, nn.Module]) -> Sizes:
    """Count what a module holds, also where what it held was taken from it as it ran."""
    below = [other for name, other in parts.items() if name.startswith(f"{path}." if path else "")]
    held = dict.fromkeys((*part.modules(), *below))
    return _held(distinct(held, "_parameters"), distinct(held, "_buffers"))


def _held(parameters: Iterable[Tensor | None], buffers: Iterable[Tensor | None]) -> Sizes:
    known = [tensor for tensor in parameters if tensor is not None]
    return (
        sum([tensor.numel() for tensor in known]),
        sum([tensor.numel() for tensor in known if tensor.requires_grad]),
        sum([tensor.numel() for tensor in buffers if tensor is not None]),
    )
