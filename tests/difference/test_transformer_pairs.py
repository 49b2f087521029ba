"""Papers against implementations of transformers, whose attention is written in other words.

What each pair differs in follows from the library's code (transformers 5.24) and the table
files. Params are worked out by hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
import torch
from helpers.model_libraries import library
from torch import nn

import archcount as ac


@dataclass(frozen=True)
class Pair:
    """A table, an implementation, and what they differ in.

    Attributes:
        table: the paper's row.
        model: the class of the implementation.
        findings: every difference.
        remarks: what is remarked on the layers.
        params: of both.
        settings: of its configuration, beside those that the library has by itself.
    """

    table: str
    model: str
    params: int
    findings: tuple[str, ...] = ()
    remarks: frozenset[str] = frozenset()
    settings: dict[str, Any] = field(default_factory=dict)


def llama(vocab: int, d: int, ffn: int, kv: int, layers: int) -> int:
    """Queries and the way back, keys and values, three of the unit, two norms; embedding, logits."""
    return 2 * vocab * d + layers * (2 * d * d + 2 * d * kv + 3 * d * ffn + 2 * d) + d


def encoder(d: int, layers: int) -> int:
    """Four of attention, and two of four times the width, with biases; two norms."""
    return layers * (12 * d * d + 13 * d)


PACKED = frozenset({"one linear for three: the same in what is computed"})
SPLIT = frozenset({"three linears for one: the same in what is computed"})
PAIRS = [
    # configuration_llama.py: the sizes of 7B are its own; modeling_llama.py: rotate_half, a norm by
    # pow, mean and rsqrt.
    Pair("llama", "LlamaForCausalLM", llama(32_000, 4096, 11_008, 4096, 32)),
    Pair(
        "llama3",
        "LlamaForCausalLM",
        llama(128_000, 4096, 14_336, 1024, 32),
        settings={"vocab_size": 128_000, "num_key_value_heads": 8, "intermediate_size": 14_336},
    ),
    Pair("mistral", "MistralForCausalLM", llama(32_000, 4096, 14_336, 1024, 32)),
    # modeling_mixtral.py: experts in grouped products, their shares divided by the sum of those chosen.
    # The parameters beside are eight units instead of one, and a router.
    Pair(
        "mixtral",
        "MixtralForCausalLM",
        llama(32_000, 4096, 8 * 14_336, 1024, 32) + 32 * 8 * 4096,
    ),
    # modeling_gemma.py: embeddings times the root of the width, which the paper does not say; GELU by
    # tanh. Logits have the embedding's weights, heads are 256 wide, 16 of them.
    Pair(
        "gemma@7b",
        "GemmaForCausalLM",
        256_128 * 3072 + 28 * (4 * 3072 * 4096 + 3 * 3072 * 24_576 + 2 * 3072) + 3072,
        ("mul added (embed)", "28 gelu approximate tanh for none (layers)"),
        settings={"vocab_size": 256_128},
    ),
    # modeling_gpt2.py: c_attn is one; configuration_gpt2.py: "gelu_new", by tanh.
    Pair(
        "gpt2@117m",
        "GPT2LMHeadModel",
        (50_257 + 1024) * 768 + encoder(768, 12) + 2 * 768,
        ("12 gelu approximate tanh for none (layers)",),
        PACKED,
    ),
    # 2 segments, 512 positions, a norm behind the embeddings, and the pooler.
    Pair(
        "bert",
        "BertModel",
        (30_522 + 2 + 512 + 2) * 768 + encoder(768, 12) + 768 * 769,
    ),
    # Positions of 196 patches and the class token; a norm at the end.
    Pair(
        "vit",
        "ViTForImageClassification",
        769 * 768 + 198 * 768 + encoder(768, 12) + 2 * 768 + 769 * 1000,
        remarks=SPLIT,
        settings={"num_labels": 1000},
    ),
]


def made(pair: Pair, attention: str) -> nn.Module:
    transformers = library("transformers")
    model = getattr(transformers, pair.model)
    config = model.config_class(**pair.settings, attn_implementation=attention)
    with torch.device("meta"):
        return model(config)


@pytest.mark.parametrize("attention", ["sdpa", pytest.param("eager", marks=pytest.mark.slow)])
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.table)
def test_an_implementation_differs_in_nothing_else(pair: Pair, attention: str) -> None:
    given = "3x224x224" if pair.table == "vit" else "int64[1,32]"
    report = ac.diff(pair.table, made(pair, attention), input=given)
    found = report.record
    assert sorted(map(str, report.findings)) == sorted(pair.findings)
    remarks = {remark for row in found.rows for each in row.pairs for remark in each.remarks}
    assert remarks == pair.remarks
    assert found.results is None
    assert (found.left.params, found.right.params) == (pair.params, pair.params)
    assert found.left.macs == found.right.macs


# One thing is set otherwise in each.
WRONG = {
    "heads": (
        {"num_attention_heads": 16, "num_key_value_heads": 16, "head_dim": 256},
        {"products", "scale"},
    ),
    "a bias": ({"attention_bias": True}, {"bias"}),
    "keys": ({"num_key_value_heads": 8}, {"out"}),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_set_otherwise_is_said(name: str) -> None:
    settings, expected = WRONG[name]
    pair = Pair("llama", "LlamaForCausalLM", 0, settings=settings)
    report = ac.diff("llama", made(pair, "sdpa"), input="int64[1,32]")
    assert expected <= {finding.what for finding in report.findings}
