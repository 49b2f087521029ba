"""Arguments and options of the commands that run a model: which one, and on what."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from archcount.cli import complete
from archcount.cli.options import pairs_of
from archcount.errors import UsageError
from archcount.loading.programs import is_model_name


def model_argument(which: str) -> Any:
    """Return the argument that names a model; `which` says what it is for."""
    return typer.Argument(
        help=f"{which} torchvision:NAME, timm:NAME, hf:CONFIG.json, package.module:callable, "
        "path/to/file.py:callable, exported.pt2, scripted.pt, or a table's name or file "
        "(name@variant for a variant).",
        autocompletion=complete.models,
    )


Inputs = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        metavar="[NAME:][DTYPE]SHAPE",
        help="What the model is called with: 3x224x224, [1,3,224,224], ids:int64[1,128] (may be "
        "repeated).",
    ),
]
Maker = Annotated[
    str,
    typer.Option(
        "--inputs",
        metavar="PACKAGE:CALLABLE",
        help="A function that returns what the model is called with.",
    ),
]
Arguments = Annotated[
    list[str] | None,
    typer.Option(
        "--arg",
        metavar="NAME=VALUE",
        help="An argument of the callable; config.NAME=VALUE an entry of its config (may be "
        "repeated).",
    ),
]
Batch = Annotated[int, typer.Option(help="How many images 3x224x224 stands for.")]
Device = Annotated[
    str,
    typer.Option(
        help="meta takes no memory; cpu is for models that read values of activations.",
        autocompletion=complete.words("meta", "cpu"),
    ),
]


def input_of(target: str, inputs: list[str]) -> str | list[str]:
    """Return what a model is called with, or the one size of a table."""
    if is_model_name(target):
        return inputs or ""
    if len(inputs) > 1:
        raise UsageError.of("a table has one --input", allowed="CxHxW, such as 3x224x224")
    return inputs[0] if inputs else ""


def arguments_of(texts: list[str]) -> dict[str, Any]:
    """Read NAME=VALUE options; a value is what Python reads it as, or else text.

    Truth values may be written as shells and YAML write them, true and false.
    """
    from archcount.loading.arguments import read_value

    return {name: read_value(text) for name, text in pairs_of("--arg", texts).items()}
