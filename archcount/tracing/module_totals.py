"""What was done in a pass, added up by module."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from torch import nn

from archcount.layers import Cost
from archcount.layers.cost import MAC_CATEGORIES
from archcount.operators.operation import FREE
from archcount.tracing.forward_pass import Call, ModuleTrace

_NORMS = (nn.LocalResponseNorm, nn.RMSNorm)
"""Modules that torch does as several operations, all of which belong to the norm."""


def add_up(
    calls: Sequence[Call],
    found: Mapping[nn.Module, ModuleTrace],
    unseen: Mapping[tuple[str, str], int],
) -> None:
    """Return each module what was done while it, or one that it holds, was run."""
    records = {record.path: record for record in found.values()}
    norms = {record.path for part, record in found.items() if isinstance(part, _NORMS)}
    own: dict[str, list[Cost]] = {}
    costs: dict[frozenset[str], list[Cost]] = {}
    backward: Counter[frozenset[str]] = Counter()
    missed: Counter[tuple[str, str]] = Counter(unseen)
    for call in calls:
        charge = call.charge
        if charge is None:
            missed[call.place, call.pattern.operation.name] += 1
        elif charge is not FREE:
            cost = _all_norm(charge.cost) if call.place in norms else charge.cost
            own.setdefault(call.place, []).append(cost)
            costs.setdefault(call.within, []).append(cost)
            if call.has_gradient:
                backward[call.within] += charge.backward
    for path, each in own.items():
        records[path].own = _total(each)
    for (path, op), times in missed.items():
        records[path].missed[op] = times
    while_run: dict[str, list[Cost]] = {}
    for within, each in costs.items():
        cost = _total(each)
        for path in within:
            while_run.setdefault(path, []).append(cost)
            records[path].backward += backward[within]
    for path, each in while_run.items():
        records[path].cost = _total(each)


def _total(costs: Sequence[Cost]) -> Cost:
    return Cost.total(costs) if len(costs) > 1 else costs[0]


def _all_norm(cost: Cost) -> Cost:
    counts = cost.as_dict()
    macs = {name: counts[name] for name in MAC_CATEGORIES}
    return Cost(**macs, norm=sum(counts.values()) - sum(macs.values()))
