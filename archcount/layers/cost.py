"""Cost by category, in exact integers; conventions pick categories, none is dropped."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

MAC_CATEGORIES = ("conv", "linear", "matmul")
"""The categories that are multiply-accumulates; all others are elementwise."""


class Cost(NamedTuple):
    """Operations for one image, by category.

    Attributes:
        conv: multiply-accumulates of convolutions.
        linear: multiply-accumulates of fully connected layers.
        matmul: multiply-accumulates of products of two activations.
        bias: additions of biases, 1 per output element.
        norm: elementwise operations of normalisation: 2 per element for batch normalisation
            (scale, shift), `size + 5` for local response normalisation, 5 for layer and group
            normalisation and 3 for the root mean square (and 2 a root), 1 more for each trained
            tensor.
        activation: elementwise operations of activations: 1 per element.
        pool: operations of pooling: the window's area per output element.
        softmax: elementwise operations of softmax: 5 per element (maximum, difference,
            exponential, sum, quotient).
        add: elementwise additions of branches.
        scale: elementwise multiplications, such as of scaled residuals.
        fft: operations of Fourier transforms: 5 N log2 N for N complex numbers, half of it for
            real ones.
        other: other arithmetic on single numbers: differences, quotients, powers, sums, means.

    >>> (Cost(conv=10) + Cost(conv=5, bias=2)).macs
    15
    """

    conv: int = 0
    linear: int = 0
    matmul: int = 0
    bias: int = 0
    norm: int = 0
    activation: int = 0
    pool: int = 0
    softmax: int = 0
    add: int = 0
    scale: int = 0
    other: int = 0
    fft: int = 0

    @property
    def macs(self) -> int:
        """Multiply-accumulates: conv + linear + matmul."""
        return self.conv + self.linear + self.matmul

    def flops(self, include: tuple[str, ...] = ()) -> int:
        """Floating point operations: 2 per mac, plus the elementwise categories in `include`.

        >>> Cost(conv=10, bias=2).flops(include=("bias",))
        22
        """
        return 2 * self.macs + self.elementwise(include)

    def elementwise(self, include: tuple[str, ...]) -> int:
        """Return the sum of the elementwise categories named."""
        return sum(int(getattr(self, category)) for category in include)

    def __add__(self, other: Cost) -> Cost:  # type: ignore[override]
        return Cost.total((self, other))

    @staticmethod
    def total(costs: Iterable[Cost]) -> Cost:
        """Return the sum of costs.

        >>> total = Cost.total([Cost(conv=1), Cost(conv=2, bias=3)])
        >>> total.conv, total.bias
        (3, 3)
        """
        # A search for readings adds costs by the thousand: a sum of each category, no loop.
        return Cost(*map(sum, zip(Cost(), *costs, strict=True)))

    def scaled(self, times: int) -> Cost:
        """Multiply every category, such as by a batch size."""
        return Cost(*(number * times for number in self))

    def as_dict(self) -> dict[str, int]:
        """Return every category by name, zeros included."""
        return self._asdict()


CATEGORIES: tuple[str, ...] = Cost._fields
"""Every cost category by name."""
TABLE_CATEGORIES: tuple[str, ...] = tuple(name for name in CATEGORIES if name != "fft")
"""Those that a layer of a table can have."""
