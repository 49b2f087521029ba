"""Inputs of a model: tensors by name, type and shape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import torch
from torch import Tensor, nn

from archcount.errors import UsageError
from archcount.loading.input_spec import InputSpec, InputValue, read_input
from archcount.loading.reference import users_code
from archcount.tracing.known_tensor import KnownTensor, has_numbers
from archcount.tracing.model_copy import ModelCopy
from archcount.tracing.object_copy import Copier
from archcount.tracing.process_state import same_process
from archcount.tracing.tensor_specs import nested
from archcount.tracing.torch_internals import stored


@dataclass(frozen=True, slots=True)
class Inputs:
    """The inputs of one call of a model.

    Attributes:
        args: in order.
        kwargs: by name.
        known: the tensors among them on the meta device whose values are known.
        is_drawn: whether some have numbers that were drawn for them.
        text: both as `read_input` reads them, before the model may change them.
    """

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    text: str = ""
    known: Sequence[KnownTensor] = ()
    is_drawn: bool = False

    def __post_init__(self) -> None:
        if self.text:
            return
        given = [_described("", value) for value in self.args]
        given += [_described(name, item) for name, item in self.kwargs.items()]
        object.__setattr__(self, "text", ", ".join(given))

    def __str__(self) -> str:
        return self.text


_ALLOWED = (
    "a shape, a tensor, a tuple or list of them, a dict by name, or a function that returns a "
    "tensor, a tuple in order, a dict by name, or a pair of both"
)


def make_inputs(given: Any, *, batch: int, dtype: torch.dtype, device: str) -> Inputs:
    """Make what a model is called with.

    Args:
        given: a text of `read_input`, several in a list, a shape as a tuple of numbers, a tensor,
            a tuple of these by order or a mapping by name; or a function that returns values by
            order in a tuple, by name in a mapping, or both in a pair, which are passed as they are
            but for copies of what the model may write to.
        batch: how many images a text such as `3x224x224` stands for.
        dtype: the type of what names none.
        device: where the tensors are made.

    Raises:
        UsageError: it is none of these, or two are given under one name.

    >>> inputs = make_inputs("3x8x8", batch=2, dtype=torch.float32, device="meta")
    >>> inputs.args[0].shape
    torch.Size([2, 3, 8, 8])
    """
    made = _Maker(batch, dtype, device)
    if callable(given) and not isinstance(given, nn.Module):
        with users_code("the function that returns the input failed"), same_process():
            args, kwargs = _call_of(given())
        args, kwargs = made.copied(args), made.copied(kwargs)
    else:
        args, kwargs = made.call(given)
    return Inputs(tuple(args), kwargs, known=made.known, is_drawn=made.is_drawn)


def _call_of(given: Any) -> tuple[Any, Mapping[str, Any]]:
    """Return what a function of the user's gave, in order and by name."""
    if isinstance(given, nn.Module):
        raise UsageError.of(f"a {type(given).__name__} as input", allowed=_ALLOWED)
    if isinstance(given, Mapping):
        return (), given
    if _is_call(given):
        return given[0], given[1]
    return given if isinstance(given, tuple) else (given,), {}


def _is_call(given: Any) -> bool:
    return (
        isinstance(given, tuple)
        and len(given) == 2
        and isinstance(given[0], tuple | list)
        and isinstance(given[1], Mapping)
    )


