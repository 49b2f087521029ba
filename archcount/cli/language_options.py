"""Options of `archcount count` for tokens, stored weights and a machine."""

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
AttentionConvention = Annotated[
    str,
    typer.Option(
        "--attention",
        metavar="full|causal|flash",
        help="How attention is counted: dense, by the lower triangle under a causal mask, or as "
        "flash attention (dense; going back, the scores once more).",
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
Peak = Annotated[
    str,
    typer.Option("--peak", metavar="FLOP/S", help="The peak of a machine, such as 989T."),
]
Bandwidth = Annotated[
    str,
    typer.Option(
        "--bandwidth",
        metavar="B/S",
        help="The bandwidth of its memory, such as 3.35T; with --peak the roofline is shown.",
    ),
]
