"""What was done in a pass, summed up by module."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from operator import add, attrgetter, sub

from torch import nn

from archcount.layers import CATEGORIES, Cost
from archcount.layers.cost import MAC_CATEGORIES
from archcount.operators.operation import FREE, NOTHING
from archcount.tracing.recorder import Recorder
from archcount.tracing.records import ModuleTrace

_NORMS = (nn.LocalResponseNorm, nn.RMSNorm)
"""Modules that torch does as several operations, all of which belong to the norm."""


def sum_up(
    recorder: Recorder,
    found: Mapping[nn.Module, ModuleTrace],
    spans: Mapping[str, Sequence[Span]],
    unseen: Mapping[tuple[str, str], int],
) -> None:
    """Give each module what was done while it was run.

    Args:
        recorder: what was done.
        found: the record of every module, the model's first.
        spans: between which calls each module was run, by path.
        unseen: what could not be seen, by path and name.
    """
    records = {record.path: record for record in found.values()}
    norms = {record.path for part, record in found.items() if isinstance(part, _NORMS)}
    sums, own = _Sums(), dict[str, list[Cost]]()
    missed: Counter[tuple[str, str]] = Counter(unseen)
    for call in recorder.calls:
        charge = call.charge
        if charge is None or charge is FREE:
            sums.skip()
            if charge is None:
                missed[call.place, call.pattern.operation.name] += 1
            continue
        cost = _all_norm(charge.cost) if call.place in norms else charge.cost
        sums.add(cost, charge.backward if call.learns else 0)
        own.setdefault(call.place, []).append(cost)
    for path, costs in own.items():
        records[path].own = Cost.total(costs) if len(costs) > 1 else costs[0]
    for (path, op), times in missed.items():
        records[path].missed[op] = times
    held: dict[str, list[Span]] = {}
    for path, record in reversed(records.items()):  # what is held before what holds it
        # What is run by way of another module belongs to those that hold it too.
        covered = _joined(spans.get(path, ()), held.pop(path, ()))
        if covered:
            record.cost, record.backward = sums.within(covered)
        if path:
            held.setdefault(path.rpartition(".")[0], []).extend(covered)


class _Sums:
    """Sums of costs over the calls from the first on: a span is a difference of two."""

    def __init__(self) -> None:
        self._costs: list[Cost] = []
        self._sums = [_ZEROS]
        self._numbers = [0]  # how many calls up to each cost something

    def skip(self) -> None:
        """Take a call without a cost."""
        self._numbers.append(len(self._costs))

    def add(self, cost: Cost, backward: int) -> None:
        """Take the next call."""
        self._costs.append(cost)
        self._sums.append(tuple(map(add, self._sums[-1], (*_counts(cost), backward))))
        self._numbers.append(len(self._costs))

    def within(self, spans: Sequence[Span]) -> tuple[Cost, int]:
        """Give the cost and the backward operations of the calls in some spans."""
        places = [(self._numbers[start], self._numbers[end]) for start, end in spans]
        places = [(start, end) for start, end in places if start < end]
        if not places:
            return NOTHING, 0
        counts = _ZEROS
        for start, end in places:
            part = map(sub, self._sums[end], self._sums[start])
            counts = tuple(map(add, counts, part)) if len(places) > 1 else tuple(part)
        *numbers, backward = counts
        first, last = places[0][0], places[-1][1]
        if last - first == 1:  # as of nearly every layer
            return self._costs[first], backward
        return Cost(**dict(zip(CATEGORIES, numbers, strict=True))), backward


def _joined(own: Sequence[Span], held: Sequence[Span]) -> Sequence[Span]:
    """Give what lies in any of some spans, once.

    >>> _joined([(0, 5)], [(1, 3), (4, 6), (8, 9)])
    [(0, 6), (8, 9)]
    """
    if len(own) == 1 and all(own[0][0] <= start and end <= own[0][1] for start, end in held):
        return own  # as nearly always
    joined: list[Span] = []
    for start, end in sorted([*own, *held]):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return joined


Span = tuple[int, int]
_ZEROS = (0,) * (len(CATEGORIES) + 1)
_counts = attrgetter(*CATEGORIES)


def _all_norm(cost: Cost) -> Cost:
    counts = cost.as_dict()
    macs = {name: counts[name] for name in MAC_CATEGORIES}
    return Cost(**macs, norm=sum(counts.values()) - sum(macs.values()))