class _Maker:
    """Makes the inputs of a model from texts, shapes and values.

    Attributes:
        known: the tensors on the meta device whose values are known.
        is_drawn: whether numbers were drawn.
    """

    def __init__(self, batch: int, dtype: torch.dtype, device: str) -> None:
        self.known: list[KnownTensor] = []
        self.is_drawn = False
        self._batch, self._dtype, self._device = batch, dtype, device
        self._generator = torch.Generator("cpu").manual_seed(0)  # equal calls count the same
        copier = Copier(self._moved, lambda part, _: ModelCopy(part, device).module)
        self.copied = copier.copied

    def call(self, given: Any) -> tuple[Sequence[Any], Mapping[str, Any]]:
        """Return what a model is given in order and by name."""
        if given is None or (isinstance(given, str) and not given):
            raise UsageError.of(
                "no input given", remedy="give --input 3x224x224, or --inputs FUNCTION"
            )
        if isinstance(given, Tensor | str | InputSpec) or _is_shape(given):
            given = [given]
        if isinstance(given, Mapping):
            return (), {name: self._made(value, name) for name, value in given.items()}
        if not isinstance(given, Sequence):
            raise UsageError.of(f"a {type(given).__name__} as input", allowed=_ALLOWED)
        if _is_call(given):
            args, kwargs = given
            return [self._made(value) for value in args], {
                name: self._made(item, name) for name, item in kwargs.items()
            }
        texts = [
            read_input(value, self._batch) if isinstance(value, str) else value for value in given
        ]
        named = [
            value for value in texts if isinstance(value, InputSpec | InputValue) and value.name
        ]
        rest = [value for value in texts if not any(value is other for other in named)]
        return [self._made(value) for value in rest], _nested(named, self._made)

    def _made(self, value: Any, name: str = "") -> Any:
        if isinstance(value, str):
            value = read_input(value, self._batch)
        if isinstance(value, InputValue):
            return value.value
        if isinstance(value, InputSpec):
            dtype = getattr(torch, value.dtype) if value.dtype else self._dtype
            return self._tensor(value.shape, dtype, value.name or name)
        if _is_shape(value):
            return self._tensor(tuple(map(int, value)), self._dtype, name)
        if type(value) is dict:
            return {key: self._made(item, key) for key, item in value.items()}
        return self.copied(value)

    def _tensor(self, shape: tuple[int, ...], dtype: torch.dtype, name: str) -> Tensor:
        """Make a tensor of which only the shape is given."""
        if not all(0 <= size < 2**63 for size in shape):
            raise UsageError.of(f"the input {InputSpec(shape)}", allowed="sizes from 0 to 2^63 - 1")
        numbers = assumed(name, dtype)
        if self._device != "meta":
            self.is_drawn = True
            if numbers is None and (dtype.is_floating_point or dtype.is_complex):
                kind = dtype if dtype.is_complex else torch.float32  # none of 8 bits are drawn
                drawn = torch.randn(shape, dtype=kind, generator=self._generator, device="cpu")
                return drawn.to(self._device, dtype)
            return torch.full(shape, numbers or 0, dtype=dtype, device=self._device)
        made = torch.empty(shape, dtype=dtype, device="meta")
        if numbers is not None:
            told = f"{name or 'input'} all {('zeros', 'ones')[numbers]}"
            full = torch.full(shape, numbers, dtype=dtype, device="cpu")
            self.known.append(KnownTensor(made, full, told))
        return made

    def _moved(self, leaf: Tensor) -> Tensor:
        if leaf.is_nested:
            raise nested(leaf)
        device = "cpu" if stored(leaf) and not leaf.is_meta else self._device
        moved = leaf.detach().to(device, copy=True)  # the model may write to it
        if moved.is_meta and has_numbers(leaf):
            self.known.append(KnownTensor(moved, leaf.detach()))
        return moved.requires_grad_(leaf.requires_grad)


def assumed(name: str, dtype: torch.dtype) -> int | None:
    """Return the number that a tensor of whole numbers is filled with, None for none.

    Nothing is masked, and every index is valid. Lengths are unknown.

    >>> assumed("attention_mask", torch.int64), assumed("input_ids", torch.int64)
    (1, 0)
    >>> assumed("lengths", torch.int64) is None, assumed("image", torch.float32) is None
    (True, True)
    """
    name = name.rpartition(".")[2].lower()
    if dtype.is_floating_point or dtype.is_complex or "len" in name:
        return 1 if _is_kept(name) else None
    return int(_is_kept(name) or (dtype is torch.bool and "padding" not in name))


def _is_kept(name: str) -> bool:
    """Return whether a name is of a mask that is true where something is, not where it is not."""
    return "mask" in name and "padding" not in name


def _is_shape(value: Any) -> bool:
    return (
        isinstance(value, tuple | list)
        and bool(value)
        and all(isinstance(item, Integral) and not isinstance(item, bool) for item in value)
    )


def _nested(named: Iterable[InputSpec | InputValue], make: Callable[[Any], Any]) -> dict[str, Any]:
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
    try:
        text = repr(value)
    except RuntimeError:  # it would show the numbers of tensors
        text = type(value).__name__
    return f"{prefix}{' '.join(text.split())}"[:60]
