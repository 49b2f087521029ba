"""Indices beyond the table that they are looked up in, which a run with numbers would refuse."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import archcount as ac
from archcount.loading.reference import UserCodeError


class Positions(nn.Module):
    """Tokens of 50 words, at up to 8 places, as GPT-2 has them."""

    def __init__(self, shift=0):
        super().__init__()
        self.words, self.places = nn.Embedding(50, 4), nn.Embedding(8, 4)
        self.shift = shift

    def forward(self, ids):
        places = torch.arange(ids.shape[1], device=ids.device) + self.shift
        return self.words(ids) + self.places(places)


class Counted(Positions):
    """Counts the tokens that are no padding, as RoBERTa does."""

    def forward(self, ids):
        return self.words(ids) + self.places(ids.ne(1).cumsum(1))


@pytest.mark.parametrize(("tokens", "shift"), [(1, 0), (8, 0), (7, 1), (0, 9)])
def test_places_within_the_table_are_counted(tokens, shift):
    report = ac.count(Positions(shift), input=f"int64[2,{tokens}]")
    assert report.total.cost.add + report.total.cost.bias == 2 * tokens * 4
    assert report.record.remarks == ()


@pytest.mark.parametrize(
    ("tokens", "shift", "beyond"), [(9, 0, 8), (2_000, 0, "1,999"), (3, -1, -1)]
)
def test_places_beyond_the_table_are_refused(tokens, shift, beyond):
    said = f"IndexError: index {beyond} is out of range of an embedding of 8 entries"
    with pytest.raises(UserCodeError, match=said) as found:
        ac.count(Positions(shift), input=f"int64[2,{tokens}]")
    assert "self.places(places)" in str(found.value)
    # Numbers of your own are looked at too: word 50 of 0 to 49.
    with pytest.raises(UserCodeError, match="index 50 is out of range of an embedding of 50"):
        ac.count(Positions(), input=[torch.tensor([[0, 50]])])


def test_where_numbers_that_nobody_gave_decide_it_is_remarked_on():
    (remark,) = ac.count(Counted(), input="ids:int64[2,9]").record.remarks
    assert remark == "index 9 is out of range of an embedding of 8 entries, assuming ids all zeros"
    assert ac.count(Counted(), input="ids:int64[2,7]").record.remarks == ()
