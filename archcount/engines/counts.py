"""What a count is, per row in exact integers for one image; and whether two counts agree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from archcount.layers import CATEGORIES, Cost


@dataclass(frozen=True, kw_only=True, slots=True)
class RowCount:
    """What one engine found of one row.

    Attributes:
        id: the row's name; a head's is `heads.` and the row it is attached to.
        input: the input shape, channels first, (channels, height, width); a flattened one as
            (features, 1, 1).
        output: the output shape, likewise.
        weights: parameters of kernels.
        biases: biases of layers with kernels.
        params: all trainable parameters.
        buffers: numbers that are kept and not trained, such as running averages.
        cost: operations for one image, by category.
        depth: layers with weights on the longest path, from the table's expansion.
    """

    id: str
    input: tuple[int, ...]
    output: tuple[int, ...]
    weights: int
    biases: int
    params: int
    buffers: int = 0
    cost: Cost
    depth: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PartCount:
    """A part of a network, or the whole of it, as claims of running text speak of it.

    Attributes:
        count: what was counted of it.
        layers: its layers of every kind, joins of branches included.
        concatenations: its joins of branches by channels.
        neurons: the numbers that its layers with weights give for one image.
        active_params: its parameters, of experts those of the active ones alone.
    """

    count: RowCount
    layers: int
    concatenations: int
    neurons: int
    active_params: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Uncounted:
    """An operation that an engine met and cannot count.

    Attributes:
        op: the operation's name in the engine.
        place: the module it was met in.
        times: how often.
    """

    op: str
    place: str
    times: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """What one engine found of a whole network.

    Attributes:
        version: the version of the library that counted.
        rows: the table's rows in order.
        heads: the auxiliary classifiers, where they were counted.
        depth: layers with weights on the longest path.
        depth_with_pooling: layers with weights and pools on the longest path.
    """

    engine: str
    version: str
    rows: tuple[RowCount, ...]
    heads: tuple[RowCount, ...] = ()
    depth: int
    depth_with_pooling: int
    uncounted: tuple[Uncounted, ...] = ()

    @property
    def total(self) -> RowCount:
        """The sums over the table's rows, without heads."""
        return replace(total("total", self.rows), depth=self.depth)

    @property
    def total_with_heads(self) -> RowCount:
        """The sums over the table's rows and the heads; the depth is the table's."""
        return replace(total("total with heads", self.rows, self.heads), depth=self.depth)


def total(name: str, rows: tuple[RowCount, ...], heads: Iterable[RowCount] = ()) -> RowCount:
    """Add rows up; shapes are the first input and the last output of `rows`."""
    everything = (*rows, *heads)
    return RowCount(
        id=name,
        input=rows[0].input,
        output=rows[-1].output,
        weights=sum(row.weights for row in everything),
        biases=sum(row.biases for row in everything),
        params=sum(row.params for row in everything),
        buffers=sum(row.buffers for row in everything),
        cost=sum((row.cost for row in everything), Cost()),
        depth=sum(row.depth for row in rows),
    )


_FIELDS = ("input", "output", "weights", "biases", "params", "buffers")


@dataclass(frozen=True, kw_only=True, slots=True)
class Disagreement:
    """Two engines that found different numbers.

    Attributes:
        what: the field or cost category.
        values: what each engine found, as text, by its name.
    """

    row: str
    what: str
    values: dict[str, str]


def cross_check(first: Count, second: Count) -> tuple[Disagreement, ...]:
    """Compare two counts of one network; empty when they agree on everything.

    Source: the promise that no number rests on one engine alone.
    """
    ours = {row.id: row for row in (*first.rows, *first.heads)}
    theirs = {row.id: row for row in (*second.rows, *second.heads)}
    found = []
    for name in dict.fromkeys((*ours, *theirs)):
        one, other = ours.get(name), theirs.get(name)
        if one is None or other is None:
            values = {first.engine: _presence(one), second.engine: _presence(other)}
            found.append(Disagreement(row=name, what="row", values=values))
            continue
        for what, ours_value, theirs_value in _pairs(one, other):
            if ours_value != theirs_value:
                values = {first.engine: ours_value, second.engine: theirs_value}
                found.append(Disagreement(row=name, what=what, values=values))
    return tuple(found)


def _presence(row: RowCount | None) -> str:
    return "missing" if row is None else "present"


def _pairs(one: RowCount, other: RowCount) -> list[tuple[str, str, str]]:
    fields = [(name, str(getattr(one, name)), str(getattr(other, name))) for name in _FIELDS]
    return fields + [
        (name, str(getattr(one.cost, name)), str(getattr(other.cost, name))) for name in CATEGORIES
    ]
