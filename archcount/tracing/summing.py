"""What was done in a pass, summed up by module."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate
from operator import attrgetter

from torch import nn

from archcount.layers import CATEGORIES, Cost
from archcount.layers.cost import MAC_CATEGORIES
from archcount.tracing.recorder import Recorder
from archcount.tracing.records import FREE, ModuleTrace

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
    rows: list[Sequence[int]] = []
    own: dict[str, list[Cost]] = {}
    missed: Counter[tuple[str, str]] = Counter(unseen)
    for call in recorder.calls:
        rows.append(_NOTHING)
        if call.charge is None:
            missed[call.place, call.operation.name] += 1
        elif call.charge is not FREE:
            cost = _all_norm(call.charge.cost) if call.place in norms else call.charge.cost
            back = call.charge.backward if call.learns else 0
            own.setdefault(call.place, []).append(cost)
            rows[-1] = (*_counts(cost), back)
    for path, costs in own.items():
        records[path].own = Cost.total(costs) if len(costs) > 1 else costs[0]
    for (path, op), times in missed.items():
        records[path].missed[op] = times
    # Sums over all calls up to each, of the categories that are met: a span is a difference.
    sums = {
        name: list(accumulate(column, initial=0))
        for name, column in zip(_NAMES, zip(*rows, strict=True), strict=False)
        if any(column)
    }
    held: dict[str, list[Span]] = {}
    for path, record in reversed(list(records.items())):  # what is held before what holds it
        # What is run by way of another module belongs to those that hold it too.
        covered = _joined(spans.get(path, ()), held.pop(path, ()))
        if covered:
            numbers = dict.fromkeys(sums, 0)
            for start, end in covered:
                for name, column in sums.items():
                    numbers[name] += column[end] - column[start]
            record.backward = numbers.pop("backward", 0)
            record.cost = Cost(**numbers)
        if path:
            held.setdefault(path.rpartition(".")[0], []).extend(covered)


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
_NAMES = (*CATEGORIES, "backward")
_NOTHING = (0,) * len(_NAMES)
_counts = attrgetter(*CATEGORIES)


def _all_norm(cost: Cost) -> Cost:
    counts = cost.as_dict()
    macs = {name: counts[name] for name in MAC_CATEGORIES}
    return Cost(**macs, norm=sum(counts.values()) - sum(macs.values()))
