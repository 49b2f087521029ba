"""What every layer of a network reads and gives, by arithmetic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from .settings import Chain, Conv, Dropout, Group, Linear, Lrn, Pool, Row, Settings, Softmax, Step

Size = tuple[int, ...]
At = tuple[str, int, int, int]
"""Where a step stands: row, group, chain and its place there."""


@dataclass(frozen=True)
class Layer:
    """A step at its place: `path` is the table-built network's name for it within the row.

    Attributes:
        norm_path: as `path`, of the batch norm after it; empty without one.
        joined: whether its chain is a branch, a body or a shortcut.
    """

    at: At
    path: str
    norm_path: str
    step: Step
    input: Size
    output: Size
    joined: bool

    @property
    def row(self) -> str:
        """The id of its row."""
        return self.at[0]

    @property
    def groups(self) -> int:
        """The groups of a convolution; 1 of anything else."""
        if not isinstance(self.step, Conv):
            return 1
        return self.input[0] if self.step.groups is None else self.step.groups

    @property
    def features(self) -> int:
        """All the numbers that it reads: the inputs of a linear layer."""
        return prod(self.input)


class DoesNotRunError(ValueError):
    """The sizes of a network do not fit together."""


def layers(settings: Settings) -> tuple[Layer, ...]:
    """Every step with what it reads and gives, in the order of the settings.

    Raises:
        DoesNotRunError: a size is negative, or branches do not fit together.
    """
    found: list[Layer] = []
    size: Size = settings.input
    for row, groups in settings.rows.items():
        for g, group in enumerate(groups):
            outputs = []
            for c, steps in enumerate(group.chains):
                output = size
                prefix = _prefix(groups, g, c)
                for s, (step, name, norm) in enumerate(_named(steps)):
                    given, output = output, _output(step, output)
                    norm_path = prefix + norm if norm else ""
                    joined = group.kind != "chain"
                    at = (row, g, c, s)
                    found.append(Layer(at, prefix + name, norm_path, step, given, output, joined))
                outputs.append(output)
            size = _joined(group, outputs)
    return tuple(found)


def _prefix(groups: Row, g: int, c: int) -> str:
    block = f"block{g + 1}." if len(groups) > 1 else ""
    match groups[g].kind:
        case "concat":
            return f"{block}branch{c + 1}."
        case "add":
            return f"{block}add.{'shortcut' if c else 'branch1'}."
        case _:
            return block


def kind_of(step: Step) -> str:
    """The word for a step in the tables."""
    match step:
        case Conv():
            return "dwconv" if step.groups is None else "conv"
        case Pool():
            return f"{'' if step.kernel else 'global_'}{step.kind}pool"
        case _:
            return type(step).__name__.lower()


def _named(steps: Chain) -> Iterator[tuple[Step, str, str]]:
    """Each step with its name and its norm's: numbered where there is more than one such."""
    kinds = [kind_of(step) for step in steps]
    normed = [isinstance(step, Conv) and step.norm for step in steps]
    seen: Counter[str] = Counter()
    for step, kind, norm in zip(steps, kinds, normed, strict=True):
        seen[kind] += 1
        seen["norm"] += norm
        name = f"{kind}{seen[kind]}" if kinds.count(kind) > 1 else kind
        number = seen["norm"] if sum(normed) > 1 else ""
        yield step, name, f"batchnorm{number}" if norm else ""


def _output(step: Step, size: Size) -> Size:
    match step:
        case Conv():
            channels = size[0]
            out = channels if step.out is None else step.out
            groups = channels if step.groups is None else step.groups
            if channels % groups or out % groups:
                raise DoesNotRunError(f"{groups} groups of {channels} and {out} channels")
            return (out, *(_slid(n, step.kernel, step.stride, step.padding) for n in size[1:]))
        case Pool(kernel=None):
            return (size[0], 1, 1)
        case Pool(kernel=int(kernel)):
            if 2 * step.padding > kernel:
                raise DoesNotRunError(f"padding {step.padding} of a {kernel}x{kernel} pool")
            slid = (_slid(n, kernel, step.stride, step.padding, step.ceil) for n in size[1:])
            return (size[0], *slid)
        case Linear():
            return (step.out,)
        case Lrn() | Dropout() | Softmax():
            return size
    raise TypeError(step)


def _slid(n: int, kernel: int, stride: int, padding: int, ceil: bool = False) -> int:
    """How many windows there are; as in torch, one more than fits must start within the input."""
    room = n + 2 * padding - kernel
    if room < 0:
        raise DoesNotRunError(f"a {kernel}x{kernel} window on {n}x{n}, padded by {padding}")
    if not ceil:
        return room // stride + 1
    windows = -(-room // stride) + 1
    return windows - 1 if (windows - 1) * stride >= n + padding else windows


def _joined(group: Group, outputs: list[Size]) -> Size:
    if group.kind == "concat":
        if len({size[1:] for size in outputs}) > 1:
            raise DoesNotRunError(f"branches of {outputs}")
        return (sum(size[0] for size in outputs), *outputs[0][1:])
    if len(set(outputs)) > 1:
        raise DoesNotRunError(f"a sum of {outputs}")
    return outputs[0]
