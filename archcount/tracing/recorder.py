"""The recorder: every operation of a pass, met at dispatch, noted with its module."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch._ops import HigherOrderOperator
from torch.autograd.function import BackwardCFunction
from torch.utils._python_dispatch import TorchDispatchMode

from archcount.errors import Problem, UsageError
from archcount.operators.operation import Origin
from archcount.operators.registry import is_given
from archcount.tracing.answers import answer
from archcount.tracing.facts import Facts, facts_of
from archcount.tracing.patterns import Asked, Made, Same, answer_again, flat, pattern_of
from archcount.tracing.reading import Reader, is_plain
from archcount.tracing.records import Call, Pattern


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
        self._reader = Reader()
        self._nodes: dict[Any, Call] = {}
        self._last: tuple[Call, Sequence[Tensor], bool] | None = None
        self._hollow: set[int] = set()
        self._known: dict[Any, Made | Same | Asked] = {}
        self.keep = self._reader.keep
        origins = self._origins = self._reader.origins
        for tensor in weights:
            origins[self.keep(tensor)] = Origin.WEIGHT
        self._weights = set(origins)
        for tensor in inputs:
            storage = self.keep(tensor)
            origins[storage] = Origin.INPUT
            self.sizes[storage] = tensor.untyped_storage().nbytes()

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Have torch call us directly: what it puts around imports its compiler, for every call."""
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Do an operation, and note it."""
        if self._last is not None:
            self._settle()
        read: list[int] = []
        key = None
        if not self._hollow and not torch.is_inference_mode_enabled():
            key = self._reader.key(func, args, kwargs, read)
            known = self._known.get(key)
            if known is not None:
                given, made, pattern = known.give(func, args, kwargs)
                self._note(pattern, made, read, known.origin)
                return given
        return self._anew(func, args, kwargs or {}, key, read)

    def _note(
        self, pattern: Pattern, made: Sequence[Tensor], memories: list[int], origin: Origin
    ) -> None:
        """Note an operation; what it gave has the origin of what it read."""
        origins, sizes = self._origins, self.sizes
        for tensor in made:
            storage = self.keep(tensor)
            memories.append(storage)
            if origins.get(storage, -1) < origin:
                origins[storage] = origin
            if storage not in sizes and storage not in self._weights:
                sizes[storage] = tensor.untyped_storage().nbytes()
        if not self.is_cast and made and made[0].is_meta:
            self.is_cast = _is_autocast()
        call = Call(pattern, self.place, memories, pattern.charge)
        self.calls.append(call)
        if not pattern.operation.is_view:
            self._last = (call, made, torch.is_grad_enabled())

    def _anew(self, func: Any, args: Any, kwargs: Any, key: Any, seen: list[int]) -> Any:
        """Do an operation that was not met before, and keep what it gave for an equal call."""
        if isinstance(func, HigherOrderOperator):
            raise _of_functions(func)
        if torch.is_inference_mode_enabled() and func._can_decompose():
            with self:
                whole = func.decompose(*args, **kwargs)
            if whole is not NotImplemented:
                return whole
        facts = facts_of(func)
        arguments, taken = self._reader.arguments(facts, args, kwargs)
        read = [self.keep(tensor) for tensor in taken]
        origin = max([self._origins[storage] for storage in read], default=Origin.CONSTANT)
        is_known = facts.is_torchs and all(map(is_plain, taken))
        ask = partial(answer, func, key is not None) if is_known else func
        given, is_hollow = self._done(ask, facts, args, kwargs, taken)
        made = [item for item in flat(given) if isinstance(item, Tensor)]
        memories = [*read, *map(self.keep, made)]
        pattern = pattern_of(facts, arguments, made, origin, memories)
        self._note(pattern, made, read, origin)
        if is_hollow:
            self._hollow.update(memories[pattern.reads :])
        before = memories[: pattern.reads]
        is_same = key is not None and before == seen and not self._hollow and facts.is_torchs
        if is_same and not is_given(pattern.operation):
            self._known[key] = answer_again(facts, args, given, made, pattern, set(before))
        return given

    def _done(
        self,
        ask: Any,
        facts: Facts,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        taken: Sequence[Tensor],
    ) -> tuple[Any, bool]:
        """Do an operation; say whether it read what had numbers and has none now."""
        if len({tensor.is_meta for tensor in taken}) < 2:
            is_hollow = any(self.keep(tensor) in self._hollow for tensor in taken)
            if is_hollow and facts.name in _LOOKS:
                raise RuntimeError(
                    f"{facts.name} looks at the numbers of a tensor that was filled with tensors "
                    "on the meta device, which have none"
                )
            return ask(*args, **kwargs), is_hollow
        # Take away the numbers of constants that meet tensors without.
        named = {name: _to_meta(item) for name, item in kwargs.items()}
        given = ask(*map(_to_meta, args), **named)
        changed = facts.written(args, kwargs)
        if changed:
            # What is changed in place stays the tensor that it is; its numbers are no more.
            self._hollow.update([self.keep(tensor) for tensor in changed])
            given = changed[0] if len(changed) == 1 else tuple(changed)
        return given, False

    def nodes(self) -> dict[Any, Call]:
        """Give the calls by their nodes in the graph of autograd, which hand gradients back."""
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
                base = tensor._base
                node = tensor.grad_fn if base is None else base.grad_fn
                if with_grad or isinstance(node, BackwardCFunction):
                    self._nodes.setdefault(node, call)


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


_LOOKS = frozenset(
    {"aten._local_scalar_dense", "aten.nonzero", "aten.equal", "aten.is_nonzero"},
)
"""Operations whose answer is in the numbers, not in the shapes."""


def _to_meta(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_to_meta(item) for item in value]
    return value.to("meta") if isinstance(value, Tensor) else value
