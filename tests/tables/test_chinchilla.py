"""Chinchilla's models against params worked out by hand."""

from __future__ import annotations

import pytest

import archcount as ac


@pytest.mark.parametrize(
    ("model", "weights", "biases"),
    [
        # A layer: queries, keys, values, back and the distances, 5 x 512 x 512, and 2 x 512 x 2,048.
        # Biases of queries, keys, values and the two of the distances, 5 x 512; back 512; 2,048 + 512.
        ("44M", 32_000 * 512 + 8 * (5 * 512 * 512 + 2 * 512 * 2_048), 8 * 11 * 512),
        # 22 heads of 128, 2,816, are wider than the model.
        (
            "3,530M",
            32_000 * 2_688 + 36 * (5 * 2_688 * 2_816 + 2 * 2_688 * 10_752),
            36 * (5 * 2_816 + 6 * 2_688),
        ),
    ],
)
def test_chinchilla_has_the_params_worked_out_by_hand(model, weights, biases):
    architecture = ac.load("chinchilla").architecture(variant=model)
    assert sum(row.node.weights for row in architecture.rows) == weights
    assert sum(row.node.biases for row in architecture.rows) == biases
