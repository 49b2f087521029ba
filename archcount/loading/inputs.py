"""What a model is given: tensors by name, type and shape."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import torch
from torch import Tensor, nn

from archcount.errors import UsageError, quote
from archcount.loading.reference import users_code
from archcount.tracing.model_copy import ModelCopy
from archcount.tracing.object_copy import Copier

ALLOWED = "3x224x224 (one image), [1,3,224,224], int64[1,128], or a name before: ids:int64[1,128]"
_WRITTEN = re.compile(
    r"(?:(?P<name>[A-Za-z_][\w.]*)\s*:\s*)?"
    r"(?:(?P<dtype>[a-z]\w*)(?:\s+|(?=\[)))?"
    r"(?:\[(?P<exact>[\d,\s]*)\]|(?P<image>\d+(?:x\d+)*))"
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
class Inputs:
    """What one call of a model is given.

    Attributes:
        args: in order.
        kwargs: by name.
        text: both as `read_input` reads them, before the model may change them.
    """

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    text: str = ""

    def __post_init__(self) -> None:
        if self.text:
            return
        given = [_described("", value) for value in self.args]
        given += [_described(name, item) for name, item in self.kwargs.items()]
        object.__setattr__(self, "text", ", ".join(given))

    def __str__(self) -> str:
        return self.text


def read_input(text: str, batch: int = 1) -> InputSpec:
    """Read one input as it is written on the command line.

    Args:
        text: `3x224x224`, before which the batch comes, or `[1,3,224,224]` as it is; a type and
            a name may come first.
        batch: how many images.

    Raises:
        UsageError: it is not written so.

    >>> str(read_input("3x224x224")), str(read_input("ids:int64[1,128]"))
    ('[1,3,224,224]', 'ids:int64[1,128]')
    """
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
        sizes = [size.strip() for size in found["exact"].split(",")]
        if sizes != [""] and "" in sizes:
            raise UsageError.of(f"--input {quote(text)}", allowed=ALLOWED)
        shape = tuple(int(size) for size in sizes if size)
    return InputSpec(shape, found["name"] or "", dtype)


def check_batch(given: Any, batch: int) -> None:
    """Check that a batch goes with inputs: some are of one image, such as `3x224x224`.

    Raises:
        UsageError: all of them have a batch of their own.

    >>> check_batch(["3x224x224", "int64[4,8]"], 4)
    """
    if batch != 1 and not any("[" not in text for text in _texts(given)):
        raise UsageError.of(
            f"batch {batch} beside an input that has a batch of its own",
            allowed="a batch beside an input of one image, such as 3x224x224",
            remedy="give the batch with the sizes, such as [8,3,224,224], and no batch beside it",
        )


def _texts(given: Any) -> Iterator[str]:
    """Yield the inputs that are written as text."""
    if isinstance(given, str):
        yield given
    elif isinstance(given, Mapping):
        yield from _texts(list(given.values()))
    elif isinstance(given, tuple | list):
        for value in given:
            yield from _texts(value)


def make_inputs(given: Any, *, batch: int, dtype: torch.dtype, device: str) -> Inputs:
    """Make what a model is called with.

    Args:
        given: a text of `read_input`, several in a list, a shape as a tuple of numbers, a tensor,
            a tuple of these by order or a mapping by name, or a function that returns one of them.
            What else it holds is copied, as the model may write to it.
        batch: how many images a text such as `3x224x224` stands for.
        dtype: the type of what names none.
        device: where the tensors are made.

    Raises:
        UsageError: it is none of these, or two are given under one name.

    >>> inputs = make_inputs("3x8x8", batch=2, dtype=torch.float32, device="meta")
    >>> inputs.args[0].shape
    torch.Size([2, 3, 8, 8])
    """
    copier = Copier(
        lambda tensor: _moved(tensor, device), lambda part, _: ModelCopy(part, device).module
    )

    def make(value: Any) -> Any:
        if isinstance(value, str):
            value = read_input(value, batch)
        if isinstance(value, InputSpec):
            return _tensor(value.shape, getattr(torch, value.dtype or str(dtype)[6:]), device)
        if _is_shape(value):
            return _tensor(tuple(map(int, value)), dtype, device)
        if type(value) is dict:
            return {name: make(item) for name, item in value.items()}
        return copier.copied(value)

    if callable(given) and not isinstance(given, nn.Module):
        with users_code("the function that returns the input failed"):
            given = given()
    if given is None or (isinstance(given, str) and not given):
        raise UsageError.of("no input given", remedy='give an input, such as "3x224x224"')
    if isinstance(given, Tensor | str | InputSpec) or _is_shape(given):
        given = [given]
    if isinstance(given, Mapping):
        return Inputs((), {name: make(value) for name, value in given.items()})
    if not isinstance(given, Sequence):
        raise UsageError.of(
            f"a {type(given).__name__} as input",
            allowed="a shape, a tensor, a tuple or list of them, a dict by name, or a "
            "function that returns one of these",
        )
    args, kwargs = given if isinstance(given, tuple) and len(given) == 2 else (None, None)
    if isinstance(args, tuple | list) and isinstance(kwargs, Mapping):
        return Inputs(tuple(map(make, args)), {name: make(item) for name, item in kwargs.items()})
    texts = [read_input(value, batch) if isinstance(value, str) else value for value in given]
    named = [value for value in texts if isinstance(value, InputSpec) and value.name]
    rest = [value for value in texts if not any(value is other for other in named)]
    return Inputs(tuple(map(make, rest)), _nested(named, make))


def _is_shape(value: Any) -> bool:
    return (
        isinstance(value, tuple | list)
        and bool(value)
        and all(isinstance(item, Integral) and not isinstance(item, bool) for item in value)
    )


def _nested(named: Iterable[InputSpec], make: Callable[[InputSpec], Any]) -> dict[str, Any]:
    """Put `a.b` into a dict under `a`."""
    found: dict[str, Any] = {}
    for spec in named:
        *outer, last = spec.name.split(".")
        place: Any = found
        for name in outer:
            place = place.setdefault(name, {})
            if not isinstance(place, dict):
                break
        if not isinstance(place, dict) or last in place:
            raise UsageError.of(f"duplicate input {spec.name}", allowed="one value a name")
        place[last] = make(spec)
    return found


def _tensor(shape: tuple[int, ...], dtype: torch.dtype, device: str) -> Tensor:
    if not all(0 <= size < 2**63 for size in shape):
        raise UsageError.of(f"the input {InputSpec(shape)}", allowed="sizes from 0 to 2^63 - 1")
    if device == "meta":
        return torch.empty(shape, dtype=dtype, device="meta")
    return torch.zeros(shape, dtype=dtype, device=device)


def _moved(leaf: Tensor, device: str) -> Tensor:
    moved = leaf.detach().to(device, copy=True)  # the model may write to it
    return moved.requires_grad_(leaf.requires_grad)


def _described(name: str, value: Any) -> str:
    """Write an argument as `read_input` reads it; what is no tensor by its type."""
    if isinstance(value, Tensor):
        return str(InputSpec(tuple(value.shape), name, str(value.dtype).removeprefix("torch.")))
    prefix = f"{name}:" if name else ""
    if isinstance(value, Mapping):
        return ", ".join(
            _described(f"{name}.{key}".removeprefix("."), item) for key, item in value.items()
        )
    if isinstance(value, tuple | list):
        return f"{prefix}({', '.join(_described('', item) for item in value)})"
    return f"{prefix}{value!r}"[:60]


def _dtypes() -> str:
    known = (name for name in dir(torch) if isinstance(getattr(torch, name), torch.dtype))
    aliases = ("half", "float", "double", "short", "int", "long", "cfloat", "cdouble", "chalf")
    packed = re.compile(r"(bits|quint|qint|uint[1-7]$|int[1-7]$)")
    return ", ".join(
        sorted(name for name in known if name not in aliases and not packed.match(name))
    )
