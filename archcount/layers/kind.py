"""What a layer kind is, and how it declares the arguments that a table file may write."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import MISSING, dataclass, field, fields
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from archcount.layers.cost import Cost
from archcount.layers.shape import Shape

if TYPE_CHECKING:
    from torch import nn


class ArgumentType(Enum):
    """How the text of an argument is read; the value names what is allowed there."""

    INTEGER = "a whole number, a column, or arithmetic over them"
    NUMBER = "a number"
    BOOLEAN = "true or false"
    PATCH = "a patch such as 3x3 or 7x7/2, or a column that holds one"
    SIZE = "a number, or one for each axis, such as HEIGHTxWIDTH"
    PADDING = "same, valid, a number, or one for each axis, such as HEIGHTxWIDTH"
    CHOICE = "one of a list of words"
    ROW = "the name of a row"
    CONNECTIONS = "the name of a table under connections:"


@dataclass(frozen=True, kw_only=True, slots=True)
class Argument:
    """One argument of a layer kind, as a table file writes it.

    Attributes:
        position: its place among the words after the kind, or None for `name=value` only.
        least: the smallest number allowed, inclusive.
        most: the largest number allowed, inclusive.
        choices: the words allowed, for `ArgumentType.CHOICE`.
        shared: whether the table's `layer:` block may set its default.
    """

    name: str
    type: ArgumentType
    position: int | None = None
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    shared: bool = False
    required: bool = False

    @property
    def allowed(self) -> str:
        """What may be written for it, in words."""
        if self.choices:
            return ", ".join(self.choices)
        least = "" if self.least is None else f", at least {self.least:g}"
        most = "" if self.most is None else f", at most {self.most:g}"
        return self.type.value + least + most


def argument(
    type: ArgumentType,
    *,
    default: Any = MISSING,
    position: int | None = None,
    least: float | None = None,
    most: float | None = None,
    choices: tuple[str, ...] = (),
    shared: bool = False,
) -> Any:
    """Declare a dataclass field of a layer kind that a table file may write."""
    metadata = {
        "type": type, "position": position, "least": least, "most": most,
        "choices": choices, "shared": shared,
    }  # fmt: skip
    return field(default=default, metadata=metadata)


@cache
def arguments_of(kind: type[Any]) -> tuple[Argument, ...]:
    """Read the fields of a kind of layer or join that a table file writes, once for every kind."""
    return tuple(
        Argument(name=item.name, required=item.default is MISSING, **item.metadata)
        for item in fields(kind)
        if item.metadata
    )


@dataclass(frozen=True, kw_only=True)
class LayerKind(ABC):
    """One kind of layer with its numbers: shape rule, cost, and torch module in one place.

    Every method takes the input shape, because input widths stand nowhere in a table.
    """

    word: ClassVar[str]
    """The word that a table file writes for it."""
    aliases: ClassVar[tuple[str, ...]] = ()
    """Other words for it, in files and as an option of another layer."""
    role: ClassVar[str] = ""
    """`weights` or `pool` where the kind counts towards a depth; else empty."""
    follows: ClassVar[tuple[str, ...]] = ()
    """Which of `norm` and `act` the kind may be followed by in one word group."""
    reads_ids: ClassVar[bool] = False
    """Whether it reads the ids of tokens, in which there is nothing to calculate."""
    is_written: ClassVar[bool] = True
    """Whether a table file writes the kind by its word."""
    is_layer: ClassVar[bool] = True
    """Whether it counts where all layers of a network are counted."""
    torch_name: ClassVar[str] = ""
    """The class of `torch.nn` that it is, unless it has a `module` of its own."""
    as_option: ClassVar[tuple[str, str] | None] = None
    """The option of another layer that puts this kind behind it, as ("act", "relu")."""

    @classmethod
    def arguments(cls) -> tuple[Argument, ...]:
        """List what a table file may write after the kind's word."""
        return arguments_of(cls)

    @property
    def depth(self) -> int:
        """How many layers deep it is, where the kind counts towards a depth."""
        return 1

    @abstractmethod
    def output(self, shape: Shape) -> Shape:
        """Return the output shape for an input shape.

        Raises:
            InvalidValueError: the input does not fit the layer.
        """

    def cost(self, shape: Shape) -> Cost:
        """Return the operations for one image of this input shape."""
        return Cost()

    def backward_macs(self, shape: Shape, *, reaches_back: bool) -> int:
        """Return the multiply-accumulates of the backward pass.

        Each product of the forward pass is undone twice: once for the kernel, and once for the
        input where gradients reach back, because something before the layer learns.
        """
        return (1 + reaches_back) * self.cost(shape).macs

    def weights(self, shape: Shape) -> int:
        """Return the number of kernel parameters."""
        return 0

    def biases(self, shape: Shape) -> int:
        """Return the number of biases of layers with kernels."""
        return 0

    def buffers(self, shape: Shape) -> int:
        """Return the number of elements of buffers, such as running averages."""
        return 0

    def params(self, shape: Shape) -> int:
        """Return the number of trainable parameters: kernels, biases, scales and shifts."""
        return self.weights(shape) + self.biases(shape)

    def options(self, shape: Shape) -> dict[str, Any]:
        """Return what the class of `torch.nn` takes for this input shape."""
        return {}

    def module(self, shape: Shape) -> nn.Module:
        """Return the torch module for this input shape."""
        from torch import nn

        module: nn.Module = getattr(nn, self.torch_name)(**self.options(shape))
        return module


class ElementwiseKind(LayerKind):
    """A kind that takes any shape and leaves it as it is."""

    def output(self, shape: Shape) -> Shape:
        """Return the input's shape."""
        return shape
