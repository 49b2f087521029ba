"""Tensors as shape, type, strides and origin; and the memories that they lie in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from archcount.errors import UsageError
from archcount.operators.operation import Origin, TensorSpec
from archcount.tracing.torch_internals import stored


class Memories:
    """The memories of all tensors of a pass, and what the tensors in them were made from.

    A view has the storage of what it shows, so an origin belongs to a storage. All that are met are
    kept, which takes no memory on the meta device, so that no `id` is used twice.

    Attributes:
        origins: what the tensors in each memory were made from.
        kept: the storages themselves by their `id`.
    """

    def __init__(self) -> None:
        self.origins: dict[int, Origin] = {}
        self.kept: dict[int, Any] = {}
        self._is_plain = True

    def keep(self, tensor: Tensor) -> int:
        """Keep the memory of a tensor for as long as the pass, and return its `id`."""
        try:
            storage = tensor.untyped_storage()
        except NotImplementedError:
            parts = None if tensor.is_meta or tensor.is_nested else stored(tensor)
            if tensor.is_nested:
                raise nested(tensor) from None
            if parts is None:
                raise _not_dense(tensor) from None
            storage = parts[-1].untyped_storage()
        number = id(storage)
        self.kept[number] = storage
        return number

    def read(
        self,
        func: Any,
        args: Sequence[Any],
        kwargs: Mapping[str, Any] | None,
        specs: dict[int, TensorSpec],
        memories: list[int],
    ) -> Any:
        """Return all that an operation's result depends on, None where that is more than sizes.

        Its tensors are put in `specs` by `id`, and their memories in `memories`: the storage of a
        spec is the place of its memory there.
        """
        self._is_plain = True
        parts = [func, torch.get_default_dtype(), *self._parts(args, specs, memories)]
        if kwargs:
            parts += zip(kwargs, self._parts(kwargs.values(), specs, memories), strict=True)
        if not self._is_plain:
            return None
        if len(set(memories)) < len(memories):  # which of them share their memory
            parts.append(tuple(map(memories.index, memories)))
        return tuple(parts)

    def _parts(
        self, values: Iterable[Any], specs: dict[int, TensorSpec], memories: list[int]
    ) -> list[Any]:
        """Return what a result depends on in each of some arguments."""
        parts: list[Any] = []
        for value in values:
            kind = type(value)
            if isinstance(value, Tensor):
                known = specs.get(id(value))
                parts.append(known or self._spec(value, specs, memories))
            elif kind is int or value is None:
                parts.append(value)
            elif kind is list or kind is tuple:
                parts.append(tuple(self._parts(value, specs, memories)))
            elif kind in _NUMBERS:
                # 1, 1.0 and True are equal as keys, and make tensors of other types; -0.0 is 0.0.
                parts.append((kind, repr(value)))
            else:
                self._is_plain = self._is_plain and kind in _CONSTANTS
                parts.append(value)
        return parts

    def _spec(
        self, tensor: Tensor, specs: dict[int, TensorSpec], memories: list[int]
    ) -> TensorSpec:
        self._is_plain = self._is_plain and tensor.is_meta and is_strided(tensor)
        number = self.keep(tensor)
        origin = self.origins.get(number)
        if not origin:  # a constant, or a parameter that the model hides, or makes as it runs
            origin = Origin.WEIGHT if isinstance(tensor, nn.Parameter) else Origin.CONSTANT
            self.origins[number] = origin
        spec = specs[id(tensor)] = described(tensor, origin, len(memories))
        memories.append(number)
        return spec


_NUMBERS = frozenset((bool, float, complex))
_CONSTANTS = frozenset((str, torch.dtype, torch.device, torch.layout, torch.memory_format))


def is_plain(tensor: Tensor) -> bool:
    """Return whether a tensor is dense, without numbers, and of no other kind."""
    return tensor.is_meta and is_strided(tensor)


def is_strided(tensor: Tensor) -> bool:
    """Return whether a tensor is dense, and of no other kind."""
    kind = type(tensor)
    return (
        (kind is Tensor or kind is nn.Parameter)
        and tensor.layout is torch.strided
        and not tensor.is_conj()
        and not tensor.is_neg()
    )


def tensors_of(value: Any) -> list[Tensor]:
    """Return the tensors in what an operation is given or gives."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, list | tuple):
        return [tensor for item in value for tensor in tensors_of(item)]
    return []


