"""`archcount draw`: the picture of a network, as papers draw them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from archcount.api.draw_report import draw
from archcount.cli import complete
from archcount.cli.emit import named_by_ending, progress
from archcount.cli.model_options import (
    Arguments,
    Device,
    Inputs,
    arguments_of,
    input_of,
    model_argument,
)
from archcount.cli.options import Output, Variant, pairs_of
from archcount.cli.output import destination
from archcount.cli.table_options import Lets
from archcount.drawing import COLOURS, DETAILS, THEMES
from archcount.drawing.formats import DIRECTIONS, FORMATS, LAYOUTS, Look, check_drawable
from archcount.errors import UsageError


def _choice(help: str, words: tuple[str, ...], *names: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(
        *names, help=help, metavar="|".join(words), autocompletion=complete.words(*words)
    )
    return option


Detail = Annotated[
    str,
    _choice(
        "How much: a box a row; what stands in each, a layer with what follows it; every layer.",
        DETAILS,
    ),
]
Colour = Annotated[
    str,
    _choice(
        "What colours mean: the kind of layer, the verdict on printed numbers, or a share.", COLOURS
    ),
]
Direction = Annotated[str, _choice("Where the network leads to.", DIRECTIONS)]
Theme = Annotated[
    str, _choice("Colours of svg and png; auto follows the reader's setting.", THEMES)
]
ChosenLayout = Annotated[
    str, _choice("Who lays svg and png out: archcount, or Graphviz's dot.", LAYOUTS)
]
DrawnAs = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help=f"{', '.join(FORMATS)}; by default text, or what -o ends in.",
        autocompletion=complete.words(*FORMATS),
    ),
]


def show_draw(
    target: Annotated[str, model_argument("A table, or a model:")] = "googlenet",
    variant: Variant = "",
    inputs: Inputs = None,
    let: Lets = None,
    arg: Arguments = None,
    device: Device = "meta",
    detail: Detail = "blocks",
    colour: Colour = "kind",
    direction: Direction = "down",
    theme: Theme = "auto",
    layout: ChosenLayout = "own",
    form: DrawnAs = None,
    output: Output = None,
) -> None:
    """Draw a network as papers do: rows, branches, equal blocks once.

    -o x.svg writes a picture for a page or a paper, x.png one of pixels; x.dot is for Graphviz,
    x.mmd for Mermaid, as in Markdown pages. Without -o an outline is shown as text.

    Examples:
        archcount draw googlenet -o googlenet.svg
        archcount draw resnet@50 --colour verdict -o resnet.png
        archcount draw torchvision:resnet18 --detail rows -o resnet18.svg
    """
    look = Look(direction=direction, theme=theme, layout=layout)
    chosen = _format(form, output)
    check_drawable(chosen, look)
    with destination(output) as write:
        with progress(f"drawing {target}"):
            drawing = draw(
                target,
                variant=variant,
                input=input_of(target, inputs or []),
                let=pairs_of("--let", let or []) or None,
                detail=detail,
                colour=colour,
                direction=direction,
                theme=theme,
                layout=layout,
                arguments=arguments_of(arg or []) or None,
                device=device,
            )
        write(drawing.render(chosen))


def _format(asked: str | None, file: Path | None) -> str:
    """Return the format asked for, else that of the file, else text."""
    if asked == "png" and file is None:
        raise UsageError.of("a PNG is no text", remedy="name its file with -o x.png")
    if asked is not None:
        return asked
    if file is None:
        return "text"
    endings = {ending: name for name, form in FORMATS.items() for ending in form.endings}
    return named_by_ending(file, endings)
