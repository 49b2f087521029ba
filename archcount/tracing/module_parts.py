"""The modules that a model holds, and their tensors, whatever its own methods say of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from torch import Tensor, nn


def parts_of(module: nn.Module) -> dict[str, nn.Module]:
    """Return a module and all that it holds by path, each once.

    They are those of `nn.Module.named_modules`, which a model may have a method of its own for, as
    for those by which torch finds tensors.

    >>> [*parts_of(nn.Sequential(nn.Linear(4, 3), nn.Sequential(nn.ReLU())))]
    ['', '0', '1', '1.0']
    """
    found: dict[str, nn.Module] = {}
    _add(found, set(), "", module)
    return found


def _add(found: dict[str, nn.Module], known: set[int], path: str, module: nn.Module) -> None:
    if id(module) in known:
        return
    known.add(id(module))
    found[path] = module
    for name, child in module._modules.items():
        if child is not None:
            _add(found, known, f"{path}.{name}" if path else name, child)


def tensors_of(parts: Mapping[str, nn.Module]) -> Iterator[Tensor]:
    """Yield the parameters of modules, then their buffers; shared ones come again.

    >>> [tensor.dim() for tensor in tensors_of(parts_of(nn.Linear(4, 3)))]
    [2, 1]
    """
    for held in ("_parameters", "_buffers"):
        for part in parts.values():
            yield from (tensor for tensor in getattr(part, held).values() if tensor is not None)
