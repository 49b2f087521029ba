"""The types that weights are stored in, which may be smaller than those of the computation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from archcount.errors import UsageError, quote
from archcount.tracing.tensor_specs import bytes_of


@dataclass(frozen=True, kw_only=True, slots=True)
class WeightType:
    """How weights are stored.

    Attributes:
        name: as it is asked for.
        bits: of one weight; the scales of groups of int8 and int4 are not among them.
        computed: the type of the computation, and so of activations and caches.

    >>> WeightType.read("int4").bytes(7)
    4
    """

    name: str
    bits: int
    computed: str

    @classmethod
    def read(cls, name: str) -> WeightType:
        """Return the type of a name.

        Raises:
            UsageError: there is no such type.
        """
        if name not in WEIGHT_TYPES:
            shown = quote(name) if isinstance(name, str) else repr(name)
            raise UsageError.of(f"--dtype {shown}", allowed=", ".join(WEIGHT_TYPES))
        return WEIGHT_TYPES[name]

    @property
    def is_integer(self) -> bool:
        """Whether weights are quantised, so that they are stored in another type than computed."""
        return self.name.startswith("int")

    def bytes(self, numbers: int) -> int:
        """Return the bytes of so many weights."""
        return -(-numbers * self.bits // 8)

    def share(self, tensor: Tensor) -> float:
        """Return the bytes of a parameter as it is stored, for each byte as it is computed with."""
        if not tensor.is_floating_point():
            return 1.0
        return self.bits / 8 / tensor.element_size()

    def bytes_by_type(self, tensors: Iterable[Tensor]) -> dict[str, int]:
        """Return the bytes of parameters and buffers by type, real parameters in this one."""
        numbers, found = 0, Counter[str]()
        for tensor in tensors:
            if isinstance(tensor, nn.Parameter) and tensor.is_floating_point():
                numbers += tensor.numel()
            else:
                found[str(tensor.dtype).removeprefix("torch.")] += bytes_of(tensor)
        found[self.name if self.is_integer else self.computed] += self.bytes(numbers)
        return {name: size for name, size in sorted(found.items()) if size}

    def convert(self, module: nn.Module) -> None:
        """Convert a module to the type of the computation."""
        module.to(getattr(torch, self.computed))


WEIGHT_TYPES = {
    "fp32": WeightType(name="fp32", bits=32, computed="float32"),
    "bf16": WeightType(name="bf16", bits=16, computed="bfloat16"),
    "fp16": WeightType(name="fp16", bits=16, computed="float16"),
    "int8": WeightType(name="int8", bits=8, computed="bfloat16"),
    "int4": WeightType(name="int4", bits=4, computed="bfloat16"),
}
