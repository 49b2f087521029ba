"""Configurations of transformers made small: few layers and experts, narrow where it is large."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
    r"|(\w+_)?lora_rank|d_latents|lru_width|mlp_dim|projection_dim|dim|feed_forward_size|codebook_dim"
    r"|upsample_groups|projector_\w+_dim|vision_output_dim"
)
HEADS = re.compile(r"(num|n|encoder|decoder)_(\w+_)?heads?")
HEAD_WIDTHS = re.compile(r"(\w+_)?head_dim|d_kv")
SIDES = re.compile(r"image_size")
DENSE = re.compile(r"first_k_dense_replace|moe_layer_start_index|num_dense_layers")
FEWEST = 4
"""Layers that are left: enough for one of each kind, where each fourth is another."""
EXPERTS_LEFT = 16
"""Experts that are left: enough for the eight groups of two that some routers choose from."""


WORDS = 1024
"""Tokens of a vocabulary that are left, with those that the configuration names."""
SIDE = 224
"""The largest height and width of an image."""


@dataclass(frozen=True)
class Shrinking:
    """How a configuration is made small.

    Attributes:
        words: what is said of it.
        narrower: what widths are divided by.
        layers: whether layers are left out.
        heads: whether there are fewer heads instead of narrower ones.
    """

    words: str
    narrower: int = 1
    layers: bool = True
    heads: bool = False


SHRINKINGS = (
    Shrinking("few layers, an eighth wide", 8),
    Shrinking("few layers and heads, an eighth wide", 8, heads=True),
    Shrinking("few layers, a sixteenth wide", 16),
    Shrinking("few layers and heads, a quarter wide", 4, heads=True),
    Shrinking("few layers, half as wide", 2),
    Shrinking("few layers"),
    Shrinking("few experts", layers=False),
)


def variants(kind: type, special: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return what may make a configuration small, smallest first: words, and the entries."""
    base = kind(**special)
    most = 1 + max(_token_ids(base), default=0)
    found = [(how.words, _merged(_changes(base, how, most), special)) for how in SHRINKINGS]
    return [*found, ("as it is", dict(special))]


def _merged(entries: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return entries with others written over them, those of held configurations too."""
    found = dict(entries)
    for name, value in over.items():
        held = found.get(name)
        both = isinstance(held, dict) and isinstance(value, dict)
        found[name] = _merged(held, value) if both else value  # type: ignore[arg-type]
    return found


def _token_ids(config: Any) -> Iterator[int]:
    """Yield the ids of tokens that a configuration, and those that it holds, name."""
    for name, value in vars(config).items():
        if hasattr(value, "model_type"):
            yield from _token_ids(value)
        elif re.search("token|_id|index", name):
            each = value if isinstance(value, list | tuple) else [value]
            yield from (one for one in each if type(one) is int)


def _changes(config: Any, how: Shrinking, vocabulary: int) -> dict[str, Any]:
    """Return the entries that differ from the configuration's own."""
    found: dict[str, Any] = {}
    for name, value in vars(config).items():
        if hasattr(value, "model_type"):
            found[name] = {"model_type": value.model_type} | _own(value)
            found[name] |= _changes(value, how, vocabulary)
        elif name == "vocab_size" and how.layers and type(value) is int:
            # Some name tokens that the vocabulary lacks: those are added to it later.
            found[name] = max(WORDS, vocabulary) if value > 5 * WORDS else value
        else:
            less = _less(name, value, how)
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


def _less(name: str, value: Any, how: Shrinking) -> Any:
    if isinstance(value, list | tuple) and how.layers and STAGES.fullmatch(name):
        if value and all(type(each) is int for each in value):
            return [1] * len(value)
        return None
    if type(value) is not int or value <= 0 or name == "num_labels":
        return None
    if how.layers:
        for names, most in ((SIDES, SIDE), (LAYERS, FEWEST), (DENSE, 1)):
            if names.fullmatch(name):
                return min(value, most)
    if EXPERTS.fullmatch(name):
        return min(value, EXPERTS_LEFT)
    if how.heads and HEADS.fullmatch(name):
        return max(1, value // how.narrower)
    if how.heads and HEAD_WIDTHS.fullmatch(name):
        return None
    is_wide = value % how.narrower == 0 and value > 8 * how.narrower
    return value // how.narrower if is_wide and WIDTHS.fullmatch(name) else None