def described(tensor: Tensor, origin: Origin, storage: int) -> TensorSpec:
    """Return a tensor written out."""
    if tensor.is_nested:
        raise nested(tensor)
    dtype = _NAMES.get(tensor.dtype)
    if dtype is None:
        dtype = _NAMES[tensor.dtype] = str(tensor.dtype).removeprefix("torch.")
    layout: Any = ()  # never symbolic here
    stored = None
    if tensor.layout is torch.strided:
        layout = (tensor.storage_offset(), *tensor.stride())
    else:
        stored = numbers_in(tensor)
    shape = tuple(tensor.shape)
    # Not by its own __new__, which takes twice as long.
    made: TensorSpec = _new(
        TensorSpec, (shape, dtype, origin, tensor.requires_grad, storage, layout, stored)
    )
    return made


_new: Any = tuple.__new__
_NAMES: dict[torch.dtype, str] = {}
_META = torch.device("meta")


def numbers_in(tensor: Tensor) -> int:
    """Return how many numbers a tensor has: of a sparse one, those that are stored.

    >>> numbers_in(torch.eye(4).to_sparse())
    4
    """
    parts = None if tensor.layout is torch.strided or tensor.is_meta else stored(tensor)
    return parts[-1].numel() if parts else tensor.numel()


def bytes_of(tensor: Tensor) -> int:
    """Return the bytes of a tensor's numbers, with the indices of those of a sparse one.

    >>> bytes_of(torch.eye(4).to_sparse())  # two indices of 8 bytes each, and 4 bytes
    80
    """
    parts = None if tensor.layout is torch.strided or tensor.is_meta else stored(tensor)
    return sum(part.nbytes for part in parts) if parts else tensor.nbytes


def made_as(spec: TensorSpec) -> Tensor:
    """Return a new tensor of the sizes, strides and type of another."""
    dtype = getattr(torch, spec.dtype)
    return torch.empty_strided(spec.shape, spec.layout[1:], dtype=dtype, device=_META)


def is_new(made: Sequence[Tensor], memories: Iterable[int]) -> bool:
    """Return whether `made_as` makes tensors as they are: in memory of their own."""
    storages = [item.untyped_storage() for item in made]  # kept while their `id` is used
    own = set(map(id, storages))
    return len(own) == len(made) and own.isdisjoint(memories) and all(map(_is_simple, made))


def _is_simple(item: Tensor) -> bool:
    if type(item) is not Tensor or not is_plain(item) or item.is_quantized or item.storage_offset():
        return False
    other = made_as(described(item, Origin.CONSTANT, 0))
    return other.untyped_storage().nbytes() == item.untyped_storage().nbytes()


def nested(tensor: Tensor) -> UsageError:
    """Return the error of a nested tensor."""
    kind = "jagged" if tensor.layout is torch.jagged else "nested"
    return UsageError.of(
        f"the model works on a {kind} tensor, in which sequences have lengths of their own",
        allowed="dense tensors, and sparse ones",
        remedy="count a padded batch, or a call for each sequence, and add these up",
    )


def _not_dense(tensor: Tensor) -> UsageError:
    kind = str(tensor.layout).removeprefix("torch.")
    return UsageError.of(
        f"the model works on a tensor of the layout {kind}, whose numbers are not known",
        allowed="dense tensors on the meta device",
        remedy="add --device cpu, or make it dense with .to_dense() while the model is counted",
    )
