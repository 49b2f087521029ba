"""Complex convolutions, which torch computes by three real ones instead of four."""

from __future__ import annotations

from collections.abc import Sequence

from archcount.layers import Cost
from archcount.operators.operation import Charge
from archcount.tracing.forward_pass import Call


def third_convolutions(calls: Sequence[Call]) -> frozenset[int]:
    """Return the places of calls that stand for two of the four real convolutions of a complex one.

    By Gauss's trick, (a + bi)(c + di) takes the products ac, bd and (a + b)(c + d). The last is
    seen by its operands: each is the sum of the two parts of one complex tensor.
    """
    complex_ones: set[int] = set()
    sums: set[int] = set()
    found = []
    for place, call in enumerate(calls):
        name = call.pattern.operation.name
        if name == "aten.view_as_real":
            complex_ones.update(call.read)
        elif not complex_ones:
            continue
        elif name == "aten.add" and complex_ones.issuperset(call.read):
            if len(call.read) == 2 and call.read[0] == call.read[1]:
                sums.update(call.memories[2:])
        elif name == "aten.constant_pad_nd" and sums.issuperset(call.read):
            sums.update(call.memories[1:])
        elif name == "aten.convolution" and sums.issuperset(call.read[:2]):
            found.append(place)
    return frozenset(found)


def doubled(charge: Charge) -> Charge:
    """Count the multiply-accumulates of a convolution twice.

    >>> twice = doubled(Charge(Cost(conv=72, bias=12), 72))
    >>> twice.cost.conv, twice.cost.bias, twice.backward
    (144, 12, 144)
    """
    return Charge(charge.cost + Cost(conv=charge.cost.conv), 2 * charge.backward)
