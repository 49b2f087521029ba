"""The recorder: every operation of a pass, met at dispatch, noted with its module."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch._ops import HigherOrderOperator
from torch.autograd.function import BackwardCFunction
from torch.utils._python_dispatch import TorchDispatchMode

from archcount.errors import Problem, UsageError
from archcount.tracing.answers import answer
from archcount.tracing.costs import charge
from archcount.tracing.records import Call, Operation, Origin, TensorSpec


class Recorder(TorchDispatchMode):
    """Notes what is done, and in which module.

    Args:
        weights: the model's parameters and buffers.
        inputs: the tensors that the model is given.

    Attributes:
        place: the path of the module that is being run.
        calls: what was done.
        sizes: the bytes of every memory met but the weights', by its number.
        is_cast: whether something was done under autocast on tensors without numbers.
    """

    supports_higher_order_operators = True  # torch gives them to us, and we say that we cannot

    def __init__(self, weights: Iterable[Tensor], inputs: Iterable[Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.place = ""
        self.calls: list[Call] = []
        self.sizes: dict[int, int] = {}
        self.is_cast = False
        # A view has the storage of what it shows, so an origin belongs to a storage. Everything
        # met is kept, which takes no memory on the meta device: no storage is used twice.
        self._kept: list[Tensor] = []
        self._origins: dict[int, Origin] = {}
        self._nodes: dict[Any, Call] = {}
        self._last: tuple[Call, list[Tensor], bool] | None = None
        self._is_meta: set[bool] = set()
        self._hollow: set[int] = set()
        for tensor in weights:
            self._origins[self.keep(tensor)] = Origin.WEIGHT
        self._weights = set(self._origins)
        for tensor in inputs:
            storage = self.keep(tensor)
            self._origins[storage] = Origin.INPUT
            self.sizes[storage] = tensor.untyped_storage().nbytes()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Do an operation, and note it."""
        kwargs = kwargs or {}
        if isinstance(func, HigherOrderOperator):
            raise _of_functions(func)
        self._settle()
        if torch.is_inference_mode_enabled() and func._can_decompose():
            with self:
                whole = func.decompose(*args, **kwargs)
            if whole is not NotImplemented:
                return whole
        facts = _FACTS.get(func)
        if facts is None:
            facts = _FACTS[func] = _Facts(func)
        read: list[TensorSpec] = []
        arguments = {}
        for number, (name, default) in enumerate(facts.arguments):
            value = args[number] if number < len(args) else kwargs.get(name, default)
            arguments[name] = self._spec(value, read) if type(value) not in _PLAIN else value
        given, hollow = self._done(func, facts, args, kwargs, read)
        origin = max([spec.origin for spec in read], default=Origin.CONSTANT)
        made = [item for item in _flat(given) if isinstance(item, Tensor)]
        operation = Operation(
            facts.name,
            arguments,
            tuple([self._made(item, origin) for item in made]),
            is_view=facts.is_view,
            is_pointwise=facts.is_pointwise,
        )
        if hollow:
            self._hollow.update([spec.storage for spec in operation.outputs])
        if not self.is_cast and made and made[0].is_meta:
            self.is_cast = _is_autocast()
        call = Call(operation=operation, place=self.place, charge=charge(operation))
        self.calls.append(call)
        if not facts.is_view:
            self._last = (call, made, torch.is_grad_enabled())
        return given

    def _done(
        self, func: Any, facts: _Facts, args: Any, kwargs: Any, read: Sequence[TensorSpec]
    ) -> tuple[Any, bool]:
        """Do an operation; say whether it read what had numbers and has none now."""
        is_mixed = len(self._is_meta) > 1
        self._is_meta.clear()
        hollow = bool(self._hollow) and not is_mixed
        hollow = hollow and any(spec.storage in self._hollow for spec in read)
        if hollow and facts.name in _LOOKS:
            raise RuntimeError(
                f"{facts.name} looks at the numbers of a tensor that was filled with tensors "
                "on the meta device, which have none"
            )
        if is_mixed:  # take away the numbers of constants that meet tensors without
            given = func(
                *map(_to_meta, args), **{name: _to_meta(item) for name, item in kwargs.items()}
            )
            if facts.changed:
                # What is changed in place stays the tensor that it is; its numbers are no more.
                changed = [_at(place, name, args, kwargs) for place, name in facts.changed]
                self._hollow.update([_storage(tensor) for tensor in changed])
                given = changed[0] if len(changed) == 1 else tuple(changed)
        else:
            given = answer(func, facts.is_fresh, args, kwargs)
        return given, hollow

    def nodes(self) -> dict[Any, Call]:
        """Give the calls by their nodes in the graph of autograd, which hand gradients back."""
        self._settle()
        return self._nodes

    def _settle(self) -> None:
        """Note the node of the last call: autograd makes it after the call was dispatched.

        A function of the model's own makes its node after the last call within it.
        """
        if self._last is None:
            return
        call, made, with_grad = self._last
        self._last = None
        for tensor in made:
            if tensor.requires_grad:
                # What is changed through a view of it has a node for the whole of it.
                base = tensor._base
                node = tensor.grad_fn if base is None else base.grad_fn
                if with_grad or isinstance(node, BackwardCFunction):
                    self._nodes.setdefault(node, call)

    def keep(self, tensor: Tensor) -> int:
        """Keep a tensor for as long as the recorder, and give its memory."""
        self._kept.append(tensor)
        return _storage(tensor)

    def _made(self, tensor: Tensor, origin: Origin) -> TensorSpec:
        storage = self.keep(tensor)
        known = self._origins.get(storage, Origin.CONSTANT)
        self._origins[storage] = max(known, origin)
        if storage not in self._weights:
            self.sizes.setdefault(storage, tensor.untyped_storage().nbytes())
        return _described(tensor, origin, storage)

    def _spec(self, value: Any, read: list[TensorSpec]) -> Any:
        """Describe an argument; add the tensors in it to what was read."""
        if isinstance(value, Tensor):
            storage = self.keep(value)
            self._is_meta.add(value.is_meta)
            known = self._origins.get(storage)
            if not known:  # a constant, or a parameter that the model hides, or makes as it runs
                known = Origin.WEIGHT if isinstance(value, nn.Parameter) else Origin.CONSTANT
                self._origins[storage] = known
            read.append(_described(value, known, storage))
            return read[-1]
        if isinstance(value, list | tuple):
            return [self._spec(item, read) for item in value]
        return value


