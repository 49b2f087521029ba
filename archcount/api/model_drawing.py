"""The picture of a model, which is run once for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archcount.drawing import Picture
from archcount.engines.count_request import CountRequest
from archcount.loading.programs import module_of


def model_drawing(
    thing: Any,
    input: Any,
    detail: str,
    colour: str,
    arguments: Mapping[str, Any] | None,
    device: str,
) -> Picture:
    """Return the picture of a module, or of a model by its name; arguments and errors as `draw`."""
    from archcount.drawing.model_picture import model_picture
    from archcount.engines.model_flow import flow
    from archcount.loading.model_target import load_model
    from archcount.tracing.script_copy import class_name

    request = CountRequest(input=input, device=device)
    own: tuple[str, ...] = ()
    name = thing if isinstance(thing, str) else ""
    if name:
        thing, own = load_model(name, arguments=arguments, device=device)
    module = module_of(thing)
    count, run = flow(module, request.given(own), name=name or class_name(module), request=request)
    return model_picture(count, run, detail=detail, colour=colour)
