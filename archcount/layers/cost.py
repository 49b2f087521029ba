"""Cost by category, in exact integers; conventions pick categories, none is dropped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

MAC_CATEGORIES = ("conv", "linear", "matmul")
"""The categories that are multiply-accumulates; all others are elementwise."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
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

    @property
    def macs(self) -> int:
        """Multiply-accumulates: conv + linear + matmul."""
        macs: int = sum(getattr(self, category) for category in MAC_CATEGORIES)
        return macs

    def flops(self, include: tuple[str, ...] = ()) -> int:
        """Floating point operations: 2 per mac, plus the elementwise categories in `include`.

        >>> Cost(conv=10, bias=2).flops(include=("bias",))
        22
        """
        return 2 * self.macs + self.elementwise(include)

    def elementwise(self, include: tuple[str, ...]) -> int:
        """Add up the elementwise categories named."""
        return sum(int(getattr(self, category)) for category in include)

    def __add__(self, other: Cost) -> Cost:
        return Cost.total((self, other))

    @staticmethod
    def total(costs: Iterable[Cost]) -> Cost:
        """Add costs up.

        >>> total = Cost.total([Cost(conv=1), Cost(conv=2, bias=3)])
        >>> total.conv, total.bias
        (3, 3)
        """
        # Category by category: a search for readings adds costs by the million.
        costs = tuple(costs)
        return Cost(
            conv=sum([cost.conv for cost in costs]),
            linear=sum([cost.linear for cost in costs]),
            matmul=sum([cost.matmul for cost in costs]),
            bias=sum([cost.bias for cost in costs]),
            norm=sum([cost.norm for cost in costs]),
            activation=sum([cost.activation for cost in costs]),
            pool=sum([cost.pool for cost in costs]),
            softmax=sum([cost.softmax for cost in costs]),
            add=sum([cost.add for cost in costs]),
            scale=sum([cost.scale for cost in costs]),
            other=sum([cost.other for cost in costs]),
        )

    def scaled(self, times: int) -> Cost:
        """Multiply every category, such as by a batch size."""
        return Cost(**{name: getattr(self, name) * times for name in CATEGORIES})

    def as_dict(self) -> dict[str, int]:
        """Give every category by name, zeros included."""
        return {name: getattr(self, name) for name in CATEGORIES}


CATEGORIES: tuple[str, ...] = tuple(field.name for field in fields(Cost))
"""Every cost category by name."""
