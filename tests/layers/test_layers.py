"""Every layer kind against the torch module it makes: shapes, parameters, and hand counts."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import nn

from archcount.errors import InvalidValueError
from archcount.layers import Shape
from archcount.layers.activation import (
    Elu,
    Gelu,
    HardSigmoid,
    HardSwish,
    LeakyRelu,
    Prelu,
    Relu,
    Relu6,
    ScaledTanh,
    Sigmoid,
    Silu,
    Tanh,
)  # fmt: skip
from archcount.layers.adaptive_pooling import (
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    GlobalAvgPool,
    GlobalMaxPool,
)
from archcount.layers.attention import Attention
from archcount.layers.by_word import KINDS
from archcount.layers.convolution import Conv, DepthwiseConv, SeparableConv
from archcount.layers.cost import CATEGORIES
from archcount.layers.elementwise import Affine, Dropout, Identity, LayerScale, Scaling, Softmax
from archcount.layers.kind import ElementwiseKind
from archcount.layers.linear import Flatten, Linear
from archcount.layers.maps_of_tokens import Map
from archcount.layers.normalization import (
    BatchNorm,
    GroupNorm,
    InstanceNorm,
    LayerNorm,
    LocalResponseNorm,
    RmsNorm,
)
from archcount.layers.pooling import AvgPool, MaxPool, Subsampling
from archcount.layers.rearrangement import (
    ChannelShuffle,
    ChannelSlice,
    Crop,
    PixelShuffle,
    PixelUnshuffle,
)
from archcount.layers.recurrent import Gru, Lstm, Rnn
from archcount.layers.resizing import Border, Upsampling
from archcount.layers.sequences import (
    ClassToken,
    Embedding,
    Mean,
    Positions,
    Segments,
    Take,
    Tokens,
    Transpose,
)
from archcount.layers.sinusoids import Sinusoids
from archcount.layers.space_to_depth import SpaceToDepth
from archcount.layers.sparse_convolution import SparseConv
from archcount.layers.state_space import CausalConv, SelectiveScan
from archcount.layers.trained_pooling import Rbf, TrainedPool, UnitBias
from archcount.layers.transposed_convolution import TransposedConv
from archcount.printed import Connections, Patch

sides = st.integers(1, 5)
maps = st.builds(
    lambda c, h, w: Shape((c, h, w)), st.integers(1, 8), st.integers(1, 23), st.integers(1, 23)
)
patches = st.builds(
    lambda kh, kw, sh, sw: Patch((kh, kw), (sh, sw)),
    sides, sides, st.integers(1, 3), st.integers(1, 3),
)  # fmt: skip


OF_MAPS = (Attention, Embedding, Linear, PixelShuffle, PixelUnshuffle, Tokens)
"""The kinds that are of height and width alone, or whose shapes are drawn from such ones."""


@st.composite
def layers(draw):
    """Draw a layer of any kind and an input shape of 1 to 3 axes, fitting or not."""
    word = draw(st.sampled_from(sorted(KINDS)))
    kind = KINDS[word]
    axes = 2 if kind in OF_MAPS else draw(st.integers(1, 3))
    longest = {1: 60, 2: 23, 3: 8}[axes]

    def sized(least, most):
        """Draw a number for each axis."""
        return tuple(draw(st.integers(least, most)) for _ in range(axes))

    shape = Shape((draw(st.integers(1, 8)), *sized(1, longest)))
    window = {
        "patch": Patch(sized(1, 5 if axes < 3 else 3), sized(1, 3)),
        "pad": draw(st.sampled_from(["same", "valid", (1,), sized(0, 2)])),
        "same": draw(st.sampled_from(["symmetric", "asymmetric"])),
    }
    dilation = sized(1, 2)
    if kind is Conv:
        groups = draw(st.sampled_from([1, 1, 2, shape.channels]))
        width = groups * draw(st.integers(1, 4))
        made = Conv(
            **window, width=width, groups=groups, dilation=dilation, bias=draw(st.booleans())
        )
    elif kind is DepthwiseConv:
        made = DepthwiseConv(
            **window,
            multiplier=draw(st.integers(1, 3)),
            dilation=dilation,
            bias=draw(st.booleans()),
        )
    elif kind is SeparableConv:
        made = SeparableConv(
            **window,
            width=draw(st.integers(1, 5)),
            multiplier=draw(st.integers(1, 3)),
            dilation=dilation,
            bias=draw(st.booleans()),
        )
    elif kind is TransposedConv:
        made = TransposedConv(
            patch=window["patch"],
            pad=window["pad"],
            width=draw(st.integers(1, 5)),
            bias=draw(st.booleans()),
        )
    elif kind in (MaxPool, AvgPool):
        window["same"] = draw(st.sampled_from(["symmetric", "asymmetric", "ceil"]))
        made = kind(**window, ceil=draw(st.booleans()))
    elif kind in (AdaptiveAvgPool, AdaptiveMaxPool):
        made = kind(size=sized(1, 7))
    elif kind is BatchNorm:
        made = BatchNorm(scale=draw(st.booleans()))
    elif kind is LayerNorm:
        made = LayerNorm(bias=draw(st.booleans()))
    elif kind is GroupNorm:
        made = GroupNorm(groups=draw(st.sampled_from([1, 2, shape.channels])))
    elif kind is InstanceNorm:
        made = InstanceNorm(affine=draw(st.booleans()))
    elif kind in (Positions, Segments, Sinusoids, ClassToken, Take, Mean, Transpose):
        shape = Shape(shape.dims[:2], tokens=True)
        options = {
            Positions: {"most": shape.positions + draw(st.integers(0, 2))},
            Segments: {"number": draw(st.integers(1, 3))},
            Take: {"which": draw(st.sampled_from(["first", "last"]))},
        }
        made = kind(**options.get(kind, {}))
    elif kind in (CausalConv, SelectiveScan):
        shape = Shape(shape.dims[:2], tokens=True)
        numbers = ("size",) if kind is CausalConv else ("rank", "state")
        made = kind(**{name: draw(st.integers(1, 5)) for name in numbers})
    elif kind is Attention:
        sides = shape.dims[1 : draw(st.integers(2, 3))]
        shape = Shape((4 * draw(st.integers(1, 2)), *sides), tokens=True)
        window = draw(st.integers(1, 4))
        options = (
            {"shift": draw(st.integers(0, window - 1))}
            if len(sides) > 1
            else {"causal": draw(st.booleans()), "rotary": draw(st.sampled_from([0, 100.0]))}
        )
        made = Attention(
            heads=draw(st.sampled_from([1, 2])),
            dim=draw(st.sampled_from([0, 2])),
            kv=1,
            window=window,
            positions=draw(st.sampled_from(["none", "relative"])),
            packed=draw(st.booleans()),
            bias=draw(st.booleans()),
            qkv_bias=draw(st.sampled_from([None, True, False])),
            **options,
        )
    elif kind is SpaceToDepth:
        made = SpaceToDepth(side=2)
    elif kind is SparseConv:
        read = st.sets(st.integers(0, shape.channels - 1), min_size=1).map(sorted).map(tuple)
        reads = tuple(draw(st.lists(read, min_size=1, max_size=5)))
        made = SparseConv(
            **window, connections=Connections(shape.channels, reads), bias=draw(st.booleans())
        )
    elif kind is TrainedPool:
        made = TrainedPool(patch=window["patch"])
    elif kind is Rbf:
        made, shape = Rbf(width=3, trained=draw(st.booleans())), Shape((shape.elements,))
    elif kind in (Lstm, Gru, Rnn):
        shape = Shape(shape.dims[:2], tokens=True)
        made = kind(
            width=draw(st.integers(2, 5)),
            layers=draw(st.integers(1, 2)),
            bidirectional=draw(st.booleans()),
            bias=draw(st.booleans()),
            **{"projection": draw(st.integers(0, 1))} if kind is Lstm else {},
        )
    elif kind is Embedding:
        shape = Shape.parse(f"tokens {shape.dims[1]} of {shape.dims[2]}")
        made = Embedding(width=draw(st.integers(1, 9)))
    elif kind is Tokens:
        made, shape = Tokens(), Shape(shape.dims[: draw(st.integers(2, 3))])
    elif kind is Map:
        sides = shape.spatial
        made, shape = draw(
            st.sampled_from(
                [
                    (Map(), Shape(shape.dims, tokens=True)),
                    (Map(size=sides), Shape((shape.channels, shape.positions), tokens=True)),
                    (Map(size=sides), Shape((shape.elements,))),
                ]
            )
        )
    elif kind is Subsampling:
        made = Subsampling(stride=draw(st.integers(1, 3)), width=draw(st.integers(1, 12)))
    elif kind in (PixelShuffle, PixelUnshuffle):
        made = kind(factor=draw(st.integers(1, 2)))
    elif kind is ChannelShuffle:
        made = ChannelShuffle(groups=draw(st.sampled_from([1, 2, shape.channels])))
    elif kind is ChannelSlice:
        start = draw(st.integers(0, 3))
        made = ChannelSlice(start=start, stop=start + draw(st.integers(1, 4)))
    elif kind is Crop:
        made = Crop(**dict(zip(("side", "second", "third"), sized(1, 9), strict=False)))
    elif kind is Border:
        made = Border(
            size=sized(0, 2),
            mode=draw(st.sampled_from(["zeros", "reflect", "replicate"])),
            sides=draw(st.sampled_from(["both", "before", "after"])),
        )
    elif kind is Upsampling:
        made = Upsampling(
            factor=sized(1, 3),
            mode=draw(st.sampled_from(["nearest", "linear", "bilinear", "trilinear", "bicubic"])),
        )
    elif kind is Scaling:
        made = Scaling(factor=draw(st.sampled_from([0.1, 0.17, 1.0])))
    elif kind is Linear:
        flat = Shape((shape.elements,))
        shape = draw(st.sampled_from([flat, Shape(shape.dims[:2], tokens=True)]))
        made = Linear(width=draw(st.integers(1, 9)), bias=draw(st.booleans()))
    else:
        made = kind()
    if isinstance(made, ElementwiseKind) and draw(st.booleans()):
        shape = Shape(shape.dims[:2], tokens=True)
    return made, shape


def zeros(number, shape):
    """Return so many images, or sequences of ids."""
    return torch.zeros(number, *shape.torch_size, dtype=torch.int64 if shape.vocabulary else None)


@given(layers())
def test_shape_and_parameters_are_those_of_the_torch_module(drawn):
    kind, shape = drawn
    try:
        output = kind.output(shape)
    except InvalidValueError:
        assume(False)
    module = kind.module(shape).eval()
    with torch.no_grad():
        real = module(zeros(2, shape))
    assert tuple(real.shape) == (2, *output.torch_size)
    assert output.measured(tuple(real.shape[1:])) == output
    parameters = list(module.parameters())
    assert sum(tensor.numel() for tensor in parameters) == kind.params(shape)
    assert sum(t.numel() for t in parameters if t.ndim > 1) == kind.weights(shape)
    trained = {  # a channel: a scale and a shift, or one of them
        "batchnorm": lambda: 1 + kind.scale,
        "layernorm": lambda: 1 + kind.bias,
        "rmsnorm": lambda: 1,
        "groupnorm": lambda: 2,
        "instancenorm": lambda: 2 * kind.affine,
        "layer_scale": lambda: 1,
        "affine": lambda: 2,
        "class_token": lambda: 1,
        "prelu": lambda: 1,
        "trained_pool": lambda: 2,
    }.get(kind.word, lambda: 0)()
    assert kind.params(shape) - kind.weights(shape) - kind.biases(shape) == trained * shape.channels
    kept = [tensor for tensor in module.buffers() if tensor.is_floating_point()]
    assert sum(tensor.numel() for tensor in kept) == kind.buffers(shape)


@given(layers())
def test_a_window_that_is_refused_is_refused_by_torch_too(drawn):
    kind, shape = drawn
    if not isinstance(kind, MaxPool | AvgPool | Conv | DepthwiseConv) or kind.pad == "same":
        return
    try:
        kind.output(shape)
        return
    except InvalidValueError as error:
        if error.argument == "groups":
            return
    pad = (0, 0) if kind.pad == "valid" else kind.pad
    images = torch.zeros(1, *shape.dims)
    weight = torch.zeros(1, shape.channels, *kind.patch.kernel)
    with pytest.raises(RuntimeError):
        if isinstance(kind, MaxPool | AvgPool):
            sizes = (kind.patch.kernel, kind.patch.stride, pad)
            nn.functional.max_pool2d(images, *sizes, ceil_mode=kind.ceil)
        else:
            nn.functional.conv2d(images, weight, None, kind.patch.stride, pad, kind.dilation)


@given(shape=maps, patch=patches, same=st.sampled_from(["symmetric", "asymmetric", "ceil"]))
def test_same_means_the_input_over_the_stride_rounded_up(shape, patch, same):
    wanted = tuple(
        -(-side // stride) for side, stride in zip(shape.spatial, patch.stride, strict=True)
    )
    kinds = [MaxPool(patch=patch, same=same), AvgPool(patch=patch, same=same)]
    if same != "ceil":
        kinds.append(Conv(patch=patch, width=1, same=same))
    for kind in kinds:
        try:
            output = kind.output(shape)
        except InvalidValueError as error:
            even = any(side % 2 == 0 for side in patch.kernel)
            assert "same" in str(error) or ("leave out this padding" in str(error) and even)
        else:
            assert output.spatial == wanted


@given(shape=maps, patch=patches)
def test_an_asymmetric_convolution_always_reaches_same(shape, patch):
    output = Conv(patch=patch, width=1, same="asymmetric").output(shape)
    assert output.spatial == tuple(
        -(-side // stride) for side, stride in zip(shape.spatial, patch.stride, strict=True)
    )


@pytest.mark.parametrize(
    ("patch", "pad", "length", "output"),
    [
        # Windows of 1 at 0, 3 and 6; the last would begin past 5 cells, so that torch drops it.
        (Patch((1, 1), (3, 3)), "valid", 5, 2),
        # Windows of 2 at -1, 2 and 5; 5 is past the 4 cells and the padding before them.
        (Patch((2, 2), (3, 3)), (1, 1), 4, 2),
        # Windows of 3 at 0, 2 and 4; the last begins inside 5 cells and stays.
        (Patch((3, 3), (2, 2)), "valid", 6, 3),
    ],
)
def test_rounding_up_drops_a_window_that_would_begin_in_the_padding(patch, pad, length, output):
    for kind in (
        MaxPool(patch=patch, pad=pad, ceil=True),
        AvgPool(patch=patch, pad=pad, ceil=True),
    ):
        shape = Shape((1, length, length))
        assert kind.output(shape).dims == (1, output, output)
        real = kind.module(shape)(torch.zeros(1, 1, length, length))
        assert tuple(real.shape) == (1, 1, output, output)


def test_asymmetric_padding_puts_the_odd_zero_below_and_to_the_right():
    # 4 cells, kernel 3, stride 2: 2 outputs need (2-1)*2+3-4 = 1 zero. With the kernel of ones
    # over 1 2 3 4 the sums are 1+2+3 = 6 and 3+4+0 = 7; the zero on the left would give 3 and 9.
    conv = Conv(patch=Patch((1, 3), (1, 2)), width=1, same="asymmetric", bias=False)
    module = conv.module(Shape((1, 1, 4)))
    nn.init.ones_(module.weight)
    with torch.no_grad():
        assert module(torch.tensor([[[[1.0, 2.0, 3.0, 4.0]]]])).flatten().tolist() == [6.0, 7.0]


def test_asymmetric_pooling_counts_the_padding_where_asked():
    # 3x3/2 over 4x4 ones reaches one row and one column of zeros below and to the right:
    # 9/9, 6/9, 6/9 and 4/9.
    pool = AvgPool(patch=Patch((3, 3), (2, 2)), same="asymmetric", count_pad=True)
    output = pool.module(Shape((1, 4, 4)))(torch.ones(1, 1, 4, 4)).flatten()
    assert torch.allclose(output * 9, torch.tensor([9.0, 6.0, 6.0, 4.0]))


def test_symmetric_pooling_counts_the_padding_only_where_asked():
    # 3x3 over 2x2 ones: every window holds the four ones and five zeros.
    for count_pad, mean in ((True, 4 / 9), (False, 1)):
        pool = AvgPool(patch=Patch((3, 3)), count_pad=count_pad)
        output = pool.module(Shape((1, 2, 2)))(torch.ones(1, 1, 2, 2))
        assert torch.allclose(output, torch.full((1, 1, 2, 2), float(mean)))


def test_an_even_maximum_at_stride_1_keeps_the_size_and_never_sees_its_padding():
    # 2x2 at stride 1 over -4 .. -1: the maximum of each cell and those right of and below it.
    pool = MaxPool(patch=Patch((2, 2)), same="asymmetric")
    module = pool.module(Shape((1, 2, 2)))
    output = module(torch.tensor([[[[-4.0, -3.0], [-2.0, -1.0]]]]))
    assert output.flatten().tolist() == [-1.0, -1.0, -1.0, -1.0]


def test_numbers_of_normalisation_reach_torch():
    shape = Shape((4, 2, 2))
    norm = BatchNorm(eps=1e-3, momentum=0.25).module(shape)
    assert (norm.eps, norm.momentum) == (1e-3, 0.25)
    norm = LocalResponseNorm(size=3, alpha=1e-3, beta=0.5, k=2.0).module(shape)
    assert (norm.size, norm.alpha, norm.beta, norm.k) == (3, 1e-3, 0.5, 2.0)


def _by_definition(images, axes, *, centred=True):
    """Take the mean over some axes off, and divide by the root mean square."""
    rest = images - images.mean(axes, keepdim=True) if centred else images
    return rest / (rest.square().mean(axes, keepdim=True) + 1e-12).sqrt()


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (LayerNorm(eps=1e-12), lambda images: _by_definition(images, 1)),
        (LayerNorm(eps=1e-12, bias=False), lambda images: _by_definition(images, 1)),
        (RmsNorm(eps=1e-12), lambda images: _by_definition(images, 1, centred=False)),
        (
            GroupNorm(eps=1e-12, groups=2),
            lambda images: torch.cat([_by_definition(g, (1, 2, 3)) for g in images.chunk(2, 1)], 1),
        ),
        (InstanceNorm(eps=1e-12), lambda images: _by_definition(images, (2, 3))),
        (InstanceNorm(eps=1e-12, affine=True), lambda images: _by_definition(images, (2, 3))),
    ],
)
def test_norms_are_what_their_papers_define(kind, expected):
    images = torch.randn(2, 4, 3, 5, generator=torch.Generator().manual_seed(1))
    found = kind.module(Shape((4, 3, 5)))(images)
    assert torch.allclose(found, expected(images), atol=1e-5)


def test_asymmetric_pooling_leaves_the_padding_out():
    # 4 cells, kernel 3, stride 2: windows (1 2 3) and (3 4): averages 2 and 3.5.
    pool = AvgPool(patch=Patch((1, 3), (1, 2)), same="asymmetric")
    module = pool.module(Shape((1, 1, 4)))
    assert module(torch.tensor([[[[1.0, 2.0, 3.0, 4.0]]]])).flatten().tolist() == [2.0, 3.5]
    # One axis with an odd zero, the other with a cell that no window of 1 at stride 2 reaches.
    pool = AvgPool(patch=Patch((1, 3), (2, 2)), same="asymmetric")
    assert pool.output(Shape((1, 2, 2))).dims == (1, 1, 1)
    assert pool.module(Shape((1, 2, 2)))(torch.ones(1, 1, 2, 2)).flatten().tolist() == [1.0]
    # 5 ones, kernel 4, stride 2: 3 outputs need 3 zeros, one before and two after; left out,
    # every average is 1.
    pool = AvgPool(patch=Patch((1, 4), (1, 2)), same="asymmetric")
    output = pool.module(Shape((1, 1, 5)))(torch.ones(1, 1, 1, 5))
    assert output.flatten().tolist() == [1.0, 1.0, 1.0]


def test_subsampling_takes_the_first_of_every_two_and_adds_zeros():
    image = torch.arange(9.0).reshape(1, 1, 3, 3)
    module = Subsampling(stride=2, width=2).module(Shape((1, 3, 3)))
    assert module(image).tolist() == [[[[0.0, 2.0], [6.0, 8.0]], [[0.0, 0.0], [0.0, 0.0]]]]


def test_a_pool_that_rounds_up_may_reach_past_a_small_input():
    # one window of 3 over 2 cells: the stride of 2 is rounded up to one position
    pool = MaxPool(patch=Patch((3, 3), (2, 2)), pad="valid", ceil=True)
    assert pool.output(Shape((1, 2, 2))).dims == (1, 1, 1)
    assert pool.module(Shape((1, 2, 2)))(torch.tensor([[[[1.0, 4.0], [2.0, 3.0]]]])).item() == 4.0


def test_a_batch_norm_without_scale_still_normalises_and_shifts():
    # mean 2, variance 1: (1 - 2) / 1 + 5 = 4 and (3 - 2) / 1 + 5 = 6
    norm = BatchNorm(scale=False, eps=1e-12).module(Shape((1, 1, 2)))
    assert [name for name, _ in norm.named_parameters()] == ["bias"]
    nn.init.constant_(norm.bias, 5.0)
    image = torch.tensor([[[[1.0, 3.0]]]])
    assert norm(image).flatten().tolist() == pytest.approx([4.0, 6.0])
    norm.reset_parameters()
    assert norm(image).flatten().tolist() == pytest.approx([-1.0, 1.0])


@pytest.mark.parametrize(
    ("kind", "shape", "cost"),
    [
        # 64 filters x 3 channels x 7 x 7 = 9,408 macs at each of 112 x 112 = 12,544 positions;
        # a bias on each of 64 x 12,544 outputs.
        (
            Conv(patch=Patch((7, 7), (2, 2)), width=64),
            (3, 224, 224),
            {"conv": 118_013_952, "bias": 802_816},
        ),
        # 2 groups: each of 8 filters sees 2 of 4 channels: 8 x 2 x 9 = 144 at 25 positions.
        (Conv(patch=Patch((3, 3)), width=8, groups=2, bias=False), (4, 5, 5), {"conv": 3_600}),
        # depthwise, multiplier 2: 2 x 4 filters of 9 = 72 at 25 positions.
        (DepthwiseConv(patch=Patch((3, 3)), multiplier=2, bias=False), (4, 5, 5), {"conv": 1_800}),
        # 4x2 channels of 3x3 and 8x6 of 1x1: 72 + 48 = 120 weights at 3x3 positions; 6x9 biases
        (
            SeparableConv(patch=Patch((3, 3), (2, 2)), width=6, multiplier=2),
            (4, 5, 5),
            {"conv": 1_080, "bias": 54},
        ),
        # dilation 2 makes a 3x3 reach over 5 cells: 1 position without padding, 9 macs x 2 x 4.
        (
            Conv(patch=Patch((3, 3)), width=4, dilation=(2, 2), pad="valid", bias=False),
            (2, 5, 5),
            {"conv": 72},
        ),
        # 1x7: 7 x 16 x 32 = 3,584 at 17 x 17 = 289 positions.
        (Conv(patch=Patch((1, 7)), width=32, bias=False), (16, 17, 17), {"conv": 1_035_776}),
        # 3 connections of 5x5 at 10x10 positions, and a bias for each of 2 filters
        (
            SparseConv(
                patch=Patch((5, 5)), connections=Connections(2, ((0,), (0, 1))), pad="valid"
            ),
            (2, 14, 14),
            {"conv": 75 * 100, "bias": 200},
        ),
        # 4 inputs, a coefficient and a bias for each of 6 x 14 x 14
        (
            TrainedPool(patch=Patch((2, 2), (2, 2))),
            (6, 28, 28),
            {"pool": 4 * 1_176, "scale": 1_176, "bias": 1_176},
        ),
        (UnitBias(), (12, 8, 8), {"bias": 768}),
        # differences, and the squares added up
        (Rbf(width=10), (84,), {"other": 840, "matmul": 840}),
        (ScaledTanh(), (2, 3, 3), {"activation": 18, "scale": 36}),
        # a length: 4 x 2 filters of 3 at every other of 9 places; 4 biases there
        (Conv(patch=Patch((3,), (2,)), width=4), (2, 9), {"conv": 24 * 5, "bias": 20}),
        # a clip: 4 x 2 filters of 1x3x3 at 5 x 3 x 3 places
        (
            Conv(patch=Patch((1, 3, 3), (1, 2, 2)), width=4, bias=False),
            (2, 5, 6, 6),
            {"conv": 72 * 45},
        ),
        # 2 x 4 filters of 2x2x2 from each of 2 x 3 x 3 places
        (
            TransposedConv(patch=Patch((2, 2, 2), (2, 2, 2)), width=4, bias=False),
            (2, 2, 3, 3),
            {"conv": 64 * 18},
        ),
        (MaxPool(patch=Patch((2,), (2,))), (4, 8), {"pool": 2 * 16}),
        (AvgPool(patch=Patch((2, 2, 2), (2, 2, 2))), (4, 4, 4, 4), {"pool": 8 * 32}),
        (GlobalAvgPool(), (4, 2, 3, 3), {"pool": 72}),
        (Linear(width=1000), (1024,), {"linear": 1_024_000, "bias": 1_000}),
        # 3x3 windows over 56 x 56 x 64 outputs.
        (MaxPool(patch=Patch((3, 3), (2, 2)), same="ceil"), (64, 112, 112), {"pool": 1_806_336}),
        (AvgPool(patch=Patch((7, 7)), pad="valid"), (1024, 7, 7), {"pool": 50_176}),
        (GlobalAvgPool(), (1024, 7, 7), {"pool": 50_176}),
        (GlobalMaxPool(), (8, 3, 5), {"pool": 120}),
        # 5 cells to 2 windows: cells 0-2 and 2-4, 3 + 3 = 6 a side; 6 x 6 x 2 channels.
        (AdaptiveAvgPool(size=(2, 2)), (2, 5, 5), {"pool": 72}),
        (AdaptiveMaxPool(size=(2, 1)), (2, 5, 5), {"pool": 60}),
        (LocalResponseNorm(), (2, 3, 3), {"norm": 180}),  # (5 + 5) x 18
        (BatchNorm(), (2, 3, 3), {"norm": 36}),
        (BatchNorm(scale=False), (2, 3, 3), {"norm": 36}),  # still divided by the deviation
        # mean, difference, square, its mean, quotient: 5; scale and shift: 2
        (LayerNorm(), (2, 3, 3), {"norm": 7 * 18}),
        (LayerNorm(bias=False), (2, 3, 3), {"norm": 6 * 18}),
        # square, its mean, quotient, scale: 4; epsilon and root: 2 at each of 9 positions
        (RmsNorm(), (2, 3, 3), {"norm": 4 * 18 + 2 * 9}),
        (RmsNorm(), (10,), {"norm": 4 * 10 + 2}),
        (GroupNorm(groups=2), (4, 3, 3), {"norm": 7 * 36}),
        (InstanceNorm(), (2, 3, 3), {"norm": 5 * 18}),
        (InstanceNorm(affine=True), (2, 3, 3), {"norm": 7 * 18}),
        (Subsampling(stride=2, width=4), (2, 3, 3), {}),
        (Scaling(factor=0.17), (2, 3, 3), {"scale": 18}),
        (LayerScale(), (2, 3, 3), {"scale": 18}),
        (Affine(), (2, 3, 3), {"scale": 18, "bias": 18}),
        # of 2x3 weights at each of 5 tokens; 3x5 biases
        (Linear(width=3), Shape((2, 5), tokens=True), {"linear": 30, "bias": 15}),
        (RmsNorm(), Shape((2, 5), tokens=True), {"norm": 4 * 10 + 2 * 5}),
        (Embedding(width=3), Shape.parse("tokens 5 of 9"), {}),
        # as in test_attention, where it is worked out
        (
            Attention(heads=2),
            Shape((8, 5), tokens=True),
            {"linear": 1280, "bias": 160, "matmul": 400, "softmax": 250, "scale": 80},
        ),
        # 3 x 2 input positions of 4 x 2 x 3 x 3 weights; 4 x 6 x 4 biases
        (
            TransposedConv(patch=Patch((3, 3), (2, 2)), width=4),
            (2, 3, 2),
            {"conv": 432, "bias": 96},
        ),
        (Positions(most=9), Shape((2, 5), tokens=True), {"bias": 10}),
        (Segments(number=2), Shape((2, 5), tokens=True), {"bias": 10}),
        (Sinusoids(), Shape((2, 5), tokens=True), {"bias": 10}),
        (ClassToken(), Shape((2, 5), tokens=True), {}),
        (Take(which="first"), Shape((2, 5), tokens=True), {}),
        (Mean(), Shape((2, 5), tokens=True), {"other": 10}),
        (Transpose(), Shape((2, 5), tokens=True), {}),
        # 5 positions, 3 numbers of the state; more of these in test_recurrent
        (
            Lstm(width=3, bias=False),
            Shape((2, 5), tokens=True),
            {"linear": 5 * 4 * 3 * (2 + 3), "activation": 75, "add": 75, "scale": 45},
        ),
        (
            Gru(width=3, bias=False),
            Shape((2, 5), tokens=True),
            {
                "linear": 5 * 3 * 3 * (2 + 3),
                "activation": 45,
                "add": 60,
                "scale": 30,
                "other": 15,
            },
        ),
        (
            Rnn(width=3),
            Shape((2, 5), tokens=True),
            {"linear": 5 * 3 * (2 + 3), "bias": 30, "activation": 15, "add": 15},
        ),
        # 6 channels of 3, at 5 positions
        (CausalConv(size=3), Shape((6, 5), tokens=True), {"conv": 90, "bias": 30}),
        # 6 x (2 + 2 x 3) and 2 x 6 at 5 positions; of 30 channels and tokens 90 states, each three
        # products, a sum, an exponential and a mac; d x and D x, the sum of the latter, softplus;
        # of 18 numbers of A exponential and sign
        (
            SelectiveScan(rank=2, state=3),
            Shape((6, 5), tokens=True),
            {
                "linear": 300,
                "bias": 30,
                "matmul": 90,
                "activation": 30,
                "scale": 270 + 60,
                "add": 90 + 30,
                "other": 90 + 36,
            },
        ),
        (Tokens(), (2, 3, 3), {}),
        (Tokens(grid=True), (2, 3, 3), {}),
        (Map(), Shape((2, 3, 3), tokens=True), {}),
        (SpaceToDepth(side=2), (2, 4, 4), {}),
        (Mean(), Shape((2, 5, 3), tokens=True), {"other": 30}),
        # numbers that only move
        (PixelShuffle(factor=2), (8, 3, 3), {}),
        (PixelUnshuffle(factor=2), (2, 4, 6), {}),
        (ChannelShuffle(groups=2), (4, 3, 3), {}),
        (ChannelSlice(start=1, stop=3), (4, 3, 3), {}),
        (Crop(side=2), (4, 3, 3), {}),
        (Border(size=(1,)), (4, 3, 3), {}),
        (Upsampling(factor=(2,)), (4, 3, 3), {}),
        # 2x6x6 outputs, each the weighted sum of 2x2 places: 4 products and 3 sums
        (Upsampling(factor=(2,), mode="bilinear"), (2, 3, 3), {"other": 7 * 72}),
        # 2 places of a line, 8 of a volume, 4 x 4 of bicubic: as many products, one sum fewer
        (Upsampling(factor=(2,), mode="linear"), (2, 5), {"other": (2 + 1) * 20}),
        (Upsampling(factor=(2,), mode="trilinear"), (1, 2, 2, 2), {"other": (8 + 7) * 64}),
        (Upsampling(factor=(2,), mode="bicubic"), (2, 3, 3), {"other": (16 + 15) * 72}),
        (Relu(), (2, 3, 3), {"activation": 18}),
        (Gelu(), (2, 3, 3), {"activation": 18}),
        (Relu6(), (2, 3, 3), {"activation": 18}),
        (Elu(), (2, 3, 3), {"activation": 18}),
        (LeakyRelu(slope=0.1), (2, 3, 3), {"activation": 18}),
        (Prelu(), (2, 3, 3), {"activation": 18}),
        (Silu(), (2, 3, 3), {"activation": 18}),
        (HardSwish(), (2, 3, 3), {"activation": 18}),
        (Sigmoid(), (2, 3, 3), {"activation": 18}),
        (HardSigmoid(), (2, 3, 3), {"activation": 18}),
        (Tanh(), (2, 3, 3), {"activation": 18}),
        (Softmax(), (10,), {"softmax": 50}),
        (Flatten(), (2, 3, 3), {}),
        (Identity(), (2, 3, 3), {}),
        (Dropout(p=0.4), (2, 3, 3), {}),
    ],
)
def test_costs_worked_out_by_hand(kind, shape, cost):
    shape = shape if isinstance(shape, Shape) else Shape(shape)
    assert kind.cost(shape).as_dict() == {**dict.fromkeys(CATEGORIES, 0), **cost}


@pytest.mark.parametrize("dims", [(6,), (6, 5), (6, 5, 4), (6, 5, 4, 3)])
@pytest.mark.parametrize(
    "kind",
    [
        BatchNorm(),
        BatchNorm(scale=False),
        Dropout(),
        Gelu(),
        Identity(),
        LayerNorm(),
        GroupNorm(groups=3),
        Prelu(),
        Relu(),
        RmsNorm(),
        Softmax(),
    ],
)
def test_elementwise_kinds_take_shapes_of_any_number_of_axes(kind, dims):
    shape = Shape(dims)
    module = kind.module(shape).train()
    assert tuple(module(torch.randn(2, *dims)).shape) == (2, *kind.output(shape).dims)
    assert sum(tensor.numel() for tensor in module.parameters()) == kind.params(shape)
    assert Flatten().output(shape).dims == (shape.elements,)


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        (ChannelShuffle(groups=2), [[[0]], [[1]], [[2]], [[3]]], [[[0]], [[2]], [[1]], [[3]]]),
        (ChannelSlice(start=1, stop=3), [[[0]], [[1]], [[2]], [[3]]], [[[1]], [[2]]]),
        (PixelShuffle(factor=2), [[[0]], [[1]], [[2]], [[3]]], [[[0, 1], [2, 3]]]),
        (PixelUnshuffle(factor=2), [[[0, 1], [2, 3]]], [[[0]], [[1]], [[2]], [[3]]]),
        (Crop(side=1), [[[0, 1, 2], [3, 4, 5], [6, 7, 8]]], [[[4]]]),
        (Crop(side=1, second=2), [[[0, 1, 2], [3, 4, 5], [6, 7, 8]]], [[[3, 4]]]),
        (Border(size=(0, 1)), [[[1, 2]]], [[[0, 1, 2, 0]]]),
        (Border(size=(0, 1), sides="before"), [[[1, 2]]], [[[0, 1, 2]]]),
        (Border(size=(0, 1), sides="after", mode="replicate"), [[[1, 2]]], [[[1, 2, 2]]]),
        (Border(size=(0, 1), mode="reflect"), [[[1, 2]]], [[[2, 1, 2, 1]]]),
        (Upsampling(factor=(1, 2)), [[[1, 2]]], [[[1, 1, 2, 2]]]),
        # places at 0, 1/3, 2/3 and 1; and at -1/4 (held at the border), 1/4, 3/4 and 5/4
        (
            Upsampling(factor=(1, 2), mode="bilinear", align=True),
            [[[0, 3]]],
            [[[0, 1, 2, 3]]],
        ),
        (Upsampling(factor=(1, 2), mode="bilinear"), [[[0, 4]]], [[[0, 1, 3, 4]]]),
    ],
)
def test_moves_are_what_their_names_say(kind, given, expected):
    given = torch.tensor([given], dtype=torch.float32)
    shape = Shape(tuple(given.shape[1:]))
    moved = kind.module(shape)(given)
    assert moved[0].tolist() == expected
    assert tuple(moved.shape[1:]) == kind.output(shape).dims


def test_every_kind_has_a_hand_count_above():
    marks = test_costs_worked_out_by_hand.pytestmark[0].args[1]
    assert {type(kind) for kind, *_ in marks} == set(KINDS.values())


@pytest.mark.parametrize(
    ("kind", "expected"),
    [  # at -4, -1, 0, 2 and 7
        (Relu(), [0, 0, 0, 2, 7]),
        (Relu6(), [0, 0, 0, 2, 6]),
        (LeakyRelu(slope=0.1), [-0.4, -0.1, 0, 2, 7]),
        (Prelu(), [-1, -0.25, 0, 2, 7]),  # torch begins with slopes of 0.25
        (HardSwish(), [0, -1 / 3, 0, 5 / 3, 7]),  # -1 x 2 / 6, 2 x 5 / 6
        (HardSigmoid(), [0, 1 / 3, 0.5, 5 / 6, 1]),
        (Silu(), [x / (1 + math.exp(-x)) for x in (-4, -1, 0, 2, 7)]),
        (Sigmoid(), [1 / (1 + math.exp(-x)) for x in (-4, -1, 0, 2, 7)]),
        (Tanh(), [math.tanh(x) for x in (-4, -1, 0, 2, 7)]),
        (ScaledTanh(), [1.7159 * math.tanh(2 * x / 3) for x in (-4, -1, 0, 2, 7)]),
        (Elu(), [math.exp(-4) - 1, math.exp(-1) - 1, 0, 2, 7]),
        (Gelu(), [x * (1 + math.erf(x / 2**0.5)) / 2 for x in (-4, -1, 0, 2, 7)]),
    ],
)
def test_activations_are_what_their_papers_define(kind, expected):
    given = torch.tensor([[-4.0, -1, 0, 2, 7]]).T.reshape(5, 1)
    found = kind.module(Shape((1,)))(given).flatten().tolist()
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("kind", "shape", "says"),
    [
        (Conv(patch=Patch((7, 7)), width=1, pad="valid"), (1, 5, 5), "does not fit"),
        (Conv(patch=Patch((2, 2)), width=1), (1, 4, 4), "equal zeros"),
        (Conv(patch=Patch((3, 3)), width=4, groups=3), (3, 4, 4), "do not divide"),
        (Conv(patch=Patch((3, 3)), width=3, groups=3), (4, 4, 4), "do not divide"),
        (Conv(patch=Patch((3, 3)), width=3), (4,), r"channels x height x width, and gets 4 \(feat"),
        (MaxPool(patch=Patch((3, 3)), pad=(2, 2)), (1, 5, 5), "more than half"),
        (MaxPool(patch=Patch((3, 3)), ceil=True), (1, 5, 5), "rounds already"),
        (AvgPool(patch=Patch((2, 2)), same="asymmetric"), (1, 4, 4), "leave out this padding"),
        (
            MaxPool(patch=Patch((3, 3), (2, 2)), same="ceil"),
            (1, 7, 7),
            "rounding up without padding gives 3",
        ),
        (PixelShuffle(factor=2), (6, 4, 4), "needs channels that 4 divides, and gets 6"),
        (PixelUnshuffle(factor=2), (6, 4, 5), "needs sides that 2 divides, and gets 5"),
        (ChannelShuffle(groups=4), (6, 4, 4), "4 groups do not divide 6"),
        (ChannelSlice(start=4, stop=7), (6, 4, 4), "channels 4 up to 7 of 6"),
        (ChannelSlice(start=4, stop=4), (6, 4, 4), "channels 4 up to 4 of 6"),
        (Crop(side=5), (6, 4, 4), "crop to 5 of 4"),
        (Crop(side=4, second=4, third=4), (6, 4, 4), "crop has 3 sides, and gets 6x4x4"),
        (Border(size=(0,)), (6, 4, 4), "no effect"),
        (Border(size=(4,), mode="reflect"), (6, 4, 4), "needs a longer side than 4"),
        (Border(size=(1, 1)), (6, 4), r"size 1x1 is of 2 axes, and gets 6x4 \(channels x length"),
        (Upsampling(factor=(2,), align=True), (6, 4, 4), "no effect under mode=nearest"),
        (Upsampling(factor=(2,), mode="linear"), (6, 4, 4), "mode=linear is of 1 axes"),
        (Linear(width=3), (4, 4, 4), "flattened"),
        (Linear(width=3), (4, 6), r"flattened features, and gets 4x6 \(channels x length\)"),
        (Conv(patch=Patch((3, 3)), width=3), (4, 6), r"gets 4x6 \(channels x length\)"),
        (MaxPool(patch=Patch((3, 3))), (4, 6, 6, 6), "channels x depth x height x width"),
        (Conv(patch=Patch((3,)), width=3), (4, 6, 6), "a patch of 1 axis, 3, gets 4x6x6"),
        (TransposedConv(patch=Patch((2, 2)), width=3), (4, 6), "a patch of 2 axes, 2x2, gets 4x6"),
        (AdaptiveAvgPool(size=(2, 2)), (4, 6), "size 2x2 is of 2 axes, and gets 4x6"),
        (Conv(patch=Patch((3,)), width=3, pad=(1, 1)), (4, 6), "pad 1x1 is of 2 axes, and gets"),
        (GlobalAvgPool(), (4,), r"channels with positions, .* gets 4 \(features\)"),
        (GroupNorm(groups=3), (4, 5, 5), "3 groups do not divide 4 channels"),
        (InstanceNorm(), (4, 1, 1), "needs several positions, and gets 4x1x1"),
        (InstanceNorm(), (4,), r"gets 4 \(features\)"),
        *(
            (kind, Shape((4, 6), tokens=True), r"gets 6x4 \(positions x width\)")
            for kind in (
                BatchNorm(),
                Conv(patch=Patch((3, 3)), width=3),
                GroupNorm(groups=2),
                InstanceNorm(),
                LocalResponseNorm(),
                Prelu(),
                Tokens(),
                Embedding(width=3),
            )
        ),
        (Sinusoids(), Shape((3, 5), tokens=True), "no width of 3; allowed: an even width"),
        (SpaceToDepth(side=2), (4, 4, 5), "blocks of 2x2 do not divide 4x4x5"),
        (SpaceToDepth(side=2), (4, 6), "needs channels, height and width, and gets 4x6"),
        (Positions(), Shape((4, 5, 6), tokens=True), r"gets 5x6x4 \(rows x columns x width\)"),
        (Tokens(), Shape((4, 6), tokens=True), r"needs a map, and gets 6x4"),
        (Tokens(), (4,), r"needs a map, and gets 4 \(features\)"),
        (Map(), (4, 6, 6), r"map needs tokens or features, and gets 4x6x6"),
        (Map(), (4,), r"map of 4 features needs its sides; write them, such as map 4x4"),
        (Map(size=(2, 3)), (4,), r"map of 2x3, and 4 \(features\) come in"),
        (Map(size=(2, 3)), Shape((4, 5), tokens=True), r"map of 2x3, and 5x4 \(positions"),
        (ClassToken(), (4, 6), r"a sequence of tokens, and gets 4x6 \(channels x length\)"),
        (Positions(most=5), Shape((4, 6), tokens=True), "positions for 5 tokens, and 6 come in"),
        (Subsampling(stride=2, width=3), (4, 4, 4), "subsample to 3 channels, and 4 come in"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(kind, shape, says):
    with pytest.raises(InvalidValueError, match=says):
        kind.output(shape if isinstance(shape, Shape) else Shape(shape))


def test_a_sequence_is_what_its_papers_say():
    # a map of 2 channels and 1x2 positions: the tokens (1, 3) and (2, 4)
    tokens = Tokens().module(Shape((2, 1, 2)))(torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]]]]))
    assert tokens.tolist() == [[[1.0, 3.0], [2.0, 4.0]]]
    grid = Tokens(grid=True).module(Shape((2, 1, 2)))(torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]]]]))
    assert grid.tolist() == [[[[1.0, 3.0], [2.0, 4.0]]]]
    assert torch.equal(Tokens().module(Shape((2, 1, 2), tokens=True))(grid), tokens)
    # and back: the same map of both, and of its own numbers channel by channel
    back = [[[[1.0, 2.0]], [[3.0, 4.0]]]]
    assert Map().module(Shape((2, 1, 2), tokens=True))(grid).tolist() == back
    assert Map(size=(1, 2)).module(Shape((2, 2), tokens=True))(tokens).tolist() == back
    assert Map().module(Shape((2, 2), tokens=True))(tokens).tolist() == [[[1.0, 2.0], [3.0, 4.0]]]
    features = torch.tensor([[1.0, 2.0, 3.0, 4.0]])
    assert Map(size=(1, 2)).module(Shape((4,)))(features).tolist() == back
    assert Mean().module(Shape((2, 1, 2), tokens=True))(grid).tolist() == [[1.5, 3.5]]
    shape = Shape((2, 2), tokens=True)
    token, positions, segments = (
        kind.module(shape) for kind in (ClassToken(), Positions(most=3), Segments(number=2))
    )
    with torch.no_grad():
        token.weight.fill_(9.0)
        positions.weight.copy_(torch.tensor([[10.0, 20.0], [30.0, 40.0], [50.0, 60.0]]))
        segments.weight.copy_(torch.tensor([[0.5, 0.0], [7.0, 7.0]]))
        assert token(tokens).tolist() == [[[9.0, 9.0], [1.0, 3.0], [2.0, 4.0]]]
        assert positions(tokens).tolist() == [[[11.0, 23.0], [32.0, 44.0]]]
        assert segments(tokens).tolist() == [[[1.5, 3.0], [2.5, 4.0]]]
    # position 1, angles 1 and 1/100: sines and cosines in turn
    waves = Sinusoids().module(Shape((4, 2), tokens=True))(torch.zeros(1, 2, 4))[0]
    expected = [math.sin(1), math.cos(1), math.sin(0.01), math.cos(0.01)]
    assert waves[0].tolist() == [0, 1, 0, 1]
    assert waves[1].tolist() == pytest.approx(expected)
    assert Take(which="first").module(shape)(tokens).tolist() == [[1.0, 3.0]]
    assert Take(which="last").module(shape)(tokens).tolist() == [[2.0, 4.0]]
    assert Mean().module(shape)(tokens).tolist() == [[1.5, 3.5]]
    assert Transpose().module(shape)(tokens).tolist() == [[[1.0, 2.0], [3.0, 4.0]]]


@pytest.mark.parametrize("tokens", [True, False])
def test_an_affine_layer_scales_and_shifts_each_channel(tokens):
    # channels 1, 2 and 3, 4 at two positions: 10 x + 0.5 of the first, 100 x - 1 of the second
    x = torch.tensor([[[1.0, 2.0], [3.0, 4.0]]])  # channels first
    affine = Affine().module(Shape((2, 2), tokens=tokens))
    assert torch.equal(affine(x), x)  # as it begins
    with torch.no_grad():
        affine.scale.weight.copy_(torch.tensor([10.0, 100.0]))
        affine.shift.bias.copy_(torch.tensor([0.5, -1.0]))
        given = affine(x.mT).mT if tokens else affine(x)
    assert given.tolist() == [[[10.5, 20.5], [299.0, 399.0]]]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tokens 512", "'tokens 512' is not a sequence of tokens; allowed: tokens LENGTH of VOCAB"),
        ("tokens 0 of 5", "is not a sequence of tokens"),
        ("3", "is not a size"),
    ],
)
def test_an_input_that_is_none_is_refused_in_words(text, says):
    with pytest.raises(InvalidValueError, match=says):
        Shape.parse(text)
