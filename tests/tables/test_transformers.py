"""Transformers as table files, against counts of other people's code and hand arithmetic."""

from __future__ import annotations

import json
import os
import re

import pytest
import torch
from helpers.model_libraries import library

import archcount as ac
from archcount.api.diff_report import diff
from archcount.architecture.builder import build
from archcount.engines import ENGINES, engine
from archcount.engines.measure import example
from archcount.errors import InvalidTableError, UnavailableError
from archcount.spec.catalogue import shipped_tables
from archcount.spec.load import load_table

SHRUNK = {
    "vit": {"layers": 2, "d": 32, "mlp": 64, "heads": 4, "classes": 10},
    "gpt2": {"layers": 2, "d": 32, "heads": 4},
    "bert": {"layers": 2, "d": 32, "heads": 4},
    "mixtral": {"layers": 1, "d": 32, "ffn": 48, "heads": 8, "experts": 4},
    "llama3": {"layers": 2, "d": 32, "ffn": 48, "heads": 8},
    "swin": {"classes": 10},
    "transformer": {"layers": 2, "d": 8, "ff": 12, "heads": 2, "dk": 4, "dv": 4},
    "mistral": {"layers": 2, "d": 32, "ffn": 48, "heads": 8, "window": 4},
    "bloom": {"layers": 2, "d": 24, "heads": 6},
    "deepseek_v2": {
        "d": 20,
        "heads": 4,
        "nope": 3,
        "rope": 2,
        "value": 5,
        "q_rank": 6,
        "kv_rank": 7,
    },
}
"""The numbers of small networks of the same tables."""


@pytest.fixture
def table(data):
    shipped = shipped_tables()
    return lambda name: load_table(shipped.get(name, data / f"{name}.yaml"))


