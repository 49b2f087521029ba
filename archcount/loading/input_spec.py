"""One input of a model as it is written: a name, a type and a shape."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from archcount.errors import UsageError, quote
from archcount.loading.arguments import literal

ALLOWED = (
    "3x224x224 (one image), [1,3,224,224], int64[1,128], a name before: ids:int64[1,128], or "
    "name=value"
)
_SIZE = "[0-9]{1,30}"
_WRITTEN = re.compile(
    r"(?:(?P<name>[A-Za-z_][\w.]*)\s*:\s*)?"
    r"(?:(?P<dtype>[a-z]\w*)(?:\s+|(?=\[)))?"
    rf"(?:\[(?P<exact>(?:\s*{_SIZE}\s*,)*\s*(?:{_SIZE}\s*)?)\]|(?P<image>{_SIZE}(?:x{_SIZE})*))"
)


@dataclass(frozen=True, slots=True)
class InputSpec:
    """One tensor that a model is given.

    Attributes:
        shape: its sizes.
        name: of the argument, or empty for the next in order; `a.b` is the entry b of a dict a.
        dtype: torch's name of its type, or empty for the model's own.
    """

    shape: tuple[int, ...]
    name: str = ""
    dtype: str = ""

    def __str__(self) -> str:
        name = f"{self.name}:" if self.name else ""
        return f"{name}{self.dtype}[{','.join(map(str, self.shape))}]"


@dataclass(frozen=True, slots=True)
class InputValue:
    """An argument that is no tensor, such as `use_cache=False`."""

    name: str
    value: Any


def read_input(text: str, batch: int = 1) -> InputSpec | InputValue:
    """Read one input as it is written on the command line.

    Args:
        text: `3x224x224`, before which the batch comes, or `[1,3,224,224]` as it is; a type and
            a name may come first. Or `name=value`, a number, truth value, text or None as Python
            writes it.
        batch: how many images.

    Raises:
        UsageError: it is not written so.

    >>> read_input("use_cache=False").value
    False
    >>> str(read_input("3x224x224")), str(read_input("ids:int64[1,128]"))
    ('[1,3,224,224]', 'ids:int64[1,128]')
    """
    name, equals, value = text.partition("=")
    if equals and name.strip().isidentifier():
        return InputValue(name.strip(), _value(value.strip(), text))
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise UsageError.of(f"--input {quote(text)}", allowed=ALLOWED)
    dtype = found["dtype"] or ""
    if dtype and not isinstance(getattr(torch, dtype, None), torch.dtype):
        raise UsageError.of(
            f"--input {quote(text)}: unknown type {quote(dtype)}", allowed=_dtypes()
        )
    if found["image"]:
        shape = (batch, *map(int, found["image"].split("x")))
    else:
        shape = tuple(map(int, re.findall(_SIZE, found["exact"])))
    return InputSpec(shape, found["name"] or "", dtype)


def _value(written: str, text: str) -> Any:
    try:
        return literal(written)
    except ValueError:
        raise UsageError.of(
            f"--input {quote(text)}", allowed="name=value as Python writes it, or name:shape"
        ) from None


def check_batch(given: Any, batch: int) -> None:
    """Check that a batch goes with inputs: some are of one image, such as `3x224x224`.

    Raises:
        UsageError: all of them have a batch of their own.

    >>> check_batch(["3x224x224", "int64[4,8]"], 4)
    """
    if batch != 1 and not takes_batch(given):
        raise UsageError.of(
            f"batch {batch} with an input that has a batch dimension",
            allowed="a batch with an input of one image, such as 3x224x224",
            remedy="write the batch in the sizes, such as [8,3,224,224]",
        )


def takes_batch(given: Any) -> bool:
    """Return whether some input is of one image, such as `3x224x224`, which a batch multiplies.

    >>> takes_batch("3x224x224"), takes_batch(["[4,3,224,224]"])
    (True, False)
    """
    return any("[" not in text for text in _texts(given))


def _texts(given: Any) -> Iterator[str]:
    """Yield the inputs that are written as text."""
    if isinstance(given, str):
        yield given
    elif isinstance(given, Mapping):
        yield from _texts(list(given.values()))
    elif isinstance(given, tuple | list):
        for value in given:
            yield from _texts(value)


def _dtypes() -> str:
    known = (name for name in dir(torch) if isinstance(getattr(torch, name), torch.dtype))
    aliases = ("half", "float", "double", "short", "int", "long", "cfloat", "cdouble", "chalf")
    packed = re.compile(r"(bits|quint|qint|uint[1-7]$|int[1-7]$)")
    return ", ".join(
        sorted(name for name in known if name not in aliases and not packed.match(name))
    )
