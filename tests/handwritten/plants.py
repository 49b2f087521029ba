"""One mistake planted in a network: a single edit of its settings, chosen by a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, get_args

from .settings import Conv, Linear, Lrn, Pool, Settings, Step
from .sizes import At, DoesNotRunError, Layer, layers

Kind = Literal[
    "kernel",
    "stride",
    "width",
    "groups",
    "missing layer",
    "extra layer",
    "bias",
    "pool type",
    "padding",
]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Edit:
    """What was planted.

    Attributes:
        kind: what sort of edit.
        row: the id of the row.
        layer: the layer within the row, by its name in the unedited table-built network; of an
            extra layer, the one that it follows.
        before: the step that was there; None for an extra layer.
        after: the step that is there now; None for a missing layer.
        follows: other layers whose channels change with it, each its row and layer.
    """

    kind: Kind
    row: str
    layer: str
    before: Step | None
    after: Step | None
    follows: tuple[tuple[str, str], ...] = ()

    @property
    def place(self) -> str:
        """What of the row the layer stands in: "branch3", "block2.add.branch1", or "" for all."""
        return self.layer.rpartition(".")[0]


def plant(settings: Settings, seed: int, kind: Kind | None = None) -> tuple[Settings, Edit]:
    """Edit one layer of a network, so that it is another network and still runs.

    Args:
        settings: the network; left as it is.
        seed: the same seed plants the same.
        kind: what sort of edit; any, if not given.

    Raises:
        ValueError: no edit of that kind fits.
    """
    chance = random.Random(seed)
    kinds = [kind] if kind else chance.sample(KINDS, len(KINDS))
    before = layers(settings)
    for each in kinds:
        found = [(layer, step) for layer in before for step in candidates(layer, before, each)]
        # First a layer, then its edit: else what can be edited in many ways is edited most.
        order = {layer.at: chance.random() for layer in before}
        chance.shuffle(found)
        for layer, step in sorted(found, key=lambda pair: order[pair[0].at]):
            edited = _edited(settings, layer.at, each, step)
            try:
                after = layers(edited)
            except DoesNotRunError:
                continue
            if _shows(before, after, layer, each):
                was = None if each == "extra layer" else layer.step
                follows = _follows(before, after, layer.at, each)
                return edited, Edit(each, layer.row, layer.path, was, step, follows)
    raise ValueError(f"{settings.name}: no edit of kind {kind!r} fits")


def candidates(layer: Layer, network: tuple[Layer, ...], kind: Kind) -> Iterator[Step | None]:
    """What may come in a layer's place, or after it; whether the network then runs is not asked."""
    step = layer.step
    match kind, step:
        case "kernel", Conv():
            for kernel in {1, 3, 5, 7} - {step.kernel}:
                yield replace(step, kernel=kernel, padding=kernel // 2)
        case "kernel", Pool(kernel=int(size)):
            for kernel in ({3, 5, 7} if step.padding else {2, 3, 5}) - {size}:
                yield replace(step, kernel=kernel, padding=kernel // 2 if step.padding else 0)
        case "stride", Conv() | Pool(kernel=int()):
            for stride in {1, 2} - {step.stride}:
                yield replace(step, stride=stride)
        case "width", Conv():
            out = layer.output[0]
            widths = (
                {2 * out} if step.groups is None else {2 * out, out // 2, out + 16, out * 3 // 2}
            )
            for width in sorted(widths - {out}):
                yield replace(step, out=width)
        case "groups", Conv():
            for groups in {1, 2, 4} - {step.groups}:
                yield replace(step, groups=groups)
        case "missing layer", Conv() | Lrn() | Pool(kind="max"):
            if not _alone(layer, network):
                yield None
        case "extra layer", Conv():
            for kernel in (1, 3):
                yield replace(
                    step,
                    out=layer.output[0],
                    kernel=kernel,
                    stride=1,
                    padding=kernel // 2,
                    groups=1,
                )
        case "bias", Conv() | Linear():
            yield replace(step, bias=not step.bias)
        case "pool type", Pool():
            yield replace(step, kind="avg" if step.kind == "max" else "max")
        case "padding", Conv() | Pool(kernel=int()):
            for padding in {0, step.padding - 1, step.padding + 1} - {-1, step.padding}:
                yield replace(step, padding=padding)
            if isinstance(step, Pool):
                yield replace(step, ceil=not step.ceil)


def _alone(layer: Layer, network: tuple[Layer, ...]) -> bool:
    """Whether it is all of a branch, a body or a shortcut."""
    beside = [other for other in network if other.at[:3] == layer.at[:3]]
    return layer.joined and len(beside) == 1


def _edited(settings: Settings, at: At, kind: Kind, step: Step | None) -> Settings:
    row, g, c, s = at
    groups = settings.rows[row]
    chains = groups[g].chains
    steps = chains[c]
    placed = () if step is None else (step,)
    first = s + 1 if kind == "extra layer" else s
    chain = (*steps[:first], *placed, *steps[s + 1 :])
    group = replace(groups[g], chains=(*chains[:c], chain, *chains[c + 1 :]))
    return replace(settings, rows={**settings.rows, row: (*groups[:g], group, *groups[g + 1 :])})


def _shows(before: tuple[Layer, ...], after: tuple[Layer, ...], layer: Layer, kind: Kind) -> bool:
    """Whether there is a difference to find: of size, where the edit is of stride or padding."""
    if kind in ("stride", "padding"):
        changed = next(other for other in after if other.at == layer.at)
        return changed.output != layer.output
    return _listed(before) != _listed(after)


def _listed(network: tuple[Layer, ...]) -> list[tuple[object, ...]]:
    return [(each.step, each.groups, each.input, each.output) for each in network]


def _follows(
    before: tuple[Layer, ...], after: tuple[Layer, ...], at: At, kind: Kind
) -> tuple[tuple[str, str], ...]:
    row, g, c, s = at
    old = [each for each in before if kind == "extra layer" or each.at != at]
    edited = (row, g, c, s + 1) if kind == "extra layer" else at
    new = [each for each in after if kind == "missing layer" or each.at != edited]
    return tuple(
        (was.row, was.path)
        for was, now in zip(old, new, strict=True)
        if _weights(was) != _weights(now)
    )


def _weights(layer: Layer) -> tuple[int, ...]:
    """The sizes of its weights."""
    if isinstance(layer.step, Conv):
        return (layer.input[0], layer.output[0], layer.groups)
    return (layer.features, layer.output[0]) if isinstance(layer.step, Linear) else ()
