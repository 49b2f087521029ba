"""The page of a model, which is run once for it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from archcount import __version__
from archcount.api.model_report import ModelReport
from archcount.drawing import svg
from archcount.engines.count_request import CountRequest
from archcount.engines.memory_traffic import Machine
from archcount.loading.programs import module_of
from archcount.pages.model_content import ModelContent
from archcount.pages.model_page import model_page
from archcount.reporting.page import Figure, Page

_BOXES = 400
"""The most boxes that are drawn."""


def page_of_model(
    thing: Any,
    *,
    peak: str | float = "",
    bandwidth: str | float = "",
    arguments: Mapping[str, Any] | None = None,
    **options: Any,
) -> tuple[Page, ModelReport]:
    """Return the page of a module, or of a model by its name, and its report.

    Args:
        thing: the module, or a text as `count` takes it.
        peak: FLOP/s of a machine, such as "989T"; with `bandwidth` the roofline is shown.
        bandwidth: B/s of its memory, such as "3.35T".
        arguments: of a named model, what the callable is given by name.
        **options: as those of `CountRequest`.

    Raises:
        UsageError: an option is not allowed, or the input cannot be read.
        UserCodeError: the model raised something.
        UnavailableError: it is too large to run, or its library is missing.
    """
    from archcount.drawing.model_picture import model_picture
    from archcount.engines.model_flow import flow
    from archcount.loading.model_target import load_model
    from archcount.tracing.script_copy import class_name

    request = CountRequest(
        arguments=arguments or {},
        machine=Machine.read(peak, bandwidth),
        has_traffic=True,
        has_timeline=True,
        **options,
    )
    target = thing if isinstance(thing, str) else ""
    own: tuple[str, ...] = ()
    if target:
        thing, own = load_model(target, arguments=arguments, device=request.device)
    module = module_of(thing)
    name = target or class_name(module)
    count, run = flow(module, request.given(own), name=name, request=request)
    figure = None
    for detail in ("blocks", "rows"):
        picture = model_picture(count, run, detail=detail)
        boxes = sum(1 for _ in picture.boxes)
        if boxes <= _BOXES:
            title = "Coloured by kind of layer"
            figure = Figure(title=title, description=picture.description, svg=svg(picture))
            break
    call = [shlex.quote(target), *_call_words(request)]
    words = " ".join([*call, *_option_words(request, peak, bandwidth)])
    content = ModelContent(
        count=count,
        figure=figure,
        not_drawn=f"not drawn: {boxes:,} boxes, and {_BOXES} are the most that can be read",
        arguments=words if target else "",
        drawn_by="" if request.maker else " ".join(call),
        versions={"archcount": __version__, "torch": count.version},
    )
    return model_page(content), ModelReport(count)


def _call_words(request: CountRequest) -> Iterator[str]:
    """Yield what a model is called with, and where, as every command has it."""
    given = request.input if isinstance(request.input, list | tuple) else [request.input]
    for each in given:
        if each:
            yield f"--input {shlex.quote(str(each))}"
    for name, value in request.arguments.items():
        yield f"--arg {shlex.quote(f'{name}={value}')}"
    if request.device != CountRequest().device:
        yield f"--device {shlex.quote(request.device)}"


def _option_words(
    request: CountRequest, peak: str | float, bandwidth: str | float
) -> Iterator[str]:
    """Yield the other options of a request as the command line has them, where not usual."""
    usual = CountRequest()
    if request.maker:
        yield f"--inputs {shlex.quote(request.maker)}"
    for name in ("batch", "prefill", "decode", "attention", "dtype"):
        value = getattr(request, name)
        if value != getattr(usual, name):
            yield f"--{name} {shlex.quote(str(value))}"
    if request.train:
        yield "--train"
    for name, rate in (("peak", peak), ("bandwidth", bandwidth)):
        if rate:
            yield f"--{name} {shlex.quote(str(rate))}"
