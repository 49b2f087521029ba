"""What the engines that run a module share: rows measured on it, and how they become a count."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import takewhile
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from archcount.engines.counts import Count, RowCount, Uncounted
from archcount.errors import UnavailableError
from archcount.layers import Cost, Shape
from archcount.layers.classic_modules import AddedBias
from archcount.layers.modules import WITH_KERNELS
from archcount.loading.reference import message_of

if TYPE_CHECKING:
    from archcount.architecture import Architecture, Node
    from archcount.architecture.network import Network

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
        said = message_of(error)
        if isinstance(error, RuntimeError) and not any(told in said for told in _NO_MEMORY):
            raise
        raise UnavailableError.of(
            "there is not enough memory to run the network", remedy=remedy
        ) from None


def require_memory(network: nn.Module) -> None:
    """Raise UnavailableError if the weights alone are larger than the machine's memory.

    A system may lend more memory than it has, and end the process that takes it.
    """
    needed = sum(tensor.nbytes for tensor in network.parameters())
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if needed > machine:
        raise UnavailableError.of(
            "there is not enough memory to run the network: its weights take "
            f"{needed / 2**30:,.0f} GiB, and the machine has {machine / 2**30:,.0f}",
            remedy="take --engine torch, or --engine formula, which need none",
        )


def example(shape: Shape) -> Tensor:
    """Return one image of zeros, or one sequence of ids.

    >>> example(Shape.parse("tokens 4 of 9"))
    tensor([[0, 0, 0, 0]])
    """
    return torch.zeros(1, *shape.torch_size, dtype=torch.int64 if shape.vocabulary else None)


def make_count(
    architecture: Architecture,
    row: Callable[[str, Node], RowCount],
    *,
    engine: str,
    version: str,
    heads: bool,
    uncounted: Iterable[Uncounted],
) -> Count:
    """Count every row, and every head if they are asked for."""
    return Count(
        engine=engine,
        version=version,
        rows=tuple(row(item.id, item.node) for item in architecture.rows),
        heads=tuple(row(f"heads.{head.at}", head.node) for head in architecture.heads)
        if heads
        else (),
        depth=architecture.depth,
        depth_with_pooling=architecture.depth_with_pooling,
        uncounted=tuple(uncounted),
    )


def measure(
    name: str,
    node: Node,
    network: Network,
    shapes: tuple[tuple[int, ...], tuple[int, ...]],
    cost: Cost,
) -> RowCount:
    """Return a row of a network, which its node became.

    The shapes of its input and output are torch's, without the batch; the node says which of
    their axes are channels, and how deep it is. A parameter is of the first row that holds it.
    """
    from archcount.architecture.architecture import WEIGHTED

    module = network.get_submodule(name)
    before = takewhile(lambda row: row != name, network.rows)
    held = {id(each) for row in before for each in network.get_submodule(row).parameters()}
    parameters = [each for each in module.parameters() if id(each) not in held]
    with_biases = (*WITH_KERNELS, nn.RNNBase, AddedBias)
    biased = [part for part in module.modules() if isinstance(part, with_biases)]
    return RowCount(
        id=name,
        input=node.input.measured(shapes[0]).printed,
        output=node.output.measured(shapes[1]).printed,
        weights=sum(tensor.numel() for tensor in parameters if tensor.ndim > 1),
        biases=sum(
            tensor.numel()
            for part in biased
            for name, tensor in part.named_parameters(recurse=False)
            if name.startswith("bias")
        ),
        params=sum(tensor.numel() for tensor in parameters),
        buffers=sum(tensor.numel() for tensor in module.buffers() if tensor.is_floating_point()),
        cost=cost,
        depth=node.depth(WEIGHTED),
    )
