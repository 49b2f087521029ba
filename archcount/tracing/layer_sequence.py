"""A forward pass as a sequence of layers, however the code is written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from math import prod

from archcount.layers import Cost
from archcount.operators.moves import padded_by
from archcount.operators.operation import Operation, Origin, TensorSpec
from archcount.operators.operator import LayerName
from archcount.operators.registry import name_layer
from archcount.tracing.composite_operations import parts
from archcount.tracing.forward_pass import Call, ForwardPass
from archcount.tracing.layer_fusion import fused
from archcount.tracing.layer_order import before_softmax, ordered
from archcount.tracing.layer_parameters import LayerParameters
from archcount.tracing.layer_recognition import recognised
from archcount.tracing.layer_steps import LayerSteps, Step
from archcount.tracing.new_tensors import NewTensors, is_made_new
from archcount.tracing.read_channels import ReadChannels
from archcount.tracing.regrouping import is_regrouped
from archcount.tracing.scaled_scores import NOTHING, rounded_scales
from archcount.tracing.traced_layer import (
    INPUT,
    LayerInput,
    LayerParameter,
    LayerSequence,
    TracedLayer,
)


def layers_of(trace: ForwardPass) -> LayerSequence:
    """Return the layers that lead to a model's results, in the order of what they read.

    In which order the code runs them does not matter. What moves numbers without arithmetic is no
    layer; several operations that come to one layer (a local response norm, a product and its
    bias, a padding and its convolution, a sum of many) are one, and so is one that is worked out
    twice of the same. A softmax that gives the result is left out.
    """
    walk = _Walk(trace)
    last: Call | None = None
    spent: list[tuple[int, Cost]] = []  # by the number of the layer that stands last by then
    for call in trace.calls:
        walk.take(call, last)
        last = call if any(call.operation.tensors()) else last
        if call.pattern.charge is not None:
            spent.append((len(walk.nodes) - 1, call.pattern.charge.cost))
    ends = [walk.made.get(storage) or LayerInput(INPUT) for storage in trace.results]
    nodes = rounded_scales(walk.read.told(walk.nodes, trace.results))
    return ordered(nodes, before_softmax(nodes, ends), spent, walk.whole_parameters())


class _Walk:
    """The way through a pass.

    Attributes:
        nodes: the layers, each after all that it reads.
        made: what lies in a memory; None is a constant.
        parameters: the parameters, or the parts of them that are read, by their numbers.
        read: which channels are read.
    """

    def __init__(self, trace: ForwardPass) -> None:
        held = (tensor for own in trace.held.values() for kind in own for tensor in kind)
        shapes = {id(each.untyped_storage()): tuple(each.shape) for each in held}
        self._steps = LayerSteps(held=shapes, values=trace.values, storages=trace.storages)
        self.nodes = self._steps.nodes
        self.made: dict[int, LayerInput | None] = {}
        for number, storage in enumerate(trace.inputs):
            self.made.setdefault(storage, LayerInput(INPUT, number))
        self._made_new = NewTensors()
        self._same = self._steps.same
        self._known: dict[str, tuple[int, Operation]] = {}
        self.parameters = LayerParameters()
        self.read = ReadChannels()

    def take(self, call: Call, last: Call | None) -> None:
        """Take the next operation; `last` is the one before it that read something."""
        for operation in parts(call.operation):
            self._take(call, operation, last)

    def _take(self, call: Call, operation: Operation, last: Call | None) -> None:
        if not operation.outputs or operation.is_view:
            return
        self.read.take(operation)
        if is_made_new(operation):
            self._put(operation, None)
            self._made_new.make(operation)
            self._steps.constants.update({spec.storage: operation for spec in operation.outputs})
            return
        known = [(spec, self._source(spec)) for spec in operation.tensors()]
        read = [(spec, source) for spec, source in known if source is not None]
        if not read:
            self._steps.constants.update({spec.storage: operation for spec in operation.outputs})
        if not read and not any(spec.is_held for spec, _ in known):
            self._put(operation, None)
            return
        operation = self._told(operation)
        named = self._named(operation, read)
        if operation.name == "aten.copy_":
            if self._is_moved(operation):
                return
        elif named is None:
            self._move(operation, known[0][0], read[0][1] if read else None)
            return
        if not read and not operation.output.is_floating:
            return
        if not read and operation.name in _MOVES_OF_WEIGHTS:
            self._move(operation, known[0][0], None)
            return
        assert named is not None, f"{operation.name} has no name as a layer"
        self._add(call, operation, named, last, (read or known)[0][0], read)

    def _source(self, spec: TensorSpec) -> LayerInput | None:
        other = LayerInput(INPUT) if spec.origin == Origin.INPUT else None
        return self.made.get(spec.storage, other)

    def _told(self, operation: Operation) -> Operation:
        """Return an operation that says what it reads that does not depend on the input.

        What takes its type or place from a tensor is as if made from it, but reads no number.
        """
        origins = {}
        for spec in operation.tensors():
            source = self._source(spec)
            if spec.origin == Origin.INPUT and source is None:
                origins[spec] = Origin.CONSTANT
            elif spec.origin == Origin.INPUT and self._steps.is_of_weights(source):
                origins[spec] = Origin.WEIGHT
        return operation.with_origins(origins) if origins else operation

    def _named(
        self, operation: Operation, read: Sequence[tuple[TensorSpec, LayerInput]]
    ) -> LayerName | None:
        """Name the layer that an operation is, None where it only moves numbers."""
        named = name_layer(operation)
        if named is not None:
            named = self._steps.axes.told(named, operation)
            parts = [spec for spec, _ in read]
            # What it also reads of weights, such as a class token, is no part of one memory.
            is_of_one = len({source for _, source in read}) == 1 and [*operation.tensors()] == parts
            if named[0] == "concat" and is_of_one and is_regrouped(parts):
                named = None
        self._steps.axes.follow(operation, named[0] if named else "")
        return named

    def _put(self, operation: Operation, source: LayerInput | None) -> None:
        for spec in operation.outputs:
            self.made[spec.storage] = source

    def _move(
        self, operation: Operation, spec: TensorSpec | None, source: LayerInput | None
    ) -> None:
        """Note that the same numbers lie elsewhere."""
        for made in operation.outputs:
            if source is not None:
                self.made[made.storage] = source
                if spec is not None and (made.shape, made.layout) == (spec.shape, spec.layout):
                    self._same.setdefault(made.storage, self._first(spec))
            elif spec is not None:  # weights keep what they are called
                self.made[made.storage] = None
                self._same.setdefault(made.storage, self._first(spec))

    def _is_moved(self, operation: Operation) -> bool:
        """Take a copy that fills a whole tensor, or writes a tensor into itself."""
        into, of = operation.tensor("self"), operation.tensor("src")
        target, given = self._source(into), self._source(of)
        is_part = given is not None and self._made_new.is_part(into)
        if target is not None and target == given:
            widths = self._made_new.fill(into, of)
            if widths is not None:  # all around it is the other side
                settings = {"by": padded_by(widths), "padding mode": "circular"}
                pad = replace(self.nodes[target.layer], kind="pad", settings=settings)
                self.nodes[target.layer] = pad
        elif target is None and is_part:
            self._made_new.put(into)
        if (target is None and not is_part) or target == given:
            self._put(operation, given)
            return True
        return False

    def _add(
        self,
        call: Call,
        operation: Operation,
        named: LayerName,
        last: Call | None,
        first: TensorSpec,
        read: Sequence[tuple[TensorSpec, LayerInput]],
    ) -> None:
        kind, settings = named
        if kind == "batch norm" and _is_of_each_image(call, last):
            kind, settings = "instance norm", {**settings, "statistics": "of the image"}
        sources = self._flat(kind, settings, read)
        source = sources[0] if sources else None
        before = first.shape
        if source is not None and source != read[0][1]:  # what a concatenation in it reads first
            before = self.nodes[read[0][1].layer].input
        elif source is not None and source.layer != INPUT and not source.output:
            whole = self.nodes[source.layer].output
            is_part = operation.is_pointwise and prod(whole) != first.elements
            before = before if is_part else whole
        output = operation.output.shape
        if kind.startswith("global ") and prod(before[:2]) == operation.output.elements:
            output = before[:2]
        if kind == "write":
            output = self._made_new.whole(operation.output).shape
        node = TracedLayer(
            kind=kind,
            settings=settings,
            path=call.place,
            sources=sources,
            input=before,
            output=output,
            weights=self._weights(kind, operation),
        )
        step = Step(operation, {spec.storage: given for spec, given in read})
        node = recognised(fused(node, first.shape, self.nodes), step, self._steps)
        if node.kind == NOTHING:
            self._put(operation, node.sources[0])
            return
        number = self._placed(node, step)
        self.read.give(number, operation.output, self._steps.axes.of(operation.output))
        for place, spec in enumerate(operation.outputs):
            self.made[spec.storage] = LayerInput(number, place)

    def _weights(self, kind: str, operation: Operation) -> frozenset[int]:
        """Name what is trained; what is neither trained nor a layer's own kernel has no name."""
        found = set()
        for spec in operation.tensors():
            is_trained = spec.requires_grad or kind in _TRAINED
            if spec.is_held and self._source(spec) is None and spec.is_floating and is_trained:
                found.add(self.parameters.name(kind, self._first(spec), spec))
        return frozenset(found)

    def whole_parameters(self) -> dict[int, LayerParameter]:
        """Return the parameters by the numbers of what layers have."""
        return self.parameters.whole(self._steps.held)

    def _flat(
        self, kind: str, settings: dict[str, object], read: Sequence[tuple[TensorSpec, LayerInput]]
    ) -> tuple[LayerInput, ...]:
        """Return what is read; of a concatenation in another, what that one reads."""
        sources: list[LayerInput] = []
        for spec, source in read:
            inner = None if source.layer == INPUT else self.nodes[source.layer]
            if (
                kind == "concat"
                and inner is not None
                and inner.kind == "concat"
                and inner.settings["axis"] == settings["axis"]
                and inner.output == spec.shape
            ):
                sources += inner.sources
            else:
                sources.append(source)
        return tuple(sources)

    def _placed(self, node: TracedLayer, step: Step) -> int:
        """Return the number of a layer: of the same one where it was worked out before."""
        operation = step.operation
        specs = [(self._source(spec), spec) for spec in operation.tensors()]
        # What multiplies stands as often as it is done, as its cost does; constants are unknown.
        is_known = all(source or spec.is_held for source, spec in specs)
        if not is_known or node.kind in _TRAINED or _RANDOM.search(node.kind):
            return self._steps.add(node, step)
        seen = [(source, self._first(spec), spec.shape, spec.layout) for source, spec in specs]
        key = repr((node.kind, sorted(node.settings.items()), seen, node.output))
        number, before = self._known.setdefault(key, (len(self.nodes), operation))
        if number == len(self.nodes):
            self._steps.add(node, step)
        for spec, other in zip(operation.outputs, before.outputs, strict=True):
            if spec.storage != other.storage:
                self._same.setdefault(spec.storage, self._first(other))
        return number

    def _first(self, spec: TensorSpec) -> int:
        return self._same.get(spec.storage, spec.storage)


_RANDOM = re.compile("rand|bernoulli|multinomial|poisson|normal|uniform|exponential|dropout")

_TRAINED = frozenset({"conv", "transposed conv", "linear", "embedding", "embedding bag"})
"""Kinds whose kernels are theirs, frozen or not."""


def _is_of_each_image(call: Call, last: Call | None) -> bool:
    """Return whether it is an instance norm: the channels of all images are read as of one."""
    read = call.operation.tensor("input")
    is_training = call.operation.arguments.get("training")
    if not is_training or read.shape[0] != 1 or last is None or last.place != call.place:
        return False
    return last.operation.name == "aten.view" and last.operation.output.storage == read.storage


_MOVES_OF_WEIGHTS = {"aten.repeat", "aten.constant_pad_nd"}
"""Operations that are no layer where they read nothing but weights."""
