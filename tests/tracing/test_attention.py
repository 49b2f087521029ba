"""The conventions of attention, against pairs of queries and keys counted by hand."""

from __future__ import annotations

import csv
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn.attention.flex_attention import create_block_mask, flex_attention
from torch.nn.functional import scaled_dot_product_attention as attend

import archcount as ac
from archcount.api.models_report import ModelsReport
from archcount.engines.summaries import CountRequest
from archcount.engines.summary_worker import summarize


class Attends(nn.Module):
    """Two heads of width 4; the queries are learnt, so that a gradient comes back to them."""

    def __init__(self):
        super().__init__()
        self.query = nn.Linear(8, 8, bias=False)

    def forward(self, x, keys, **options):
        split = [item.unflatten(-1, (2, 4)).transpose(1, 2) for item in (self.query(x), keys)]
        return attend(split[0], split[1], split[1], **options)


LOWER = torch.ones(5, 5, dtype=torch.bool).tril()
ADDED = torch.zeros(5, 5).masked_fill(~LOWER, float("-inf"))
LEAST = torch.zeros(5, 5).masked_fill(~LOWER, torch.finfo(torch.float32).min)
PADDED = torch.tensor([1, 1, 1, 0, 0], dtype=torch.bool).expand(3, 1, 5, 5)
# 3 sequences x 2 heads x 4 numbers, for each pair of a query and a key, twice
EACH = 3 * 2 * 4 * 2


@pytest.mark.parametrize("device", ["meta", "cpu"])
@pytest.mark.parametrize(
    ("queries", "options", "pairs"),
    [
        (5, {"is_causal": True}, 15),  # 1 + 2 + 3 + 4 + 5
        (2, {"is_causal": True}, 3),  # torch's triangle begins top left: 1 + 2 of 10
        (7, {"is_causal": True}, 25),  # and the last two see all
        (5, {"attn_mask": LOWER}, 15),
        (5, {"attn_mask": ADDED}, 15),
        (5, {"attn_mask": LEAST[None, None]}, 15),
        (5, {"attn_mask": LOWER & PADDED}, 12),  # 1 + 2 + 3 + 3 + 3
        (2, {"attn_mask": LOWER[3:]}, 9),  # after three others: 4 + 5
        (1, {"attn_mask": LOWER[4:]}, 5),  # a step of decoding
        (5, {"attn_mask": PADDED}, 25),  # not causal: dense
        (5, {"attn_mask": torch.zeros(5, 5)}, 25),
        (5, {}, 25),
    ],
)
def test_causal_attention_counts_the_lower_triangle(queries, options, pairs, device):
    inputs = {"x": torch.ones(3, queries, 8), "keys": torch.ones(3, 5, 8), **options}
    report = ac.count(Attends(), input=inputs, attention="causal", device=device)
    assert report.total.cost.matmul == EACH * pairs
    assert report.total.cost.linear == 3 * queries * 8 * 8
    # going back: the weight; the queries, and the scores of the mixture
    assert report.total.backward_macs == 3 * queries * 8 * 8 + EACH * pairs
    assert report.record.attention_calls == (pairs < 5 * queries)


@pytest.mark.parametrize(
    ("convention", "pairs", "more"), [("full", 25, 0), ("causal", 15, 0), ("flash", 25, 25)]
)
@pytest.mark.parametrize("need_weights", [True, False])
def test_conventions_of_multihead_attention(need_weights, convention, pairs, more):
    class Heads(nn.Module):
        def __init__(self):
            super().__init__()
            self.heads = nn.MultiheadAttention(8, 2, batch_first=True)

        def forward(self, x):
            return self.heads(x, x, x, attn_mask=~LOWER, need_weights=need_weights)[0]

    report = ac.count(Heads(), input=(3, 5, 8), attention=convention)
    # 3 x 5 rows x 8 x (24 + 8)
    linear = 3 * 5 * 8 * 32
    assert (report.total.cost.linear, report.total.cost.matmul) == (linear, EACH * pairs)
    # going back: the weight of the first projection, weight and input of the second; both operands
    # of both products; as flash attention, the scores once more
    backward = linear + 3 * 5 * 8 * 8 + 2 * EACH * pairs + EACH // 2 * more
    assert report.total.backward_macs == backward


def test_flash_attention_computes_no_scores_again_where_nothing_is_learnt():
    model = Attends().requires_grad_(False)
    inputs = {"x": torch.ones(3, 5, 8), "keys": torch.ones(3, 5, 8)}
    report = ac.count(model, input=inputs, attention="flash")
    assert (report.total.cost.matmul, report.total.backward_macs) == (EACH * 25, 0)


