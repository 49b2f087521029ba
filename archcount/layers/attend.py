"""Attention as a join: branches that give queries, keys and values, whatever they read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from archcount.errors import InvalidValueError
from archcount.layers.cost import Cost
from archcount.layers.dot_product import DotProduct, sees_all
from archcount.layers.joins import JoinKind
from archcount.layers.kind import ArgumentType, argument
from archcount.layers.shape import Shape

if TYPE_CHECKING:
    from torch import nn

_TOGETHER = (("q", "k", "v"), ("q", "kv"), ("qkv",))
"""Which branches go together."""


@dataclass(frozen=True, kw_only=True)
class Attend(JoinKind):
    """Queries that see keys and mix values: `attend: {q: linear 64, kv: linear 128, heads: 8}`.

    The branches are `q`, `k` and `v`; or `q` and `kv`, or `qkv` alone, which give them one after
    another. The heads of keys and values may be fewer (`kv_heads`), and values of another size. A
    branch `shared` gives the last numbers of the keys of all heads. Rotary positions turn the last
    `rotary_dim` numbers of queries and keys, all of them unless given.

    Source: arXiv:1706.03762, eq. 1; shared keys arXiv:2405.04434, eq. 14 to 19; window
    arXiv:2310.06825, sec. 2; alibi arXiv:2108.12409, sec. 3.

    >>> attend = Attend(branches=("q", "kv"), heads=8)
    >>> shapes = [Shape((512, 10), tokens=True), Shape((1024, 70), tokens=True)]
    >>> str(attend.output(shapes)), attend.cost(shapes).matmul  # 2 x 10 x 70 x 512
    ('10x512', 716800)
    """

    word: ClassVar[str] = "attend"
    branch_names: ClassVar[tuple[str, ...]] = ("q", "k", "v", "kv", "qkv", "shared")

    branches: tuple[str, ...]
    heads: int = argument(ArgumentType.INTEGER, least=1)
    kv_heads: int = argument(ArgumentType.INTEGER, default=0, least=1)
    causal: bool = argument(ArgumentType.BOOLEAN, default=False)
    window: int = argument(ArgumentType.INTEGER, default=0, least=1)
    positions: str = argument(ArgumentType.CHOICE, default="none", choices=("none", "alibi"))
    rotary: float = argument(ArgumentType.NUMBER, default=0, least=1)
    rotary_dim: int = argument(ArgumentType.INTEGER, default=0, least=2)

    @classmethod
    def in_order(cls, names: Collection[str]) -> tuple[str, ...]:
        """Return the names of branches in the join's own order.

        Raises:
            InvalidValueError: branches of these names do not go together.
        """
        found = super().in_order(names)
        own = tuple(name for name in found if name != "shared")
        if own not in _TOGETHER or found == ("qkv", "shared"):
            raise InvalidValueError(
                f"attend has the branches {', '.join(found) or '(none)'}",
                allowed="q:, k: and v:, or q: and kv:, or qkv:; and shared: beside q:",
            )
        return found

    def output(self, shapes: Sequence[Shape]) -> Shape:
        """Return the positions of the queries, and as many numbers as all heads have values."""
        for shape in shapes:
            shape.require_tokens(self.word)
        queries, *rest = shapes
        if any(shape.spatial != rest[0].spatial for shape in rest):
            raise InvalidValueError(
                f"keys and values at different positions: {', '.join(map(str, rest))}",
                allowed="as many positions of keys, values and what keys share",
            )
        self._check_options(shapes)
        found = self._products(shapes)
        found.check()
        moves = self.causal or self.window or self.rotary or self.positions != "none"
        if moves and rest and rest[0].spatial != queries.spatial:
            raise InvalidValueError(
                f"{queries.positions} queries and {rest[0].positions} keys share no positions",
                remedy="leave causal, window, rotary and positions out where another row is read",
            )
        return replace(queries, dims=(self.heads * found.value, *queries.spatial))

    def _check_options(self, shapes: Sequence[Shape]) -> None:
        """Raise InvalidValueError where options have no effect, or do not go together."""
        alibi = self.positions == "alibi"
        rules = (
            (alibi and not self.causal, "positions", "alibi is of tokens before, causal: true"),
            (alibi and self.rotary, "positions", "alibi beside rotary positions"),
            (self.rotary_dim and not self.rotary, "rotary_dim", "no rotary positions to speak of"),
        )
        for is_wrong, name, what in rules:
            if is_wrong:
                raise InvalidValueError(what, remedy=f"leave {name} out")
        if self.rotary and "shared" in self.branches:
            shared = shapes[-1].channels
            turned = self.rotary_dim or self.sizes(shapes)[0]
            if turned > shared:
                raise InvalidValueError(
                    f"rotary positions turn {turned} numbers of a key, and {shared} are shared",
                    allowed=f"a rotary_dim of at most {shared}",
                )

    def sizes(self, shapes: Sequence[Shape]) -> tuple[int, int]:
        """Return the sizes of a head: of queries with keys, and of values.

        Raises:
            InvalidValueError: widths and heads do not fit.
        """
        widths = {name: shape.channels for name, shape in zip(self.branches, shapes, strict=True)}
        kv_heads = self.kv_heads or self.heads
        if "qkv" in widths:
            each = self._part(widths["qkv"], self.heads + 2 * kv_heads, "queries, keys and values")
            return each, each
        dim = self._part(widths["q"], self.heads, "queries")
        own = dim - widths.get("shared", 0)  # of a key, what its head has for itself
        if own < 0:
            raise InvalidValueError(
                f"keys share {widths['shared']} numbers, and queries have {dim} a head",
                allowed=f"at most {dim} shared numbers",
            )
        if "kv" in widths:
            both = self._part(widths["kv"], kv_heads, "keys and values")
            if both <= own:
                raise InvalidValueError(
                    f"keys and values of {kv_heads} heads are {widths['kv']} wide together, and "
                    f"keys alone take {kv_heads * own}",
                    allowed=f"more than {kv_heads * own}",
                )
            return dim, both - own
        if widths["k"] != kv_heads * own:
            raise InvalidValueError(
                f"keys of {kv_heads} heads are {widths['k']} wide, and queries of {dim} a head",
                allowed=f"keys of {kv_heads * own}",
            )
        return dim, self._part(widths["v"], kv_heads, "values")

    def _part(self, width: int, heads: int, what: str) -> int:
        if width % heads:
            raise InvalidValueError(
                f"{heads} heads do not divide {what} of width {width}",
                allowed="a number of heads that divides the width",
            )
        return width // heads

    def _products(self, shapes: Sequence[Shape]) -> DotProduct:
        dim, value = self.sizes(shapes)
        kv_heads = self.kv_heads or self.heads
        keys = shapes[-1].positions
        hides = bool(self.window) and not sees_all(self.window, keys, causal=self.causal)
        return DotProduct(
            heads=self.heads,
            kv_heads=kv_heads,
            dim=dim,
            value=value,
            rotary=self.rotary,
            turned=self.rotary_dim or dim,
            turned_keys=1 if "shared" in self.branches else kv_heads,
            has_mask=self.causal or hides,
            alibi=self.positions == "alibi",
        )

    def cost(self, shapes: Sequence[Shape]) -> Cost:
        """Count the products of queries with keys, and of those with values, and their softmax."""
        return self._products(shapes).cost(shapes[0].positions, shapes[-1].positions)

    def backward_macs(self, shapes: Sequence[Shape], learns: Sequence[bool]) -> int:
        """Count the products of the gradients of what learns."""
        learnt = dict(zip(self.branches, learns, strict=True))
        keys = any(learnt.get(name) for name in ("k", "kv", "qkv", "shared"))
        values = any(learnt.get(name) for name in ("v", "kv", "qkv"))
        queries = learnt.get("q", False) or learnt.get("qkv", False)
        found = self._products(shapes)
        return found.backward_macs(
            shapes[0].positions, shapes[-1].positions, (queries, keys, values)
        )

    def module(self, branches: Mapping[str, nn.Module], shapes: Sequence[Shape]) -> nn.Module:
        """Return the branches, and torch's attention on what they give."""
        from archcount.layers.attend_modules import AttendingBranches

        dim, value = self.sizes(shapes)
        widths = {name: shape.channels for name, shape in zip(self.branches, shapes, strict=True)}
        return AttendingBranches(
            branches,
            heads=self.heads,
            kv_heads=self.kv_heads or self.heads,
            dim=dim,
            value=value,
            shared=widths.get("shared", 0),
            rotary=self.rotary,
            turned=self.rotary_dim or dim,
            causal=self.causal,
            window=self.window,
            alibi=self.positions == "alibi",
        )
