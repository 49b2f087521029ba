"""Options of `archcount count`: how a model is called, and what is shown of it."""

from __future__ import annotations

from typing import Annotated

import typer

from archcount.cli import complete
from archcount.cli.model_options import model_argument
from archcount.reporting.model_columns import COLUMNS, DEFAULT, SORTABLE

Targets = Annotated[
    list[str], model_argument("The models, or patterns such as timm:resnet* and timm:all:")
]
Variant = Annotated[str, typer.Option(help="A variant of a table.")]
Depth = Annotated[int, typer.Option(help="How many levels of modules are shown.")]
Columns = Annotated[
    str,
    typer.Option(
        metavar="NAMES",
        help=f"Columns to show: {', '.join(COLUMNS)}.",
        autocompletion=complete.words(*COLUMNS),
    ),
]
DEFAULT_COLUMNS = ",".join(DEFAULT)
Sort = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help=f"Show the largest modules of each level first, by {', '.join(SORTABLE)}.",
        autocompletion=complete.words(*SORTABLE),
    ),
]
Fold = Annotated[bool, typer.Option("--fold/--no-fold", help="Show equal layers once, or each.")]
Train = Annotated[bool, typer.Option("--train", help="Count in training mode.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit 1 if something could not be counted.")]
Prefill = Annotated[
    int | None,
    typer.Option(
        "--prefill", metavar="T", help="Call a language model with T token ids of each sequence."
    ),
]
Decode = Annotated[
    int | None,
    typer.Option(
        "--decode",
        metavar="T",
        help="Call a language model with one token id, and its own cache of T tokens.",
    ),
]
AttentionConvention = Annotated[
    str,
    typer.Option(
        "--attention",
        metavar="full|causal|flash",
        help="How attention is counted: dense, by the lower triangle under a causal mask, or as "
        "flash attention (dense, and the scores again in the backward pass).",
        autocompletion=complete.words("full", "causal", "flash"),
    ),
]
WeightDtype = Annotated[
    str,
    typer.Option(
        "--dtype",
        metavar="TYPE",
        help="How weights are stored: fp32, bf16, fp16, int8 or int4 (computed in bfloat16).",
        autocompletion=complete.words("fp32", "bf16", "fp16", "int8", "int4"),
    ),
]
Peak = Annotated[
    str,
    typer.Option("--peak", metavar="FLOP/S", help="The peak compute of a machine, such as 989T."),
]
Bandwidth = Annotated[
    str,
    typer.Option(
        "--bandwidth",
        metavar="B/S",
        help="The bandwidth of its memory, such as 3.35T; with --peak the roofline is shown.",
    ),
]
