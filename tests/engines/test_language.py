"""Language models: prefill and decode, the cache, active parameters, and the rule of thumb."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
import torch
from torch import nn

import archcount as ac
from archcount.errors import UsageError
from tests.helpers.decoders import AllExperts, Decoder, ListedExperts, StackedExperts


def test_a_prefill_by_hand():
    report = ac.count(Decoder(), prefill=5)
    # Each token is multiplied by 2 x (64 + 32 + 32 + 64 + 3 x 96) + 88 = 1,048 weights; attention
    # takes 2 products of 5 x 5 x 8 in 2 layers.
    assert report.total.macs == 5 * 1048 + 2 * 2 * 5 * 5 * 8 == 6040
    found = report.record.language
    assert (found.tokens, found.params, found.active) == (5, 1176, 1176)
    assert (found.embedding, found.tied, found.non_embedding) == (88, 0, 1176 - 88)
    work = found.work
    assert (work.forward, work.backward, work.training) == (1208, 2416, 3624)
    # Not multiplied are the embedding's 88 and five norms of 8; attention adds 2 x 2 x 5 x 8.
    assert (work.rule, work.embeddings, work.unmultiplied) == (1176, -88, -40)
    assert (work.reuse, work.attention, work.backward_difference) == (0, 160, 0)
    assert 1176 - 88 - 40 + 160 == 1208


def test_a_decode_step_by_hand():
    report = ac.count(Decoder(), decode=5)
    # One token attends to six: 2 products of 6 x 8 in 2 layers.
    assert report.total.macs == 1048 + 2 * 2 * 6 * 8 == 1240
    assert report.record.language.tokens == 1
    assert report.record.inputs == "int64[1,1], and its own cache of 5 tokens"


@pytest.mark.parametrize(
    ("options", "bytes", "growth"),
    [
        # Keys and values of 2 heads of 2 numbers in 2 layers: 2 x 2 x 2 x 2 = 16 numbers a token.
        ({}, {"float32": 5 * 64}, 64),
        ({"dtype": "bf16"}, {"bfloat16": 5 * 32}, 32),
        ({"dtype": "int4"}, {"bfloat16": 5 * 32}, 32),
        ({"batch": 3}, {"float32": 3 * 5 * 64}, 64),  # growth is that of each sequence
    ],
)
@pytest.mark.parametrize("call", ["prefill", "decode"])
def test_the_cache_is_measured(call, options, bytes, growth):
    cache = ac.count(Decoder(), **{call: 5}, **options).record.language.cache
    assert (cache.entries, cache.bytes, cache.growth) == (5, bytes, growth)


def test_a_window_bounds_the_cache():
    # It keeps 4 of 7 tokens, and as many after one more; of 3 it keeps all, and 4 after one more.
    for tokens, kept, growth in [(7, 4, 0), (3, 3, 64)]:
        cache = ac.count(Decoder(window=4), decode=tokens).record.language.cache
        assert (cache.total, cache.growth) == (64 * kept, growth)
    # The step attends to the 4 that are kept, and to itself.
    assert ac.count(Decoder(window=4), decode=7).total.macs == 1048 + 2 * 2 * 5 * 8


def test_a_tied_table_is_embedding_and_output_layer():
    found = ac.count(Decoder(tied=True), prefill=5).record.language
    assert (found.params, found.embedding, found.tied) == (1176 - 88, 88, 88)
    # Its 88 are multiplied, so the rule of thumb has them right.
    assert (found.work.rule, found.work.embeddings, found.work.forward) == (1088, 0, 1208)


@pytest.mark.parametrize("call", ["prefill", "decode"])
def test_experts_stacked_in_parameters(call):
    found = ac.count(Decoder(feed_forward=StackedExperts), **{call: 5}).record.language
    # An expert has 2 x 96 weights, a layer 4 of them and a router of 32; 2 are active.
    assert found.routed == 2 * 4 * 192
    assert found.params == 1176 - 2 * 288 + 2 * (32 + 4 * 192)
    assert found.active == found.params - 2 * 2 * 192
    (layers,) = found.experts
    assert (layers.layers, layers.of, layers.active) == (2, 4, 2)
    assert found.work.reuse == 0


def test_experts_in_a_list_of_modules():
    torch.manual_seed(0)
    found = ac.count(
        Decoder(feed_forward=ListedExperts), prefill=5, device="cpu"
    ).record.language  # where rows go is seen with numbers alone
    assert found.routed == 2 * 4 * 288
    assert found.active == found.params - 2 * 2 * 288
    (layers,) = found.experts
    assert (layers.layers, layers.of, layers.active) == (2, 4, 2)


def test_experts_that_are_all_run_are_all_active():
    found = ac.count(Decoder(feed_forward=AllExperts), prefill=5).record.language
    assert found.params == found.active == 1176 - 2 * 288 + 2 * (32 + 4 * 192)
    assert (found.experts, found.routed) == ((), 0)


class Shared(nn.Module):
    """One layer of 4 x 4 that is run three times, and a constant share of a list's layers."""

    def __init__(self):
        super().__init__()
        self.embed, self.layer = nn.Embedding(9, 4), nn.Linear(4, 4)

    def forward(self, ids):
        x = self.embed(ids)
        for _ in range(3):
            x = self.layer(x)
        return x


