"""Self-attention of tokens, with its projections."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar

from archcount.errors import InvalidValueError
from archcount.layers.cost import Cost
from archcount.layers.dot_product import DotProduct, sees_all
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
    their result back to the width; by three layers, or one (`packed=true`). `kv` heads of keys and
    values serve several heads of queries each. `bias=false` leaves the biases of all projections
    out, `qkv_bias` speaks of those of queries, keys and values. `rotary` turns queries and keys by
    their positions, `rotary_dim` numbers of each where not all, and is the base of the angles.

    In a sequence a token sees `window` positions: itself and those before it under `causal=true`,
    else itself and as many on each side as half of it. On a grid of tokens, attention is within
    each of its square windows, which may be shifted. `positions=relative` adds a trained number of
    each head for each offset between two positions, of a window where there are some;
    in a sequence `buckets` puts far offsets together, and `tied=ROW` takes the numbers of that row;
    `positions=alibi` lets scores fall with the distance; `positions=xl` adds a product of queries
    with a projection of the sinusoids of each distance, and a trained bias to the queries of each
    product. Products are counted dense: what a mask hides is multiplied too.

    Source: arXiv:1706.03762, sec. 3.2; kv heads arXiv:2305.13245; rotary arXiv:2104.09864; windows
    arXiv:2310.06825, sec. 2, arXiv:2004.05150, sec. 3.1, and arXiv:2103.14030, sec. 3.2; alibi
    arXiv:2108.12409, sec. 3; buckets arXiv:1910.10683, sec. 2.1; xl arXiv:1901.02860, sec. 3.3.

    >>> attention = Attention(heads=12)
    >>> attention.params(Shape((768, 197), tokens=True))  # 4 x (768 x 768 + 768)
    2362368
    >>> attention.cost(Shape((768, 197), tokens=True)).matmul  # 2 x 197 x 197 x 768
    59610624
    """

    word: ClassVar[str] = "attention"
    role: ClassVar[str] = "weights"
    takes_grids: ClassVar[bool] = True

    heads: int = argument(ArgumentType.INTEGER, least=1)
    dim: int = argument(ArgumentType.INTEGER, default=0, least=1)
    kv: int = argument(ArgumentType.INTEGER, default=0, least=1)
    causal: bool = argument(ArgumentType.BOOLEAN, default=False)
    window: int = argument(ArgumentType.INTEGER, default=0, least=1)
    shift: int = argument(ArgumentType.INTEGER, default=0, least=0)
    positions: str = argument(
        ArgumentType.CHOICE, default="none", choices=("none", "relative", "alibi", "xl")
    )
    buckets: int = argument(ArgumentType.INTEGER, default=0, least=4)
    tied: str = argument(ArgumentType.ROW, default="")
    rotary: float = argument(ArgumentType.NUMBER, default=0, least=1)
    rotary_dim: int = argument(ArgumentType.INTEGER, default=0, least=2)
    bias: bool = argument(ArgumentType.BOOLEAN, default=True)
    qkv_bias: bool | None = argument(ArgumentType.BOOLEAN, default=None)
    packed: bool = argument(ArgumentType.BOOLEAN, default=False)

    def after(self, shape: Shape) -> Shape:
        """Return the input's shape.

        Raises:
            InvalidValueError: the heads do not divide the width, or the heads of keys those of
                queries; rotary positions of an odd size; or options that do not go together.
        """
        if not self.dim and shape.channels % self.heads:
            raise InvalidValueError(
                f"{self.heads} heads do not divide a width of {shape.channels}",
                allowed="a number of heads that divides the width",
                remedy="or give their size, dim=",
                argument="heads",
            )
        self._products(shape).check()
        self._check_options(is_grid=len(shape.spatial) > 1)
        if self.positions == "xl" and shape.channels % 2:
            raise InvalidValueError(
                f"a sine and a cosine of each angle make no width of {shape.channels}",
                allowed="an even width under positions=xl",
                argument="positions",
            )
        return shape

    def _check_options(self, *, is_grid: bool) -> None:
        """Raise InvalidValueError where options have no effect, or do not go together."""
        alibi, xl = self.positions == "alibi", self.positions == "xl"
        rules = (
            (is_grid and self.causal, "causal", "a grid of tokens has no order"),
            (is_grid and self.rotary, "rotary", "a grid of tokens has no single position"),
            (alibi and not self.causal, "positions", "alibi is of tokens before, causal=true"),
            (
                (alibi or xl) and self.rotary,
                "positions",
                f"{self.positions} beside rotary positions",
            ),
            (is_grid and xl, "positions", "a grid of tokens has no single position"),
            (
                self.buckets and (is_grid or self.positions != "relative"),
                "buckets",
                "they are of positions=relative in a sequence",
            ),
            (self.tied and not self.buckets, "tied", "it speaks of the numbers of buckets"),
            (self.rotary_dim and not self.rotary, "rotary_dim", "no rotary positions to speak of"),
            (self.shift and not is_grid, "shift", "only windows of a grid of tokens are shifted"),
            (self.shift and not self.window, "shift", "there are no windows to shift"),
        )
        for is_wrong, name, what in rules:
            if is_wrong:
                raise InvalidValueError(what, remedy=f"leave {name} out", argument=name)
        if self.shift and self.shift >= self.window:
            raise InvalidValueError(
                f"windows of {self.window} shifted by {self.shift}",
                allowed="less than a window",
                argument="shift",
            )
        if self.buckets % (2 if self.causal else 4):
            raise InvalidValueError(
                f"{self.buckets} buckets",
                allowed="an even number under causal=true, else a multiple of 4",
                argument="buckets",
            )

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

    def _products(self, shape: Shape) -> DotProduct:
        dim = self.head_dim(shape)
        return DotProduct(
            heads=self.heads,
            kv_heads=self.kv_heads,
            dim=dim,
            value=dim,
            rotary=self.rotary,
            turned=self.rotary_dim or dim,
            turned_keys=self.kv_heads,
            has_mask=self.causal or bool(self.shift or (self.window and len(shape.spatial) == 1)),
            has_trained=self.positions == "relative",
            alibi=self.positions == "alibi",
            has_offsets=self.positions == "xl",
        )

    def _windows(self, shape: Shape) -> tuple[int, ...]:
        """Return how many windows a grid has along each side; none where there are none."""
        if not self.window or len(shape.spatial) == 1:
            return ()
        return tuple(-(-side // self.window) for side in shape.spatial)

    def _tokens(self, shape: Shape) -> Shape:
        """Return the tokens that are projected: of a grid, with those that fill its windows."""
        windows = self._windows(shape)
        positions = prod(windows) * self.window * self.window if windows else shape.positions
        return Shape((shape.channels, positions), tokens=True)

    def cost(self, shape: Shape) -> Cost:
        """Count the projections, and the products of queries with keys, and of those with values.

        The softmax, the scaling of queries and keys, the mask, and what rotary and other positions
        do are elementwise.
        """
        query, key, back = self.projections(shape)
        tokens, windows = self._tokens(shape), self._windows(shape)
        inner = Shape((query.width, tokens.positions), tokens=True)
        length = self.window * self.window if windows else tokens.positions
        parts = prod(windows)  # of no windows, 1
        products = self._masked(shape).cost(length, length, parts, self._offsets(shape))
        projected = [each.cost(tokens) for each in (query, key, key)]
        return Cost.total([*projected, self._sinusoids(shape), products, back.cost(inner)])

    def _offsets(self, shape: Shape) -> int:
        """Return how many distances between positions are projected under `positions=xl`."""
        if self.positions != "xl":
            return 0
        return shape.positions if self.causal else 2 * shape.positions - 1

    def _sinusoids(self, shape: Shape) -> Cost:
        """Count the angles of each distance, their sines and cosines, and the projection."""
        offsets, pairs = self._offsets(shape), shape.channels // 2
        if not offsets:
            return Cost()
        distances = Shape((shape.channels, offsets), tokens=True)
        angles = Cost(scale=pairs + pairs * offsets, other=pairs + 2 * pairs * offsets)
        return angles + replace(self._first(shape)[0], bias=False).cost(distances)

    def _masked(self, shape: Shape) -> DotProduct:
        """Return the products; what windows that cover all do not hide has no mask."""
        found = self._products(shape)
        if self.window and not self.causal and len(shape.spatial) == 1:
            is_whole = sees_all(self.window, shape.positions, causal=False)
            return replace(found, has_mask=not is_whole)
        if self.shift and all(side <= self.window for side in shape.spatial):
            return replace(found, has_mask=False)
        return found

    def backward_macs(self, shape: Shape, *, reaches_back: bool) -> int:
        """Count all products twice, the first projections' inputs where gradients reach back."""
        macs = self.cost(shape).macs
        first = sum(each.cost(self._tokens(shape)).linear for each in self._first(shape))
        return 2 * macs - self._sinusoids(shape).macs - (0 if reaches_back else first)

    def _first(self, shape: Shape) -> tuple[Linear, Linear, Linear]:
        query, key, _ = self.projections(shape)
        return query, key, key

    def weights(self, shape: Shape) -> int:
        """Count those of all projections, and a number of each head for each offset."""
        query, *_, back = self.projections(shape)
        inner = Shape((self.heads * self.head_dim(shape),))
        projected = sum(each.weights(shape) for each in self._first(shape)) + back.weights(inner)
        projected += query.weights(shape) if self.positions == "xl" else 0
        extent = self._extent(shape)
        if not extent or self.tied:
            return projected
        return projected + self.heads * (self.buckets or prod(2 * side - 1 for side in extent))

    def _extent(self, shape: Shape) -> tuple[int, ...]:
        """Return the sides of what has a trained number for each offset."""
        if self.positions != "relative":
            return ()
        return (self.window,) * 2 if self._windows(shape) else shape.spatial

    def biases(self, shape: Shape) -> int:
        """Count those of the four projections, and the two of queries under `positions=xl`."""
        query, *_, back = self.projections(shape)
        added = 2 * query.width if self.positions == "xl" else 0
        return added + sum(each.biases(shape) for each in (*self._first(shape), back))

    def module(self, shape: Shape) -> nn.Module:
        """Return the projections, around torch's attention."""
        from archcount.layers.attention_modules import SelfAttention

        query, _, back = self.projections(shape)
        options: dict[str, Any] = {
            "heads": self.heads,
            "kv_heads": self.kv_heads,
            "dim": self.head_dim(shape),
            "extent": self._extent(shape),
            "packed": self.packed,
            "qkv_bias": query.bias,
            "bias": back.bias,
        }
        if self._windows(shape):
            from archcount.layers.window_modules import WindowAttention

            side, shift = self.window, self.shift
            return WindowAttention(shape.channels, side=side, shift=shift, **options)
        of: type[SelfAttention] = SelfAttention
        if self.positions == "xl":
            from archcount.layers.offset_modules import OffsetAttention

            of = OffsetAttention
        if self.buckets:
            from archcount.layers.bucket_modules import BucketAttention

            of, options["buckets"] = BucketAttention, self.buckets
        return of(
            shape.channels,
            causal=self.causal,
            window=self.window,
            alibi=self.positions == "alibi",
            rotary=self.rotary,
            turned=self.rotary_dim or self.head_dim(shape),
            **options,
        )
