"""The recorder: every operation that torch dispatches in a pass, with the module that ran it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import BackwardCFunction

from archcount.errors import UsageError
from archcount.operators.operation import Operation, Origin, TensorSpec
from archcount.operators.registry import charge, is_given
from archcount.tracing.attention import AttentionMode
from archcount.tracing.data_dependent import Run, is_looking, needed, on_meta, run_of
from archcount.tracing.forward_pass import Call, Pattern, holders
from archcount.tracing.known_tensor import KnownTensor
from archcount.tracing.known_values import KnownValues, ValueStep
from archcount.tracing.op_schema import schema_of
from archcount.tracing.script_copy import Owners
from archcount.tracing.tensor_specs import Memories, described, is_new, made_as, tensors_of
from archcount.tracing.torch_internals import DispatchMode, base_of, is_autocast

_Given = tuple[Call, Sequence[Tensor], bool]
"""A call, what it gave, and whether gradients were on."""
_FEW = 8
"""How many operations such a mode may do of its own before it hands a result on."""


class Recorder(DispatchMode):  # type: ignore[no-untyped-call]
    """Notes what is done, and in which module.

    Attributes:
        place: the path of the module that is being run.
        within: the paths of all that are being run, and of those that hold them.
        calls: what was done.
        sizes: the bytes of every memory met but the weights', by its number.
        storages: every memory met by its number, which is its `id`.
        is_cast: whether something was done under autocast on tensors without numbers.
        looks: whether, in a pass with values, the code read some that depend on the inputs.
        numbers: those that are known in a pass on the meta device; None where all are there.
        owners: which module has which tensors, in scripted modules.
        attention: counts its products by a convention; None where they are dense.
    """

    supports_higher_order_operators = True  # torch gives them to us, and we say that we cannot

    def __init__(
        self,
        weights: Iterable[Tensor],
        inputs: Iterable[Tensor],
        parts: Mapping[str, nn.Module] = MappingProxyType({}),
        known: Iterable[KnownTensor] | None = (),
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.place = ""
        self.within = frozenset({""})
        self.calls: list[Call] = []
        self.sizes: dict[int, int] = {}
        self.is_cast = self.looks = False
        self.attention: AttentionMode | None = None
        self._memories = Memories()
        self._nodes: dict[Any, Call] = {}
        self._last: _Given | None = None
        # Those that a mode of the model's own, as of selective checkpoints, has not handed on yet.
        self._late: deque[_Given] = deque(maxlen=_FEW)
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
        self.numbers = None if known is None else KnownValues(known, self.keep)

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Have torch call us directly: what it puts around imports its compiler, for every call."""
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Do an operation, and note it; what an equal call gave is given again."""
        if self._last is not None:
            self._settle()
        if not hasattr(func, "overloadpacket"):
            raise _of_functions(func)
        if torch.is_inference_mode_enabled() and hasattr(func, "decompose"):
            with self:
                whole = func.decompose(*args, **(kwargs or {}))
            if whole is not NotImplemented:
                return whole
        numbers, step, asked = self.numbers, None, ""
        if kwargs and "device" in kwargs and numbers is not None:
            asked = getattr(kwargs["device"], "type", "")
            kwargs = on_meta(kwargs)
        specs: dict[int, TensorSpec] = {}
        read: list[int] = []
        key = self._memories.read(func, args, kwargs, specs, read)
        if numbers is not None and (key is None or not read or not numbers.known.isdisjoint(read)):
            run, step = self._numbered(func, args, kwargs or {}, read, asked)
            if run is not None:
                return self._first(func, args, kwargs or {}, None, specs, read, run, step)
        pattern = self._known.get(key)
        if pattern is None:
            return self._first(func, args, kwargs or {}, key, specs, read, None, step)
        if pattern.is_new:
            made = [made_as(spec) for spec in pattern.operation.outputs]
            given = made[0] if pattern.container is None else pattern.container(made)
        elif pattern.is_in_place:
            given, made = args[0], args[:1]
        else:
            given = func(*args, **kwargs) if kwargs else func(*args)
            made = [given] if type(given) is Tensor else tensors_of(given)
        self._note(pattern, made, read, step)
        return given

    def _note(
        self, pattern: Pattern, made: Sequence[Tensor], memories: list[int], step: ValueStep | None
    ) -> None:
        """Note an operation; what it gave has the origin of what it read."""
        origins, sizes, origin = self._origins, self.sizes, pattern.origin
        for tensor in made:
            storage = self.keep(tensor)
            memories.append(storage)
            if origins.get(storage, -1) < origin:
                origins[storage] = origin
            if storage not in sizes and storage not in self._weights:
                sizes[storage] = self.storages[storage].nbytes()
        if self.attention is not None:
            pattern = self.attention.counted(pattern)
        place, within = self.place, self.within
        if self.owners.inner and (owner := self.owners.of(place, memories)) != place:
            place, within = owner, within | holders(owner)
        call = Call(pattern, place, within, memories)
        self.calls.append(call)
        if not pattern.operation.is_view:
            self._last = (call, made, torch.is_grad_enabled())
            if not self.is_cast and made and made[0].is_meta:
                self.is_cast = is_autocast()
        if step is not None and self.numbers is not None:
            self.numbers.record(step, made)

    def _numbered(
        self, func: Any, args: Any, kwargs: Any, read: Sequence[int], asked: str
    ) -> tuple[Run | None, ValueStep | None]:
        """Return how an operation is done that has to do with known numbers, or other devices."""
        assert self.numbers is not None, "a pass with numbers"
        return run_of(self.numbers, func, schema_of(func), args, kwargs, read, asked)

    def _first(
        self,
        func: Any,
        args: Any,
        kwargs: Any,
        key: Any,
        specs: dict[int, TensorSpec],
        read: list[int],
        run: Run | None,
        step: ValueStep | None,
    ) -> Any:
        """Do an operation that was not met before in this pass, and work out what it costs."""
        schema = schema_of(func)
        if schema.is_filled and run is None and step is None and self.numbers is not None:
            key = None  # each call has a step of its own
            run, step = self._numbered(func, args, kwargs, read, "")
        arguments = schema.named(args, kwargs, specs)
        operation = Operation(schema.name, arguments, (), schema.is_view, schema.is_pointwise)
        origin = max([spec.origin for spec in specs.values()], default=Origin.CONSTANT)
        if self.numbers is None and schema.looks and origin is Origin.INPUT:
            self.looks = self.looks or is_looking(schema, tensors_of(args))
        shapes = schema.shape(operation) if key is not None and schema.shape else None
        if shapes is None or (schema.is_in_place and shapes[0].shape != args[0].shape):
            given = run() if run is not None else self._asked(func, args, kwargs)
            made = tensors_of(given)
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
        if is_given(operation):  # a rule of the program may look at the memories of tensors
            pattern.charge = charge(pattern.placed([*read, *map(self.keep, made)]))
        else:
            pattern.charge = charge(operation)
            if key is not None and schema.is_torchs:
                self._known[key] = pattern  # for equal calls of this pass
                if schema.is_in_place:
                    pattern.is_in_place = given is args[0] and given.shape == specs[id(given)].shape
                elif schema.is_fresh and made and (shapes is not None or is_new(made, read)):
                    pattern.is_new = isinstance(given, Tensor) or len(made) == len(given)
                    pattern.container = None if isinstance(given, Tensor) else type(given)
        self._note(pattern, made, read, step)
        return given

    def _asked(self, func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Ask torch for a result."""
        try:
            return func(*args, **kwargs)
        except (RuntimeError, NotImplementedError) as error:
            if self.numbers is None or not schema_of(func).looks:
                raise
            raise needed(schema_of(func)) from error

    def numbers_of(self, tensor: Tensor) -> Tensor | None:
        """Return the numbers of a tensor, None where they are not known."""
        if self.numbers is None or not tensor.is_meta:
            return tensor.detach()
        memory = [self.keep(tensor)]
        is_known = self.numbers.known.issuperset(memory) and self.numbers.look(memory)
        return self.numbers.of(tensor) if is_known else None

    def nodes(self) -> dict[Any, Call]:
        """Return the calls by their nodes in the graph of autograd, which hand gradients back."""
        if self._last is not None:
            self._settle()
        for late in self._late:
            self._note_node(*late)
        return self._nodes

    def _settle(self) -> None:
        """Note the node of the last call: autograd makes it after the call was dispatched.

        A function of the model's own makes its node after the last call within it.
        """
        assert self._last is not None, "there is a call whose node is not noted"
        last, self._last = self._last, None
        is_noted = self._note_node(*last)
        if self._late:
            kept = [late for late in self._late if not self._note_node(*late)]
            self._late = deque(kept, self._late.maxlen)
        call, made, with_grad = last
        read = call.pattern.operation.tensors
        if not is_noted and with_grad and made and any(spec.requires_grad for spec in read()):
            self._late.append(last)

    def _note_node(self, call: Call, made: Sequence[Tensor], with_grad: bool) -> bool:
        """Note the node of a call, and return whether it has one yet."""
        is_noted = False
        for tensor in made:
            if tensor.requires_grad:
                is_noted = True
                # What is changed through a view of it has a node for the whole of it.
                base = base_of(tensor)
                node = tensor.grad_fn if base is None else base.grad_fn
                if with_grad or isinstance(node, BackwardCFunction):
                    self._nodes.setdefault(node, call)
        return is_noted


def _of_functions(func: Any) -> UsageError:
    return UsageError.of(
        f"the model uses {func.name()}, an operator of torch on functions, which is not counted",
        allowed="operators on tensors, torch.cond and flex_attention",
        remedy="give a module that does without, such as with a loop of Python",
    )
