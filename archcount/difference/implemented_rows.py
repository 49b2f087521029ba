"""The rows of a table as an implementation has them: which of its layers, and what they count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod

from archcount.difference.model_difference import (
    ComparedModel,
    LayerPair,
    ModelDifference,
    RowDifference,
)
from archcount.engines.counts import RowCount
from archcount.layers import Cost
from archcount.tracing.traced_layer import TracedLayer, is_in_depth


@dataclass(frozen=True, kw_only=True, slots=True)
class ImplementedRow:
    """A row of a table in an implementation.

    Attributes:
        verdict: `same`; `follows`, where it differs by what came before it alone; `changed`;
            `missing`, where nothing stands for it; `not compared`, where it has no layer that is.
        count: what the implementation's layers count.
        modules: the modules that hold them.
    """

    id: str
    verdict: str
    count: RowCount
    modules: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Implementation:
    """An implementation by the rows of a table.

    Attributes:
        rows: the rows, in the table's order.
        outside: the modules with layers that belong to no row, and what they count.
        difference: the difference without these, each layer in its row.
    """

    rows: tuple[ImplementedRow, ...]
    outside: tuple[RowCount, ...]
    difference: ModelDifference


def implemented_rows(found: ModelDifference, table: Sequence[RowCount]) -> Implementation:
    """Return what an implementation, the right side, has for each row of a table, the left side.

    A layer that the table lacks belongs to the row that it follows, unless it stands in a module
    of its own, none of whose layers stands for one of the table's.

    Args:
        found: the difference between the table's network and the implementation.
        table: the table's count, row by row.
    """
    places = {id(layer): place for place, layer in enumerate(found.right.layers)}
    pairs, outside = _placed(found, places)
    difference = replace(
        found,
        rows=tuple(RowDifference(name=name, pairs=tuple(own)) for name, own in pairs.items()),
    )

    def numbers(own: Iterable[LayerPair]) -> list[int]:
        return sorted(places[id(pair.right)] for pair in own if pair.right is not None)

    counting = _Counting(found.right)
    verdicts = {row.name: row.verdict for row in difference.rows}
    made: list[ImplementedRow] = []
    for like in table:
        own = pairs.get(like.id, [])
        layers = numbers(own)
        before = made[-1].count.output if made else like.input
        verdict = verdicts.get(like.id, "not compared")
        made.append(
            ImplementedRow(
                id=like.id,
                verdict="missing" if own and not layers else verdict,
                count=counting.row(like, layers, before, own),
                modules=_modules(layers, found.right.layers),
            )
        )
    return Implementation(
        rows=tuple(made),
        outside=tuple(counting.outside(path, numbers(own)) for path, own in outside.items()),
        difference=difference,
    )


def _placed(
    found: ModelDifference, places: Mapping[int, int]
) -> tuple[dict[str, list[LayerPair]], dict[str, list[LayerPair]]]:
    """Return the pairs of each row, and by module those of no row."""
    homes = _homes(found)
    pairs: dict[str, list[LayerPair]] = {row.name: [] for row in found.rows}
    outside: dict[str, list[LayerPair]] = {}
    for row in found.rows:
        for pair in row.pairs:
            home, module = row.name, ""
            if pair.left is None and pair.right is not None:
                home, module = found.mapped.get(places[id(pair.right)], ""), ""
                if not home:
                    home, module = _home(pair.right, row.name, homes)
            (pairs[home] if home else outside.setdefault(module, [])).append(pair)
    return pairs, outside


def _homes(found: ModelDifference) -> Mapping[str, Counter[str]]:
    """Return of which rows the layers in a module are that stand for layers of the table."""
    homes: dict[str, Counter[str]] = {}
    for row in found.rows:
        for pair in row.pairs:
            if pair.left is not None and pair.right is not None:
                for holder in _holders(pair.right.path):
                    homes.setdefault(holder, Counter())[row.name] += 1
    return homes


def _holders(path: str) -> Iterator[str]:
    """Return the modules that hold a module, the innermost first, without the model itself."""
    while path := path.rpartition(".")[0]:
        yield path


def _home(layer: TracedLayer, near: str, homes: Mapping[str, Counter[str]]) -> tuple[str, str]:
    """Return the row of a layer that the table lacks; of no row the module that it stands in."""
    outermost = ""
    for holder in _holders(layer.path):
        if holder in homes:
            known = homes[holder]
            return near if near in known else known.most_common(1)[0][0], ""
        outermost = holder
    return ("", outermost) if outermost else (near, "")


def _modules(numbers: Sequence[int], every: Sequence[TracedLayer]) -> tuple[str, ...]:
    """Return the modules that hold some layers: one, two, or the first and the last."""
    paths = [path.split(".") for number in numbers if (path := every[number].path)]
    level = 0
    while len({tuple(path[: level + 1]) for path in paths}) == 1 and all(
        level + 1 < len(path) for path in paths
    ):
        level += 1
    names = list(dict.fromkeys(".".join(path[: level + 1]) for path in paths))
    if len(names) <= _LISTED:
        return tuple(names)
    holder = ".".join(paths[0][:level])
    inside = [at for at, layer in enumerate(every) if layer.path.startswith(f"{holder}.")]
    is_all = bool(holder) and {*inside} <= {*numbers}
    return (holder,) if is_all else (f"{names[0]}:{names[-1]}",)


_LISTED = 2


class _Counting:
    """Adds up what layers of a model count; a parameter is of the first row that has it."""

    def __init__(self, model: ComparedModel) -> None:
        self._model = model
        self._claimed: set[int] = set()

    def row(
        self,
        like: RowCount,
        numbers: Sequence[int],
        before: tuple[int, ...],
        pairs: Sequence[LayerPair],
    ) -> RowCount:
        """Count a row; where it has no layers it gives what it reads.

        Args:
            like: the table's count of it.
            numbers: its layers, in their order.
            before: what the row before it gives.
            pairs: its layers with those of the table.
        """
        if not numbers:
            return self._sum(like.id, numbers, before, before)
        first, last = (self._model.layers[number] for number in (numbers[0], numbers[-1]))
        ours = [pair.left for pair in pairs if pair.left is not None]
        ends = [pair.right for pair in pairs if pair.left is not None]
        start = printed_size(first.input, like.input, first)
        end = printed_size(last.output, like.output, last)
        # What only moves numbers, such as a crop, is no layer: the row is as large as the table's
        # where the layers at its ends are.
        if ours and ends[0] is first and _is_alike(ours[0].input, first.input):
            start = like.input
        if ours and ends[-1] is last and _is_alike(ours[-1].output, last.output):
            end = like.output
        return self._sum(like.id, numbers, start, end)

    def outside(self, path: str, numbers: Sequence[int]) -> RowCount:
        """Count a module whose layers are of no row."""
        first, last = (self._model.layers[number] for number in (numbers[0], numbers[-1]))
        return self._sum(path, numbers, first.input[1:], last.output[1:])

    def _sum(
        self, name: str, numbers: Sequence[int], start: tuple[int, ...], end: tuple[int, ...]
    ) -> RowCount:
        layers = [self._model.layers[number] for number in numbers]
        weights = biases = params = 0
        for layer in layers:
            for name_of in layer.weights - self._claimed:
                size, is_kernel = self._model.parameters[name_of]
                params += size
                weights += size * is_kernel
                biases += size * (is_in_depth(layer) and not is_kernel)
            self._claimed |= layer.weights
        return RowCount(
            id=name,
            input=start,
            output=end,
            weights=weights,
            biases=biases,
            params=params,
            cost=Cost.total(layer.cost for layer in layers),
            depth=self._depth(numbers),
        )

    def _depth(self, numbers: Sequence[int]) -> int:
        depths: dict[int, int] = {}
        for number in sorted(numbers):
            layer = self._model.layers[number]
            read = (depths.get(source.layer, 0) for source in layer.sources)
            depths[number] = max(read, default=0) + is_in_depth(layer)
        return max(depths.values(), default=0)


def printed_size(
    shape: tuple[int, ...], like: tuple[int, ...], layer: TracedLayer
) -> tuple[int, ...]:
    """Return a size of one image, channels first.

    Code may hold channels last, or the places of a map as a list. What has as many channels and
    places as the table's size, however they are arranged, is of that size.

    Args:
        shape: the size, the images first.
        like: the table's size.
        layer: what reads or gives it.
    """
    sides = shape[1:]
    if _is_alike(sides, like):
        return like
    if layer.kind in _CHANNELS_LAST and len(sides) > 1:
        sides = (sides[-1], *sides[:-1])
    return (*sides, *(1,) * (len(like) - len(sides)))


_CHANNELS_LAST = ("linear", "layer norm", "rms norm", "embedding")


def _is_alike(sides: Sequence[int], like: Sequence[int]) -> bool:
    """Return whether two sizes are of one map: the first axis may be last, or places be a list."""
    one, other = ([side for side in each if side != 1] for each in (sides, like))
    if len(one) == len(other):
        return one == other or [*one[1:], *one[:1]] == other or [*one[-1:], *one[:-1]] == other
    return prod(one) == prod(other) and not {*one}.isdisjoint(other)
