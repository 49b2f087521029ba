"""Language models of transformers, counted on the meta device and beside hand arithmetic.

Run: python benchmarks/language_models.py
It needs transformers and torchvision, downloads nothing, and takes half a minute.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import torch

import archcount as ac

TOKENS = 512


def on_meta(kind: str, config: str, **settings: Any) -> Any:
    """Make a model of a configuration, without weights."""
    import transformers

    with torch.device("meta"):
        return getattr(transformers, kind)(getattr(transformers, config)(**settings))


def vit() -> Iterator[tuple[str, int, int]]:
    """ViT-B/16 at 224: 196 patches of 16 x 16 x 3 and a class token, 12 layers of 768."""
    from torchvision.models import vit_b_16

    with torch.device("meta"):
        model = vit_b_16()
    patches, tokens, width = 196 * 768 * 768, 197, 768
    # query, key, value and output take 4 w^2 a token, the MLP of 4 w 8 w^2; scores and their
    # products with the values 2 t w
    layers = 12 * tokens * (4 * width**2 + 8 * width**2 + 2 * tokens * width)
    yield "MACs", ac.count(model, input="3x224x224").total.macs, patches + layers + 768 * 1000


def bert() -> Iterator[tuple[str, int, int]]:
    """BERT-base: 12 layers of 768 as in ViT, and a pooler of 768 x 768 on the first token."""
    model = on_meta("BertModel", "BertConfig")
    hand = 12 * TOKENS * (12 * 768**2 + 2 * TOKENS * 768) + 768**2
    yield "MACs at 512", ac.count(model, prefill=TOKENS).total.macs, hand


LLAMA = {
    "vocab_size": 128256, "hidden_size": 4096, "intermediate_size": 14336,
    "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8,
    "max_position_embeddings": 8192,
}  # fmt: skip


def llama() -> Iterator[tuple[str, int, int]]:
    """Llama-3-8B: 32 layers of 4096, 8 heads of keys and values for 32 of queries."""
    model = on_meta("LlamaForCausalLM", "LlamaConfig", **LLAMA)
    # query and output 2 w^2, key and value 2 w (8 x 128), gate, up and down 3 w 14336; the logits
    layer = 2 * 4096**2 + 2 * 4096 * 1024 + 3 * 4096 * 14336
    token = 32 * layer + 4096 * 128256
    prefill = ac.count(model, prefill=TOKENS, dtype="bf16")
    yield "MACs at 512", prefill.total.macs, TOKENS * (token + 32 * 2 * TOKENS * 4096)
    step = ac.count(model, decode=511, dtype="bf16")
    # One token attends to 512.
    yield "MACs of a step after 511", step.total.macs, token + 32 * 2 * 512 * 4096
    cache = step.record.language.cache
    # Keys and values of 8 heads of 128 numbers of 2 bytes in 32 layers.
    yield "cache of 511, bytes", cache.total, 511 * 32 * 2 * 8 * 128 * 2
    yield "bytes of a token more", cache.growth, 32 * 2 * 8 * 128 * 2
    # The norms have 65 w numbers, and the embedding as many as the output layer.
    yield "params", prefill.total.params, token + 4096 * 128256 + 65 * 4096
    moved = step.record.moved["model.layers.0.self_attn"].own
    # The cache, a query of 4096, a new key and value of 1024 each, cosines and sines of 128 each;
    # the result of 4096, and the new key and value
    yield (
        "bytes of attention in a step",
        moved,
        2 * (2 * 511 * 1024 + 4096 + 2 * 1024 + 2 * 128 + 4096 + 2 * 1024),
    )


def mistral() -> Iterator[tuple[str, int, int]]:
    """Mistral-7B-v0.1 beyond its window of 4096: it keeps the last 4095 of 5,000 tokens."""
    model = on_meta("MistralForCausalLM", "MistralConfig", num_hidden_layers=2)
    cache = ac.count(model, decode=5000, dtype="bf16").record.language.cache
    yield "cache of 5,000, bytes", cache.total, 4095 * 2 * 2 * 8 * 128 * 2
    yield "bytes of a token more", cache.growth, 0


def mixtral() -> Iterator[tuple[str, int, int]]:
    """Mixtral-8x7B: as Llama with 2 of 8 experts and 32,000 tokens."""
    model = on_meta("MixtralForCausalLM", "MixtralConfig")
    attention, expert = 2 * 4096**2 + 2 * 4096 * 1024, 3 * 4096 * 14336
    token = 32 * (attention + 4096 * 8 + 2 * expert) + 4096 * 32000
    found = ac.count(model, prefill=TOKENS, dtype="bf16")
    yield "MACs at 512", found.total.macs, TOKENS * (token + 32 * 2 * TOKENS * 4096)
    yield "active params", found.record.language.active, token + 4096 * 32000 + 65 * 4096


def deepseek() -> Iterator[tuple[str, int, int]]:
    """DeepSeek-V3: 61 layers of 7168, 128 heads, 8 of 256 experts and a shared one in 58."""
    model = on_meta("DeepseekV3ForCausalLM", "DeepseekV3Config")
    found = ac.count(model, prefill=TOKENS, dtype="bf16")
    # queries by way of 1536 to heads of 128 + 64; keys and values by way of 512, and 64 that all
    # heads share, to heads of 128 + 128; the output of heads of 128
    attention = 7168 * 1536 + 1536 * 128 * 192 + 7168 * 576 + 512 * 128 * 256 + 128 * 128 * 7168
    dense, expert = 3 * 7168 * 18432, 3 * 7168 * 2048
    token = 61 * attention + 3 * dense + 58 * (7168 * 256 + 9 * expert) + 7168 * 129280
    # scores of 192 numbers a head, values of 128
    products = 61 * TOKENS * 128 * (192 + 128)
    work = found.record.language.work
    yield "active MACs of a token", int(work.forward - work.attention), token
    yield "of its attention", int(work.attention), products
    # 512 numbers of keys and values and 64 of positions, of 2 bytes
    yield "bytes of a token more", found.record.language.cache.growth, 61 * 576 * 2


def bloom() -> Iterator[tuple[str, int, int]]:
    """BLOOM-176B: 70 layers of 14336 over 250,880 tokens, tied."""
    settings = {"hidden_size": 14336, "n_layer": 70, "n_head": 112, "vocab_size": 250880}
    model = on_meta("BloomForCausalLM", "BloomConfig", **settings)
    # 12 w^2 weights, 9 w biases (3, 1, 4 and 1) and two norms of 2 w; two norms beside the layers
    width = 14336
    hand = 250880 * width + 70 * (12 * width**2 + 13 * width) + 4 * width
    yield "params", ac.count(model, prefill=1).total.params, hand


def main() -> None:
    """Print every figure beside the one by hand; exit 1 where they differ."""
    try:
        import torchvision
        import transformers
    except ImportError as error:
        sys.exit(f"this needs transformers and torchvision: pip install {error.name}")
    versions = (("torch", torch), ("transformers", transformers), ("torchvision", torchvision))
    write = sys.stdout.write
    write(", ".join(f"{name} {module.__version__}" for name, module in versions) + "\n\n")
    write("| model | figure | counted | by hand |\n|---|---|---:|---|\n")
    models: dict[str, Callable[[], Iterator[tuple[str, int, int]]]] = {
        "ViT-B/16": vit, "BERT-base": bert, "Llama-3-8B": llama, "Mistral-7B (2 layers)": mistral,
        "Mixtral-8x7B": mixtral, "DeepSeek-V3": deepseek, "BLOOM-176B": bloom,
    }  # fmt: skip
    is_equal = True
    for name, figures in models.items():
        for what, counted, hand in figures():
            is_equal &= counted == hand
            verdict = "equal" if counted == hand else f"{hand:,}"
            write(f"| {name} | {what} | {counted:,} | {verdict} |\n")
            sys.stdout.flush()
    sys.exit(0 if is_equal else 1)


if __name__ == "__main__":
    main()
