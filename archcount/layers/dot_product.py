"""What the products of attention cost, whoever projects to queries, keys and values."""

from __future__ import annotations

from dataclasses import dataclass

from archcount.errors import InvalidValueError
from archcount.layers.cost import Cost


def sees_all(window: int, positions: int, *, causal: bool) -> bool:
    """Whether a window of a sequence hides no position that is seen without it.

    >>> sees_all(4, 4, causal=True), sees_all(4, 4, causal=False), sees_all(6, 4, causal=False)
    (True, False, True)
    """
    return positions <= window if causal else positions <= window // 2 + 1


@dataclass(frozen=True, kw_only=True)
class DotProduct:
    """Products of queries with keys, and of their softmax with values, of so many heads.

    Products are counted dense: what a mask hides is multiplied too, as torch does.

    Attributes:
        heads: how many heads queries have.
        kv_heads: how many keys and values have; they divide those of queries.
        dim: the size of a query, and of a key.
        value: the size of a value.
        rotary: the base of the angles of rotary positions; 0 for none.
        turned: how many numbers of a query and a key they turn.
        turned_keys: the heads of keys that they turn.
        has_mask: whether something is added to the scores that nothing is trained of.
        has_trained: whether something trained is added to them.
        alibi: whether what is added falls with the distance.
        has_offsets: whether queries have a product with each offset too, which is added.
    """

    heads: int
    kv_heads: int
    dim: int
    value: int
    rotary: float = 0
    turned: int = 0
    turned_keys: int = 0
    has_mask: bool = False
    has_trained: bool = False
    alibi: bool = False
    has_offsets: bool = False

    def check(self) -> None:
        """Raise InvalidValueError where heads, or what rotary positions turn, do not fit."""
        if self.heads % self.kv_heads:
            raise InvalidValueError(
                f"{self.kv_heads} heads of keys and values do not divide {self.heads} heads",
                allowed="a number that divides the heads",
                argument="kv",
            )
        if self.rotary and (self.turned % 2 or self.turned > self.dim):
            raise InvalidValueError(
                f"rotary positions turn pairs, and a head has {self.dim} numbers"
                + ("" if self.turned == self.dim else f", of which {self.turned} shall turn"),
                allowed="an even number, at most the size of a head",
                argument="rotary",
            )

    def cost(self, queries: int, keys: int, windows: int = 1, offsets: int = 0) -> Cost:
        """Return the operations between so many queries and keys, in each of some windows.

        Queries and keys are both scaled, and what is added to the scores is added to each pair.

        Args:
            queries: how many queries there are.
            keys: how many keys.
            windows: how many windows have so many of both.
            offsets: how many offsets queries have a product with, if `has_offsets`.
        """
        pairs = windows * self.heads * queries * keys
        has_added = self.has_mask or self.has_trained or self.alibi or self.has_offsets
        added = pairs if has_added else 0
        products = Cost(
            matmul=pairs * (self.dim + self.value),
            softmax=5 * pairs,
            scale=windows * self.heads * self.dim * (queries + keys),
            bias=added if self.has_trained else 0,
            add=0 if self.has_trained else added,
        )
        return Cost.total(
            [
                products,
                self._turning(queries),
                self._sloping(pairs),
                self._apart(queries, offsets),
            ]
        )

    def backward_macs(self, queries: int, keys: int, learns: tuple[bool, bool, bool]) -> int:
        """Return the products of the backward pass, where queries, keys and values learn."""
        pairs = self.heads * queries * keys
        scored = learns[0] + learns[1]
        mixed = bool(scored) + learns[2]
        return pairs * (scored * self.dim + mixed * self.value)

    def _turning(self, positions: int) -> Cost:
        """Count rotary positions: angles with cosine and sine, and the turning of each pair."""
        if not self.rotary:
            return Cost()
        pairs = self.turned // 2  # in a head
        angles = pairs * positions
        turned = (self.heads + self.turned_keys) * angles
        return Cost(
            scale=pairs + angles + 4 * turned, add=turned, other=pairs + 2 * angles + turned
        )

    def _sloping(self, pairs: int) -> Cost:
        """Count the slope of each head, and its product with the distance of each pair."""
        if not self.alibi:
            return Cost()
        return Cost(scale=2 * self.heads + pairs, other=2 * self.heads)

    def _apart(self, queries: int, offsets: int) -> Cost:
        """Count a bias for each product, and that of scaled queries with each offset.

        The offsets' vectors are made of weights alone, so that this is a linear layer.
        """
        if not self.has_offsets:
            return Cost()
        numbers = self.heads * queries * self.dim
        return Cost(linear=numbers * offsets, bias=2 * numbers, scale=numbers)
