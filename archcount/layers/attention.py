"""Self-attention of a sequence of tokens, with its projections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from archcount.errors import InvalidValueError
from archcount.layers.cost import Cost
from archcount.layers.kind import ArgumentType, argument
from archcount.layers.linear import Linear
from archcount.layers.sequences import SequenceKind
from archcount.layers.shape import Shape

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class Attention(SequenceKind):
    """Self-attention with its projections, counted as one layer: `attention heads=12`.

    Queries, keys and values are projected to heads of `dim` (the width / `heads` unless given),
    their result back to the width. `kv` heads of keys and values serve several heads of queries
    each. `bias=false` leaves the biases of all projections out, `qkv_bias` speaks of those of
    queries, keys and values. `rotary` turns queries and keys by their positions, and is the base of
    the angles. Products are counted dense, under `causal=true` too.

    Source: arXiv:1706.03762, sec. 3.2; kv heads arXiv:2305.13245; rotary arXiv:2104.09864.

    >>> attention = Attention(heads=12)
    >>> attention.params(Shape((768, 197), tokens=True))  # 4 x (768 x 768 + 768)
    2362368
    >>> attention.cost(Shape((768, 197), tokens=True)).matmul  # 2 x 197 x 197 x 768
    59610624
    """

    word: ClassVar[str] = "attention"
    role: ClassVar[str] = "weights"

    heads: int = argument(ArgumentType.INTEGER, least=1)
    dim: int = argument(ArgumentType.INTEGER, default=0, least=1)
    kv: int = argument(ArgumentType.INTEGER, default=0, least=1)
    causal: bool = argument(ArgumentType.BOOLEAN, default=False)
    rotary: float = argument(ArgumentType.NUMBER, default=0, least=1)
    bias: bool = argument(ArgumentType.BOOLEAN, default=True)
    qkv_bias: bool | None = argument(ArgumentType.BOOLEAN, default=None)

    def after(self, shape: Shape) -> Shape:
        """Return the input's shape.

        Raises:
            InvalidValueError: the heads do not divide the width, or the heads of keys those of
                queries; or rotary positions of an odd size.
        """
        if not self.dim and shape.channels % self.heads:
            raise InvalidValueError(
                f"{self.heads} heads do not divide a width of {shape.channels}",
                allowed="a number of heads that divides the width",
                remedy="or give their size, dim=",
                argument="heads",
            )
        if self.heads % self.kv_heads:
            raise InvalidValueError(
                f"{self.kv} heads of keys and values do not divide {self.heads} heads",
                allowed="a number that divides the heads",
                argument="kv",
            )
        if self.rotary and self.head_dim(shape) % 2:
            raise InvalidValueError(
                f"rotary positions turn pairs, and a head has {self.head_dim(shape)} numbers",
                allowed="heads of an even size",
                argument="rotary",
            )
        return shape

    @property
    def kv_heads(self) -> int:
        """The number of heads of keys and values."""
        return self.kv or self.heads

    def head_dim(self, shape: Shape) -> int:
        """Return the size of a head."""
        return self.dim or shape.channels // self.heads

    def projections(self, shape: Shape) -> tuple[Linear, Linear, Linear]:
        """Return those to queries, to keys (as to values), and back."""
        dim = self.head_dim(shape)
        bias = self.bias if self.qkv_bias is None else self.qkv_bias
        return (
            Linear(width=self.heads * dim, bias=bias),
            Linear(width=self.kv_heads * dim, bias=bias),
            Linear(width=shape.channels, bias=self.bias),
        )

    def cost(self, shape: Shape) -> Cost:
        """Count the projections, and the products of queries with keys, and of those with values.

        The softmax, the scaling of queries and keys, the causal mask and what rotary positions do
        are elementwise.
        """
        query, key, back = self.projections(shape)
        pairs = self.heads * shape.positions * shape.positions
        inner = Shape((query.width, shape.positions), tokens=True)
        products = Cost(
            matmul=2 * pairs * self.head_dim(shape),
            softmax=5 * pairs,
            scale=2 * inner.elements,
            add=pairs if self.causal else 0,
        )
        projected = [each.cost(shape) for each in (query, key, key)]
        return Cost.total([*projected, products, self._turning(shape), back.cost(inner)])

    def _turning(self, shape: Shape) -> Cost:
        """Count rotary positions: angles with cosine and sine, and the turning of each pair."""
        if not self.rotary:
            return Cost()
        pairs = self.head_dim(shape) // 2  # in a head
        angles = pairs * shape.positions
        turned = (self.heads + self.kv_heads) * angles
        return Cost(
            scale=pairs + angles + 4 * turned, add=turned, other=pairs + 2 * angles + turned
        )

    def backward_macs(self, shape: Shape, *, reaches_back: bool) -> int:
        """Count all products twice, the first projections' inputs where gradients reach back."""
        macs = self.cost(shape).macs
        first = sum(each.cost(shape).linear for each in self._first(shape))
        return 2 * macs - (0 if reaches_back else first)

    def _first(self, shape: Shape) -> tuple[Linear, Linear, Linear]:
        query, key, _ = self.projections(shape)
        return query, key, key

    def weights(self, shape: Shape) -> int:
        """Count those of the four projections."""
        *_, back = self.projections(shape)
        inner = Shape((self.heads * self.head_dim(shape),))
        return sum(each.weights(shape) for each in self._first(shape)) + back.weights(inner)

    def biases(self, shape: Shape) -> int:
        """Count those of the four projections."""
        *_, back = self.projections(shape)
        return sum(each.biases(shape) for each in (*self._first(shape), back))

    def module(self, shape: Shape) -> nn.Module:
        """Return the projections, around torch's attention."""
        from archcount.layers.token_modules import SelfAttention

        query, _, back = self.projections(shape)
        return SelfAttention(
            shape.channels,
            heads=self.heads,
            kv_heads=self.kv_heads,
            dim=self.head_dim(shape),
            causal=self.causal,
            rotary=self.rotary,
            qkv_bias=query.bias,
            bias=back.bias,
        )
