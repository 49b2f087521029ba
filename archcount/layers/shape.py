"""The shape of one image's activations."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from archcount.errors import InvalidValueError
from archcount.printed import parse_size


@dataclass(frozen=True, slots=True)
class Shape:
    """Activations of one image: (channels, height, width), or (features,) once flattened.

    >>> Shape((64, 112, 112)).elements
    802816
    """

    dims: tuple[int, ...]

    @property
    def is_map(self) -> bool:
        """Whether the shape still has a height and a width."""
        return len(self.dims) == 3

    @property
    def channels(self) -> int:
        """Channels, or features once flattened."""
        return self.dims[0]

    @property
    def spatial(self) -> tuple[int, int]:
        """Height and width; (1, 1) once flattened, as papers print it."""
        return (self.dims[1], self.dims[2]) if self.is_map else (1, 1)

    @property
    def chw(self) -> tuple[int, int, int]:
        """(channels, height, width), a flattened shape as (features, 1, 1)."""
        return (self.channels, *self.spatial)

    @property
    def elements(self) -> int:
        """How many numbers one image's activations hold."""
        return prod(self.dims)

    @classmethod
    def parse(cls, text: str) -> Shape:
        """Read an input size written channels x height x width.

        Raises:
            InvalidValueError: the text is no such size.

        >>> Shape.parse("3x224x224")
        Shape(dims=(3, 224, 224))
        """
        return cls(parse_size(text, parts=(3,)))

    def require_map(self, word: str) -> None:
        """Refuse a flattened shape on behalf of the layer kind `word`.

        Raises:
            InvalidValueError: the shape has no height and width.
        """
        if not self.is_map:
            raise InvalidValueError(
                f"{word} needs channels, height and width, and gets {self.channels} features",
                remedy=f"put {word} before the flatten",
            )

    def __str__(self) -> str:
        return "x".join(str(side) for side in self.dims)
