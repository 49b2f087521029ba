"""The shape of one image's activations, or of one sequence's."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from re import fullmatch

from archcount.errors import InvalidValueError, quote
from archcount.printed import parse_size

AXES = (("c", "channels"), ("d", "depth"), ("h", "height"), ("w", "width"), ("l", "length"))
"""The axes of shapes: the letters that expressions name them by, and their words."""
_LETTERS = ("c", "cl", "chw", "cdhw")
"""The axes of a shape in their order, by how many of them are spatial."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Activations of one image or sequence: channels and 0 to 3 spatial axes, none once flattened.

    These are (features,), (channels, length), (channels, height, width) and (channels, depth,
    height, width). A sequence of tokens is (width, positions), and (positions, width) in torch; a
    grid of them (width, rows, columns), and (rows, columns, width) in torch.

    Attributes:
        dims: the sizes, channels first.
        tokens: whether it is a sequence of tokens, which torch has as (positions, width).
        vocabulary: how many tokens there are, where the sequence is one of their ids; 0 elsewhere.

    >>> Shape((64, 112, 112)).elements, Shape((768, 196)).spatial
    (802816, (196,))
    >>> print(Shape((768, 196), tokens=True))
    196x768
    """

    dims: tuple[int, ...]
    tokens: bool = field(default=False, repr=False)
    vocabulary: int = field(default=0, repr=False)

    @property
    def is_map(self) -> bool:
        """Whether the shape has a height and a width, and nothing else beside channels."""
        return len(self.dims) == 3 and not self.tokens

    @property
    def channels(self) -> int:
        """Channels, or features once flattened."""
        return self.dims[0]

    @property
    def spatial(self) -> tuple[int, ...]:
        """The lengths of the spatial axes."""
        return self.dims[1:]

    @property
    def positions(self) -> int:
        """The number of positions: the product of the spatial axes."""
        return prod(self.spatial)

    @property
    def torch_size(self) -> tuple[int, ...]:
        """The size of torch's tensor, without the batch."""
        if self.tokens:
            return self.spatial if self.vocabulary else (*self.spatial, self.channels)
        return self.dims

    @property
    def as_input(self) -> str:
        """The input of a model of its own that this is, "3x224x224" or "int64[1,512]".

        >>> Shape.parse("tokens 512 of 50257").as_input
        'int64[1,512]'
        """
        return f"int64[1,{self.positions}]" if self.vocabulary else str(self)

    def measured(self, size: tuple[int, ...]) -> Shape:
        """Return the shape of a tensor's size, without the batch, in this shape's layout.

        >>> Shape((768, 196), tokens=True).measured((197, 768)).dims
        (768, 197)
        """
        if self.vocabulary and len(size) == 1:
            return Shape((1, *size), tokens=True, vocabulary=self.vocabulary)
        tokens = self.tokens and len(size) == len(self.dims)
        return Shape((size[-1], *size[:-1]) if tokens else size, tokens=tokens)

    @property
    def printed(self) -> tuple[int, ...]:
        """Channels and spatial axes, a flattened shape as (features, 1, 1), as papers print it."""
        return self.dims if self.spatial else (self.channels, 1, 1)

    @property
    def elements(self) -> int:
        """The number of elements of one image's activations."""
        return prod(self.dims)

    @property
    def layout(self) -> str:
        """The axes in words, "channels x height x width"; "features" once flattened."""
        if self.tokens:
            grid = "rows x columns" if len(self.spatial) == 2 else "positions"
            return "ids of tokens" if self.vocabulary else f"{grid} x width"
        words = dict(AXES)
        return " x ".join(words[letter] for letter in self.letters) if self.spatial else "features"

    @property
    def letters(self) -> str:
        """The axes by their letters, "chw"."""
        return _LETTERS[len(self.spatial)]

    @classmethod
    def parse(cls, text: str, *, features: bool = False) -> Shape:
        """Read an input size written channels x height x width, or with 1 or 3 spatial axes.

        The ids of a sequence of tokens are written `tokens LENGTH of VOCABULARY`. A number alone is
        one of features, where `features` says that it may be.

        Raises:
            InvalidValueError: the text is not a size.

        >>> Shape.parse("3x224x224"), Shape.parse("80x3000")
        (Shape(dims=(3, 224, 224)), Shape(dims=(80, 3000)))
        >>> Shape.parse("tokens 512 of 50257").torch_size
        (512,)
        """
        if text.startswith("tokens"):
            found = fullmatch(r"tokens +([1-9]\d{0,8}) +of +([1-9]\d{0,8})", text)
            if found is None:
                raise InvalidValueError(
                    f"{quote(text)} is not a sequence of tokens",
                    allowed="tokens LENGTH of VOCABULARY, such as tokens 512 of 50257",
                )
            return cls((1, int(found[1])), tokens=True, vocabulary=int(found[2]))
        return cls(parse_size(text, parts=(1, 2, 3, 4)[not features :]))

    def side(self, letter: str) -> int:
        """Return the length of an axis by its letter; a flattened shape is 1 high and wide.

        Raises:
            InvalidValueError: the shape has no such axis.

        >>> Shape((3, 16, 112, 112)).side("d"), Shape((1024,)).side("h")
        (16, 1)
        """
        letters = self.letters if self.spatial else "chw"
        if letter not in letters:
            raise InvalidValueError(
                f"{self} ({self.layout}) has no {dict(AXES)[letter]}",
                allowed=", ".join(f"input.{other}" for other in letters),
            )
        return self.printed[letters.index(letter)]

    def require_map(self, word: str) -> None:
        """Raise InvalidValueError, for the layer kind `word`, unless it is height and width."""
        if not self.spatial:
            raise InvalidValueError(
                f"{word} needs channels, height and width, and gets {self.channels} features",
                remedy=f"put {word} before the flatten",
            )
        if not self.is_map:
            raise InvalidValueError(
                f"{word} needs channels, height and width, and gets {self} ({self.layout})",
                remedy="give the table an input of channels x height x width",
            )

    def require_positions(self, word: str) -> None:
        """Raise InvalidValueError, for the layer kind `word`, unless channels have positions."""
        if self.tokens or not self.spatial:
            raise InvalidValueError(
                f"{word} needs channels with positions, such as channels x height x width, and "
                f"gets {self} ({self.layout})",
                remedy=f"put {word} before {'tokens' if self.tokens else 'the flatten'}, "
                "or map before it",
            )

    def require_tokens(self, word: str, *, grid: bool = False) -> None:
        """Raise InvalidValueError, for the layer kind `word`, unless it is a sequence of tokens.

        Where `grid` says so, tokens may also lie in rows and columns.
        """
        if not self.tokens or (len(self.spatial) > 1 and not grid):
            raise InvalidValueError(
                f"{word} needs a sequence of tokens, and gets {self} ({self.layout})",
                remedy="put tokens, which makes one of a map, before it",
            )

    def require_channels_first(self, word: str) -> None:
        """Raise InvalidValueError, for the layer kind `word`, if it is a sequence of tokens."""
        if self.tokens:
            raise InvalidValueError(
                f"{word} needs a map or features, and gets {self} ({self.layout})",
                remedy="take layernorm or rmsnorm, or another activation, for tokens",
            )

    def require_groups(self, groups: int) -> None:
        """Raise InvalidValueError, for the argument `groups`, unless it divides the channels."""
        if self.channels % groups:
            raise InvalidValueError(
                f"{groups} groups do not divide {self.channels} channels",
                allowed="a number of groups that divides the channels",
                argument="groups",
            )

    def __str__(self) -> str:
        if self.vocabulary:
            return f"tokens {self.positions} of {self.vocabulary}"
        return "x".join(str(side) for side in self.torch_size)


def spread(sides: tuple[int, ...], shape: Shape, argument: str) -> tuple[int, ...]:
    """Return a number for each spatial axis of a shape, one alone for all of them.

    Raises:
        InvalidValueError: there are others than one, or one for each axis.

    >>> spread((2,), Shape((3, 16, 112, 112)), "pad")
    (2, 2, 2)
    """
    axes = len(shape.spatial)
    if len(sides) not in (1, axes):
        written = "x".join(str(side) for side in sides)
        raise InvalidValueError(
            f"{argument} {written} is of {len(sides)} axes, and gets {shape} ({shape.layout})",
            allowed="one number" + (f", or {axes} with x between them" if axes > 1 else ""),
            argument=argument,
        )
    return sides * axes if len(sides) == 1 else sides
