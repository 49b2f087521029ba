"""Configurations of transformers made small: few layers and experts, narrow where it is large."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

LAYERS = re.compile(
    r"(?!num_feat_extract)(num|n|encoder|decoder|text|pred|l|x|r)_(\w+_)?(hidden_)?layers?"
    r"|n_layer|depth|num_blocks|num_hidden_blocks|num_encoder_blocks"
)
STAGES = re.compile(r"depths|num_layers|layers|blocks_per_stage|num_block_repeats")
EXPERTS = re.compile(r"(num|n|moe_num)_(?!shared)(\w+_)?experts")
WIDTHS = re.compile(
    r"(\w+_)?hidden_(size|dim)|(\w+_)?intermediate_(size|dim)|d_model|d_ff|d_kv|n_embd|n_inner"
    r"|(\w+_)?ffn_dim|ffn_hidden_size|(\w+_)?head_dim|out_hidden_size|embed_dim|embedding_size"
    r"|(\w+_)?lora_rank|d_latents|lru_width|mlp_dim|ffn_config|projection_dim|dim|feed_forward_size"
)
DENSE = re.compile(r"first_k_dense_replace|moe_layer_start_index|num_dense_layers")
FEWEST = 4
"""Layers that are left: enough for one of each kind, where each fourth is another."""
EXPERTS_LEFT = 16
"""Experts that are left: enough for the eight groups of two that some routers choose from."""


SIDE = 224
"""The largest height and width of an image."""


def variants(kind: type, special: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return what may make a configuration small, smallest first: words, and the entries."""
    base = kind(**special)
    return [
        ("few layers, an eighth wide", _changes(base, 8) | special),
        ("few layers, a quarter wide", _changes(base, 4) | special),
        ("few layers, half as wide", _changes(base, 2) | special),
        ("few layers", _changes(base, 1) | special),
        ("few experts", _changes(base, 1, layers=False) | special),
        ("as it is", dict(special)),
    ]


def _changes(config: Any, narrower: int, layers: bool = True) -> dict[str, Any]:
    """Return the entries that differ from the configuration's own."""
    found: dict[str, Any] = {}
    for name, value in vars(config).items():
        if hasattr(value, "model_type"):
            inner = _own(value) | _changes(value, narrower, layers)
            found[name] = {"model_type": value.model_type, **inner}
        else:
            less = _less(name, value, narrower, layers)
            if less is not None and less != value:
                found[name] = less
    return found


def _own(config: Any) -> dict[str, Any]:
    """Return the entries that a configuration was given by the one that holds it."""
    usual = vars(type(config)())
    return {
        name: value
        for name, value in vars(config).items()
        if isinstance(value, str | int | float) and value != usual.get(name) and name[0] != "_"
    }


def _less(name: str, value: Any, narrower: int, layers: bool) -> Any:
    if isinstance(value, list | tuple) and layers and STAGES.fullmatch(name):
        if value and all(type(each) is int for each in value):
            return [1] * len(value)
        return None
    if type(value) is not int or value <= 0:
        return None
    if name == "image_size" and layers:
        return min(value, SIDE)
    if layers and LAYERS.fullmatch(name):
        return min(value, FEWEST)
    if layers and DENSE.fullmatch(name):
        return min(value, 1)
    if EXPERTS.fullmatch(name):
        return min(value, EXPERTS_LEFT)
    if narrower > 1 and WIDTHS.fullmatch(name) and value % narrower == 0 and value > 8 * narrower:
        return value // narrower
    return None