@pytest.mark.parametrize(
    ("convention", "said"),
    [
        ("full", "attention full: dense, also under a mask"),
        ("causal", "attention causal: 1 call of torch's attention by the lower triangle of"),
        ("flash", "attention flash: dense, also under a mask; 1 call of torch's"),
    ],
)
def test_the_convention_is_said(convention, said):
    inputs = {"x": torch.ones(3, 5, 8), "keys": torch.ones(3, 5, 8), "is_causal": True}
    report = ac.count(Attends(), input=inputs, attention=convention)
    assert said in report.to_markdown()
    assert f'"attention": "{convention}"' in report.to_json()


class Flexes(nn.Module):
    """Four heads of width 4 on two of keys and values; the queries are learnt."""

    def __init__(self, block_mask=None, score_mod=None):
        super().__init__()
        self.query = nn.Linear(16, 16, bias=False)
        self.slopes = nn.Parameter(torch.ones(4))
        self.block_mask, self.is_sloped = block_mask, score_mod

    def forward(self, x, block_mask=None):
        if block_mask is True:
            block_mask = create_block_mask(sees, 1, None, 10, 10, x.device, BLOCK_SIZE=4)
        queries = self.query(x).unflatten(-1, (4, 4)).transpose(1, 2)
        keys = x[..., :8].unflatten(-1, (2, 4)).transpose(1, 2)
        sloped = (lambda score, b, h, q, k: score * self.slopes[h]) if self.is_sloped else None
        mask = self.block_mask if block_mask is None else block_mask
        return flex_attention(queries, keys, keys, sloped, mask, enable_gqa=True)


def sees(batch, head, query, key):
    return query >= key


BLOCKS = create_block_mask(sees, 1, None, 10, 10, "cpu", BLOCK_SIZE=4)
# Blocks of 4, 4 and 2 queries or keys: 4 x 4 + 4 x 8 + 2 x 10 pairs of 100
SEEN = 68
FLEX = 3 * 4 * 4 * 2  # 3 sequences x 4 heads x 4 numbers, for each pair twice


@pytest.mark.parametrize("device", ["meta", "cpu"])
@pytest.mark.parametrize(
    ("model", "given"),
    [
        (Flexes(BLOCKS), {}),
        (Flexes(), {"block_mask": BLOCKS}),
        (Flexes(), {"block_mask": True}),
        (Flexes(BLOCKS, score_mod=True), {}),
    ],
)
def test_flex_attention_is_counted_by_its_dense_products_or_its_blocks(model, given, device):
    inputs = {"x": torch.ones(3, 10, 16), **given}
    linear = 3 * 10 * 16 * 16
    for convention, pairs, more, told in (
        ("full", 100, 0, "dense products"),
        ("causal", SEEN, 0, "blocks of its mask"),
        ("flash", 100, 50, "dense products"),
    ):
        report = ac.count(model, input=inputs, attention=convention, device=device)
        assert (report.total.cost.linear, report.total.cost.matmul) == (linear, FLEX * pairs)
        # going back: the weight, the queries, and the scores of the mixture
        assert report.total.backward_macs == linear + FLEX * (pairs + more)
        assert report.record.remarks == (f"1 call of flex_attention counted by the {told}",)
        assert not report.record.uncounted


def test_flex_attention_without_a_mask_is_dense():
    report = ac.count(Flexes(), input=(3, 10, 16), attention="causal")
    assert report.total.cost.matmul == FLEX * 100
    assert report.record.remarks == ("1 call of flex_attention counted by the dense products",)


def test_the_convention_is_said_of_many_models():
    request = CountRequest(arguments={"in_features": 2, "out_features": 3}, input="2")
    lines = [
        summarize("torch.nn:Linear", replace(request, attention="causal")),
        summarize("torch.nn:Missing", request),
    ]
    report = ModelsReport(tuple(lines))
    assert [row["attention"] for row in csv.DictReader(report.to_csv().splitlines())] == [
        "causal",
        "",
    ]
    assert "one call of each, the batch included, attention causal;" in report.to_markdown()


def test_other_conventions_are_refused():
    with pytest.raises(
        ac.UsageError, match="convention of attention 'half'; allowed: full, causal"
    ):
        ac.count(nn.Linear(2, 2), input=(2, 2), attention="half")
