"""Texts with a picture in them, as models of vision and language take them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves
from transformers_inputs import entry, ids, image, patches


def with_picture(model: nn.Module) -> dict[str, Any] | None:
    """Return a text with one picture in it; None for a model that takes none.

    The text has as many of the picture's token as the model makes vectors of the picture.
    """
    config = model.config
    taken = inspect.signature(model.forward).parameters
    token = entry(config, "image_token_id", "image_token_index")
    features = getattr(model, "get_image_features", None)
    if token is None or features is None or not {"input_ids", "pixel_values"} <= taken.keys():
        return None
    problem: Exception = ValueError("no picture")
    for picture in _pictures(config, taken):
        try:
            count = _tokens(features, picture)
            break
        except Exception as error:
            problem = error
    else:
        raise problem
    text = ids(config)[:1]
    given = torch.cat([text[:, :4], torch.full((1, count), token), text[:, 4:]], 1)
    found = {"input_ids": given, "attention_mask": torch.ones_like(given), **picture}
    if "mm_token_type_ids" in taken:
        found["mm_token_type_ids"] = (given == token).long()
    if "token_type_ids" in taken:
        found["token_type_ids"] = (given == token).long()
    return {name: value for name, value in found.items() if name in taken}


def _pictures(config: Any, taken: Any) -> Iterator[dict[str, Any]]:
    """Yield what models take for one picture: rows of patches, an image, or parts of one."""
    vision = entry(config, "vision_config", default=config)
    if "image_grid_thw" in taken:
        rows = patches(vision, {"pixel_values": None})
        yield {"pixel_values": rows["pixel_values"], "image_grid_thw": rows["grid_thw"]}
        return
    one = image(vision)
    sizes = {"image_sizes": torch.tensor([one.shape[2:]])}
    yield {"pixel_values": one}
    yield {"pixel_values": one, **sizes}
    for parts in (1, 2, 3, 5):  # of one picture, or a picture and its parts
        given = {"pixel_values": one.expand(1, parts, *one.shape[1:]).contiguous()}
        yield given
        yield given | sizes


def _tokens(features: Callable[..., Any], picture: dict[str, Any]) -> int:
    """Count the vectors that a model makes of a picture."""
    wanted = inspect.signature(features).parameters
    with torch.no_grad():
        made = features(**{name: value for name, value in picture.items() if name in wanted})
    return sum(len(each.flatten(0, -2)) for each in tree_leaves(_vectors(made)))


def _vectors(made: Any) -> Any:
    """Return the vectors that stand for the picture's tokens."""
    if isinstance(made, Tensor | list | tuple):
        return made
    pooled = getattr(made, "pooler_output", None)
    return made.last_hidden_state if pooled is None else pooled
