"""What is built from an architecture: the network, and what it returns in training."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import torch.nn.functional as F
from torch import Tensor, nn

from archcount.errors import UsageError
from archcount.layers.modules import READING, Kept, Named


class Outputs(NamedTuple):
    """What a network with heads returns in train mode.

    Attributes:
        main: logits of the main classifier, (N, classes); a tuple where there are several outputs.
        heads: logits of each head, in the order of `Network.loss_weights`.
    """

    main: Any
    heads: tuple[Tensor, ...]


class FinalSoftmax(nn.Softmax):
    """The softmax at a network's end: probabilities in eval mode, logits in train mode.

    In training the softmax belongs to the loss (`cross_entropy` takes logits).
    With `logits=True` it returns logits in eval mode too.
    """

    def __init__(self, dim: int | None = 1, *, logits: bool = False) -> None:
        super().__init__(dim)
        self.logits = logits

    def forward(self, x: Tensor) -> Tensor:
        """Map logits (N, classes) to probabilities, or pass them through."""
        return x if self.training or self.logits else super().forward(x)


class Network(Named):
    """A table's architecture as an ordinary module, its children named after the rows.

    In eval mode it returns the table's output. In train mode it returns logits; with heads,
    `Outputs` of main and head logits. Where it has several outputs, they are a tuple.

    Attributes:
        rows: the rows' names in order.
        loss_weights: the loss weight of each head by the row it is attached to.
        sources: by row, the one whose output it reads, where that is not the one before it.
        kept: the rows whose output a later row reads.
        outputs: the rows whose outputs it gives; empty for the last row's alone.
        reading: the rows that read kept outputs inside.
        input_names: the names of the inputs, where there are several.
    """

    def __init__(
        self,
        rows: Mapping[str, nn.Module],
        heads: Mapping[str, nn.Module],
        loss_weights: Mapping[str, float],
        sources: Mapping[str, str] = MappingProxyType({}),
        kept: Collection[str] = (),
        outputs: Collection[str] = (),
        inputs: Collection[str] = (),
    ) -> None:
        super().__init__(rows)
        if heads:
            self.heads = Named(heads)
        self.rows = tuple(rows)
        self.loss_weights = dict(loss_weights)
        self.sources = dict(sources)
        self.kept = tuple(name for name in rows if name in kept or name in outputs)
        self.outputs = tuple(outputs)
        self.reading = tuple(name for name, row in rows.items() if isinstance(row, READING))
        self.input_names = tuple(inputs)

    def forward(self, x: Tensor, *others: Tensor) -> Tensor | tuple[Tensor, ...] | Outputs:
        """Map images (N, C, H, W) to the output; see the class for train and eval mode.

        Further inputs follow the first, in the order of `input_names`.
        """
        if self.training and self.loss_weights:
            return self.forward_with_heads(x, *others)
        kept = self._given(x, *others)
        reads = self.kept or self.input_names
        for name in self.rows:
            x = self._row(name, x, kept) if reads else getattr(self, name)(x)
        return self._ends(x, kept)

    def _ends(self, x: Tensor, kept: Kept) -> Tensor | tuple[Tensor, ...]:
        """Return the last row's output, or those that the network gives."""
        return tuple([kept[name] for name in self.outputs]) if self.outputs else x

    def _given(self, *inputs: Tensor) -> Kept:
        """Return the inputs by their names, which rows may read as they do other rows."""
        names = self.input_names or ("",)
        if len(inputs) != len(names):
            told = f"{len(names)} inputs, {', '.join(names)}" if self.input_names else "1 input"
            raise TypeError(f"the network takes {told}, and gets {len(inputs)}")
        return dict(zip(names, inputs, strict=True))

    def _row(self, name: str, x: Tensor, kept: Kept) -> Tensor:
        """Run a row on the output that it reads, and keep its own where a later row reads it."""
        x = kept[self.sources[name]] if name in self.sources else x
        row = getattr(self, name)
        output: Tensor = row(x, kept) if name in self.reading else row(x)
        if name in self.kept:
            kept[name] = output
        return output

    def forward_with_heads(self, x: Tensor, *others: Tensor) -> Outputs:
        """Map images (N, C, H, W) to the main output and those of all heads, in either mode."""
        heads = []
        kept = self._given(x, *others)
        for name in self.rows:
            x = self._row(name, x, kept)
            if name in self.loss_weights:
                heads.append(getattr(self.heads, name)(x))
        return Outputs(self._ends(x, kept), tuple(heads))

    def loss(self, outputs: Tensor | Outputs, target: Tensor) -> Tensor:
        """Return the sum of the cross entropies of main and heads, the heads by their loss weights.

        Args:
            outputs: what the network returned in train mode.
            target: class indices, (N,).

        Raises:
            UsageError: the network has several outputs, which no one target is of.
        """
        if self.outputs:
            raise UsageError.of(
                "a network of several outputs has no loss of its own",
                remedy="call it, and give each of its outputs a loss",
            )
        if isinstance(outputs, Tensor):
            return F.cross_entropy(outputs, target)
        total = F.cross_entropy(outputs.main, target)
        for weight, head in zip(self.loss_weights.values(), outputs.heads, strict=True):
            total = total + weight * F.cross_entropy(head, target)
        return total