def test_weights_used_several_times_are_reuse():
    work = ac.count(Shared(), prefill=2).record.language.work
    # 36 + 16 + 4 params; 3 x 16 multiplied, once more than each by 2 x 16.
    assert (work.rule, work.embeddings, work.unmultiplied, work.reuse) == (56, -36, -4, 32)
    assert work.forward == 48


def test_stored_types():
    model = Decoder()  # 1,176 params, no buffers
    for dtype, name, bytes in [
        ("fp32", "float32", 4704), ("bf16", "bfloat16", 2352), ("fp16", "float16", 2352),
        ("int8", "int8", 1176), ("int4", "int4", 588),
    ]:  # fmt: skip
        record = ac.count(model, prefill=2, dtype=dtype).record
        assert record.weight_bytes == {name: bytes}
    assert {tensor.dtype for tensor in model.parameters()} == {torch.float32}
    assert ac.count(nn.Conv2d(3, 8, 3), input="3x5x5", dtype="int4").record.weight_bytes == {
        "int4": 112  # of 216 weights and 8 biases
    }


class Masked(Decoder):
    def forward(self, input_ids, attention_mask=None, past_key_values=None, use_cache=False):
        if attention_mask is not None and not attention_mask.all():
            raise AssertionError("something is masked")
        logits, cache = super().forward(input_ids, past_key_values)
        return (logits, cache) if use_cache else (logits,)


def test_masks_are_given_where_they_are_taken_and_mask_nothing():
    report = ac.count(Masked(), prefill=5)
    assert report.record.inputs == (
        "input_ids:int64[1,5], attention_mask:int64[1,5], use_cache:True"
    )
    assert (report.total.macs, report.record.language.cache.total) == (6040, 320)
    assert ac.count(Masked(), prefill=5, train=True).record.language.cache is None
    # A step has no use for one: nothing is masked, and its length is that of the cache as well.
    assert ac.count(Masked(), decode=5).total.macs == 1240


@dataclass
class Translated:
    logits: torch.Tensor
    past_key_values: tuple
    encoder_last_hidden_state: torch.Tensor


class Translator(nn.Module):
    """An encoder of one layer of 4 x 4, and a decoder that looks at its results: 4 x 4 too."""

    def __init__(self):
        super().__init__()
        self.embed, self.encoder = nn.Embedding(9, 4), nn.Linear(4, 4, bias=False)
        self.decoder = nn.Linear(4, 4, bias=False)

    def forward(
        self, input_ids=None, decoder_input_ids=None, encoder_outputs=None, past_key_values=None
    ):
        encoded = self.encoder(self.embed(input_ids)) if encoder_outputs is None else None
        if encoder_outputs is not None:  # libraries take it by its place, or by its name
            encoded = encoder_outputs[0]
            assert encoded is encoder_outputs.last_hidden_state
        keys = self.decoder(self.embed(decoder_input_ids))
        kept = keys if past_key_values is None else torch.cat([past_key_values[0], keys], 1)
        return Translated(keys @ encoded.mT, (kept,), encoded)


def test_an_encoder_is_run_for_the_prefill_alone():
    prefill, step = ac.count(Translator(), prefill=5), ac.count(Translator(), decode=5)
    # Two layers of 16 on 5 tokens, and 5 x 5 products of 4; then one of 16, and 5 of 4.
    assert (prefill.total.macs, step.total.macs) == (2 * 5 * 16 + 5 * 5 * 4, 16 + 5 * 4)
    cache = step.record.language.cache
    assert (cache.total, cache.growth) == (5 * 4 * 4, 4 * 4)


class Blank(nn.Module):
    def forward(self):
        return None


@pytest.mark.parametrize(
    ("model", "options", "told"),
    [
        (Shared(), {"decode": 4}, "--decode: a Shared keeps no cache"),
        (Decoder(), {"decode": 4, "train": True}, "--decode: a Decoder keeps no cache"),
        (Decoder(), {"decode": 4, "prefill": 4}, "--prefill and --decode are two calls"),
        (Decoder(), {"prefill": 4, "input": "int64[1,4]"}, "--prefill makes the input itself"),
        (Decoder(), {"prefill": 0}, "--prefill 0"),
        (Decoder(), {"prefill": 4, "dtype": "int3"}, "--dtype 'int3'"),
        (Blank(), {"prefill": 4}, "a Blank takes no token ids"),
    ],
)
def test_what_cannot_be_asked_is_one_error(model, options, told):
    with pytest.raises(UsageError, match=told):
        ac.count(model, **options)


def test_the_report_says_it():
    report = ac.count(Decoder(), prefill=5)
    text = report.render("plain")
    assert "active parameters, once and 3 times" in text
    assert "cache of 5 tokens, as the model keeps it: float32 320 B (320 B)" in text
    document = json.loads(report.to_json())
    assert document["language"]["work"]["attention"] == 160
    assert document["language"]["cache"] == {"entries": 5, "bytes": {"float32": 320}, "growth": 64}
    assert json.loads(ac.count(nn.Linear(2, 3), input=(1, 2)).to_json())["language"] is None
