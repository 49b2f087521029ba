"""Changes of connectivity: what the layers of two models read, and whose weights they have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from archcount.difference.model_difference import SettingChange
from archcount.tracing.traced_layer import INPUT, LayerInput, TracedLayer


@dataclass(frozen=True, slots=True)
class ModelSide:
    """The layers of one model, and the numbers of their partners in the other."""

    layers: Sequence[TracedLayer]
    partner: Mapping[int, int]

    def matched(self, source: LayerInput) -> LayerInput | None:
        """Go back from what is read to the first that has a partner or was given."""
        while source.layer != INPUT and source.layer not in self.partner:
            if not self.layers[source.layer].sources:
                return None
            source = self._begun(source.layer) or self.layers[source.layer].sources[0]
        return source

    def _begun(self, at: int) -> LayerInput | None:
        """Return the concatenation with a partner of the first of what one puts together."""
        parts = self.layers[at].sources if self.layers[at].kind == "concat" else ()
        for place in range(at - 1, -1, -1) if parts else ():
            found = self.layers[place]
            if found.kind == "concat" and place in self.partner:
                return LayerInput(place) if parts[: len(found.sources)] == found.sources else None
        return None

    def over(self, source: LayerInput | None) -> LayerInput | None:
        """Return what stands on the other side for what is read."""
        if source is None or source.layer == INPUT:
            return source
        return LayerInput(self.partner[source.layer], source.output)

    def first(self, at: int) -> set[int]:
        """Return the first places, among those with a partner, that have a layer's weights."""
        return {
            next(
                place
                for place in range(at + 1)
                if place in self.partner and name in self.layers[place].weights
            )
            for name in self.layers[at].weights
        }


def rewired(left: ModelSide, right: ModelSide, one: int, other: int) -> tuple[SettingChange, ...]:
    """Return the change where a layer reads other layers, aside from those that came or went."""
    ours = [left.matched(source) for source in left.layers[one].sources]
    theirs = [right.matched(source) for source in right.layers[other].sources]
    expected = [left.over(source) for source in ours]
    if left.layers[one].is_commutative:
        expected.sort(key=str)
        if expected == sorted(theirs, key=str):
            return ()
    if expected == theirs:
        return ()
    if len(expected) != len(theirs):
        return (SettingChange("branches", str(len(expected)), str(len(theirs))),)
    return (_told("reads", left, right, ours, theirs),)


def reweighted(
    left: ModelSide, right: ModelSide, one: int, other: int
) -> tuple[SettingChange, ...]:
    """Return the change where a layer shares its weights with other layers."""
    ours, theirs = left.first(one), right.first(other)
    if not ours or not theirs or {left.partner[place] for place in ours} == theirs:
        return ()
    if ours == {one} or theirs == {other}:
        told = [
            "its own" if places == {at} else f"those of {_named(side, _places(places - {at}))}"
            for side, at, places in ((left, one, ours), (right, other, theirs))
        ]
        return (SettingChange("weights", *told),)
    return (_told("weights of", left, right, _places(ours), _places(theirs)),)


def _places(places: set[int]) -> list[LayerInput | None]:
    return [LayerInput(place) for place in sorted(places)]


def reresulted(
    left: ModelSide, right: ModelSide, results: Sequence[LayerInput], others: Sequence[LayerInput]
) -> SettingChange | None:
    """Return the change where the results come from other layers."""
    ours, theirs = [*map(left.matched, results)], [*map(right.matched, others)]
    if [left.over(source) for source in ours] == theirs:
        return None
    return _told("results of", left, right, results, others)


def more_results(
    left: ModelSide, right: ModelSide, results: Sequence[LayerInput], others: Sequence[LayerInput]
) -> int:
    """Return how many results the right side gives beside those of the left, negative of fewer.

    They are of layers that both have, such as the keys and values for the next token: nothing is
    computed for them. 0 where there are as many, or the results differ otherwise.
    """
    ours = [left.over(left.matched(source)) for source in results]
    theirs = [right.matched(source) for source in others]
    few, many = sorted((ours, theirs), key=len)
    side, given = (left, results) if many is ours else (right, others)
    rest = iter(few)
    wanted = next(rest, None)
    for source, read in zip(given, many, strict=True):
        if wanted is not None and read == wanted:
            wanted = next(rest, None)
        elif source.layer != INPUT and source.layer not in side.partner:
            return 0
    return len(theirs) - len(ours) if few and wanted is None else 0


def _told(
    what: str,
    left: ModelSide,
    right: ModelSide,
    ours: Sequence[LayerInput | None],
    theirs: Sequence[LayerInput | None],
) -> SettingChange:
    """Name what is read, as exactly as it takes to tell both sides from each other."""
    both = [source for source in (*ours, *theirs) if source and source.layer == INPUT]
    many = any(source.output for source in both)
    one, other = _named(left, ours, many=many), _named(right, theirs, many=many)
    if one == other:
        one = _named(left, ours, exact=True, many=many)
        other = _named(right, theirs, exact=True, many=many)
    if one == other:  # modules of one name that stand elsewhere
        names = [right.over(right.matched(source)) if source else None for source in theirs]
        told = _named(left, names, exact=True, many=many)
        other = f"{told} (by the left side's names)"
    return SettingChange(what, one, other)


def _named(
    side: ModelSide,
    sources: Sequence[LayerInput | None],
    *,
    exact: bool = False,
    many: bool = False,
) -> str:
    return ", ".join(_name(side.layers, source, exact, many) for source in sources) or "nothing"


def _name(layers: Sequence[TracedLayer], source: LayerInput | None, exact: bool, many: bool) -> str:
    if source is None:
        return "nothing"
    if source.layer == INPUT:
        return f"input {source.output + 1}" if many else "the input"
    layer = layers[source.layer]
    name = layer.path or f"{layer.kind} of the model"
    if exact:
        name += f" ({layer})"
        equal = [at for at, each in enumerate(layers) if each.path == layer.path]
        equal = [at for at in equal if str(layers[at]) == str(layer)]
        if len(equal) > 1:
            name += f" call {equal.index(source.layer) + 1}"
    return f"output {source.output + 1} of {name}" if source.output else name
