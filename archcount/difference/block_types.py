"""What a block is: the layers with weights on its way, and its name where that is certain."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import prod

from archcount.tracing.traced_layer import TracedLayer, is_join, is_weighted


@dataclass(frozen=True, slots=True)
class BlockType:
    """What blocks of one kind hold.

    Attributes:
        name: what the field calls them, empty where that is not certain.
        layers: the layers with weights, but for a projection on a skip connection.
    """

    name: str
    layers: tuple[str, ...]

    def told(self, number: int, *, is_counted: bool = False) -> str:
        """Say what some blocks are, of which one is not counted.

        >>> BlockType("basic", ("conv 3x3", "conv 3x3")).told(8, is_counted=True)
        '8 basic blocks (conv 3x3, conv 3x3)'
        >>> BlockType("", ("conv 3x3", "conv 1x1")).told(1)
        'block of conv 3x3, conv 1x1'
        """
        many = f"{number} " if is_counted and number > 1 else ""
        listed, noun = ", ".join(self.layers), "block" if number == 1 else "blocks"
        told = f"{self.name} {noun} ({listed})" if self.name else f"{noun} of {listed}"
        return f"{many}{told}"


def block_type(layers: Sequence[TracedLayer], places: Collection[int]) -> BlockType:
    """Return what a block holds.

    Args:
        layers: those of the model.
        places: the numbers of those of the block.
    """
    inside = sorted(places)
    way = [
        layers[place]
        for place in inside
        if is_weighted(layers[place]) and not _is_projection(layers, place, inside)
    ]
    gates = [layer for layer in way if _is_gate(layer)]
    main = [layer for layer in way if layer not in gates]
    is_sum = any(layers[place].kind == "add" and is_join(layers[place]) for place in inside)
    name = _name(main, is_sum=is_sum)
    if name and gates:
        has_product = any(layers[p].kind == "mul" and is_join(layers[p]) for p in inside)
        name = f"squeeze-and-excitation {name}" if len(gates) == 2 and has_product else ""
    return BlockType(name, tuple(map(_told, way)))


def _name(way: Sequence[TracedLayer], *, is_sum: bool) -> str:
    """Name a block by its convolutions, where they leave no doubt."""
    if any(layer.kind != "conv" for layer in way):
        return ""
    kernels = [prod(layer.settings["kernel"]) > 1 for layer in way]
    depthwise = [layer.settings["groups"] == "depthwise" for layer in way]
    widths = [layer.settings["out"] for layer in way]
    if kernels == [True, True] and is_sum and not any(depthwise):
        return "basic"
    if depthwise == [True, False] and kernels == [True, False] and not is_sum:
        return "depthwise separable"
    if kernels != [False, True, False]:
        return ""
    if depthwise == [False, True, False] and way[0].settings["in"] < widths[0] > widths[2]:
        return "inverted residual"
    return "bottleneck" if is_sum and not any(depthwise) and widths[1] < widths[2] else ""


def _is_gate(layer: TracedLayer) -> bool:
    """Return whether a layer works on one place, the mean of a map, as a gate does."""
    places = layer.settings.get("places")
    return layer.kind in ("conv", "linear") and (
        prod(places) == 1 if places else prod(layer.input) == layer.settings["in"]
    )


def _is_projection(layers: Sequence[TracedLayer], place: int, inside: Sequence[int]) -> bool:
    """Return whether a layer brings what the block reads to the width of the sum at its end."""
    layer = layers[place]
    if prod(layer.settings.get("kernel", ())) != 1 or any(s.layer in inside for s in layer.sources):
        return False
    at = place
    for _ in inside:
        readers = [
            each for each in inside if any(source.layer == at for source in layers[each].sources)
        ]
        if len(readers) != 1:
            return False
        at = readers[0]
        if layers[at].kind == "add" and is_join(layers[at]):
            return True
        if not layers[at].kind.endswith(" norm"):
            return False
    return False


def _told(layer: TracedLayer) -> str:
    kernel = "x".join(map(str, layer.settings.get("kernel", ())))
    groups = layer.settings.get("groups", 1)
    words = ["depthwise" if groups == "depthwise" else "", layer.kind, kernel]
    words.append(f"groups {groups}" if groups not in ("depthwise", 1) else "")
    return " ".join(filter(None, words))
