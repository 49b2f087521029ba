"""Rotary positions: numbers turned in pairs by fixed angles, in whichever way that is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from math import prod
from typing import Any, NamedTuple

from archcount.operators.operation import Origin, TensorSpec
from archcount.tracing.layer_steps import LayerSteps, Step, places
from archcount.tracing.rotary_angles import base, is_of_pairs, maker
from archcount.tracing.traced_layer import LayerInput, TracedLayer

KIND = "rotary"
HALVES, PAIRS = "halves", "neighbours"
"""Whether a number is turned with the one half the width after it, or with the next."""


class _Rotated(NamedTuple):
    """A product of what a layer gave and a constant, its sign, and what made the constant."""

    sign: int
    read: TensorSpec
    source: LayerInput
    by: TensorSpec
    made: str = ""


def rotary(node: TracedLayer, step: Step, steps: LayerSteps) -> TracedLayer:
    """See one layer where pairs of numbers are turned."""
    if step.word == "add":
        found = _of_halves_turned(step, steps)
    elif step.word in ("cat", "stack"):
        found = _of_parts(step, steps)
        if found is None:
            return _with_rest(node, step, steps) or node
    else:
        found = _of_complex(step, steps)
    if found is None or prod(found[1]) != _numbers_of(step):
        return node
    source, shape, style, angles = found
    settings: dict[str, Any] = {"size": shape[-1], "style": style}
    numbers, pairs = [steps.numbers(each) for each in angles], shape[-1] // 2
    if not all(is_of_pairs(each, pairs, style == PAIRS) for each in numbers):
        return node
    settings |= base(numbers, pairs, style == PAIRS)
    return replace(
        node, kind=KIND, settings=settings, sources=(source,), input=shape, output=shape,
        weights=frozenset(),
    )  # fmt: skip


def _numbers_of(step: Step) -> int:
    """Count the numbers that a step gives, a complex one as two."""
    made = step.operation.output
    return made.elements * (2 if "complex" in made.dtype else 1)


_Found = tuple[LayerInput, tuple[int, ...], str, tuple[TensorSpec, ...]]
"""What is turned, its shape, in which pairs, and cosine and sine, or both as complex numbers."""


def _of_halves_turned(step: Step, steps: LayerSteps) -> _Found | None:
    """Read `x * cos + turned(x) * sin`."""
    terms = _terms(step, steps)
    for plain, turned in permutations(terms, 2):
        parts = _turned(turned, steps)
        is_whole = steps.is_whole(turned.read, turned.source)
        if parts is None or not is_whole or min(plain.sign, turned.sign) < 0:
            continue
        first, second, style = parts
        whole = plain.read
        half = whole.shape[-1] // 2
        is_all = first.read.shape[-1] == half and first.read.shape[:-1] == whole.shape[:-1]
        if plain.source != first.source or not is_all or not _begin_alike(whole, first.read):
            continue
        if _style(first.read, second.read) == style and _are_angles(plain, turned):
            return plain.source, whole.shape, style, (plain.by, turned.by)
    return None


def _turned(term: _Rotated, steps: LayerSteps) -> tuple[_Rotated, _Rotated, str] | None:
    """Read the two parts of `turned(x)`, the second one taken negative before the first."""
    step = steps.step(term.source)
    if step is None or step.word not in ("cat", "stack"):
        return None
    both = [_signed(step, spec, steps) for spec in _joined(step)]
    if len(both) != 2 or None in both or not _is_last(step):
        return None
    one, other = both
    if one is None or other is None or (one[0], other[0]) != (-1, 1):
        return None
    parts = [
        _Rotated(1, _squeezed(step, spec), source, term.by) for _, spec, source in (other, one)
    ]
    return parts[0], parts[1], _order(step)


def _of_parts(step: Step, steps: LayerSteps) -> _Found | None:
    """Read `x1 * cos - x2 * sin` beside `x2 * cos + x1 * sin`."""
    joined = _joined(step)
    if len(joined) != 2 or not _is_last(step):
        return None
    inner = [steps.step(step.sources.get(spec.storage)) for spec in joined]
    if inner[0] is None or inner[1] is None:
        return None
    terms = [_terms(each, steps) for each in inner if each is not None]
    for (first, second), (third, fourth) in _orders(*terms):
        if (first.sign, second.sign, third.sign, fourth.sign) != (1, -1, 1, 1):
            continue
        if not (_is_same(first.read, fourth.read) and _is_same(second.read, third.read)):
            continue
        if not (_is_same(first.by, third.by) and _is_same(second.by, fourth.by)):
            continue
        style = _style(first.read, second.read)
        if style == _order(step) and _are_angles(first, second):
            shape = (*first.read.shape[:-1], 2 * first.read.shape[-1])
            return first.source, shape, style, (first.by, second.by)
    return None


def _orders(
    one: Sequence[_Rotated], other: Sequence[_Rotated]
) -> list[tuple[tuple[_Rotated, ...], tuple[_Rotated, ...]]]:
    if len(one) != 2 or len(other) != 2:
        return []
    return [(ours, theirs) for ours in permutations(one) for theirs in permutations(other)]


def _of_complex(step: Step, steps: LayerSteps) -> _Found | None:
    """Read pairs taken as complex numbers, times complex numbers of length one."""
    if step.word != "mul" or "complex" not in step.operation.output.dtype:
        return None
    for term in _products(step, steps):
        made = steps.step(term.source)
        if made is not None and "complex" in made.operation.output.dtype:
            continue
        if term.made in ("polar", ""):
            shape = (*term.read.shape[:-1], 2 * term.read.shape[-1])
            return term.source, shape, PAIRS, (term.by,)
    return None


def _with_rest(node: TracedLayer, step: Step, steps: LayerSteps) -> TracedLayer | None:
    """See what is turned of each head, and the rest beside it, as one layer."""
    joined = _joined(step)
    if len(joined) != 2 or not _is_last(step):
        return None
    sources = [step.sources.get(spec.storage) for spec in joined]
    for turned, rest in permutations(sources):
        before = None if turned is None else steps.node(turned)
        if before is not None and before.kind == KIND and before.sources == (rest,):
            shape = node.output
            return replace(
                before, settings={**before.settings, "of": shape[-1]}, input=shape, output=shape
            )
    return None


def _terms(step: Step, steps: LayerSteps) -> list[_Rotated]:
    """Return the products with constants that are added or subtracted."""
    if step.word not in ("add", "sub") or step.operation.arguments.get("alpha", 1) != 1:
        return []
    found = []
    signs = (1, -1 if step.word == "sub" else 1)
    for sign, (spec, source) in zip(signs, step.reads(), strict=False):
        inner = steps.step(source)
        if inner is None or inner.word != "mul" or source is None:
            return []
        if not steps.is_whole(spec, source):
            return []
        for term in _products(inner, steps):
            negative, read, origin = _signed(inner, term.read, steps) or (1, term.read, term.source)
            found.append(term._replace(sign=sign * negative, read=read, source=origin))
    return found


def _products(step: Step, steps: LayerSteps) -> list[_Rotated]:
    """Return the product that a step is, where one of both is a constant."""
    reads = [*step.reads()]
    if len(reads) != 2:
        return []
    return [
        _Rotated(1, spec, source, by, maker(by, step, steps))
        for (spec, source), (by, _) in permutations(reads)
        if source is not None and spec.origin == Origin.INPUT and by.origin != Origin.INPUT
    ]


def _signed(
    step: Step, spec: TensorSpec, steps: LayerSteps
) -> tuple[int, TensorSpec, LayerInput] | None:
    """Return what is read, or what it is the negative of, with the sign."""
    source = step.sources.get(spec.storage)
    inner = steps.step(source)
    if inner is not None and source is not None and inner.word == "neg":
        negated = inner.operation.tensor("self")
        origin = inner.sources.get(negated.storage)
        return None if origin is None else (-1, negated, origin)
    return None if source is None else (1, spec, source)


def _joined(step: Step) -> list[TensorSpec]:
    found = step.operation.arguments["tensors"]
    return [spec for spec in found if isinstance(spec, TensorSpec)]


def _is_last(step: Step) -> bool:
    dims = len(step.operation.output.shape)
    return bool(step.operation.arguments.get("dim", 0) % max(dims, 1) == dims - 1)


def _order(step: Step) -> str:
    """Return in which order parts are put together: one after the other, or by turns."""
    if step.word == "stack" or _joined(step)[0].shape[-1] == 1:
        return PAIRS
    return HALVES


def _squeezed(step: Step, spec: TensorSpec) -> TensorSpec:
    """Leave out the axis of 1 along which parts are put together by turns."""
    if step.word == "cat" and spec.shape[-1:] == (1,):
        return spec._replace(shape=spec.shape[:-1], layout=spec.layout[:-1])
    return spec


def _is_same(one: TensorSpec, other: TensorSpec) -> bool:
    return one.storage == other.storage and places(one) == places(other)


def _begin_alike(one: TensorSpec, other: TensorSpec) -> bool:
    return one.storage == other.storage and one.layout[:1] == other.layout[:1]


def _style(first: TensorSpec, second: TensorSpec) -> str:
    """Return how the second of each pair lies to the first, empty where it is no pair."""
    if first.storage != second.storage or first.shape != second.shape or not first.shape:
        return ""
    if first.layout[1:] != second.layout[1:] or not first.layout:
        return ""
    apart, step = second.layout[0] - first.layout[0], first.layout[-1]
    if 2 * apart == step:
        return PAIRS
    return HALVES if apart == step * first.shape[-1] else ""


def _are_angles(cosine: _Rotated, sine: _Rotated) -> bool:
    """Return whether constants may be cosine and sine: of what is held, nothing else is known."""
    return cosine.made in ("cos", "") and sine.made in ("sin", "")