@pytest.mark.parametrize(
    ("name", "params", "macs"),
    [
        # params of torchvision's vit_b_16. A layer: 12 x 768^2 weights at 197 tokens, and
        # 2 x 197^2 x 768 of attention: 1,394,343,936 + 59,610,624 = 1,453,954,560; of these 12;
        # patches: 768^2 at 196 positions, 115,605,504; classes: 768,000.
        ("vit", 86_567_656, 12 * 1_453_954_560 + 115_605_504 + 768_000),
        # transformers' GPT2LMHeadModel of 1,024 tokens. Layers: 12 x (12 x 768^2 x 1,024 +
        # 2 x 1,024^2 x 768); logits: 50,257 x 768 x 1,024, with the weights of the embedding.
        ("gpt2", 124_439_808, 12 * (7_247_757_312 + 1_610_612_736) + 39_523_713_024),
        # transformers' BertModel of 512 tokens. Layers: 12 x (12 x 768^2 x 512 +
        # 2 x 512^2 x 768); pooler: 768^2.
        ("bert", 109_482_240, 12 * (3_623_878_656 + 402_653_184) + 589_824),
        # transformers' MixtralForCausalLM. Layers: 32 x (512 x (2 x 4,096^2 + 2 x 4,096 x 1,024 +
        # 2 x 3 x 4,096 x 14,336 + 8 x 4,096) + 2 x 512^2 x 4,096); logits: 512 x 4,096 x 32,000.
        ("mixtral", 46_702_792_704, 32 * (201_880_240_128 + 2_147_483_648) + 67_108_864_000),
        # transformers' LlamaForCausalLM of 512 tokens. Layers: 32 x (512 x (2 x 4,096^2 +
        # 2 x 4,096 x 1,024 + 3 x 4,096 x 14,336) + 2 x 512^2 x 4,096); logits: 512 x 4,096 x
        # 128,256.
        ("llama3", 8_030_261_248, 32 * (111_669_149_696 + 2_147_483_648) + 268_972_326_912),
        # The base model. Embeddings, one for all: 37,000 x 512. An encoder's layer: 4 x 512^2 +
        # 2 x 512 x 2,048, biases 2,560, norms 2,048: 3,150,336. A decoder's: 4 x 512^2 and a norm more:
        # 4,199,936. MACs of 512 tokens: their weights, 2 and 4 x 512^2 x 512; logits 512^2 x 37,000.
        (
            "transformer",
            18_944_000 + 6 * (3_150_336 + 4_199_936),
            6 * 512 * (3_145_728 + 4_194_304) + 6 * 6 * 134_217_728 + 9_699_328_000,
        ),
        # torchvision's swin_t, and half of what torch's FlopCounterMode counts of it. By hand: a
        # block of width d at L positions is 12 d^2 L + 2 x 49 d L; patches 48 x 96 x 3,136.
        ("swin", 28_288_354, 4_490_566_656),
        # transformers' MistralForCausalLM of 8,192 tokens, dense: layers 32 x (8,192 x (2 x 4,096^2
        # + 2 x 4,096 x 1,024 + 3 x 4,096 x 14,336) + 2 x 8,192^2 x 4,096); logits 8,192 x 4,096 x
        # 32,000.
        (
            "mistral",
            7_241_732_096,
            32 * (1_786_706_395_136 + 549_755_813_888) + 1_073_741_824_000,
        ),
        # Table 3 prints the params. MACs of 2,048 tokens: layers 70 x (12 x 14,336^2 x 2,048 +
        # 2 x 2,048^2 x 14,336); logits 2,048 x 14,336 x 250,880.
        (
            "bloom",
            176_247_271_424,
            70 * (5_050_881_540_096 + 120_259_084_288) + 7_365_868_912_640,
        ),
        # Queries 5,120 x 1,536 + 1,536 x 128 x 192; keys and values 5,120 x 512 + 512 x 128 x 256;
        # shared 5,120 x 64; back 128 x 128 x 5,120: 149,225,472. Norms 1,536 + 512 + 5,120; the
        # embedding 102,400 x 5,120. Products 128 x 4,096^2 x (192 + 128).
        (
            "deepseek_v2",
            149_225_472 + 7_168 + 524_288_000,
            149_225_472 * 4_096 + 687_194_767_360,
        ),
    ],
)
def test_transformers_have_the_numbers_of_other_code(name, params, macs, table):
    released = {"vocab": 128_256} if name == "llama3" else {}  # 128,000 is printed
    total = engine("formula").count(table(name).architecture(let=released)).total
    assert (total.params, total.cost.macs) == (params, macs)


@pytest.mark.parametrize(
    ("size", "macs"),
    # Half of what torch's FlopCounterMode counts of torchvision's swin_t: windows of 7 do not tile
    # 64x64 or 96x96 positions, and what fills them up is multiplied.
    [("3x256x256", 7_345_441_536), ("3x384x384", 14_299_701_504)],
)
def test_windows_that_do_not_tile_are_filled_up_as_torchvision_does(size, macs, table):
    assert table("swin").architecture(input=size).cost.macs == macs


def test_the_big_transformer_has_the_params_worked_out_by_hand(table):
    # 37,000 x 1,024; 6 x (12 x 1,024^2 + 5,120 + 4,096) and 6 x (16 x 1,024^2 + 5,120 + 6,144)
    params = 37_888_000 + 6 * 12_592_128 + 6 * 16_788_480
    assert table("transformer").architecture(variant="big").params == params


def test_a_transformer_reads_its_source_and_what_it_has_written(table):
    network, (source, target) = _small(table("transformer"), SHRUNK["transformer"])
    with torch.no_grad():
        scores = network(source, target)
        other = network(source.flip(1), target)
        later = target.clone()
        later[0, 9:] = 0
        assert not torch.allclose(scores[0, 0], other[0, 0], atol=1e-6)
        # Nothing before the tenth token of the target sees it.
        assert torch.allclose(network(source, later)[0, :9], scores[0, :9], atol=1e-6)


