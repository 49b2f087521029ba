"""A model counted at many points: input sizes, values of names in its inputs and arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any, ClassVar

from archcount.errors import ArchcountError, UsageError, unknown_name
from archcount.loading.arguments import read_value
from archcount.symbolic.sweep_axes import Axes

if TYPE_CHECKING:
    from torch import nn

_NAME = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelPoint:
    """One combination, counted.

    Attributes:
        input: (channels, height, width) where sizes of images are varied.
        inputs: what the model was called with, as text.
        lets: the values of the names that were varied.
        batch: how many images an input such as `3x224x224` stands for.
        params: parameters; None where it cannot be counted.
        macs: multiply-accumulates of the call.
        activation_bytes: bytes of all tensors that were made.
        peak_bytes: the most bytes of inputs and made tensors needed at one time.
        uncounted: the operations that have no rule; the numbers are without them.
        problem: why it cannot be counted, or empty.
    """

    input: tuple[int, ...] = ()
    inputs: str = ""
    lets: tuple[str, ...] = ()
    batch: int = 1
    params: int | None = None
    macs: int | None = None
    activation_bytes: int | None = None
    peak_bytes: int | None = None
    uncounted: tuple[str, ...] = ()
    problem: str = ""

    @property
    def shown(self) -> str:
        """The input as text."""
        return self.inputs

    @property
    def rest(self) -> dict[str, str | None]:
        """What is written of it beside its numbers."""
        return {"uncounted": ", ".join(self.uncounted) or None}


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelSweep:
    """A model at every combination of some numbers, in order, the batch changing fastest.

    Attributes:
        name: what the model is called, and made by where `module` is None.
        axes: what is varied.
        module: the model, where it is the same at every point.
        templates: what it is called with, as texts of `read_input` in which `{T}` is a name's
            value; the size of the point where there are none.
        arguments: what the callable is given by name, where it is made anew at each point.
        device: `meta`, or `cpu` for a model whose code reads values of activations.
    """

    figures: ClassVar = (
        ("params", "params"),
        ("macs", "MACs"),
        ("activation_bytes", "activations"),
        ("peak_bytes", "peak"),
    )
    schema: ClassVar = "archcount.model_sweep/1"

    name: str
    axes: Axes
    module: nn.Module | None = None
    templates: Sequence[str] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)
    device: str = "meta"

    @property
    def title(self) -> str:
        """What is counted."""
        return f"{self.name}: one call in evaluation mode at each point, the batch included"

    @property
    def head(self) -> dict[str, str | None]:
        """The names of what is counted."""
        return {"name": self.name}

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.axes)

    def __iter__(self) -> Iterator[ModelPoint]:
        for size, lets in product(self.axes.inputs or ((),), product(*self.axes.lets.values())):
            for batch in self.axes.batches:
                yield self._point(size, lets, batch)

    def _point(self, size: tuple[int, ...], lets: tuple[str, ...], batch: int) -> ModelPoint:
        from archcount.engines import models
        from archcount.engines.count_request import CountRequest
        from archcount.loading.model_target import load_model

        values = dict(zip(self.axes.lets, lets, strict=True))
        given = tuple(filled(text, values) for text in self.templates)
        given = given or (("x".join(map(str, size)),) if size else ())
        try:
            module = self.module
            own: tuple[str, ...] = ()
            if module is None:
                arguments = {
                    name: read_value(filled(value, values)) if isinstance(value, str) else value
                    for name, value in self.arguments.items()
                }
                module, own = load_model(self.name, arguments=arguments, device=self.device)
            request = CountRequest(batch=batch, device=self.device)
            found = models.count(module, given or own, name=self.name, request=request)
        except ArchcountError as error:
            problem = error.problems[0].what.partition("\n")[0]
            inputs = ", ".join(given)
            return ModelPoint(input=size, inputs=inputs, lets=lets, batch=batch, problem=problem)
        return ModelPoint(
            input=size,
            inputs=found.inputs,
            lets=lets,
            batch=batch,
            params=found.total.params,
            macs=found.total.macs,
            activation_bytes=found.activation_bytes,
            peak_bytes=found.peak_bytes,
            uncounted=tuple(dict.fromkeys(item.op for item in found.uncounted)),
        )


def filled(text: str, values: Mapping[str, str]) -> str:
    """Put values in the place of their names.

    >>> filled("ids:int64[1,{T}]", {"T": "128"})
    'ids:int64[1,128]'
    """
    return _NAME.sub(lambda found: values.get(found[1], found[0]), text)


def check_names(texts: Sequence[str], lets: Mapping[str, object]) -> None:
    """Check that the names in texts are those that have values.

    Raises:
        UsageError: a name has no value, or is in no text.
    """
    used = [name for text in texts for name in _NAME.findall(text)]
    for name in used:
        if name not in lets:
            raise unknown_name("no --let for", name, lets)
    for name in lets:
        if name not in used:
            raise UsageError.of(
                f"--let {name} is not used in any --input or --arg",
                remedy=f'write it as in --input "int64[1,{{{name}}}]"',
            )


def has_names(text: object) -> bool:
    """Return whether a text has a name in braces."""
    return isinstance(text, str) and _NAME.search(text) is not None
