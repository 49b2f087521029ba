"""The shape of one image's activations."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from archcount.errors import InvalidValueError
from archcount.printed import parse_size

AXES = (("c", "channels"), ("d", "depth"), ("h", "height"), ("w", "width"), ("l", "length"))
"""The axes of shapes: the letters that expressions name them by, and their words."""
_LETTERS = ("c", "cl", "chw", "cdhw")
"""The axes of a shape in their order, by how many of them are spatial."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Activations of one image: channels and 0 to 3 spatial axes, none once flattened.

    These are (features,), (channels, length), (channels, height, width) and (channels, depth,
    height, width).

    >>> Shape((64, 112, 112)).elements, Shape((768, 196)).spatial
    (802816, (196,))
    """

    dims: tuple[int, ...]

    @property
    def is_map(self) -> bool:
        """Whether the shape has a height and a width, and nothing else beside channels."""
        return len(self.dims) == 3

    @property
    def channels(self) -> int:
        """Channels, or features once flattened."""
        return self.dims[0]

    @property
    def spatial(self) -> tuple[int, ...]:
        """The lengths of the spatial axes."""
        return self.dims[1:]

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
        words = dict(AXES)
        return " x ".join(words[letter] for letter in self.letters) if self.spatial else "features"

    @property
    def letters(self) -> str:
        """The axes by their letters, "chw"."""
        return _LETTERS[len(self.spatial)]

    @classmethod
    def parse(cls, text: str) -> Shape:
        """Read an input size written channels x height x width, or with 1 or 3 spatial axes.

        Raises:
            InvalidValueError: the text is not a size.

        >>> Shape.parse("3x224x224"), Shape.parse("80x3000")
        (Shape(dims=(3, 224, 224)), Shape(dims=(80, 3000)))
        """
        return cls(parse_size(text, parts=(2, 3, 4)))

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

    def __str__(self) -> str:
        return "x".join(str(side) for side in self.dims)