class _Facts:
    """What is true of an operation whenever it is met."""

    def __init__(self, func: Any) -> None:
        schema = func._schema
        self.name = str(func.overloadpacket)
        self.arguments = [(item.name, item.default_value) for item in schema.arguments]
        self.is_view = bool(func.is_view)
        self.is_pointwise = torch.Tag.pointwise in func.tags
        self.changed = [
            (place, item.name)
            for place, item in enumerate(schema.arguments)
            if item.alias_info is not None and item.alias_info.is_write
        ]
        items = (*schema.arguments, *schema.returns)
        self.is_fresh = not schema.is_mutable and all(item.alias_info is None for item in items)


_FACTS: dict[Any, _Facts] = {}


def _is_autocast() -> bool:
    """Tell whether autocast is on where the operation was called."""
    nested = torch.autocast_increment_nesting()
    torch.autocast_decrement_nesting()
    if nested == 1:
        return False
    # Below, where operations arrive, it is off.
    with torch._C._RestorePythonTLSSnapshot():  # type: ignore[attr-defined]
        return torch._C._is_any_autocast_enabled()


def _of_functions(func: Any) -> UsageError:
    return UsageError(
        Problem(
            what=f"the model uses {func.name()}, an operator of torch on functions, which is not "
            "counted",
            allowed="operators on tensors",
            remedy="have the model do without it while it is counted",
        )
    )


def _storage(tensor: Tensor) -> int:
    try:
        return int(tensor.untyped_storage()._cdata)
    except NotImplementedError:
        kind = str(tensor.layout).removeprefix("torch.")
        raise UsageError(
            Problem(
                what=f"the model works on a tensor of the layout {kind}, which is not counted",
                allowed="dense tensors",
                remedy="make it dense with .to_dense() while the model is counted",
            )
        ) from None


def _described(tensor: Tensor, origin: Origin, storage: int) -> TensorSpec:
    dtype = _DTYPES.get(tensor.dtype)
    if dtype is None:
        dtype = _DTYPES[tensor.dtype] = str(tensor.dtype).removeprefix("torch.")
    layout = (int(tensor.storage_offset()), *map(int, tensor.stride()))
    return TensorSpec(tuple(tensor.shape), dtype, origin, tensor.requires_grad, storage, layout)


_DTYPES: dict[torch.dtype, str] = {}


def _at(place: int, name: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    return args[place] if place < len(args) else kwargs[name]


_LOOKS = frozenset(
    {"aten._local_scalar_dense", "aten.nonzero", "aten.equal", "aten.is_nonzero"},
)
"""Operations whose answer is in the numbers, not in the shapes."""

_PLAIN = frozenset((int, bool, float, str, type(None), torch.dtype, torch.device))


def _to_meta(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_to_meta(item) for item in value]
    return value.to("meta") if isinstance(value, Tensor) else value


def _flat(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else (value,)
