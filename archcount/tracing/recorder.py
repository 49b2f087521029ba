"""The recorder: every operation that torch dispatches in a pass, with the module that ran it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import BackwardCFunction

from archcount.errors import UsageError
from archcount.operators.operation import Operation, Origin, TensorSpec
from archcount.operators.registry import charge, is_given
from archcount.tracing.forward_pass import Call, Pattern, holders
from archcount.tracing.op_schema import OpSchema, schema_of
from archcount.tracing.script_copy import Owners
from archcount.tracing.tensor_specs import Memories, described, is_new, made_as
from archcount.tracing.torch_internals import DispatchMode, base_of, is_autocast


class Recorder(DispatchMode):  # type: ignore[no-untyped-call]
    """Notes what is done, and in which module.

    Attributes:
        place: the path of the module that is being run.
        within: the paths of all that are being run, and of those that hold them.
        calls: what was done.
        sizes: the bytes of every memory met but the weights', by its number.
        storages: every memory met by its number, which is its `id`.
        is_cast: whether something was done under autocast on tensors without numbers.
        owners: which module has which tensors, in scripted modules.
    """

    supports_higher_order_operators = True  # torch gives them to us, and we say that we cannot

    def __init__(
        self,
        weights: Iterable[Tensor],
        inputs: Iterable[Tensor],
        parts: Mapping[str, nn.Module] = MappingProxyType({}),
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.place = ""
        self.within = frozenset({""})
        self.calls: list[Call] = []
        self.sizes: dict[int, int] = {}
        self.is_cast = False
        self._memories = Memories()
        self._nodes: dict[Any, Call] = {}
        self._last: tuple[Call, Sequence[Tensor], bool] | None = None
        self._hollow: set[int] = set()
        self._known: dict[Any, Pattern] = {}
        self.keep, self.storages = self._memories.keep, self._memories.kept
        origins = self._origins = self._memories.origins
        for tensor in weights:
            origin = Origin.WEIGHT if isinstance(tensor, nn.Parameter) else Origin.BUFFER
            storage = self.keep(tensor)
            origins[storage] = max(origin, origins.get(storage, origin))
        self._weights = set(origins)
        self.owners = Owners(parts, self.keep)
        for tensor in inputs:
            storage = self.keep(tensor)
            origins[storage] = Origin.INPUT
            self.sizes[storage] = self.storages[storage].nbytes()

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Have torch call us directly: what it puts around imports its compiler, for every call."""
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Do an operation, and note it; what an equal call gave is given again."""
        if self._last is not None:
            self._settle()
        if torch.is_inference_mode_enabled() and hasattr(func, "decompose"):
            with self:
                whole = func.decompose(*args, **(kwargs or {}))
            if whole is not NotImplemented:
                return whole
        specs: dict[int, TensorSpec] = {}
        read: list[int] = []
        key = self._memories.read(func, args, kwargs, specs, read)
        pattern = None if self._hollow else self._known.get(key)
        if pattern is None:
            return self._first(func, args, kwargs or {}, key, specs, read)
        if pattern.is_new:
            made = [made_as(spec) for spec in pattern.operation.outputs]
            given = made[0] if pattern.container is None else pattern.container(made)
        elif pattern.is_in_place:
            given, made = args[0], args[:1]
        else:
            given = func(*args, **kwargs) if kwargs else func(*args)
            made = [given] if type(given) is Tensor else _tensors_of(given)
        self._note(pattern, made, read)
        return given

    def _note(self, pattern: Pattern, made: Sequence[Tensor], memories: list[int]) -> None:
        """Note an operation; what it gave has the origin of what it read."""
        origins, sizes, origin = self._origins, self.sizes, pattern.origin
        for tensor in made:
            storage = self.keep(tensor)
            memories.append(storage)
            if origins.get(storage, -1) < origin:
                origins[storage] = origin
            if storage not in sizes and storage not in self._weights:
                sizes[storage] = self.storages[storage].nbytes()
        if not self.is_cast and made and made[0].is_meta:
            self.is_cast = is_autocast()
        place, within = self.place, self.within
        if self.owners.inner and (owner := self.owners.of(place, memories)) != place:
            place, within = owner, within | holders(owner)
        call = Call(pattern, place, within, memories)
        self.calls.append(call)
        if not pattern.operation.is_view:
            self._last = (call, made, torch.is_grad_enabled())

    def _first(
        self,
        func: Any,
        args: Any,
        kwargs: Any,
        key: Any,
        specs: dict[int, TensorSpec],
        read: list[int],
    ) -> Any:
        """Do an operation that was not met before in this pass, and work out what it costs."""
        if not hasattr(func, "overloadpacket"):
            raise _of_functions(func)
        schema = schema_of(func)
        arguments = schema.named(args, kwargs, specs)
        operation = Operation(schema.name, arguments, (), schema.is_view, schema.is_pointwise)
        origin = max([spec.origin for spec in specs.values()], default=Origin.CONSTANT)
        is_hollow = bool(self._hollow) and not self._hollow.isdisjoint(read)
        shapes = schema.shape(operation) if key is not None and schema.shape else None
        if shapes is None or (schema.is_in_place and shapes[0].shape != args[0].shape):
            given, is_hollow = self._asked(func, schema, args, kwargs, is_hollow)
            made = _tensors_of(given)
        elif schema.is_in_place:
            given, made = args[0], [args[0]]
        else:
            made = [made_as(spec) for spec in shapes]
            given = made[0] if len(made) == 1 else tuple(made)
        reads = len(read)
        operation.outputs = tuple(
            [described(tensor, origin, reads + place) for place, tensor in enumerate(made)]
        )
        pattern = Pattern(operation, reads=reads, origin=origin if made else Origin.CONSTANT)
        if is_hollow:
            self._hollow.update(map(self.keep, made))
        if is_given(operation):  # a rule of the program may look at the memories of tensors
            pattern.charge = charge(pattern.placed([*read, *map(self.keep, made)]))
        else:
            pattern.charge = charge(operation)
            if key is not None and not self._hollow and schema.is_torchs:
                self._known[key] = pattern  # for equal calls of this pass
                if schema.is_in_place:
                    pattern.is_in_place = given is args[0] and given.shape == specs[id(given)].shape
                elif schema.is_fresh and made and (shapes is not None or is_new(made, read)):
                    pattern.is_new = isinstance(given, Tensor) or len(made) == len(given)
                    pattern.container = None if isinstance(given, Tensor) else type(given)
        self._note(pattern, made, read)
        return given

    def _asked(
        self,
        func: Any,
        schema: OpSchema,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        is_hollow: bool,
    ) -> tuple[Any, bool]:
        """Ask torch for a result; say whether it was made from what has lost its numbers."""
        tensors = _tensors_of([*args, *kwargs.values()])
        if len({tensor.is_meta for tensor in tensors}) < 2:
            if is_hollow and schema.name in _LOOKS:
                raise RuntimeError(
                    f"{schema.name} looks at the numbers of a tensor that was filled with tensors "
                    "on the meta device, which have none"
                )
            return func(*args, **kwargs), is_hollow
        # Take away the numbers of constants that meet tensors without.
        named = {name: _to_meta(item) for name, item in kwargs.items()}
        given = func(*map(_to_meta, args), **named)
        changed = schema.written(args, kwargs)
        if changed:
            # What is changed in place stays the tensor that it is; its numbers are no more.
            self._hollow.update([self.keep(tensor) for tensor in changed])
            given = changed[0] if len(changed) == 1 else tuple(changed)
        return given, False

    def nodes(self) -> dict[Any, Call]:
        """Return the calls by their nodes in the graph of autograd, which hand gradients back."""
        if self._last is not None:
            self._settle()
        return self._nodes

    def _settle(self) -> None:
        """Note the node of the last call: autograd makes it after the call was dispatched.

        A function of the model's own makes its node after the last call within it.
        """
        assert self._last is not None, "there is a call whose node is not noted"
        call, made, with_grad = self._last
        self._last = None
        for tensor in made:
            if tensor.requires_grad:
                # What is changed through a view of it has a node for the whole of it.
                base = base_of(tensor)
                node = tensor.grad_fn if base is None else base.grad_fn
                if with_grad or isinstance(node, BackwardCFunction):
                    self._nodes.setdefault(node, call)


def _of_functions(func: Any) -> UsageError:
    return UsageError.of(
        f"the model uses {func.name()}, an operator of torch on functions, which is not counted",
        allowed="operators on tensors",
        remedy="have the model do without it while it is counted",
    )


_LOOKS = frozenset(
    {"aten._local_scalar_dense", "aten.nonzero", "aten.equal", "aten.is_nonzero"},
)
"""Operations whose answer is in the numbers, not in the shapes."""


def _tensors_of(value: Any) -> list[Tensor]:
    """Return the tensors in what an operation is given or gives."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, list | tuple):
        return [tensor for item in value for tensor in _tensors_of(item)]
    return []


def _to_meta(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_to_meta(item) for item in value]
    return value.to("meta") if isinstance(value, Tensor) else value
