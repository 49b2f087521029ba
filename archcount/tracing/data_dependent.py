"""Operations that read values of tensors, and operations on tensors whose values are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from archcount.tracing.embedding_indices import check_indices
from archcount.tracing.known_values import META, DataDependentError, KnownValues, ValueStep
from archcount.tracing.op_schema import OpSchema
from archcount.tracing.tensor_specs import is_strided, tensors_of

Run = Callable[[], Any]
"""Does an operation, and returns what it gives."""


def run_of(
    numbers: KnownValues,
    func: Any,
    schema: OpSchema,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    read: Sequence[int],
    asked: str,
) -> tuple[Run | None, ValueStep | None]:
    """Return how an operation of a pass on the meta device is done.

    An operation on known values alone can be repeated with them later; one that reads values gets
    them. `asked` is the device that the model's code requests, or empty.

    Returns:
        The function that does it, None where it runs as any other operation; and the step that
        computes its values, None where they are not known.
    """
    tensors = tensors_of([*args, *kwargs.values()])
    on_cpu = [tensor for tensor in tensors if not tensor.is_meta]
    if not all(map(is_strided, on_cpu)):
        is_there = len(on_cpu) == len(tensors)
        return partial(_sparse if is_there else _mixed, func, schema, args, kwargs), None
    for tensor in on_cpu:
        numbers.adopt(tensor)
    if schema.name == "aten.embedding":
        check_indices(numbers, args[0], args[1])
    is_known = schema.is_filled or (
        numbers.known.issuperset(read) and all(map(_is_ordinary, tensors))
    )
    if asked not in ("", "meta") and schema.name == "aten.empty" and _is_whole(kwargs.get("dtype")):
        # It stays where it is: torch's own code may fill it unseen.
        return partial(func, *args, **{**kwargs, "device": torch.device("cpu")}), None
    is_taken = asked == "cpu" and is_known and schema.name == "aten._to_copy"
    if is_taken and numbers.look(read):
        return partial(numbers.computed, func, args, kwargs), None
    if schema.name in _LIFTED and on_cpu:
        return partial(numbers.twin, args[0], read), None
    is_there = bool(on_cpu) and len(on_cpu) == len(tensors) and not asked
    if is_there and (is_known or schema.is_view):
        numbers.work_out(read, map(numbers.memory, schema.written(args, kwargs)))
        return partial(func, *args, **kwargs), None
    if schema.looks and read and is_looking(schema, tensors):
        return _answer(numbers, func, schema, args, kwargs, read, is_known), None
    step = None
    if not is_known:
        numbers.lose(schema.written(args, kwargs))
    elif not (schema.is_view and read):
        step = ValueStep(func, schema, _filled(schema, args), kwargs, tuple(read))
    if on_cpu:
        return partial(_mixed, func, schema, args, kwargs), step
    return None, step


def on_meta(kwargs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return arguments by name that ask for the meta device, whatever they ask for."""
    if kwargs["device"] is None or kwargs["device"].type == "meta":
        return kwargs
    return {name: item for name, item in kwargs.items() if name != "pin_memory"} | {"device": META}


_LIFTED = frozenset({"aten.lift_fresh", "aten.lift", "aten.lift_fresh_copy"})
"""What gives a tensor that was made of numbers in Python to the program."""
_PACKING = "aten._pack_padded_sequence"
_INDEXING = frozenset({"aten.index", "aten._unsafe_index"})


def _is_ordinary(tensor: Tensor) -> bool:
    return is_strided(tensor) and not tensor.is_quantized


def _is_whole(dtype: torch.dtype | None) -> bool:
    return dtype is not None and not dtype.is_floating_point and not dtype.is_complex


def is_looking(schema: OpSchema, tensors: Sequence[Tensor]) -> bool:
    """Return whether an operation reads values: an index does if it is a mask."""
    return schema.name not in _INDEXING or any(map(_is_mask, tensors[1:]))


def _is_mask(value: Any) -> bool:
    return isinstance(value, Tensor) and value.dtype in (torch.bool, torch.uint8)