@pytest.mark.parametrize(
    ("variant", "params"),
    # A layer: q and o, k and v of 8 heads of 128, three of the feed-forward part, two norms.
    # 70B: 80 (2 x 8192^2 + 2 x 8192 x 1024 + 3 x 8192 x 28672 + 2 x 8192)
    #      + 2 x 128256 x 8192 + 8192 = 68,452,352,000 + 2,101,346,304 + 8,192
    # 405B: 126 (2 x 16384^2 + 2 x 16384 x 1024 + 3 x 16384 x 53248 + 2 x 16384)
    #      + 2 x 128256 x 16384 + 16384 = 401,650,679,808 + 4,202,692,608 + 16,384
    [("70B", 70_553_706_496), ("405B", 405_853_388_800)],
)
def test_larger_llamas_have_the_params_worked_out_by_hand(variant, params, table):
    released = table("llama3").architecture(variant=variant, let={"vocab": 128_256})
    assert released.params == params


@pytest.mark.parametrize(
    ("name", "variant", "params"),
    # A layer: q, k, v and the projection, d x heads x dh each with bias; 4 d twice with bias; two
    # norms of 2 d. Where heads x dh = d that is 12 d^2 + 13 d. Embedding, positions, last norm.
    [
        # 50257 x 768 + 2048 x 768 + 12 (12 x 768^2 + 13 x 768) + 2 x 768
        ("gpt3", "GPT-3 Small", 125_226_240),
        # 40 (4 x 5140 x 5120 + 3 x 5120 + 5140 + 8 x 5140^2 + 5 x 5140 + 4 x 5140) + 52305 x 5140
        # + 2 x 5140, for 40 heads of 128 are 5120 wide: 40 x 316,690,760 + 268,847,700 + 10,280
        ("gpt3", "GPT-3 13B", 12_936_488_380),
        # 50257 x 12288 + 2048 x 12288 + 96 (12 x 12288^2 + 13 x 12288) + 2 x 12288
        # = 617,558,016 + 25,165,824 + 96 x 1,812,099,072 + 24,576
        ("gpt3", "GPT-3 175B", 174_604_259_328),
        # transformers' GPT2LMHeadModel of 1,024 tokens: 51281 x 1600 + 48 (12 x 1600^2 + 13 x 1600)
        # + 2 x 1600
        ("gpt2", "1542M", 1_557_611_200),
    ],
)
def test_models_of_a_table_have_the_params_worked_out_by_hand(name, variant, params, table):
    assert table(name).architecture(variant=variant).params == params


def _few(own) -> str:
    """Return an input of 16 tokens, or the table's own of an image."""
    return re.sub(r"tokens \d+", "tokens 16", str(own.architecture().input))


@pytest.mark.parametrize("name", SHRUNK)
def test_engines_agree_on_small_ones(name, table):
    own = table(name)
    architecture = own.architecture(let=SHRUNK[name], input=_few(own))
    formula, *others = (engine(each).count(architecture) for each in ENGINES)
    for other in others:
        assert (other.rows, other.uncounted) == (formula.rows, ())


@pytest.mark.parametrize("name", SHRUNK)
def test_small_ones_learn(name, table):
    own = table(name)
    architecture = own.architecture(let=SHRUNK[name], input=_few(own))
    network = build(architecture).train()
    inputs = (example(shape).expand(2, *shape.torch_size) for shape in architecture.input_shapes)
    outputs = network(*inputs)
    assert tuple(outputs.shape) == (2, *architecture.output.torch_size)
    outputs.square().mean().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


@pytest.mark.parametrize("name", ["vit", "swin", "mistral", "bloom", "deepseek_v2", "transformer"])
def test_small_ones_are_exported_as_they_run(name, table):
    network, inputs = _small(table(name), SHRUNK[name])
    exported = torch.export.export(network, inputs).module()
    with torch.no_grad():
        assert torch.allclose(exported(*inputs), network(*inputs), atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["swin", "mistral", "bloom", "deepseek_v2", "transformer"])
def test_small_ones_are_compiled_as_they_run(name, table):
    network, inputs = _small(table(name), SHRUNK[name])
    compiled = torch.compile(network, backend="aot_eager", fullgraph=True)
    with torch.no_grad():
        assert torch.allclose(compiled(*inputs), network(*inputs), atol=1e-5)


