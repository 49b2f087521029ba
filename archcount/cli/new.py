"""`archcount new`: a table file to begin with."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from archcount.cli import complete
from archcount.cli.output import destination
from archcount.cli.standard_output import say
from archcount.control_characters import visible
from archcount.errors import UsageError, quote
from archcount.spec.new_file import new_file
from archcount.spec.pasted import Pasted, read_pasted
from archcount.spec.yaml_reader import read_text


def show_new(
    name: Annotated[str, typer.Argument(help="The name of the table, such as resnet.")],
    pasted: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="FILE",
            help="A printed table, pasted: with tabs, CSV, a Markdown table, or columns aligned "
            "by two blanks or more; - reads it from standard input.",
            autocompletion=complete.files(".txt", ".csv", ".tsv", ".md"),
        ),
    ] = "",
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Another file than NAME.yaml."),
    ] = None,
) -> None:
    """Write a table file to begin with, or one of a pasted table.

    It is valid at once, and its comments say what to fill in. The cells of a pasted table stay as
    printed; nothing is guessed: what its rows are made of is for you to write. A file that is there
    is not written over.

    Examples:
        archcount new mynet
        archcount new mynet --from pasted.txt
        archcount new mynet --from table.csv -o tables/mynet.yaml
    """
    name = re.sub(r"\.ya?ml$", "", name)
    if not re.fullmatch(r"[a-z][a-z0-9_.-]{0,59}", name):
        raise UsageError.of(
            f"name {quote(name)}",
            allowed="small letters, digits, _ . and -, beginning with a letter",
            remedy="name another file with -o",
        )
    file = output or Path(f"{name}.yaml")
    if file.exists():
        raise UsageError.of(f"{quote(str(file))} is there already", remedy="name another with -o")
    table = _pasted(pasted) if pasted else None
    with destination(file) as write:
        write(new_file(name, str(file), table))
    say(visible(f"wrote {file}: look for TODO in it; archcount check {file}"))


def _pasted(source: str) -> Pasted:
    if source != "-":
        return read_pasted(read_text(Path(source), source), source)
    try:
        text = sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError.of("what is pasted is not UTF-8", remedy="save it as UTF-8") from None
    return read_pasted(text, "standard input")
