"""`archcount count`: any PyTorch model, module by module."""

from __future__ import annotations

import ast
import sys
from contextlib import redirect_stdout
from dataclasses import replace
from typing import Annotated, Any

import typer

from archcount.api.model_report import check_run, count_model
from archcount.cli import complete
from archcount.cli.emit import emitting
from archcount.cli.options import Format, Output, pairs_of
from archcount.cli.progress import progress
from archcount.errors import Problem, UsageError
from archcount.loading.target import load_model
from archcount.reporting.model_sheets import DEPTH

Target = Annotated[
    str,
    typer.Argument(
        help="package.module:callable, path/to/file.py:callable, or a table's name or file "
        "(name@variant for a variant).",
        autocompletion=complete.tables,
    ),
]
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
        help="An argument of the callable (may be repeated).",
    ),
]


def show_count(
    target: Target,
    inputs: Inputs = None,
    maker: Maker = "",
    arg: Arguments = None,
    variant: Annotated[str, typer.Option(help="A variant of a table.")] = "",
    batch: Annotated[int, typer.Option(help="How many images 3x224x224 stands for.")] = 1,
    depth: Annotated[int, typer.Option(help="How many levels of modules are shown.")] = DEPTH,
    train: Annotated[bool, typer.Option("--train", help="Count in training mode.")] = False,
    device: Annotated[
        str,
        typer.Option(help="meta takes no memory; cpu is for models that look at their numbers."),
    ] = "meta",
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 1 where something could not be counted.")
    ] = False,
    form: Format = None,
    output: Output = None,
) -> None:
    """Count any PyTorch model: output sizes, parameters, operations and memory by module.

    The model is run once on a copy without weights, at dispatch level: what counts is what it
    does, not what its modules are called. MACs are multiply-accumulates of convolutions, linear
    layers and matrix products.
    """
    if depth < 0:
        raise UsageError(Problem(what=f"--depth {depth}", allowed="a whole number of 0 or more"))
    check_run(batch, device)
    with emitting(form, output) as emit:
        # What the user's code prints is no part of the report.
        with progress(f"counting {target}"), redirect_stdout(sys.stderr):
            module, own = load_model(
                target, variant=variant, arguments=arguments_of(arg or []), device=device
            )
            given = given_of(inputs, maker, own)
            report = count_model(
                module, given, name=target, batch=batch, train=train, device=device
            )
        emit(replace(report, depth=depth))
    if strict and report.record.uncounted:
        raise typer.Exit(1)


def arguments_of(texts: list[str]) -> dict[str, Any]:
    """Read NAME=VALUE options; a value is what Python reads it as, or else text.

    Truth values may be written as shells and YAML write them, true and false.

    Raises:
        UsageError: one is not written so, or names what another did.
    """
    return {name: _value(text) for name, text in pairs_of("--arg", texts).items()}


def _value(text: str) -> Any:
    try:
        return _TRUTHS[text] if text in _TRUTHS else ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


_TRUTHS = {"true": True, "false": False}


def given_of(inputs: list[str] | None, maker: str, own: str) -> Any:
    """Choose what the model is called with: as told, or as its table says.

    Raises:
        UsageError: nothing says it, or two options do.
        UserCodeError: the function that makes it raised something.
    """
    if maker and inputs:
        raise UsageError(
            Problem(what="--input and --inputs both say the input", remedy="leave one away")
        )
    if maker:
        from archcount.loading.reference import find, users_code

        make = find(maker)
        with users_code(f"{maker} failed"):
            return make()
    if not inputs and not own:
        raise UsageError(
            Problem(
                what="nothing says what the model is called with",
                remedy="give --input 3x224x224, or --inputs package:callable",
            )
        )
    return inputs or own