def _small(own, let):
    """Build a small network, with an input of its own numbers."""
    architecture = own.architecture(let=let, input=_few(own))
    draw = torch.Generator().manual_seed(5)
    inputs = (
        torch.randint(11, (1, *shape.torch_size), generator=draw)
        if shape.vocabulary
        else torch.randn(1, *shape.torch_size, generator=draw)
        for shape in architecture.input_shapes
    )
    return build(architecture).eval(), tuple(inputs)


@pytest.mark.parametrize(
    ("name", "model", "config"),
    [
        ("bert", "BertModel", "BertConfig"),
        ("gpt2", "GPT2LMHeadModel", "GPT2Config"),
    ],
)
def test_language_models_are_those_of_transformers(name, model, config, table):
    transformers = library("transformers")
    with torch.device("meta"):
        theirs = getattr(transformers, model)(getattr(transformers, config)())
    params = sum(tensor.numel() for tensor in theirs.parameters())
    assert table(name).architecture().params == params


def test_weights_larger_than_the_memory_are_said_at_once(table, monkeypatch):
    monkeypatch.setattr(os, "sysconf", {"SC_PHYS_PAGES": 2**20, "SC_PAGE_SIZE": 2**12}.get)
    # 4 x 405,853,388,800 bytes are 1,511.9 GiB
    says = "not enough memory.* take 1,512 GiB, and the machine has 4;.*--engine torch"
    with pytest.raises(UnavailableError, match=says):
        engine("fvcore").count(table("llama3").architecture(variant="405B"))


def test_what_is_too_large_to_run_is_said_to_be_counted_without_numbers(table):
    report = ac.compare(
        ac.count(table("llama3"), variant="405B", let={"vocab": 128_256}), table("llama3")
    )
    # transformers' LlamaForCausalLM of the config of Llama 3.1 405B
    assert report.total.params == 405_853_388_800
    assert "torch 2." in report.to_markdown()
    assert "is counted by torch, without numbers" in report.to_markdown()
    found = json.loads(report.to_json())
    assert [each["name"] for each in found["engines"]] == ["torch", "formula"]
    assert "--engine fvcore" in found["chosen"]
    usual = json.loads(ac.count(table("vit"), variant="ViT-Base", let=SHRUNK["vit"]).to_json())
    assert (usual["engines"][0]["name"], usual["chosen"]) == ("fvcore", None)


def test_tied_weights_are_one_parameter(table):
    network = build(table("gpt2").architecture(let=SHRUNK["gpt2"]))
    assert network.logits.weight is network.embed.embedding.weight
    state = network.state_dict()
    assert torch.equal(state["logits.weight"], state["embed.embedding.weight"])
    assert sum(each is network.logits.weight for each in network.parameters()) == 1


BUCKETS = """\
archcount: 1
name: t5
source: {title: The positions of T5}
input: tokens 9 of 7
blocks:
  first: attention heads=2 bias=false positions=relative buckets=8
  more: attention heads=2 bias=false positions=relative buckets=8 tied=one
table: |
  row | block | n
  embed | embedding 8 |
  one | first |
  others | more | 3
"""


def test_layers_share_the_buckets_of_the_first(tmp_path):
    path = tmp_path / "t5.yaml"
    path.write_text(BUCKETS)
    architecture = load_table(path).architecture()
    # 7 x 8, four times 4 projections of 8x8, once 8 buckets of 2 heads
    params = 56 + 4 * 256 + 16
    assert {engine(name).count(architecture).total.params for name in ENGINES} == {params}
    network = build(architecture)
    assert network.others.block3.relative is network.one.relative
    assert sum(tensor.numel() for tensor in network.parameters()) == params


