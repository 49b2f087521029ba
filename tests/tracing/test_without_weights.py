"""Modules made without weights: nothing drawn on the meta device, all as usual elsewhere."""

from __future__ import annotations

import torch
from torch import nn

from archcount.tracing.without_weights import without_weights


def test_initial_values_are_drawn_where_there_are_numbers():
    with without_weights():
        made = [nn.Linear(2, 3), nn.LSTM(2, 3), nn.Embedding(4, 2), nn.MultiheadAttention(4, 2)]
        with torch.device("cpu"):
            numbers = nn.init.normal_(torch.zeros(100))
            layer = nn.Linear(20, 30)
    assert all(tensor.is_meta for module in made for tensor in module.parameters())
    assert numbers.std() > 0.1  # of 100 standard normal numbers
    assert 0 < layer.weight.abs().max() < 0.224  # drawn below 1/sqrt(20)


def test_what_fills_a_tensor_gives_it_back():
    with without_weights():
        tensor = torch.empty(3, 4)
        for draw in (
            nn.init.normal_,
            nn.init.xavier_uniform_,
            nn.init.ones_,
            nn.init.trunc_normal_,
        ):
            assert draw(tensor) is tensor
        assert nn.init.normal_(tensor=tensor) is tensor
        assert tensor.uniform_(-1, 1) is tensor.normal_()
        assert nn.init.calculate_gain("relu") == 2**0.5
