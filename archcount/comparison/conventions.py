"""How a column counts: values under a convention, the conventions that papers use, their words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from archcount.engines.counts import RowCount
from archcount.printed import Convention, Interval, Quantity

_INCLUDED: tuple[tuple[str, ...], ...] = (
    (),
    ("bias",),
    ("norm",),
    ("bias", "norm"),
    ("bias", "norm", "activation"),
    ("bias", "norm", "activation", "pool", "softmax", "add", "scale"),
)
"""What papers count beside macs or flops, the plainest first."""
_COUNTED: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "params": (
        ("params", ()),
        ("weights", ()),
        ("weights", ("bias",)),
        ("weights", ("norm",)),
    ),
    "ops": tuple((count, include) for include in _INCLUDED for count in ("macs", "flops")),
}
_KS = (1000, 1024)


def listed(column: str, digits: int = 0) -> tuple[Convention, ...]:
    """Return the conventions that are tried for a column of so many digits, the plainest first.

    >>> len(listed("params")), len(listed("ops"))
    (8, 24)
    """
    return tuple(
        Convention(k=k, count=count, include=include, digits=digits)
        for count, include in _COUNTED[column]
        for k in _KS
    )


def computed_value(row: RowCount, convention: Convention) -> int:
    """Return a row's number under a convention, in base units for one image."""
    match convention.count:
        case "params":
            return row.params
        case "weights":
            norm = row.params - row.weights - row.biases
            beside = {"bias": row.biases, "norm": norm}
            return row.weights + sum(beside.get(name, 0) for name in convention.include)
        case "macs":
            return row.cost.macs + row.cost.elementwise(convention.include)
        case "flops":
            return row.cost.flops(convention.include)
    raise AssertionError(f"unknown count {convention.count}")


def accepted(printed: Quantity, convention: Convention) -> Interval:
    """Return the values that a convention can print so.

    >>> from archcount.printed import parse_quantity
    >>> accepted(parse_quantity("159"), Convention(k=1000, count="macs"))
    Interval(low=Fraction(317, 2), high=Fraction(160, 1))
    """
    k, printed = convention.k, printed.with_digits(convention.digits)
    if convention.rounding == "nearest":
        return printed.rounded(k)
    if convention.rounding == "down":
        return printed.truncated(k)
    return Interval(printed.rounded(k).low, printed.truncated(k).high)


def prints_so(row: RowCount, printed: Quantity, conventions: Iterable[Convention]) -> bool:
    """Return whether a row's number prints so under any of some conventions."""
    return any(computed_value(row, each) in accepted(printed, each) for each in conventions)


def plain(convention: Convention) -> Convention:
    """Return a convention whatever the rounding."""
    return replace(convention, rounding="either")


def differences(
    declared: Convention, other: Convention, row: RowCount | None = None
) -> tuple[str, ...]:
    """Return what differs, as words for machines; what a row has none of makes no difference.

    >>> differences(Convention(k=1024, count="weights"), Convention(k=1000, count="params"))
    ('K', 'bias', 'norm')
    """
    words = dict.fromkeys(_differences(declared, other))
    absent = _absent(row, other.count) if row is not None else set()
    return tuple(word for word in words if word not in absent)


def _absent(row: RowCount, counted: str) -> set[str]:
    """Return the categories that a row has nothing of."""
    if counted in ("weights", "params"):
        parts = {"bias": row.biases, "norm": row.params - row.weights - row.biases}
    else:
        parts = {name: row.cost.elementwise((name,)) for name in _INCLUDED[-1]}
    return {name for name, number in parts.items() if not number}


def _differences(declared: Convention, other: Convention) -> Iterator[str]:
    if declared.k != other.k:
        yield "K"
    kinds = {declared.count, other.count}
    if kinds == {"macs", "flops"}:
        yield other.count
    yield from sorted(_included(declared) ^ _included(other))
    if other.rounding not in (declared.rounding, "either"):
        yield "rounding"


def _included(convention: Convention) -> set[str]:
    return {"bias", "norm"} if convention.count == "params" else set(convention.include)


def unit(convention: Convention) -> str:
    """Return the name of what a convention counts.

    >>> unit(Convention(k=1000, count="macs", include=("bias",)))
    'MACs + bias'
    """
    names = {"macs": "MACs", "flops": "FLOPs"}
    return " + ".join([names.get(convention.count, convention.count), *convention.include])


def describe(convention: Convention) -> str:
    """Return a convention in words.

    >>> describe(Convention(k=1024, count="weights"))
    'weights, K = 1024'
    """
    words = {"nearest": ", rounded", "down": ", cut off"}
    digits = f", digits: {convention.digits}" if convention.digits else ""
    return f"{unit(convention)}, K = {convention.k}{words.get(convention.rounding, '')}{digits}"


def contrast(
    other: Convention,
    declared: Convention,
    row: RowCount | None = None,
    *,
    of_column: bool = True,
) -> str:
    """Return a sentence on what a number counts other than it is declared to.

    Args:
        other: what it counts.
        declared: what it would count.
        row: what is counted; what it has none of is not said.
        of_column: whether the other numbers of its column count as declared.

    >>> contrast(Convention(k=1024, count="weights", include=("bias",)),
    ...     Convention(k=1024, count="weights"))
    'It counts biases too (the column otherwise does not).'
    >>> contrast(Convention(k=1000, count="flops"), Convention(k=1024, count="macs"))
    'It counts FLOPs, not MACs, and takes K = 1000, not 1024.'
    """
    absent = _absent(row, other.count) if row is not None else set()
    ours, theirs = _included(other) - absent, _included(declared) - absent
    too, left_out = _listed(ours - theirs, other), _listed(theirs - ours, other)
    clauses = [f"counts {too} too"] if too else []
    clauses += [f"does not count {left_out}"] if left_out else []
    clauses += _contrasts(other, declared)
    words = ", and ".join(filter(None, (", ".join(clauses[:-1]), *clauses[-1:])))
    if not words:
        return f"It counts {describe(other)}, not {describe(declared)}."
    if of_column and len(clauses) == 1 and (too or left_out):
        words += f" (the column otherwise does{' not' if too else ''})"
    return f"It {words}."


def _contrasts(other: Convention, declared: Convention) -> Iterator[str]:
    """Yield what differs beside what is counted too or not."""
    names = {"macs": "MACs", "flops": "FLOPs"}
    if {other.count, declared.count} == {*names}:
        yield f"counts {names[other.count]}, not {names[declared.count]}"
    if other.k != declared.k:
        yield f"takes K = {other.k}, not {declared.k}"
    manners = {"nearest": "rounded", "down": "cut off"}
    if other.rounding not in (declared.rounding, "either"):
        manner = manners.pop(other.rounding)
        yield f"is {manner}, not {next(iter(manners.values()))}"


_NAMES = {
    "bias": "biases",
    "norm": "normalisation",
    "activation": "activations",
    "pool": "pooling",
    "softmax": "softmax",
    "add": "additions of branches",
    "scale": "multiplications by a constant",
}


def _listed(included: set[str], convention: Convention) -> str:
    """Name what is counted beside MACs, FLOPs or weights; empty for nothing."""
    names = _NAMES
    if convention.count in ("weights", "params"):
        names = {**_NAMES, "norm": "norm parameters"}
    words = [names[name] for name in names if name in included]
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