@pytest.mark.parametrize(
    ("new", "says"),
    [
        ("buckets=8 tied=embed", "tied to row embed, which has 0 attentions with buckets"),
        ("buckets=4 tied=one", "of 4x2, and the attention of row one has 8x2; give both the same"),
    ],
)
def test_buckets_that_do_not_fit_are_refused(new, says, tmp_path):
    path = tmp_path / "t5.yaml"
    path.write_text(BUCKETS.replace("buckets=8 tied=one", new))
    with pytest.raises(InvalidTableError, match=says):
        load_table(path).architecture()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("tied=embed", "tied=embd", "tied to 'embd', which is no row before it; allowed: embed"),
        ("tied=embed", "tied=layers", "tied to row layers, which has 0 embeddings"),
        ("tied=embed", "tied=logits", "no row before it; allowed: embed, layers"),
        ("50257 bias", "50258 bias", "of 50258x768, and the embedding of row embed has 50257x768"),
        ("tied=embed", "tied=", "tied is empty"),
    ],
)
def test_ties_that_do_not_fit_are_refused_at_their_place(old, new, says, data, tmp_path):
    path = tmp_path / "net.yaml"
    lines = shipped_tables()["gpt2"].read_text().splitlines()
    path.write_text("\n".join(lines).replace(old, new))
    with pytest.raises(InvalidTableError, match=says) as caught:
        load_table(path).architecture()
    row = next(number for number, line in enumerate(lines, 1) if "row: logits" in line)
    assert f"net.yaml:{row}:" in str(caught.value)


@pytest.mark.parametrize(("name", "model"), [("vit", "vit_b_16"), ("swin", "swin_t")])
def test_vision_transformers_are_torchvisions(name, model, table):
    models = library("torchvision.models")
    with torch.device("meta"):
        theirs = getattr(models, model)()
    total = engine("formula").count(table(name).architecture()).total
    assert total.params == sum(tensor.numel() for tensor in theirs.parameters())


def test_a_vit_does_what_torchvisions_does(data):
    library("torchvision.models")
    assert not diff("vit", "torchvision:vit_b_16").is_changed


def test_a_swin_gives_what_torchvisions_gives_with_its_weights(table):
    models = library("torchvision.models")
    theirs, ours = models.swin_t().eval(), table("swin").build().eval()
    given = dict(theirs.named_parameters())
    for name in ("features.2", "features.4", "features.6"):  # merging of patches
        reduction = given.pop(f"{name}.reduction.weight")
        for each in ("norm.weight", "norm.bias"):
            given[f"{name}.{each}"] = _row_by_row(given.pop(f"{name}.{each}"))
        given[f"{name}.reduction.weight"] = _row_by_row(reduction)
    stages = ("features.0", "features.1", "features.2", "features.3", "features.4", "features.5")
    order = (*stages, "features.6", "features.7", "norm", "head")
    found = [
        each for stage in order for name, each in given.items() if name.startswith(f"{stage}.")
    ]
    with torch.no_grad():
        for parameter, each in zip(ours.parameters(), found, strict=True):
            parameter.copy_(each)
        images = torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(7))
        assert torch.allclose(ours(images), theirs(images), atol=1e-4)


def _row_by_row(weight):
    """Put the channels of a 2x2 block, which stand column by column, row by row."""
    return weight.unflatten(-1, (2, 2, -1)).transpose(-3, -2).flatten(-3)


@pytest.mark.parametrize(
    ("block", "says"),
    [
        ("relu", "relu cannot read the ids of tokens; allowed: embedding"),
        ("[embedding 8, conv 3x3 8]", r"conv needs .*gets 1024x8 \(positions x width\)"),
        ("[embedding 8, attention]", "in 'attention': heads is missing"),
        ("[embedding 8, attention heads=3]", "3 heads do not divide a width of 8"),
    ],
)
def test_what_tokens_cannot_do_is_said_at_its_place(block, says, data, tmp_path):
    text = shipped_tables()["gpt2"].read_text()
    path = tmp_path / "net.yaml"
    path.write_text(
        text.replace("embed: [embedding d, positions 1024, dropout 0.1]", f"embed: {block}")
    )
    with pytest.raises(InvalidTableError, match=says):
        load_table(path).architecture()
