"""The verdicts, and the reasons of each, as words for machines with what they mean."""

from __future__ import annotations

from collections.abc import Mapping

VERDICTS: Mapping[str, str] = {
    "match": "the computed value lies in the printed interval under the declared convention",
    "convention": "another listed convention reproduces it",
    "reading": "another reading of the row reproduces it",
    "contradiction": "the paper's own cells disagree with one another",
    "off": "none of these",
    "unpublished": "nothing printed",
}
"""Every verdict, with when it is said."""

WHYS: Mapping[str, Mapping[str, str]] = {
    "match": {
        "equal": "exactly the printed number",
        "rounded": "printed rounded",
        "truncated": "printed with the rest cut off",
        "either": "rounded or cut off, the digits are the same",
        "bound": "on the printed side of a bound",
    },
    "convention": {
        "K": "K is the other of 1000 and 1024",
        "bias": "biases are counted, or no longer",
        "norm": "scales and shifts, or normalisation, are counted, or no longer",
        "macs": "multiply-accumulates are counted, not FLOPs",
        "flops": "FLOPs are counted, not multiply-accumulates",
        "activation": "activations are counted, or no longer",
        "pool": "pooling is counted, or no longer",
        "softmax": "softmax is counted, or no longer",
        "add": "additions of branches are counted, or no longer",
        "scale": "multiplications by a constant are counted, or no longer",
        "rounding": "cut off instead of rounded, or rounded instead of cut off",
        "embedding": "embeddings are not counted",
        "positions": "trained positions are not counted",
        "classifier": "the last row with weights is not counted",
        "attention": "the products of attention are not counted",
        "causal": "half of the products of attention is counted, as a mask leaves them",
        "6nd": "six operations a parameter and token are counted",
        "digits": "the printed number has fewer digits than it shows",
    },
    "reading": {
        "declared": "the reading that the file declares",
        "printed-input": "the row reads what is printed as its input",
        "input": "another input, usually of another width",
        "filters": "one filter count is another",
        "kernel": "one kernel is another",
        "stride": "one stride is another",
        "padding": "one layer is padded otherwise",
        "groups": "a convolution has groups, or no longer",
        "multiplier": "a depthwise convolution has another multiplier",
        "factor": "a factor of widths is another, as of an expansion or of squeeze-and-excite",
        "separable": "a convolution is depthwise, then 1x1",
        "layer": "one layer more or less",
        "repeats": "a block is repeated more or fewer times",
        "input-size": "the network reads images of another size",
        "let": "a name of the whole table is another number",
        "layer-default": "a default of all layers is another",
        "number": "a number that all networks of a table share is another",
        "structure": "all networks of a table have another structure, such as a tied projection",
        "cell": "one printed number of the network is another",
    },
    "contradiction": {
        "params-ops": "the printed params, times the output's positions, are not the printed ops",
        "widths": "the printed filters do not give the printed channels",
        "grid": "patch and stride do not give the printed grid",
        "input-output": "the input is not the output of the row before",
        "columns": "other printed columns of the row do not give it",
        "column-sum": "the claimed total is not the sum of the printed column",
    },
    "off": {
        "differs": "nothing reproduces it",
        "odd": "only implausible readings do",
        "implementation": "no convention gives it for the number of the implementation",
    },
    "unpublished": {
        "blank": "nothing is printed",
        "rate": "a duration, from which a rate follows that nobody printed",
        "another": "what is printed is for another input or other values than were counted",
    },
}
"""The reason of each verdict as words for machines; those of `convention` are joined by +."""
