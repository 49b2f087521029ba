"""The time of each row of a table's network, run by itself on the outputs that it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn

from archcount.architecture.network import Network
from archcount.benchmark.devices import HostClock
from archcount.benchmark.results import RowTime
from archcount.errors import UsageError
from archcount.tracing.nested_tensors import tensors_in
from archcount.tracing.torch_internals import DispatchMode


@dataclass(slots=True)
class _Part:
    """A row or a head, run by itself.

    Attributes:
        id: its name, `heads.ROW` for a head.
        before: the index of the part whose output it reads, -1 for the image.
        kept: those of the parts whose outputs it may read inside, by name; None if it reads none.
        given: what it reads, by these indices.
    """

    id: str
    module: nn.Module
    before: int
    kept: Mapping[str, int] | None = None
    given: dict[int, Tensor] = field(default_factory=dict)
    output: Tensor | None = None

    @property
    def reads(self) -> set[int]:
        """The indices of all parts that it reads."""
        return {self.before, *(self.kept or {}).values()}

    def forward(self) -> None:
        x = self.given[self.before]
        if self.kept is None:
            self.output = self.module(x)
        else:
            kept = {name: self.given[number] for name, number in self.kept.items()}
            self.output = self.module(x, kept)

    def backward(self, gradient: Tensor) -> None:
        assert self.output is not None
        self.output.backward(gradient)  # type: ignore[no-untyped-call]


def rows_of(
    module: nn.Module, image: Tensor, clock: HostClock, *, is_train: bool, walks: int
) -> list[RowTime]:
    """Run a network row by row, and return the median times of `walks` passes after a first one.

    Backward passes go from the last row to the first, each with the gradient from the rows after
    it. Running the network row by row changes no operation.

    Raises:
        UsageError: it is not a table's network.
    """
    if not isinstance(module, Network):
        raise UsageError.of(
            "only a table has rows to time",
            allowed="--per-row with a table's name or file",
            remedy="leave --per-row out",
        )
    if module.input_names:
        raise UsageError.of(
            "rows of a network with several inputs cannot be timed one by one",
            remedy="leave --per-row out",
        )
    parts = list(_parts(module, with_heads=is_train))
    forward: list[list[int]] = []
    backward: list[list[int]] = []
    for walk in range(walks + 1):
        there, back = _walk(parts, image, clock.lap, is_train=is_train)
        if walk:
            forward.append(there)
            backward.append(back)
    sizes = _sizes(parts, image, is_train=is_train)
    return [
        RowTime(
            id=part.id,
            forward_ns=median(times[number] for times in forward),
            backward_ns=median(times[number] for times in backward) if is_train else None,
            forward_bytes=sizes[0][number],
            backward_bytes=sizes[1][number] if is_train else None,
        )
        for number, part in enumerate(parts)
    ]


def _parts(network: Network, *, with_heads: bool) -> Iterator[_Part]:
    before = number = -1
    kept: dict[str, int] = {}
    for name in network.rows:
        number += 1
        source = kept[network.sources[name]] if name in network.sources else before
        inside = dict(kept) if name in network.reading else None
        yield _Part(name, getattr(network, name), source, inside)
        before = number
        if name in network.kept:
            kept[name] = number
        if with_heads and name in network.loss_weights:
            number += 1
            yield _Part(f"heads.{name}", getattr(network.heads, name), before)


_Lap = Callable[[list[Any]], list[int]]


def _walk(
    parts: list[_Part], image: Tensor, lap: _Lap, *, is_train: bool
) -> tuple[list[int], list[int]]:
    there: list[int] = []
    back = [0] * len(parts)
    with torch.set_grad_enabled(is_train):
        for part in parts:
            for read in part.reads:
                source = image if read < 0 else parts[read].output
                assert source is not None
                part.given[read] = source.detach().requires_grad_(is_train and read >= 0)
            there += lap([part.forward])
    for number in reversed(range(len(parts)) if is_train else ()):
        part = parts[number]
        gradient = _gradient(parts, number)
        if gradient.grad_fn is None and part.output is not None and part.output.requires_grad:
            (back[number],) = lap([partial(part.backward, gradient)])
    for part in parts:
        part.given, part.output = {}, None
        part.module.zero_grad(set_to_none=True)
    return there, back


def _gradient(parts: list[_Part], number: int) -> Tensor:
    """Return the sum of the gradients from the parts that read a part's output; ones if none."""
    read = [part.given[number] for part in parts if number in part.given]
    found = [given.grad for given in read if given.grad is not None]
    output = parts[number].output
    assert output is not None
    return torch.stack(found).sum(0) if found else torch.ones_like(output)


def _sizes(parts: list[_Part], image: Tensor, *, is_train: bool) -> tuple[list[int], list[int]]:
    traffic = Traffic()

    def counted(works: list[Any]) -> list[int]:
        traffic.bytes = 0
        with traffic:
            for work in works:
                work()
        return [traffic.bytes]

    return _walk(parts, image, counted, is_train=is_train)


class Traffic(DispatchMode):
    """Sums the bytes that operations read and write, each operation by itself.

    Attributes:
        bytes: the sum.

    >>> with Traffic() as traffic:
    ...     _ = torch.zeros(10) + torch.zeros(10)  # writes 40, 40; reads both, writes 40
    >>> traffic.bytes
    200
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run an operation, and add its bytes."""
        kwargs = kwargs or {}
        given = func(*args, **kwargs)
        if not func.is_view:
            self.bytes += sum(item.nbytes for item in tensors_in((args, kwargs, given)))
        return given
