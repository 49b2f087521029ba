"""A row measured on the built module: its parameters and buffers, beside its operations."""

from __future__ import annotations

from torch import nn

from archcount.counting.records import RowCount
from archcount.layers import Cost


def measure(
    name: str,
    module: nn.Module,
    shapes: tuple[tuple[int, ...], tuple[int, ...]],
    cost: Cost,
    depth: int,
) -> RowCount:
    """Give a row with the parameters of its module.

    Args:
        name: the row's name.
        module: what was built of it.
        shapes: of its input and output for one image, without the batch.
        cost: its operations.
        depth: its depth in the table.

    >>> row = measure("fc", nn.Linear(4, 3), ((4,), (3,)), Cost(linear=12), depth=1)
    >>> row.params, row.output
    (15, (3, 1, 1))
    """
    parameters = list(module.parameters())
    kernels = [part for part in module.modules() if isinstance(part, nn.Conv2d | nn.Linear)]
    return RowCount(
        id=name,
        input=_chw(shapes[0]),
        output=_chw(shapes[1]),
        weights=sum(tensor.numel() for tensor in parameters if tensor.ndim > 1),
        biases=sum(part.bias.numel() for part in kernels if part.bias is not None),
        params=sum(tensor.numel() for tensor in parameters),
        buffers=sum(tensor.numel() for tensor in module.buffers() if tensor.ndim),
        cost=cost,
        depth=depth,
    )


def _chw(shape: tuple[int, ...]) -> tuple[int, int, int]:
    padded = (*shape, 1, 1)[:3]
    return (padded[0], padded[1], padded[2])
