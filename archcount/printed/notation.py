"""The papers' notation for patches ("7x7/2") and sizes ("112x112x64")."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from archcount.errors import InvalidValueError, quote

_SIDES = r"(\d{1,6}(?:x\d{1,6}){0,2})"
_PATCH = re.compile(rf"{_SIDES}(?:/{_SIDES})?", re.ASCII)
_SQUARE = re.compile(r"(\d{1,9})(?:\^2|²)", re.ASCII)


def _ascii(text: str) -> str:
    """Write the printed multiplication sign as a plain x, with no blanks about it or a stroke."""
    return re.sub(r" *([x×X/]) *", lambda sign: "/" if sign[1] == "/" else "x", text.strip())


@dataclass(frozen=True, slots=True)
class Patch:
    """A kernel and its stride, each as (height, width), (length,) or (depth, height, width).

    The stride is 1 on each axis where none is given.

    >>> str(Patch((7, 7), (2, 2))), str(Patch((3, 3, 3), (1, 2, 2))), str(Patch((3,)))
    ('7x7/2', '3x3x3/1x2x2', '3')
    """

    kernel: tuple[int, ...]
    stride: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.stride:
            object.__setattr__(self, "stride", (1,) * len(self.kernel))

    def __str__(self) -> str:
        kernel, stride = (joined_by_x(sides) for sides in (self.kernel, self.stride))
        if set(self.stride) == {1}:
            return kernel
        return f"{kernel}/{self.stride[0] if len(set(self.stride)) == 1 else stride}"


def joined_by_x(sides: Iterable[int]) -> str:
    """Write sides as papers do, "7x7".

    >>> joined_by_x((3, 7, 7))
    '3x7x7'
    """
    return "x".join(str(side) for side in sides)


def parse_patch(text: str) -> Patch:
    """Read a printed patch: height x width, with 1 or 3 axes likewise, then optionally / stride.

    Raises:
        InvalidValueError: the text is not a patch, or a side or stride is 0.

    >>> parse_patch("7×7/2")
    Patch(kernel=(7, 7), stride=(2, 2))
    >>> parse_patch("1x7")
    Patch(kernel=(1, 7), stride=(1, 1))
    >>> parse_patch("1x3x3/1x2x2"), parse_patch("3/2")
    (Patch(kernel=(1, 3, 3), stride=(1, 2, 2)), Patch(kernel=(3,), stride=(2,)))
    >>> parse_patch("3 x 3 / 2")
    Patch(kernel=(3, 3), stride=(2, 2))
    """
    match = _PATCH.fullmatch(_ascii(text))
    kernel, stride = (_whole(sides) for sides in match.groups()) if match else ((), ())
    if not kernel or len(stride) not in (0, 1, len(kernel)):
        raise InvalidValueError(
            f"{quote(text)} is not a patch",
            allowed="KERNEL or KERNEL/STRIDE, such as 3x3, 1x7, 7x7/2 or 3x3/2x1",
            remedy="write it as height x width, depth x height x width, or a length",
        )
    patch = Patch(kernel, stride * len(kernel) if len(stride) == 1 else stride)
    if 0 in (*patch.kernel, *patch.stride):
        raise InvalidValueError(
            f"patch {quote(text)} has a 0", allowed="sides and strides of 1 or more"
        )
    return patch


def _whole(sides: str | None) -> tuple[int, ...]:
    return tuple(int(side) for side in sides.split("x")) if sides else ()


def parse_size(text: str, *, parts: tuple[int, ...] = (1, 2, 3)) -> tuple[int, ...]:
    """Read a printed size, its numbers in the order printed; `parts` says how many may stand.

    Raises:
        InvalidValueError: the text is not a size, has another number of parts, or holds a 0.

    >>> parse_size("112×112×64")
    (112, 112, 64)
    >>> parse_size("56x56")
    (56, 56)
    >>> parse_size("224²×3")
    (224, 224, 3)
    """
    words = _SQUARE.sub(r"\1x\1", _ascii(text)).split("x")
    forms = " or ".join("x".join("ABCD"[:count]) for count in parts)
    if not all(re.fullmatch(r"[0-9]{1,9}", word) for word in words) or len(words) not in parts:
        raise InvalidValueError(
            f"{quote(text)} is not a size",
            allowed=f"whole numbers as {forms}, such as "
            + "x".join(["112", "112", "64"][: parts[-1]]),
        )
    size = _whole("x".join(words))
    if 0 in size:
        raise InvalidValueError(f"size {quote(text)} has a 0", allowed="whole numbers of 1 or more")
    return size


def parse_output(text: str) -> tuple[int, ...]:
    """Read a size that a row prints: any axes, channels last where they are printed.

    Raises:
        InvalidValueError: the text is not a size.
    """
    return parse_size(text, parts=(1, 2, 3, 4))


def grid_and_channels(
    size: tuple[int, ...], dims: tuple[int, ...]
) -> tuple[tuple[int, ...], int | None]:
    """Divide a printed size, of what has `dims`, channels first; None for channels not printed.

    One number alone is the channels of a single position.

    >>> grid_and_channels((56, 56, 64), (64, 56, 56)), grid_and_channels((56, 56), (64, 56, 56))
    (((56, 56), 64), ((56, 56), None))
    >>> grid_and_channels((4096,), (4096, 1, 1))
    ((1, 1), 4096)
    """
    axes = len(dims) - 1
    if len(size) == 1 and axes > 1:
        return (1,) * axes, size[0]
    return size[:axes], size[axes] if len(size) == axes + 1 else None


def channels_first(text: str) -> str:
    """Return a size with its channels first, where it looks like height x width x channels.

    That is an image of one or three channels; the result is empty elsewhere.

    >>> channels_first("224^2x3"), channels_first("3x224x224")
    ('3x224x224', '')
    """
    match = re.fullmatch(r"(\d{1,9})x(\d{1,9})x([13])", _SQUARE.sub(r"\1x\1", _ascii(text)))
    looks_so = match is not None and min(int(match[1]), int(match[2])) > 4
    return f"{match[3]}x{match[1]}x{match[2]}" if match and looks_so else ""
