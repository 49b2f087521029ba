"""Options of `archcount count` for language models."""

from __future__ import annotations

from typing import Annotated

import typer

Prefill = Annotated[
    int | None,
    typer.Option(
        "--prefill", metavar="T", help="Call a language model with T token ids of each sequence."
    ),
]
Decode = Annotated[
    int | None,
    typer.Option(
        "--decode", metavar="T", help="Call it with one token id, and its own cache of T tokens."
    ),
]
WeightDtype = Annotated[
    str,
    typer.Option(
        "--dtype",
        metavar="TYPE",
        help="How weights are stored: fp32, bf16, fp16, int8 or int4 (computed in bfloat16).",
    ),
]
