"""What the keys of a table file mean, as editors show it; the JSON Schema takes them in."""

from __future__ import annotations

from collections.abc import Mapping

_BECAUSE = "The reason, which a reader can check."
_MODEL = "The printed name of the network that it speaks of, where rows are networks."
_DIGITS = "Behind how many digits the zeros of a whole number are rounding: 2 for 650,000 or 520K."
_CONVENTION = {
    "K": "Whether K stands for 1000 or 1024 in the printed numbers.",
    "include": "Categories of operations that are counted beside it.",
    "rounding": "How the numbers were shortened: to the nearest, cut off (down), or either.",
    "digits": _DIGITS,
    "unit": "What plain numbers are in, where the column's heading says so.",
}
_NAMED = {
    "let": "Names for expressions, each a number or an expression: {classes: 1000, heads: d/64}.",
    "input": "The size of one input, channels first (3x224x224, 80x3000, 3x16x112x112), or "
    "'tokens 512 of 50257'; or of several inputs by name.",
    "layer": "Defaults of convolutions, their relatives and pools.",
    "words": 'By column, what printed words mean: {SE: {"✓": 1, "-": 0}}.',
    "derive": "Further names of each row, worked out from its cells: {w: round8(c*alpha)}.",
    "blocks": "What rows are made of, by name: layers, lists, joins, repeats and conditions.",
    "heads": "Auxiliary classifiers on the outputs of rows, which run in training alone.",
    "outputs": "The rows that the network gives, where that is not the last one alone.",
    "source": "Where the table is printed.",
    "claims": "Printed numbers outside the table, which are compared too.",
    "readings": "Other blocks for rows, or other numbers for models, that give what is printed.",
    "errata": "Printed cells that are known not to match, and the verdict that they get.",
    "notes": "Remarks that the report prints.",
}

DESCRIPTIONS: Mapping[str, Mapping[str, str]] = {
    "TableFile": {
        **_NAMED,
        "archcount": "The version of the format, 1.",
        "name": "The table's name: small letters, digits, _ . -, beginning with a letter.",
        "task": "What the network is for, as `archcount list --task` finds it: classification.",
        "conventions": "How the paper counts parameters, operations and other quantities.",
        "columns": "The paper's own columns: a printed heading, nothing for a column of the file's "
        "own, or a heading and what the numbers are.",
        "connections": "Printed tables of which maps a sparse convolution connects, by name.",
        "rows": "models, where each printed row is a whole network; see network.",
        "turned": "Whether each column of the table is a network, and each line a number of it.",
        "network": "The rows that every network has, where printed rows are networks.",
        "table": "The printed rows, a literal block (table: |): cells between |, named by the "
        "first line; row, block, type, patch, input, output, from, n, depth, params and ops, and "
        "those of columns.",
        "variants": "Other networks made of the same table, by name.",
        "default": "The variant that is meant where none is named.",
    },
    "VariantEntry": {
        **_NAMED,
        "of": "The variant that it changes; the table as printed if left out.",
        "printed": "Whether the printed cells are this network's; else only claims are compared.",
        "read": "Columns to read as others: {block: r50}.",
        "cells": "Single cells to change: {row: {column: text}}.",
    },
    "SourceEntry": {
        "title": "The title of the paper.",
        "year": "The year of its first version.",
        "authors": "The names as the paper prints them; a long list may end in 'et al.'.",
        "arxiv": "Its number on arXiv, with the version: 1409.4842v1.",
        "table": "Which table of the paper it is.",
        "url": "Where it is to be found, if not on arXiv.",
        "note": "What else a reader has to know of the source.",
    },
    "LayerEntry": {
        "pad": "same (output = input / stride, rounded up), valid, a number, or HxW.",
        "same": "How pad=same is built: symmetric, asymmetric (TensorFlow), ceil (pools, Caffe).",
        "bias": "Whether convolutions have biases; true where nothing is said.",
        "act": "The activation after each convolution.",
        "norm": "The normalization after each convolution, before the activation.",
        "eps": "What normalization adds to the variance.",
        "momentum": "How fast batch normalization's running averages follow.",
        "scale": "Whether batch normalization has trained factors; true where nothing is said.",
    },
    "ConventionsEntry": {
        "params": "How the column params counts.",
        "ops": "How the column ops counts.",
    },
    "ParamsConvention": {
        **_CONVENTION,
        "count": "params, everything trainable; or weights, those of kernels.",
        "include": "What is counted beside weights.",
    },
    "OpsConvention": {**_CONVENTION, "count": "macs, multiply-accumulates; or flops, two a MAC."},
    "CheckedConvention": _CONVENTION,
    "ColumnEntry": {
        "heading": "The printed heading.",
        "is": "What the numbers are, which are then compared: a quantity (params of embed, macs, "
        "kernel), an expression over other columns (heads*dh), or information.",
    },
    "CheckedEntry": {
        "what": "The quantity: params, weights, active params, ops, macs, flops, kernel, ...",
        "of": "The parts that it is of, by the path of their modules.",
        "without": "The parts that it leaves out.",
    },
    "NetworkRowEntry": {
        "row": "The row's name, and the name of its module.",
        "block": "What the row is made of.",
        "n": "How often the block is repeated.",
        "from": "The row whose output it reads, where that is not the row before it.",
    },
    "HeadEntry": {
        "at": "The row whose output it reads.",
        "loss_weight": "The factor of its loss in training.",
        "body": "What it is made of.",
    },
    "ClaimEntry": {
        "what": "What is counted: params, ops, macs, flops, depth, layers, 'sum of params', ...",
        "printed": "The number as printed; a bound (<25M), a ratio (12x) or a share (94%).",
        "paper": "The paper that prints it, where it is another one.",
        "from": "Where it is printed: 'sec. 1', 'Table 4'.",
        "fewer_than": "What the number is a ratio to, of which there are fewer here.",
        "more_than": "What the number is a ratio to, of which there are more here.",
        "heads": "Whether the auxiliary classifiers are counted too.",
        "of": "The part that it speaks of: a row, or the path of a module.",
        "layers": "The kind of layers that it speaks of, with a kernel or without: conv 1x1.",
        "model": _MODEL,
        "crops": "How often a test image is run, as a product: 4 x 3 x 6 x 2.",
        "images": "How many images the training time is of.",
        "epochs": "How often each image was trained on in that time.",
        "digits": _DIGITS,
        "erratum": "The verdict that the claim is known to get, where it is not match.",
    },
    "ReferenceEntry": {
        "name": "The network that another paper prints the number of.",
        "printed": "The number as printed.",
        "from": "Where it is printed.",
        "table": "The shipped table whose count it is.",
        "variant": "The variant of that table.",
    },
    "ClaimErratumEntry": {
        "verdict": "The verdict that the claim gets; 'off' in quotes.",
        "because": _BECAUSE,
    },
    "ReadingEntry": {
        "row": "The row.",
        "block": "The block from which its printed numbers were had.",
        "model": _MODEL,
        "let": "The numbers of the network from which its printed numbers were had.",
        "because": _BECAUSE,
    },
    "ErratumEntry": {
        "row": "The row of the cell.",
        "model": _MODEL,
        "cell": "The column: input, output, depth, params, ops, or one that says what it is.",
        "verdict": "The verdict that the cell gets; 'off' in quotes.",
        "because": _BECAUSE,
    },
}
"""By entry of the schema, what each of its keys means."""
