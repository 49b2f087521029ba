"""The papers' notation for patches ("7x7/2") and sizes ("112x112x64")."""

from __future__ import annotations

import re
from dataclasses import dataclass

from archcount.errors import InvalidValueError, quote

_PATCH = re.compile(r"(\d{1,6})x(\d{1,6})(?:/(\d{1,6})(?:x(\d{1,6}))?)?", re.ASCII)


_SQUARE = re.compile(r"(\d{1,9})(?:\^2|²)", re.ASCII)


def _ascii(text: str) -> str:
    """Write the printed multiplication sign as a plain x, with no blanks about it or a stroke."""
    return re.sub(r" *([x×X/]) *", lambda sign: "/" if sign[1] == "/" else "x", text.strip())


@dataclass(frozen=True, slots=True)
class Patch:
    """A kernel and its stride, each as (height, width).

    >>> str(Patch((7, 7), (2, 2)))
    '7x7/2'
    """

    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)

    def __str__(self) -> str:
        kernel = f"{self.kernel[0]}x{self.kernel[1]}"
        if self.stride == (1, 1):
            return kernel
        if self.stride[0] == self.stride[1]:
            return f"{kernel}/{self.stride[0]}"
        return f"{kernel}/{self.stride[0]}x{self.stride[1]}"


def parse_patch(text: str) -> Patch:
    """Read a printed patch: height x width, then optionally / stride.

    Raises:
        InvalidValueError: the text is not a patch, or a side or stride is 0.

    >>> parse_patch("7×7/2")
    Patch(kernel=(7, 7), stride=(2, 2))
    >>> parse_patch("1x7")
    Patch(kernel=(1, 7), stride=(1, 1))
    >>> parse_patch("3 x 3 / 2")
    Patch(kernel=(3, 3), stride=(2, 2))
    """
    match = _PATCH.fullmatch(_ascii(text))
    allowed = "KERNEL or KERNEL/STRIDE, such as 3x3, 1x7, 7x7/2 or 3x3/2x1"
    if match is None:
        raise InvalidValueError(
            f"{quote(text)} is not a patch", allowed=allowed, remedy="write it as height x width"
        )
    height, width, down, across = match.groups()
    strides = (int(down or 1), int(across or down or 1))
    patch = Patch((int(height), int(width)), strides)
    if 0 in (*patch.kernel, *patch.stride):
        raise InvalidValueError(
            f"patch {quote(text)} has a 0", allowed="sides and strides of 1 or more"
        )
    return patch


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
    forms = " or ".join("x".join("ABC"[:count]) for count in parts)
    if not all(re.fullmatch(r"[0-9]{1,9}", word) for word in words) or len(words) not in parts:
        raise InvalidValueError(
            f"{quote(text)} is not a size",
            allowed=f"whole numbers as {forms}, such as "
            + "x".join(["112", "112", "64"][: parts[-1]]),
        )
    size = tuple(int(word) for word in words)
    if 0 in size:
        raise InvalidValueError(f"size {quote(text)} has a 0", allowed="whole numbers of 1 or more")
    return size


def channels_first(text: str) -> str:
    """Return a size with its channels first, where it looks like height x width x channels.

    That is an image of one or three channels; the result is empty elsewhere.

    >>> channels_first("224^2x3"), channels_first("3x224x224")
    ('3x224x224', '')
    """
    match = re.fullmatch(r"(\d{1,9})x(\d{1,9})x([13])", _SQUARE.sub(r"\1x\1", _ascii(text)))
    looks_so = match is not None and min(int(match[1]), int(match[2])) > 4
    return f"{match[3]}x{match[1]}x{match[2]}" if match and looks_so else ""
