"""A counted model: its modules as a tree, its totals, and what could not be counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from archcount.engines.model_count import ModelCount, ModuleCount
from archcount.layers import CATEGORIES
from archcount.layers.cost import MAC_CATEGORIES
from archcount.reporting.encoding import Value, encode, fields_of
from archcount.reporting.figures import headline, short, size
from archcount.reporting.model_columns import DEFAULT, columns_of, order_by
from archcount.reporting.module_lines import module_lines
from archcount.reporting.sheet import Sheet, Span, make_sheet

DEPTH = 2
"""How deep the tree is shown where nothing is said."""


def model_sheets(
    count: ModelCount,
    depth: int = DEPTH,
    columns: Sequence[str] = DEFAULT,
    *,
    fold: bool = True,
    sort: str = "",
) -> list[Sheet]:
    """Lay a counted model out: exact for files, short for terminals, and for narrow ones."""
    lines = list(module_lines(count, depth, fold=fold, order=order_by(sort, count)))
    title = f"{count.name}: {totals(count)}"
    columns = (*columns, sort) if sort and sort not in columns else columns
    folded = any("×" in line.name for line in lines)
    full = columns_of(columns, count, "{:,}".format)
    small = columns_of(columns, count, short)
    narrow, narrowest = (
        [column for column in small if column.heading not in left_out]
        for left_out in (("Type",), ("Type", "Kernel", "Input", "Output"))
    )
    exact, *shorter = (
        make_sheet(title, each, lines, notes=_notes(count, depth, folded=folded))
        for each in (full, small, narrow, narrowest)
    )
    return [replace(exact, of_files=True), *shorter]


def totals(count: ModelCount) -> str:
    """Return how large a model is, in one line.

    >>> from torch import nn
    >>> from archcount import count
    >>> totals(count(nn.Linear(1000, 600), input="[2,1000]").record)  # 600,600 params
    '601 K params, 1.20 MMACs, 2.40 MFLOPs'
    """
    total = count.total
    unused = headline(count.unused, " params").removesuffix(" params")
    idle = f" ({unused} not used in this call)" if count.unused else ""
    numbers = ((total.params, " params"), (total.macs, "MACs"), (2 * total.macs, "FLOPs"))
    params, *operations = (headline(number, of) for number, of in numbers)
    missed = ", without what is uncounted" if count.uncounted else ""
    return ", ".join([params + idle, *operations]) + missed


def how_counted(count: ModelCount) -> Iterator[Span]:
    """Yield the exact numbers of the whole model, and what each of them is of."""
    total = count.total
    mode = "in training mode" if count.train else "in evaluation mode"
    yield Span(f"counted: one call {mode} with {count.inputs or 'no input'}, the batch included")
    frozen = f", {total.frozen:,} frozen" if total.frozen else ""
    unused = f", {count.unused:,} not used in this call" if count.unused else ""
    yield Span(
        f"params {total.params:,} (shared ones counted once): {total.trainable:,} trainable{frozen}"
        f"{unused}; buffers {total.buffers:,}"
    )
    kinds = [f"{name} {getattr(total.cost, name):,}" for name in MAC_CATEGORIES]
    without = ", without what is uncounted below" if count.uncounted else ""
    yield Span(
        f"MACs {total.macs:,} ({2 * total.macs:,} FLOPs at 2 a MAC){without}: {', '.join(kinds)}; "
        f"backward {total.backward:,}, where a gradient is needed"
    )
    if total.cost.matmul or count.attention_calls:
        yield Span(f"attention {count.attention}: {_ATTENTION[count.attention](count)}")
    other = [
        f"{name} {getattr(total.cost, name):,}"
        for name in CATEGORIES
        if name not in MAC_CATEGORIES and getattr(total.cost, name)
    ]
    yield Span(f"other operations, not in MACs: {', '.join(other) or 'none'}")
    weights = ", ".join(f"{name} {size(number)}" for name, number in count.weight_bytes.items())
    yield Span(
        f"memory: weights and buffers {weights or 'none'}{_stored(count.dtype)}; activations "
        f"{size(count.activation_bytes)} in all, {size(count.peak_bytes)} at the peak of a "
        "forward pass (an estimate: each let go after its last use)"
    )


def _notes(count: ModelCount, depth: int, *, folded: bool) -> Iterator[Span]:
    yield from how_counted(count)
    if folded:
        yield Span("×: how many equal modules, with the counts of one; --no-fold shows each", "dim")
    if any(module.level > depth for module in count.modules):
        yield Span(f"shown to depth {depth}: --depth N shows more", "dim")
    yield from remarks(count)


def _causal(count: ModelCount) -> str:
    if not count.attention_calls:
        return "no call of torch's attention has a known causal mask: all dense"
    return (
        f"{_calls(count)} by the lower triangle of a causal mask, or its blocks; all else "
        "dense, including attention that the model writes out"
    )


def _flash(count: ModelCount) -> str:
    return f"dense, also under a mask; {_calls(count)} with the scores again in the backward pass"


def _calls(count: ModelCount) -> str:
    calls = count.attention_calls
    return f"{calls} call{'s' * (calls != 1)} of torch's attention"


_ATTENTION = {
    "full": lambda count: "dense, also under a mask",
    "causal": _causal,
    "flash": _flash,
}


def _stored(dtype: str) -> str:
    """Say what the bytes of quantised weights are without."""
    return ", without scales; computed in bfloat16" if dtype.startswith("int") else ""


def remarks(count: ModelCount) -> Iterator[Span]:
    """Return what is unusual in how it was counted, and what could not be counted."""
    for remark in count.remarks:
        yield Span(remark, "warn")
    for item in count.uncounted:
        times = f" ({item.times} times)" if item.times > 1 else ""
        yield Span(f"uncounted: {item.op} in {item.place}{times}", "bad")


@encode.register
def _(module: ModuleCount) -> dict[str, Any]:
    cost = {"ops": module.cost.as_dict(), "macs": module.macs, "own_macs": module.own.macs}
    names = {"kind": "type", "backward": "backward_macs"}
    return {**fields_of(module, "level", "own", "cost", **names), "path": module.path, **cost}


@encode.register
def _(count: ModelCount) -> dict[str, Any]:
    sizes = ("unused", "weight_bytes", "activation_bytes", "peak_bytes")
    document = fields_of(count, "version", "timeline")
    return {
        "engine": {"name": "torch", "version": count.version},
        **{name: value for name, value in document.items() if name not in sizes},
        "totals": {
            **encode(count.total),
            "frozen": count.total.frozen,
            **{name: document[name] for name in sizes},
        },
    }


_TIDY = ("params", "trainable", "buffers", "memory", "macs")


def tidy_modules(count: ModelCount) -> list[dict[str, Value]]:
    """Return one line a module, in base units; a module holds what is in those below it."""
    return [
        {
            "module": module.path,
            "type": module.kind,
            "calls": module.calls,
            "output": "x".join(map(str, module.output)) if module.output is not None else None,
            **{name: getattr(module, name) for name in _TIDY},
            "own_macs": module.own.macs,
            "backward_macs": module.backward,
            **{f"ops_{name}": getattr(module.cost, name) for name in CATEGORIES},
        }
        for module in count.modules
    ]