def _filled(schema: OpSchema, args: Sequence[Any]) -> Sequence[Any]:
    """Return arguments with numbers, where the first says no more than a size."""
    if not schema.is_filled:
        return args
    blank = torch.empty((), dtype=args[0].dtype).expand(args[0].shape)
    return (blank, *args[1:])


def _sparse(func: Any, schema: OpSchema, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Do an operation on sparse tensors, which keep their numbers; what is dense has none."""
    if schema.name == "aten._to_dense":
        return torch.empty(args[0].shape, dtype=kwargs.get("dtype") or args[0].dtype, device=META)
    return func(*args, **kwargs)


def _mixed(func: Any, schema: OpSchema, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Do an operation on tensors of which some are on the CPU, without their numbers."""
    named = {name: _to_meta(item) for name, item in kwargs.items()}
    given = func(*map(_to_meta, args), **named)
    changed = schema.written(args, kwargs)
    if changed:  # what is changed in place stays the tensor that it is
        given = changed[0] if len(changed) == 1 else tuple(changed)
    return given


def _answer(
    numbers: KnownValues,
    func: Any,
    schema: OpSchema,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    read: Sequence[int],
    is_known: bool,
) -> Run:
    """Return how an operation is done whose result is in numbers."""
    is_packing = schema.name == _PACKING
    if is_known and not is_packing and numbers.look(read):
        return lambda: numbers.twin(numbers.computed(func, args, kwargs), read)
    numbers.lose(schema.written(args, kwargs))
    masks = [item for item in tensors_of(args[1:]) if is_packing or _is_mask(item)]
    memories = [numbers.memory(mask) for mask in masks]
    if not masks or not numbers.known.issuperset(memories) or not numbers.look(memories):
        raise needed(schema)
    if is_packing:
        return partial(_packed, numbers, *args)
    if schema.name in _INDEXING:
        places = [place for index in args[1] for place in _places(numbers, index, memories)]
        return lambda: func(_to_meta(args[0]), places)
    if schema.name == "aten.masked_select":
        values, mask = args
        shape = torch.broadcast_shapes(values.shape, mask.shape)  # type: ignore[no-untyped-call]
        chosen = int(numbers.of(mask).expand(shape).sum())
        return lambda: torch.empty(chosen, dtype=values.dtype, device=META)
    raise needed(schema)


def _packed(numbers: KnownValues, values: Tensor, lengths: Tensor, batch_first: bool) -> Any:
    """Return rows of several lengths one after another, and how many there are at each step."""
    blank = torch.empty(()).expand(values.shape[:2])
    packed, sizes = torch._VF._pack_padded_sequence(blank, numbers.of(lengths), batch_first)
    rows = torch.empty((*packed.shape, *values.shape[2:]), dtype=values.dtype, device=META)
    return rows, sizes


def _places(numbers: KnownValues, index: Any, read: Sequence[int]) -> list[Any]:
    """Return an index as whole numbers: a mask is one for each of its axes."""
    if not _is_mask(index):
        return [_to_meta(index)]
    return list(numbers.twin(torch.unbind(numbers.of(index).nonzero(), 1), read))


def _to_meta(value: Any) -> Any:
    """Return a tensor, or all in a list, without numbers."""
    if isinstance(value, list | tuple):
        return [_to_meta(item) for item in value]
    if isinstance(value, Tensor) and not is_strided(value):  # one as large, where all are dense
        return torch.empty(value.shape, dtype=value.dtype, device=META)
    return value.to(META) if isinstance(value, Tensor) else value


def needed(schema: OpSchema) -> DataDependentError:
    """Return the error of an operation that reads values that are not known."""
    told = _TOLD.get(schema.name, schema.name.removeprefix("aten.").strip("_"))
    return DataDependentError(told)


_TOLD = {
    "aten._local_scalar_dense": "reading a tensor as a number (item(), int(), bool(), if)",
    "aten.index": "an index by a mask",
}
