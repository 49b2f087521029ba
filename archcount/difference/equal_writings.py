"""Layers that are written otherwise, and compute the same: what is remarked on them."""

from __future__ import annotations

from archcount.tracing.traced_layer import TracedLayer

WRITING = ("linears", "style")
"""Settings that are no change: into how many linear layers one is split, which pairs are turned."""


def equal_writings(left: TracedLayer, right: TracedLayer, *, is_same: bool) -> tuple[str, ...]:
    """Return a remark where two layers are written otherwise; `is_same` if nothing else differs."""
    one, other = (layer.settings.get("linears", 1) for layer in (left, right))
    if one != other:
        linears = "linear" if other == 1 else "linears"
        same = ": the same in what is computed" if is_same else ""
        return (f"{_word(other)} {linears} for {_word(one)}{same}",)
    styles = [layer.settings.get("style") for layer in (left, right)]
    if styles[0] != styles[1]:
        return (
            f"turns {styles[1]} for {styles[0]}: the same with the outputs of the linear layers "
            "before it in another order",
        )
    return ()


def _word(number: int) -> str:
    return {1: "one", 2: "two", 3: "three"}.get(number, str(number))
