"""How a column counts: the computed value of a row under a convention, and its words."""

from __future__ import annotations

from archcount.counting.records import RowCount
from archcount.printed import Convention


def computed_value(row: RowCount, convention: Convention) -> int:
    """Give a row's number under a convention, in base units for one image."""
    match convention.count:
        case "weights":
            return row.weights
        case "params":
            return row.params
        case "macs":
            return row.cost.macs + row.cost.elementwise(convention.include)
        case "flops":
            return row.cost.flops(convention.include)
    raise AssertionError(f"unknown count {convention.count}")


def unit(convention: Convention) -> str:
    """Name what a convention counts, as it stands before a number.

    >>> unit(Convention(k=1000, count="macs", include=("bias",)))
    'MACs + bias'
    """
    names = {"macs": "MACs", "flops": "FLOPs"}
    return " + ".join([names.get(convention.count, convention.count), *convention.include])


def describe(convention: Convention) -> str:
    """Say a convention in words.

    >>> describe(Convention(k=1024, count="weights"))
    'weights, K = 1024'
    """
    return f"{unit(convention)}, K = {convention.k}"
