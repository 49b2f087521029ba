"""What an operation is given: as the key of an answer, and written out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from archcount.errors import Problem, UsageError
from archcount.operators.operation import Origin, TensorSpec
from archcount.tracing.facts import Facts

_keys_of = torch._C._dispatch_keys


class Reader:
    """Reads the arguments of operations.

    Attributes:
        origins: what the tensors in each memory were made from.
    """

    def __init__(self) -> None:
        self.origins: dict[int, Origin] = {}
        # A view has the storage of what it shows, so an origin belongs to a storage. All that are
        # met are kept, which takes no memory on the meta device: no number is used twice.
        self._kept: dict[int, Any] = {}

    def keep(self, tensor: Tensor) -> int:
        """Keep the memory of a tensor for as long as the reader, and give its number."""
        try:
            storage = tensor.untyped_storage()
        except NotImplementedError:
            raise _not_dense(tensor) from None
        number: int = storage._cdata
        self._kept[number] = storage
        return number

    def key(
        self, func: Any, args: Sequence[Any], kwargs: Mapping[str, Any] | None, read: list[int]
    ) -> Any:
        """Give all that an answer depends on, None where that is more than sizes.

        Args:
            func: the operation.
            args: its arguments in order.
            kwargs: its arguments by name.
            read: is given the memories of its tensors.
        """
        try:
            parts = [func, torch.get_default_dtype(), *[self._part(item, read) for item in args]]
            if kwargs:
                parts += [(name, self._part(item, read)) for name, item in kwargs.items()]
        except _MoreError:
            return None
        if len(set(read)) < len(read):  # which of them share their memory
            parts.append(tuple(map(read.index, read)))
        return tuple(parts)

    def _part(self, value: Any, read: list[int]) -> Any:
        """Give what an answer depends on in an argument."""
        kind = type(value)
        if kind is int or value is None:
            return value
        if kind is Tensor or kind is nn.Parameter:
            keys = _keys_of(value).raw_repr()
            if keys not in _PLAIN_KEYS:
                raise _MoreError
            number, origin = self.met(value)
            read.append(number)
            return (
                value.shape,
                value.stride(),
                value.storage_offset(),
                value.dtype,
                value.requires_grad,
                origin,
                keys,
            )
        if kind is list or kind is tuple:
            return tuple([self._part(item, read) for item in value])
        # 1, 1.0 and True are equal as keys, and make tensors of other types; -0.0 is 0.0.
        if kind in _NUMBERS:
            return kind, repr(value)
        if kind in _CONSTANTS:
            return kind, value
        raise _MoreError

    def met(self, tensor: Tensor) -> tuple[int, Origin]:
        """Give the memory of a tensor, and what was made from; both are noted."""
        number = tensor.untyped_storage()._cdata
        origin = self.origins.get(number)
        if not origin:  # a constant, or a parameter that the model hides, or makes as it runs
            self.keep(tensor)
            origin = Origin.WEIGHT if isinstance(tensor, nn.Parameter) else Origin.CONSTANT
            self.origins[number] = origin
        return number, origin

    def arguments(
        self, facts: Facts, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> tuple[dict[str, Any], list[Tensor]]:
        """Write the arguments out by name, and give the tensors among them.

        The memory of a tensor is its place among them.
        """
        taken: list[Tensor] = []
        written = {
            name: self._spec(
                args[number] if number < len(args) else kwargs.get(name, default), taken
            )
            for number, (name, default) in enumerate(facts.arguments)
        }
        return written, taken

    def _spec(self, value: Any, taken: list[Tensor]) -> Any:
        if isinstance(value, Tensor):
            self.keep(value)
            _, origin = self.met(value)
            taken.append(value)
            return described(value, origin, len(taken) - 1)
        if isinstance(value, list | tuple):
            return [self._spec(item, taken) for item in value]
        return value


class _MoreError(Exception):
    """An argument whose numbers may matter, or of a kind that is not known."""


_NUMBERS = frozenset((bool, float, complex))
_CONSTANTS = frozenset((str, torch.dtype, torch.device, torch.layout, torch.memory_format))


def _plain_keys() -> frozenset[int]:
    """Give the marks of torch on dense tensors without numbers, of no other kind."""
    known = [torch.empty(0, device="meta")]
    with torch.inference_mode():
        known.append(torch.empty(0, device="meta"))
    return frozenset(_keys_of(tensor).raw_repr() for tensor in known)


_PLAIN_KEYS = _plain_keys()


def is_plain(tensor: Tensor) -> bool:
    """Tell whether a tensor is dense, without numbers, and of no other kind."""
    return _keys_of(tensor).raw_repr() in _PLAIN_KEYS


def described(tensor: Tensor, origin: Origin, storage: int) -> TensorSpec:
    """Write a tensor out."""
    dtype = _DTYPES.get(tensor.dtype)
    if dtype is None:
        dtype = _DTYPES[tensor.dtype] = str(tensor.dtype).removeprefix("torch.")
    layout = (int(tensor.storage_offset()), *map(int, tensor.stride()))
    return TensorSpec(tuple(tensor.shape), dtype, origin, tensor.requires_grad, storage, layout)


_DTYPES: dict[torch.dtype, str] = {}


def _not_dense(tensor: Tensor) -> UsageError:
    kind = str(tensor.layout).removeprefix("torch.")
    return UsageError(
        Problem(
            what=f"the model works on a tensor of the layout {kind}, which is not counted",
            allowed="dense tensors",
            remedy="make it dense with .to_dense() while the model is counted",
        )
    )
