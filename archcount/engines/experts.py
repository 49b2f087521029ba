"""Routed experts, recognised in a pass: each token multiplies by a part of their weights only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from torch import Tensor, nn

from archcount.engines.parameter_usage import ParameterUsage


@dataclass(slots=True)
class ExpertUsage:
    """The routed experts of a model.

    Attributes:
        shares: the share of each memory of their parameters that one token multiplies by.
        layers: how many layers route each token to so many of so many experts, by both numbers.
    """

    shares: dict[int, Fraction] = field(default_factory=dict)
    layers: Counter[tuple[Fraction, int]] = field(default_factory=Counter)

    def add(self, memories: Sequence[int], share: Fraction, experts: int) -> None:
        """Add the experts of one layer."""
        self.shares.update(dict.fromkeys(memories, share))
        self.layers[share * experts, experts] += 1


def find_experts(
    parts: Mapping[str, nn.Module], uses: Mapping[int, ParameterUsage], tokens: int
) -> ExpertUsage:
    """Return the experts of a model: stacked in parameters, or modules of a list.

    Parameters of three axes, of which every token multiplies by less than the whole, hold an
    expert in each entry of the first; so do the other parameters of their module that have as many
    entries. In a list of equal modules, each is an expert whose weights are all multiplied by the
    same part of the tokens, less than all.

    Args:
        parts: the modules by path.
        uses: what the pass did with every memory of parameters.
        tokens: how many the pass computed.
    """
    found = ExpertUsage()
    # From the innermost: what holds experts is not for that an expert itself.
    for path in sorted(parts, key=lambda name: -name.count(".")):
        part = parts[path]
        _add_stacked(found, part, uses, tokens)
        if isinstance(part, nn.ModuleList | nn.ModuleDict):
            _add_listed(found, list(part.children()), uses, tokens)
    return found


def _add_stacked(
    found: ExpertUsage, part: nn.Module, uses: Mapping[int, ParameterUsage], tokens: int
) -> None:
    own = [tensor for tensor in part._parameters.values() if tensor is not None]
    stacked = [tensor for tensor in own if tensor.dim() > 2 and tensor.shape[0] > 1]
    shares = {
        tensor.shape[0]: Fraction(use.linear, tokens * use.numbers)
        for tensor in stacked
        if 0 < (use := uses[_memory(tensor)]).linear < tokens * use.numbers
    }
    for experts, share in shares.items():
        held = [_memory(tensor) for tensor in own if tensor.shape[:1] == (experts,)]
        if held[0] not in found.shares:
            found.add(held, share, experts)


def _add_listed(
    found: ExpertUsage,
    children: Sequence[nn.Module],
    uses: Mapping[int, ParameterUsage],
    tokens: int,
) -> None:
    if len(children) < 2 or len({type(child) for child in children}) > 1:
        return
    held = [dict(child.named_parameters()) for child in children]
    if any(_memory(tensor) in found.shares for tensors in held for tensor in tensors.values()):
        return
    shares = [set(_shares(tensors, held, uses, tokens)) for tensors in held]
    if any(len(each) != 1 for each in shares):
        return
    parts = [each.pop() for each in shares]
    if sum(parts) < 1 or all(part == 1 for part in parts) or max(parts) > 1:
        return
    memories = [_memory(tensor) for tensors in held for tensor in tensors.values()]
    found.add(memories, Fraction(sum(parts), len(children)), len(children))


def _shares(
    tensors: Mapping[str, Tensor],
    held: Sequence[Mapping[str, Tensor]],
    uses: Mapping[int, ParameterUsage],
    tokens: int,
) -> Iterator[Fraction]:
    """Yield the part of the tokens that each weight of a module multiplies.

    Weights that none of its like multiplies by say nothing.
    """
    for name, tensor in tensors.items():
        like = [uses[_memory(each[name])] for each in held if name in each]
        use = uses[_memory(tensor)]
        if any(each.linear for each in like):
            yield Fraction(use.linear, tokens * use.numbers)


def _memory(tensor: Tensor) -> int:
    return id(tensor.untyped_storage())
