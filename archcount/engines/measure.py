"""What the engines that run a module share: rows measured on it, and how they become a count."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from torch import nn

from archcount.engines.counts import Count, RowCount, Uncounted
from archcount.errors import UnavailableError
from archcount.layers import Cost, Shape

if TYPE_CHECKING:
    from archcount.architecture import Architecture

WHOLE = "(the network itself)"
"""The place of what no module of the network is to blame for."""

_NO_MEMORY = ("can't allocate memory", "Storage size calculation overflowed")
"""What torch says when a tensor is too large; it has no exception of its own for it on a CPU."""


@contextmanager
def memory_needed(
    remedy: str = "take a smaller --input, or --engine formula, which needs none",
) -> Iterator[None]:
    """Raise an error of ours when the network is too large to run.

    Raises:
        UnavailableError: there is not the memory to run it.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not any(told in str(error) for told in _NO_MEMORY):
            raise
        raise UnavailableError.of(
            "there is not enough memory to run the network", remedy=remedy
        ) from None


def make_count(
    architecture: Architecture,
    row: Callable[[str, int], RowCount],
    *,
    engine: str,
    version: str,
    heads: bool,
    uncounted: Iterable[Uncounted],
) -> Count:
    """Count every row, and every head if they are asked for."""
    from archcount.architecture.architecture import WEIGHTED

    return Count(
        engine=engine,
        version=version,
        rows=tuple(row(item.id, item.depth) for item in architecture.rows),
        heads=tuple(
            row(f"heads.{head.at}", head.node.depth(WEIGHTED)) for head in architecture.heads
        )
        if heads
        else (),
        depth_with_pooling=architecture.depth_with_pooling,
        uncounted=tuple(uncounted),
    )


def measure(
    name: str,
    module: nn.Module,
    shapes: tuple[tuple[int, ...], tuple[int, ...]],
    cost: Cost,
    depth: int,
) -> RowCount:
    """Return a row of a module; its input and output shapes are of one image, without the batch.

    >>> row = measure("fc", nn.Linear(4, 3), ((4,), (3,)), Cost(linear=12), depth=1)
    >>> row.params, row.output
    (15, (3, 1, 1))
    """
    parameters = list(module.parameters())
    kernels = [part for part in module.modules() if isinstance(part, nn.Conv2d | nn.Linear)]
    return RowCount(
        id=name,
        input=Shape(shapes[0]).printed,
        output=Shape(shapes[1]).printed,
        weights=sum(tensor.numel() for tensor in parameters if tensor.ndim > 1),
        biases=sum(part.bias.numel() for part in kernels if part.bias is not None),
        params=sum(tensor.numel() for tensor in parameters),
        buffers=sum(tensor.numel() for tensor in module.buffers() if tensor.ndim),
        cost=cost,
        depth=depth,
    )
