"""Papers against implementations in torchvision, timm and transformers whose code is known.

The sentence of each pair was written down from the libraries' code and the table files before it was
compared. Params are torchvision's `num_params` or worked out by hand; MACs are half of what torch's
FlopCounterMode counts of the implementation, which are torchvision's `_ops` to the digits that it
prints, or worked out by hand. Line numbers are of torchvision 0.28.0, timm 1.0.31 and transformers
5.23.0.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers.model_libraries import library

import archcount as ac

RESNET = "implements resnet@50 (Kaiming He et al. 2015, Table 1)"
# A first 1x1 that strides costs (28^2 x 2 x 128^2 + 14^2 x 2 x 256^2 + 7^2 x 2 x 512^2) x 3 MACs less.
V1_5 = (
    f"{RESNET} but for 3 conv stride 1x1 for 2x2 (conv3_x, conv4_x, conv5_x); 3 conv stride 2x2 for "
    "1x1 (conv3_x, conv4_x, conv5_x). It has 4,089,184,256 MACs instead of 3,857,973,248, the table's "
    "25,557,032 params."
)
SQUEEZENET = "implements squeezenet (Forrest N. Iandola et al. 2016, Table 1)"

TORCHVISION = {
    # googlenet.py: 207, a 3x3 for each of the nine 5x5, "a known bug"; 78, a pool of 2x2 before 5a;
    # 269, convolutions without bias before a batch norm: 1 + 2 + 9 x 6. It has no response norm.
    # The pool of 7x7 at the end is of the whole map, of 7x7. Its inputs are not transformed where
    # no weights are loaded, and its heads are of training alone.
    # Printed are 34M for conv1, which has 112^2 x 49 x 3 x 64, 84,013,952 more; the nine modules have
    # 87,323,328 less than printed; 1502M are what is printed added up.
    ("googlenet", "googlenet"): (
        "implements googlenet (Christian Szegedy et al. 2014, Table 1) but for 9 conv 3x3 for 5x5 (in 9 "
        "rows); max pool 2x2 for 3x3 (pool4); 2 lrn left out (pool1, conv2); batch norm for the bias of "
        "57 conv. It has 6,624,904 params instead of 6,998,552, 1,498,376,192 MACs instead of "
        "1,582,671,872. The 1,498,376,192 MACs agree with the printed column added up (1502M) only "
        "because differences cancel: +84.0M in conv1 against -87.3M in 9 rows."
    ),
    # inception.py: 402, batch norms that scale, which tf-slim's do not: 5 + 3 x 7 + 4 + 4 x 10 + 6 +
    # 2 x 9 convolutions. 204, 278 and 356: averages of 3x3 that count the padding, where
    # TensorFlow's leave it out, in three modules of 35x35, four of 17x17, two of 8x8.
    # num_params is 27,161,264 with the head: 768 x 128 + 2 x 128, 25 x 128 x 768 + 2 x 768,
    # 768 x 1000 + 1000. The 94 scales are of 17,216 channels.
    ("inception_v3", "inception_v3"): (
        "implements inception_v3 (Christian Szegedy et al. 2015, tf-slim's nets/inception_v3.py) but for "
        "94 batch norm scale yes for no; 9 avg pool count_include_pad True for False. It has 23,834,568 "
        "params instead of 23,817,352, the table's 5,713,216,096 MACs."
    ),
    # resnet.py, 109: "Bottleneck in torchvision places the stride for downsampling at 3x3 convolution
    # while original implementation places the stride at the first 1x1 convolution": ResNet v1.5.
    ("resnet", "resnet50"): V1_5,
    # Basic blocks stride in their first 3x3 here and there.
    ("resnet@18", "resnet18"): (
        "implements resnet@18 (Kaiming He et al. 2015, Table 1), layer by layer. It has the table's "
        "11,689,512 params and 1,814,073,344 MACs."
    ),
    # resnet.py, 131: bottlenecks twice as wide, in 3, 4, 6 and 3 blocks.
    ("resnet", "wide_resnet50_2"): (
        f"{RESNET} but for 6 conv with 128 filters for 64 (conv2_x); 3 conv stride 1x1 for 2x2 (conv3_x, "
        "conv4_x, conv5_x); 8 conv with 256 filters for 128 (conv3_x); 3 conv stride 2x2 for 1x1 "
        "(conv3_x, conv4_x, conv5_x); 12 conv with 512 filters for 256 (conv4_x); 6 conv with 1024 "
        "filters for 512 (conv5_x). It has 68,883,240 params instead of 25,557,032, 11,398,021,120 MACs "
        "instead of 3,857,973,248."
    ),
    ("resnext@50-32x4d", "resnext50_32x4d"): (
        "implements resnext@50-32x4d (Saining Xie et al. 2016, Table 1), layer by layer. It has the "
        "table's 25,028,904 params and 4,230,479,872 MACs."
    ),
    ("vgg@D", "vgg16"): (
        "implements vgg@D (Karen Simonyan and Andrew Zisserman 2014, Tables 1 and 2), layer by layer. It "
        "has the table's 138,357,544 params and 15,470,264,320 MACs."
    ),
    # The column of 16 layers has one convolution more in each of the five rows than that of 11.
    ("vgg@A", "vgg16"): (
        "implements vgg@A (Karen Simonyan and Andrew Zisserman 2014, Tables 1 and 2) but for 5 conv 3x3 "
        "added; 5 relu added (in 5 rows). It has 138,357,544 params instead of 132,863,336, "
        "15,470,264,320 MACs instead of 7,609,090,048."
    ),
    # ... and of the other way round.
    ("vgg@D", "vgg11"): (
        "implements vgg@D (Karen Simonyan and Andrew Zisserman 2014, Tables 1 and 2) but for 5 conv 3x3 "
        "left out; 5 relu left out (in 5 rows). It has 132,863,336 params instead of 138,357,544, "
        "7,609,090,048 MACs instead of 15,470,264,320."
    ),
    # vgg.py, 81 and 83: a batch norm behind each of 13 convolutions, which keep their biases.
    ("vgg@D", "vgg16_bn"): (
        "implements vgg@D (Karen Simonyan and Andrew Zisserman 2014, Tables 1 and 2) but for 13 batch "
        "norm added. It has 138,365,992 params instead of 138,357,544, the table's 15,470,264,320 MACs."
    ),
    # alexnet.py, 22 to 32: the widths of the "one weird trick" paper, one tower, no response norm.
    # Of the table: 55^2 x 363 x 96 + 27^2 x 25 x 48 x 256 + 13^2 x 9 x (256 x 384 + 192 x 384 +
    # 192 x 256) + 9216 x 4096 + 4096^2 + 4096 x 1000 MACs.
    ("alexnet", "alexnet"): (
        "implements alexnet (Alex Krizhevsky et al. 2012, Fig. 2 and sec. 3.5) but for conv with 64 "
        "filters for 96 (conv1); conv with 192 filters for 256 (conv2); 3 conv groups 1 for 2 (conv2, "
        "conv4, conv5); conv with 256 filters for 384 (conv4); 2 lrn left out (conv1, conv2). It has "
        "61,100,840 params instead of 60,965,224, 714,188,480 MACs instead of 724,406,816."
    ),
    ("densenet", "densenet121"): (
        "implements densenet@121 (Gao Huang et al. 2016, Table 1), layer by layer. It has the table's "
        "7,978,856 params and 2,834,161,664 MACs."
    ),
    # densenet.py, 422: blocks of 6, 12, 32 and 32 layers for 6, 12, 24 and 16; the third transition
    # halves 256 + 32 x 32 channels for 256 + 24 x 32. A block's last concatenation is in no layer.
    ("densenet", "densenet169"): (
        "implements densenet@121 (Gao Huang et al. 2016, Table 1) but for 24 more blocks (8 in dense3, 16 "
        "in dense4); conv with 640 filters for 512 (transition3_conv). It has 14,149,480 params instead of "
        "7,978,856, 3,359,843,328 MACs instead of 2,834,161,664."
    ),
    ("mobilenet_v2", "mobilenet_v2"): (
        "implements mobilenet_v2 (Mark Sandler et al. 2018, Table 2), layer by layer. It has the table's "
        "3,504,872 params and 300,774,272 MACs."
    ),
    ("efficientnet_b0", "efficientnet_b0"): (
        "implements efficientnet_b0 (Mingxing Tan and Quoc V. Le 2019, Table 1), layer by layer. It has "
        "the table's 5,288,548 params and 385,814,752 MACs."
    ),
    ("vit", "vit_b_16"): (
        "implements vit@vit-base (Alexey Dosovitskiy et al. 2020, Table 1), layer by layer. It has the "
        "table's 86,567,656 params and 17,563,828,224 MACs."
    ),
    # vision_transformer.py, 711: 24 layers, of width 1024 and 4096. Params: 768 x 1024 + 1024, 198 x
    # 1024, 24 x (12 x 1024^2 + 13 x 1024), 2 x 1024, 1024 x 1000 + 1000; MACs: 196 x 768 x 1024,
    # 24 x (197 x 12 x 1024^2 + 2 x 197^2 x 1024), 1024 x 1000.
    ("vit", "vit_l_16"): (
        "implements vit@vit-base (Alexey Dosovitskiy et al. 2020, Table 1) but for 12 more blocks in "
        "encoder; conv with 1024 filters for 768 (patches); 12 linear with 3072 outputs for 2304 "
        "(encoder); 24 linear with 1024 outputs for 768 (encoder); 12 linear with 4096 outputs for 3072 "
        "(encoder); 25 layer norm size 1024 for 768 (encoder, norm). It has 304,326,632 params instead "
        "of 86,567,656, 61,554,712,576 MACs instead of 17,563,828,224. The paper prints 86M (params), which "
        "is off: 304,326,632 params = 304.3M with K = 1000, printed 86M: computed is +254% from printed."
    ),
    # swin_transformer.py: the attention is written out (matrix products, a scale, the bias of each
    # offset, a mask); patches are merged column by column, which is an order of weights alone.
    ("swin", "swin_t"): (
        "implements swin@swin-t (Ze Liu et al. 2021, Table 1), layer by layer. It has the table's "
        "28,288,354 params and 4,490,566,656 MACs. The paper prints 29M (params), which is off: "
        "28,288,354 params = 28.3M with K = 1000, printed 29M: computed is -2.5% from printed."
    ),
    # swin_transformer.py, 868: 18 layers in the third stage for 6.
    ("swin", "swin_s"): (
        "implements swin@swin-t (Ze Liu et al. 2021, Table 1) but for 12 more blocks in stage3. It has "
        "49,606,258 params instead of 28,288,354, 8,740,875,264 MACs instead of 4,490,566,656. The paper "
        "prints 29M (params), which is off: 49,606,258 params = 49.6M with K = 1000, printed 29M: computed "
        "is +71.1% from printed. The paper prints 4.5G (ops), which is off: 8,740,875,264 MACs = 8.74G "
        "with K = 1000, printed 4.5G: computed is +94.2% from printed."
    ),
    # convnext.py, 55 and 57: linear layers over maps laid out with channels last for convolutions 1x1.
    ("convnext", "convnext_tiny"): (
        "implements convnext@convnext-t (Zhuang Liu et al. 2022, Table 1), layer by layer. It has the "
        "table's 28,589,128 params and 4,455,531,264 MACs."
    ),
    # convnext.py, 347: 27 blocks in the third stage for 9.
    ("convnext", "convnext_small"): (
        "implements convnext@convnext-t (Zhuang Liu et al. 2022, Table 1) but for 18 more blocks in res4. "
        "It has 50,223,688 params instead of 28,589,128, 8,683,712,256 MACs instead of 4,455,531,264. The "
        "paper prints 29M (params), which is off: 50,223,688 params = 50.2M with K = 1000, printed 29M: "
        "computed is +73.2% from printed. The paper prints 4.5G (ops), which is off: 8,683,712,256 MACs = "
        "8.68G with K = 1000, printed 4.5G: computed is +93.0% from printed."
    ),
    # squeezenet.py, 45 to 54: pools round up, which changes no size at 227x227 (111, 55, 27, 13); the
    # average is of the whole map.
    ("squeezenet", "squeezenet1_0"): (
        f"{SQUEEZENET}, layer by layer. It has the table's 1,248,424 params and 832,667,936 MACs."
    ),
    # At 224x224 the maps are of 109, 54, then (54 - 3)/2 + 1 = 26 or 27 rounded up, then 12 or 13.
    ("squeezenet@224", "squeezenet1_0"): (
        "implements squeezenet@224 (Forrest N. Iandola et al. 2016, Table 1) but for 2 max pool padding "
        "0 rounding up for 0 (maxpool4, maxpool8). It has 818,924,576 MACs instead of 777,221,152, the "
        "table's 1,248,424 params."
    ),
    # squeezenet.py, 58 to 71: a first convolution of 3x3 with 64 filters; the second pool stands
    # before fire4, the third before fire6. Maps of 113, 56, 28, 14 at 227x227; the average is of the
    # whole map there too.
    ("squeezenet", "squeezenet1_1"): (
        f"{SQUEEZENET} but for conv 3x3 for 7x7 (conv1); conv with 64 filters for 96 (conv1); 2 max pool "
        "3x3 added (fire3, fire5); 2 max pool 3x3 left out (maxpool4, maxpool8). It has 1,235,496 params "
        "instead of 1,248,424, 387,747,520 MACs instead of 832,667,936."
    ),
}

TIMM = {
    # Depthwise convolutions, then 1x1, one batch norm behind both; a pool pads one side more here and
    # there, which changes no size. 22,855,952 is the paper's own number.
    ("xception", "legacy_xception"): (
        "implements xception (François Chollet 2016, Figure 5), layer by layer. It has the table's "
        "22,855,952 params and 8,357,403,496 MACs."
    ),
    # resnet.py, 206: the stride stands in conv2.
    ("resnet", "resnet50"): V1_5,
    # resnet.py, 563 to 570: three convolutions of 3x3, with 32, 32 and 64 filters, for the one of 7x7,
    # of which the first strides, two batch norms and ReLUs more; 336 to 343: a shortcut that strides
    # averages 2x2 first, and its convolution does not stride.
    # 9 x 3 x 32 + 9 x 32 x 32 + 9 x 32 x 64 weights for 49 x 3 x 64, at 112^2 places, and 2 x 2 x 32.
    ("resnet", "resnet50d"): (
        f"{RESNET} but for conv 3x3 for 7x7 (conv1); conv with 32 filters for 64 (conv1); 2 conv 3x3 added "
        "(conv1); 6 conv stride 1x1 for 2x2 (conv3_x, conv4_x, conv5_x); 3 conv stride 2x2 for 1x1 "
        "(conv3_x, conv4_x, conv5_x); 3 avg pool 2x2 added (conv3_x, conv4_x, conv5_x); 2 batch norm "
        "added (conv1); 2 relu added (conv1). It has 25,576,264 params instead of 25,557,032, "
        "4,328,824,832 MACs instead of 3,857,973,248."
    ),
    # senet.py, 151: the paper's strides; squeeze-and-excite by convolutions of 1x1.
    ("senet@se-50", "legacy_seresnet50"): (
        "implements senet@se-50 (Jie Hu et al. 2017, Table 1), layer by layer. It has the table's "
        "28,088,024 params and 3,860,488,192 MACs."
    ),
    # resnet.py, 1729: groups of channels are normalised for the batch.
    ("resnet", "resnet50_gn"): (
        f"{RESNET} but for 3 conv stride 1x1 for 2x2 (conv3_x, conv4_x, conv5_x); 3 conv stride 2x2 for "
        "1x1 (conv3_x, conv4_x, conv5_x); 53 group norm for batch norm. It has 4,089,184,256 MACs instead "
        "of 3,857,973,248, the table's 25,557,032 params."
    ),
    # resnet.py, 206, as above; squeeze-and-excite, which another paper has, behind each conv3: 2 c c/16
    # weights and c + c/16 biases of 3, 4, 6 and 3 blocks of 256 to 2048 channels.
    ("resnet", "seresnet50"): (
        f"{RESNET} but for squeeze-and-excitation bottleneck blocks (conv 1x1, conv 3x3, conv 1x1, "
        "linear, linear) for 16 bottleneck blocks (conv 1x1, conv 3x3, conv 1x1) (conv2_x, conv3_x, "
        "conv4_x, conv5_x); 3 conv stride 1x1 for 2x2 (conv3_x, conv4_x, conv5_x); 3 conv stride 2x2 for "
        "1x1 (conv3_x, conv4_x, conv5_x). It has 28,088,024 params instead of 25,557,032, 4,091,699,200 "
        "MACs instead of 3,857,973,248."
    ),
    # mlp_mixer.py: affine layers are `torch.addcmul`; the paper's equations shift behind both branches
    # of 12 layers too, by 384 each, and the authors' code does not.
    ("resmlp@released-s12", "resmlp_12_224"): (
        "implements resmlp@released-s12 (resmlp_models.py), layer by layer. It has the table's 15,350,872 "
        "params and 3,009,739,776 MACs."
    ),
    ("resmlp", "resmlp_12_224"): (
        "implements resmlp@resmlp-s12 (Hugo Touvron et al. 2021, Table 1) but for 24 bias left out "
        "(layers). It has 15,350,872 params instead of 15,360,088, the table's 3,009,739,776 MACs."
    ),
    # vgg.py, 69 and 87: a convolution of 7x7 for the first linear layer, and a pool of the one place it gives.
    ("vgg@D", "vgg16"): TORCHVISION["vgg@D", "vgg16"],
    # 196 patches of 16 x 16 x 3, and 197 tokens in 12 layers of 12 x 768^2 and two products.
    ("vit", "vit_base_patch16_224"): TORCHVISION["vit", "vit_b_16"],
    ("swin", "swin_tiny_patch4_window7_224"): TORCHVISION["swin", "swin_t"],
    ("convnext", "convnext_tiny"): TORCHVISION["convnext", "convnext_tiny"],
    ("mobilenet_v2", "mobilenetv2_100"): TORCHVISION["mobilenet_v2", "mobilenet_v2"],
}

TRANSFORMERS = {
    # activations.py, 66: GELU by a hyperbolic tangent. (50,257 + 1,024) x 768 + 12 x (12 x 768^2 +
    # 13 x 768) + 2 x 768 params for the printed 117M. MACs at 1,024 tokens: 12 x (12 x 768^2 x 1,024 +
    # 2 x 1,024^2 x 768) + 1,024 x 768 x 50,257.
    ("gpt2", "GPT2LMHeadModel"): (
        "implements gpt2@117m (Alec Radford et al. 2019, Table 2) but for 12 gelu approximate tanh for "
        "none (layers). It has the table's 124,439,808 params and 145,824,153,600 MACs. The paper prints "
        "117M (params), by another reading: with a vocabulary of 40,468 to 41,124: 117,299,712 params = "
        "117.3M with K = 1000, printed 117M: rounded or truncated."
    ),
    # Its GELU is exact. It gives the last layer's tokens beside what the pooler gives.
    # (30,522 + 512 + 2 + 2) x 768 + 12 x (12 x 768^2 + 13 x 768) + 768^2 + 768 params; 12 x (12 x 768^2
    # x 512 + 2 x 512^2 x 768) + 768^2 MACs.
    ("bert", "BertModel"): (
        "implements bert@bert_base (Jacob Devlin et al. 2018, sec. 3), layer by layer. It has the table's "
        "109,482,240 params and 48,318,971,904 MACs. The paper prints 110M (params), which is off: "
        "109,482,240 params = 109.5M with K = 1000, printed 110M: computed is -0.5% from printed. It "
        "would match if its last zero is rounding (digits: 2)."
    ),
    # 2 x 32,000 x 4,096 + 32 x (4 x 4,096^2 + 3 x 4,096 x 11,008 + 2 x 4,096) + 4,096 params; 32 x
    # (2,048 x (4 x 4,096^2 + 3 x 4,096 x 11,008) + 2 x 2,048^2 x 4,096) + 2,048 x 4,096 x 32,000 MACs.
    ("llama", "LlamaForCausalLM"): (
        "implements llama@6.7b (Hugo Touvron et al. 2023, Table 2), layer by layer. It has the table's "
        "6,738,415,616 params and 14,630,806,093,824 MACs."
    ),
}

COUNTERPARTS = "layers with weights have a counterpart of the same kernel and widths"

# What is another network is said in one sentence, which begins so.
ANOTHER = {
    # v1: a convolution, 16 units of three, and the classifier; v2: two convolutions, 16 units of three
    # and a branch of two in each of three stages, and the classifier. Widths are multiples of 60
    # there (bottlenecks of 240, 480 and 960), and of 58 here (halves of 116, 232 and 464); only the
    # first convolutions are the same, 3x3 with 24 filters.
    ("shufflenet_v1", "torchvision:shufflenet_v2_x1_0"): (
        "is another network than shufflenet_v1@g3 (Xiangyu Zhang et al. 2017, Table 1): 1 of the table's "
        f"50 {COUNTERPARTS}."
    ),
    # The pre-activation of "Identity Mappings in Deep Residual Networks", another paper: all 54 layers
    # with weights are there, but the shortcut of 12 blocks, all but the first of each stage, comes
    # from the sum before the norm and the rectifier.
    ("resnet@50", "timm:resnetv2_50"): (
        "is another network than resnet@50 (Kaiming He et al. 2015, Table 1): 54 of the table's 54 "
        f"{COUNTERPARTS}, but 12 of the 16 sums, products and concatenations join other layers."
    ),
    ("googlenet", "torchvision:resnet50"): (
        "is another network than googlenet (Christian Szegedy et al. 2014, Table 1): "
    ),
    # Linear layers of ViT's widths stand in the last stage of Swin; those before are narrower by 2, 4
    # and 8, and its attention is in windows.
    ("vit", "torchvision:swin_t"): (
        "is another network than vit@vit-base (Alexey Dosovitskiy et al. 2020, Table 1): "
    ),
    ("resnet", "torchvision:densenet121"): (
        "is another network than resnet@50 (Kaiming He et al. 2015, Table 1): "
    ),
}

KINDS = {"GPT2LMHeadModel": "gpt2", "BertModel": "bert", "LlamaForCausalLM": "llama"}


def said(model: str, table: str) -> str:
    """What is said of a model, without its name."""
    prefix = model.partition(":")[0]
    library({"hf": "transformers"}.get(prefix, prefix))
    summary = ac.compare(model, table).summary
    assert summary.startswith(f"{model} ")
    return summary.removeprefix(f"{model} ")


@pytest.mark.parametrize(("table", "model"), TORCHVISION)
def test_torchvisions_models_are_said_to_be_what_they_are(table: str, model: str) -> None:
    assert said(f"torchvision:{model}", table) == TORCHVISION[table, model]


@pytest.mark.parametrize(("table", "model"), TIMM)
def test_timms_models_are_said_to_be_what_they_are(table: str, model: str) -> None:
    assert said(f"timm:{model}", table) == TIMM[table, model]


@pytest.mark.parametrize(("table", "model"), TRANSFORMERS)
def test_models_of_transformers_are_said_to_be_what_they_are(
    table: str, model: str, tmp_path: Path
) -> None:
    """Of the defaults of each configuration."""
    entries = {"model_type": KINDS[model], "architectures": [model]}
    (tmp_path / "config.json").write_text(json.dumps(entries))
    assert said(f"hf:{tmp_path}", table) == TRANSFORMERS[table, model]


@pytest.mark.parametrize(("table", "model"), ANOTHER)
def test_another_network_is_said_to_be_one(table: str, model: str) -> None:
    assert said(model, table).startswith(ANOTHER[table, model])
