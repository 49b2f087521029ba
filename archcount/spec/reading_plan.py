"""The plan of a row: its layers, cells and repetitions as records, to be read otherwise."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import reduce
from typing import Any

from archcount.architecture import (
    Block,
    BoundBlock,
    Expression,
    JoinNode,
    LayerNode,
    Node,
    RepeatBlock,
    Scope,
    SequenceNode,
    Value,
    expand,
)
from archcount.architecture.blocks import Given, LayerBlock, PatchText, Shortcut, WhenBlock
from archcount.architecture.budget import Budget
from archcount.architecture.scope import OUTPUT_NAMES
from archcount.edits import NumberCell, PatchCell, Plan, Site, Window
from archcount.errors import InvalidTableError, Location
from archcount.layers.row_output import RowOutput
from archcount.layers.shape import spread
from archcount.layers.transposed_convolution import TransposedConv
from archcount.printed import Patch
from archcount.spec.name_uses import Uses
from archcount.spec.row_reader import ParsedRow
from archcount.spec.variant import Variant


def make_plan(
    row: ParsedRow,
    node: Node,
    network: Variant,
    printed_input: tuple[int, ...] | None,
) -> Plan:
    """Gather what can be read otherwise in a row, which `node` is as the table stands."""
    assert row.block is not None, "a loaded table has a block for every row"
    values = {**network.values, **row.values}
    outputs = network.architecture.outputs_before(row.id)
    scope = Scope(values=values, owner=f"row {row.id}", outputs=outputs)
    expand(row.block, node.input, scope, network.defaults, Budget())
    blocks = [block for block in row.block.parts() if isinstance(block, RepeatBlock)]
    counting = {name for block in blocks for name in block.times.names}
    # A name that a block gives another meaning is not the cell wherever it is read.
    given = [
        (name, item)
        for block in row.block.parts()
        if isinstance(block, BoundBlock)
        for name, item in block.values.items()
    ]
    bound = {
        name for name, item in given if not (isinstance(item, Given) and item.names == (name,))
    }
    read = {
        name: value
        for name, value in values.items()
        if name in scope.read - bound and name not in OUTPUT_NAMES and value.value is not None
    }
    derived = {name for name, value in read.items() if isinstance(value.value, Expression)}
    sites = tuple(_sites(node, read))
    uses = Uses.of(row.block.parts(), given, values)
    point = (Window(1, 1),) * (len(node.input.printed) - 1)
    return Plan(
        id=row.id,
        input=node.input.printed,
        printed_input=printed_input,
        sites=sites,
        cells={
            name: replace(cell, says=uses.says(name))
            for name, cell in _number_cells(read, network.printed.headings, counting).items()
        },
        patches=_patch_cells(read, sites),
        repeats={block.text.where: times for block in blocks if (times := _times(block, scope))},
        channels=_channels(node, ({*row.values} & {*read}) - derived) or (),
        positions=_positions(node),
        bends=any(_bends(block) for block in row.block.parts()) or bool(derived),
        rounds=any(not isinstance(block, Shortcut) and _bends(block) for block in row.block.parts())
        or bool(derived),
        windows=None if node.input.tokens else _windows(node, point),
    )


def _bends(block: Block) -> bool:
    """Whether a part depends on numbers or shapes, or an argument is not linear in its names."""
    given: list[Any] = []
    match block:
        case Shortcut() | WhenBlock():
            return True
        case BoundBlock():
            given = [item.value for item in block.values.values() if isinstance(item, Given)]
        case LayerBlock():
            given = [bound.value for bound in block.arguments]
    return any(
        not value.is_linear if isinstance(value, Expression) else value.names != value.is_stride_of
        for value in given
        if isinstance(value, Expression | PatchText)
    )


def _number_cells(
    read: Mapping[str, Value], headings: Mapping[str, str], counting: set[str]
) -> dict[str, NumberCell]:
    """Gather the whole numbers that layers read; how often a block is repeated is none."""
    return {
        name: NumberCell(
            name=name, heading=headings.get(name, name), value=int(value.value), where=value.where
        )
        for name, value in read.items()
        if isinstance(value.value, Fraction)
        and value.value.denominator == 1
        and name not in counting
    }


def _patch_cells(read: Mapping[str, Value], sites: tuple[Site, ...]) -> dict[str, PatchCell]:
    return {
        name: PatchCell(
            name=name,
            kernel=value.value.kernel,
            stride=value.value.stride,
            where=value.where,
            readers=sum(name in site.reads for site in sites),
        )
        for name, value in read.items()
        if isinstance(value.value, Patch)
    }


def _times(block: RepeatBlock, scope: Scope) -> int:
    """Return how often a block is repeated; 0 where that depends on its input."""
    try:
        return int(block.times.evaluate(scope.number))
    except (InvalidTableError, KeyError):
        return 0


def _positions(node: Node) -> tuple[Fraction, Fraction] | None:
    """Return at how many positions a weight of the row is used, the fewest and the most."""
    found = [
        Fraction(layer.cost.macs, layer.weights) for _, layer in _paths(node, "") if layer.weights
    ]
    return (min(found), max(found)) if found else None


def _channels(node: Node, printed: set[str]) -> tuple[str, ...] | None:
    """Return the printed cells that are a node's output channels; None where others are too.

    The result is empty where the channels stay as they are.
    """
    if isinstance(node, LayerNode):
        if not hasattr(node.kind, "width"):
            return () if node.input.channels == node.output.channels else None
        width = next(
            (
                bound.value
                for bound in (node.origin.arguments if isinstance(node.origin, LayerBlock) else ())
                if bound.argument.name == "width"
            ),
            None,
        )
        if not isinstance(width, Expression) or width.names != (width.text,):
            return None
        return (width.text,) if width.text in printed else None
    inner = [_channels(child, printed) for _, child in node.children]
    if isinstance(node, SequenceNode):
        return next((found for found in reversed(inner) if found != ()), ())
    if isinstance(node, JoinNode) and node.kind.stacks_channels:
        if any(not found for found in inner):
            return None
        return tuple(name for found in inner for name in found or ())
    return next((found for found in inner if found), None)


def _windows(node: Node, point: tuple[Window, ...]) -> tuple[Window, ...] | None:
    """See a node as one window on its input; None where a layer adapts to it.

    A `point` is the window, on each axis, of what sees one position alone.
    """
    if isinstance(node, LayerNode):
        patch: Patch | None = getattr(node.kind, "patch", None)
        if isinstance(node.kind, RowOutput | TransposedConv):
            return None
        if patch is None:
            return None if node.input.spatial != node.output.spatial else point
        dilation = spread(getattr(node.kind, "dilation", (1,)), node.input, "dilation")
        return tuple(
            Window(gap * (side - 1) + 1, step)
            for gap, side, step in zip(dilation, patch.kernel, patch.stride, strict=True)
        )
    inner = [_windows(child, point) for _, child in node.children]
    whole = [axes for axes in inner if axes is not None]
    if len(whole) < len(inner):
        return None
    if isinstance(node, SequenceNode):
        return reduce(_behind, whole, point)
    return max(whole, key=lambda axes: sum(axis.sees for axis in axes), default=point)


def _behind(one: tuple[Window, ...], other: tuple[Window, ...]) -> tuple[Window, ...]:
    return tuple(axis.then(behind) for axis, behind in zip(one, other, strict=True))


def _sites(node: Node, read: Mapping[str, Value]) -> Iterator[Site]:
    """Gather the layers with kernels or windows by the place where they are written."""
    found: dict[Location, list[tuple[str, LayerNode]]] = {}
    for path, layer in _paths(node, ""):
        if layer.origin is None or not layer.kind.role:
            continue
        if not isinstance(layer.origin, LayerBlock):
            found.setdefault(layer.origin.where, []).append((path, layer))
        elif layer.kind.word == layer.origin.kind.word:
            found.setdefault(layer.origin.text.where, []).append((path, layer))
    for where, layers in found.items():
        yield _site(where, layers, read)


def _site(where: Location, layers: list[tuple[str, LayerNode]], read: Mapping[str, Value]) -> Site:
    path, first = layers[0]
    kind: Any = first.kind
    patch: Patch | None = getattr(kind, "patch", None)
    written = first.origin if isinstance(first.origin, LayerBlock) else None
    return Site(
        path=path or kind.word,
        text=written.text.text if written else "shortcut, projected",
        where=where,
        word=kind.word if written else "shortcut",
        input=first.input.printed,
        output=first.output.printed,
        kernel=patch.kernel if patch else None,
        stride=patch.stride if patch else None,
        width=getattr(kind, "width", None),
        groups=getattr(kind, "groups", 1),
        multiplier=getattr(kind, "multiplier", 0),
        weights=sum(layer.weights for _, layer in layers),
        biases=sum(layer.biases for _, layer in layers),
        macs=sum(layer.cost.macs for _, layer in layers),
        times=len(layers),
        widths=_unlike_widths(layers),
        reads=tuple(_read_by(written.names, read)) if written else (),
    )


def _read_by(names: Iterable[str], read: Mapping[str, Value]) -> Iterator[str]:
    """Yield the names among those that are read, and those that they are worked out of."""
    for name in dict.fromkeys(names):
        if name in read:
            yield name
            value = read[name].value
            if isinstance(value, Expression):
                yield from _read_by(value.names, read)


def _unlike_widths(layers: list[tuple[str, LayerNode]]) -> tuple[tuple[int, int, int], ...]:
    """Count the input and output channels of a layer's places in the row, where they differ."""
    found = Counter((layer.input.channels, layer.output.channels) for _, layer in layers)
    if len(found) < 2:
        return ()
    return tuple((inside, outside, times) for (inside, outside), times in found.items())


def _paths(node: Node, path: str) -> Iterator[tuple[str, LayerNode]]:
    """Yield every layer with its path in the row."""
    if isinstance(node, LayerNode):
        yield path, node
        return
    for name, child in node.children:
        # A repeated block is written once.
        step = "block" if re.fullmatch(r"block\d+", name) else name
        yield from _paths(child, f"{path}.{step}" if path else step)
