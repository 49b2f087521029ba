"""Small models whose multiply-accumulates are worked out by hand (`python benchmarks/peers.py`).

Counted are the multiply-accumulates of convolutions, linear layers and products of matrices:
no bias, norm, softmax or elementwise work. A convolution takes one for each weight of a filter
at each output position, padding included; a transposed one takes one for each weight at each
input position, also where the padding cuts the result off. One of complex numbers is four. Attention is dense, under a mask
too. A recurrent layer has the products of its weights with inputs and states, the zero state of
the first step too. A look-up in an embedding has none.

Backward, a product costs its forward count once for each operand that needs a gradient: all
parameters do unless frozen, inputs and zero states do not. What does not reach the output, or
is under `no_grad`, costs nothing; what a checkpoint computes anew is not counted again.

Each figure is arithmetic by hand; none of them is taken from a tool.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import weight_norm
from torch.utils.checkpoint import checkpoint


@dataclass(frozen=True)
class Probe:
    """A model, its inputs, and its true multiply-accumulates.

    Attributes:
        name: unlike any other's.
        group: what it is about.
        build: makes the model.
        inputs: makes what the model is called with.
        forward: the multiply-accumulates of one call.
        backward: those of the backward pass from all of its outputs.
        devices: where it can be run.
    """

    name: str
    group: str
    build: Callable[[], nn.Module]
    inputs: Callable[[], tuple[Any, ...]]
    forward: int
    backward: int
    devices: tuple[str, ...] = ("meta", "cpu")


class Model(nn.Module):
    """A function of its parts and the inputs.

    Args:
        run: called with the model and the inputs.
        **parts: modules, and tensors that become parameters.
    """

    def __init__(self, run: Callable[..., Any], **parts: nn.Module | Tensor) -> None:
        super().__init__()
        self.run = run
        for name, part in parts.items():
            setattr(self, name, nn.Parameter(part) if isinstance(part, Tensor) else part)

    def forward(self, *inputs: Any) -> Any:
        """Call the function."""
        return self.run(self, *inputs)


def model(
    run: Callable[..., Any], **parts: Callable[[], nn.Module | Tensor]
) -> Callable[[], nn.Module]:
    """Give what builds a model of a function and parts, each of them made anew every time."""
    return lambda: Model(run, **{name: make() for name, make in parts.items()})


def weight(*shape: int) -> Callable[[], Tensor]:
    """Give what makes a parameter of a shape."""
    return lambda: torch.randn(shape)


def held(
    run: Callable[..., Any], **parts: Callable[[], nn.Module | Tensor]
) -> Callable[[], nn.Module]:
    """Give what builds a model whose tensors are buffers, not trained."""

    def build() -> nn.Module:
        made = {name: make() for name, make in parts.items()}
        found = Model(run, **{n: part for n, part in made.items() if isinstance(part, nn.Module)})
        for name, part in made.items():
            if isinstance(part, Tensor):
                found.register_buffer(name, part)
        return found

    return build


def bare() -> nn.Module:
    """Make a linear layer without a bias."""
    return nn.Linear(2, 5, bias=False)


def given(*shapes: tuple[int, ...]) -> Callable[[], tuple[Tensor, ...]]:
    """Give what makes inputs of these shapes."""
    return lambda: tuple(torch.randn(shape) for shape in shapes)


def frozen(module: nn.Module) -> nn.Module:
    """Take gradients from a module's parameters."""
    return module.requires_grad_(False)


def split(x: Any, heads: int) -> Any:
    """Part [images, steps, width] into [images, heads, steps, width of a head]."""
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def attend(m: Any, x: Tensor, **options: Any) -> Any:
    """Attention with two heads, by torch's own function."""
    q, k, v = (split(part, 2) for part in m.qkv(x).chunk(3, dim=-1))
    return F.scaled_dot_product_attention(q, k, v, **options)


def attend_grouped(m: Any, x: Tensor) -> Any:
    """Attention with four heads that read two heads of keys and values."""
    q, k, v = split(m.q(x), 4), split(m.k(x), 2), split(m.v(x), 2)
    return F.scaled_dot_product_attention(q, k, v, enable_gqa=True)


def attend_by_hand(m: Any, x: Tensor) -> Any:
    """Attention with one head, written out."""
    q, k, v = m.q(x), m.k(x), m.v(x)
    return (q @ k.transpose(-2, -1) / 2.0).softmax(-1) @ v


def unroll(m: Any, x: Tensor) -> Any:
    """Call a cell for each step, first without a state."""
    state: Any = None
    for step in x:
        state = m.cell(step, state)
    return state[0]


def without_grad(m: Any, x: Tensor) -> Any:
    """Call a backbone under no_grad, then a head."""
    with torch.no_grad():
        features = m.backbone(x)
    return m.head(features)


def side_branch(m: Any, x: Tensor) -> Any:
    """Compute a branch whose result is dropped."""
    stem = m.stem(x)
    m.side(stem)
    return m.head(stem)


CONVOLUTIONS = (
    Probe(
        "conv1d",
        "convolution",
        lambda: nn.Conv1d(4, 6, 3, padding=1),
        given((2, 4, 10)),
        # images * filters * channels * kernel * positions: 10 + 2 - 3 + 1 = 10
        forward=2 * 6 * 4 * 3 * 10,
        # the kernel's gradient; the input needs none
        backward=2 * 6 * 4 * 3 * 10,
    ),
    Probe(
        "conv2d",
        "convolution",
        lambda: nn.Conv2d(3, 8, 5),
        given((2, 3, 12, 12)),
        # images * filters * channels * kernel 5x5 * positions 8x8: 12 - 5 + 1 = 8
        forward=2 * 8 * 3 * 25 * 64,
        # the kernel's gradient
        backward=2 * 8 * 3 * 25 * 64,
    ),
    Probe(
        "conv2d_1x1_batch_1",
        "convolution",
        lambda: nn.Conv2d(16, 4, 1),
        given((1, 16, 7, 7)),
        # image * filters * channels * kernel 1x1 * positions 7x7
        forward=1 * 4 * 16 * 1 * 49,
        # the kernel's gradient
        backward=1 * 4 * 16 * 1 * 49,
    ),
    Probe(
        "conv2d_strided",
        "convolution",
        lambda: nn.Sequential(
            nn.Conv2d(3, 4, 3, stride=2, padding=1), nn.Conv2d(4, 6, 3, stride=2)
        ),
        given((2, 3, 9, 9)),
        # images * filters * channels * kernel 3x3 * positions 5x5: (9 + 2 - 3) / 2 + 1 = 5,
        # then positions 2x2: (5 - 3) / 2 + 1 = 2
        forward=2 * 4 * 3 * 9 * 25 + 2 * 6 * 4 * 9 * 4,
        # the first: its kernel; the second: its kernel and what it reads
        backward=2 * 4 * 3 * 9 * 25 + 2 * (2 * 6 * 4 * 9 * 4),
    ),
    Probe(
        "conv2d_same",
        "convolution",
        lambda: nn.Conv2d(3, 5, (3, 5), padding="same"),
        given((1, 3, 6, 6)),
        # image * filters * channels * kernel 3x5 * positions 6x6, as many as the input has
        forward=1 * 5 * 3 * 15 * 36,
        # the kernel's gradient
        backward=1 * 5 * 3 * 15 * 36,
    ),
    Probe(
        "conv2d_grouped",
        "convolution",
        lambda: nn.Sequential(nn.Conv2d(4, 8, 1), nn.Conv2d(8, 12, 3, padding=1, groups=4)),
        given((2, 4, 5, 5)),
        # images * filters * channels * kernel * positions 5x5, then with 8 / 4 = 2 channels each
        forward=2 * 8 * 4 * 1 * 25 + 2 * 12 * 2 * 9 * 25,
        # the first: its kernel; the grouped one: its kernel and what it reads, by groups too
        backward=2 * 8 * 4 * 1 * 25 + 2 * (2 * 12 * 2 * 9 * 25),
    ),
    Probe(
        "conv2d_depthwise",
        "convolution",
        lambda: nn.Sequential(nn.Conv2d(6, 6, 3, padding=1, groups=6), nn.Conv2d(6, 10, 1)),
        given((1, 6, 8, 8)),
        # image * filters * channels: one each * kernel 3x3 * positions 8x8, then 10 filters 1x1
        forward=1 * 6 * 1 * 9 * 64 + 1 * 10 * 6 * 1 * 64,
        # the first: its kernel; the second: its kernel and what it reads
        backward=1 * 6 * 1 * 9 * 64 + 2 * (1 * 10 * 6 * 1 * 64),
    ),
    Probe(
        "conv2d_dilated",
        "convolution",
        lambda: nn.Conv2d(2, 3, 3, dilation=2),
        given((1, 2, 9, 9)),
        # image * filters * channels * kernel 3x3 * positions 5x5: it spans 5, 9 - 5 + 1 = 5
        forward=1 * 3 * 2 * 9 * 25,
        # the kernel's gradient
        backward=1 * 3 * 2 * 9 * 25,
    ),
    Probe(
        "conv3d",
        "convolution",
        lambda: nn.Conv3d(2, 4, (3, 3, 1), stride=(1, 2, 1), padding=(1, 1, 0)),
        given((1, 2, 4, 6, 5)),
        # image * filters * channels * kernel 3x3x1 * positions 4x3x5: 4 + 2 - 3 + 1 = 4,
        # (6 + 2 - 3) / 2 rounded down + 1 = 3, and 5
        forward=1 * 4 * 2 * 9 * 60,
        # the kernel's gradient
        backward=1 * 4 * 2 * 9 * 60,
    ),
    Probe(
        "conv2d_functional",
        "convolution",
        model(lambda m, x: F.conv2d(x, m.kernel), kernel=weight(4, 3, 3, 3)),
        given((2, 3, 6, 6)),
        # images * filters * channels * kernel 3x3 * positions 4x4
        forward=2 * 4 * 3 * 9 * 16,
        # the kernel's gradient
        backward=2 * 4 * 3 * 9 * 16,
    ),
)

TRANSPOSED = (
    Probe(
        "conv_transpose1d",
        "transposed",
        lambda: nn.ConvTranspose1d(4, 6, 3, stride=2, padding=1, output_padding=1),
        given((2, 4, 5)),
        # images * channels * filters * kernel * positions of the input
        forward=2 * 4 * 6 * 3 * 5,
        # the kernel's gradient
        backward=2 * 4 * 6 * 3 * 5,
    ),
    Probe(
        "conv_transpose2d",
        "transposed",
        lambda: nn.Sequential(
            nn.ConvTranspose2d(3, 5, 4, stride=2, padding=1),
            nn.ConvTranspose2d(5, 2, 4, stride=2, padding=1),
        ),
        given((1, 3, 3, 3)),
        # image * channels * filters * kernel 4x4 * positions of the input 3x3,
        # then 6x6: (3 - 1) * 2 - 2 + 4 = 6
        forward=1 * 3 * 5 * 16 * 9 + 1 * 5 * 2 * 16 * 36,
        # the first: its kernel; the second: its kernel and what it reads
        backward=1 * 3 * 5 * 16 * 9 + 2 * (1 * 5 * 2 * 16 * 36),
    ),
    Probe(
        "conv_transpose2d_grouped",
        "transposed",
        lambda: nn.Sequential(
            nn.Conv2d(2, 4, 1),
            nn.ConvTranspose2d(4, 6, 3, stride=2, output_padding=1, groups=2),
        ),
        given((1, 2, 4, 4)),
        # image * filters * channels * kernel * positions 4x4, then image * channels * filters of
        # a group (6 / 2 = 3) * kernel 3x3 * positions of the input 4x4
        forward=1 * 4 * 2 * 1 * 16 + 1 * 4 * 3 * 9 * 16,
        # the first: its kernel; the grouped one: its kernel and what it reads, by groups too
        backward=1 * 4 * 2 * 1 * 16 + 2 * (1 * 4 * 3 * 9 * 16),
    ),
    Probe(
        "conv_transpose3d",
        "transposed",
        lambda: nn.ConvTranspose3d(2, 3, 2, stride=2),
        given((1, 2, 3, 3, 3)),
        # image * channels * filters * kernel 2x2x2 * positions of the input 3x3x3
        forward=1 * 2 * 3 * 8 * 27,
        # the kernel's gradient
        backward=1 * 2 * 3 * 8 * 27,
    ),
)

LINEAR = (
    Probe(
        "linear_2d",
        "linear",
        lambda: nn.Linear(10, 7),
        given((4, 10)),
        # rows * inputs * outputs
        forward=4 * 10 * 7,
        # the weight's gradient
        backward=4 * 10 * 7,
    ),
    Probe(
        "linear_3d",
        "linear",
        lambda: nn.Sequential(nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 3)),
        given((2, 5, 8)),
        # rows (2 * 5) * inputs * outputs, of both
        forward=10 * 8 * 6 + 10 * 6 * 3,
        # the first: its weight; the second: its weight and what it reads
        backward=10 * 8 * 6 + 2 * (10 * 6 * 3),
    ),
    Probe(
        "linear_without_bias",
        "linear",
        lambda: nn.Linear(9, 4, bias=False),
        given((2, 3, 2, 9)),
        # rows (2 * 3 * 2) * inputs * outputs
        forward=12 * 9 * 4,
        # the weight's gradient
        backward=12 * 9 * 4,
    ),
)

# Of the two that are multiplied, the parameter needs a gradient and the input none: backward is
# once the forward count, where nothing else is said.
MATMUL = (
    Probe(
        "matmul_vector_vector",
        "matmul",
        model(lambda m, x: torch.matmul(x, m.w), w=weight(7)),
        given((7,)),
        # the sum's length
        forward=7,
        # one for each element of the parameter's gradient: what comes back times the input
        backward=7,
    ),
    Probe(
        "matmul_matrix_vector",
        "matmul",
        model(lambda m, x: torch.matmul(x, m.w), w=weight(6)),
        given((5, 6)),
        # rows * the sum's length
        forward=5 * 6,
        backward=5 * 6,
    ),
    Probe(
        "matmul_vector_matrix",
        "matmul",
        model(lambda m, x: torch.matmul(x, m.w), w=weight(6, 4)),
        given((6,)),
        # the sum's length * columns
        forward=6 * 4,
        backward=6 * 4,
    ),
    Probe(
        "matmul_operator",
        "matmul",
        model(lambda m, x: m.w @ x, w=weight(3, 4)),
        given((4, 5)),
        # rows * the sum's length * columns
        forward=3 * 4 * 5,
        backward=3 * 4 * 5,
    ),
    Probe(
        "matmul_batch_matrix",
        "matmul",
        model(lambda m, x: torch.matmul(x, m.w), w=weight(4, 5)),
        given((2, 3, 4)),
        # matrices * rows * the sum's length * columns
        forward=2 * 3 * 4 * 5,
        backward=2 * 3 * 4 * 5,
    ),
    Probe(
        "matmul_matrix_batch",
        "matmul",
        model(lambda m, x: torch.matmul(m.w, x), w=weight(5, 3)),
        given((2, 3, 4)),
        # matrices * rows * the sum's length * columns
        forward=2 * 5 * 3 * 4,
        backward=2 * 5 * 3 * 4,
    ),
    Probe(
        "matmul_broadcast",
        "matmul",
        model(lambda m, x: torch.matmul(x, m.w), w=weight(4, 5, 6)),
        given((3, 1, 2, 5)),
        # matrices (3, 1) with (4) are 3 * 4; rows * the sum's length * columns
        forward=3 * 4 * 2 * 5 * 6,
        backward=3 * 4 * 2 * 5 * 6,
    ),
    Probe(
        "bmm",
        "matmul",
        model(
            lambda m, x: torch.bmm(m.q(x), m.k(x).transpose(1, 2)),
            q=lambda: nn.Linear(4, 6),
            k=lambda: nn.Linear(4, 6),
        ),
        given((2, 3, 4)),
        # two linear layers: rows (2 * 3) * inputs * outputs; matrices * rows * sum * columns
        forward=2 * (6 * 4 * 6) + 2 * 3 * 6 * 3,
        # the linear layers: their weights; the product: both that are multiplied
        backward=2 * (6 * 4 * 6) + 2 * (2 * 3 * 6 * 3),
    ),
    Probe(
        "baddbmm",
        "matmul",
        model(lambda m, x: torch.baddbmm(m.b, x, m.w), b=weight(2, 3, 5), w=weight(2, 4, 5)),
        given((2, 3, 4)),
        # matrices * rows * the sum's length * columns; the sum with b is none
        forward=2 * 3 * 4 * 5,
        backward=2 * 3 * 4 * 5,
    ),
    Probe(
        "addmm",
        "matmul",
        model(lambda m, x: torch.addmm(m.b, x, m.w), b=weight(5), w=weight(4, 5)),
        given((3, 4)),
        # rows * the sum's length * columns; the sum with b is none
        forward=3 * 4 * 5,
        backward=3 * 4 * 5,
    ),
)

EINSUM = (
    Probe(
        "einsum",
        "einsum",
        model(lambda m, x: torch.einsum("ij,kj->ik", x, m.w), w=weight(6, 5)),
        given((4, 5)),
        # i * k * the sum over j
        forward=4 * 6 * 5,
        # the weight's gradient
        backward=4 * 6 * 5,
    ),
    Probe(
        "einsum_batched",
        "einsum",
        model(lambda m, x: torch.einsum("bhqd,bhkd->bhqk", x, m.w), w=weight(2, 3, 6, 5)),
        given((2, 3, 4, 5)),
        # b * h * q * k * the sum over d
        forward=2 * 3 * 4 * 6 * 5,
        # the weight's gradient
        backward=2 * 3 * 4 * 6 * 5,
    ),
    Probe(
        "einsum_three",
        "einsum",
        model(
            lambda m, x: torch.einsum("ij,jk,kl->il", x, m.a, m.b), a=weight(3, 4), b=weight(4, 5)
        ),
        given((2, 3)),
        # torch goes from left to right, here the cheapest order too (the other takes 90):
        # i * k * the sum over j, then i * l * the sum over k
        forward=2 * 4 * 3 + 2 * 5 * 4,
        # the first product: a; the second: b and the first's result
        backward=2 * 4 * 3 + 2 * (2 * 5 * 4),
    ),
)

ATTENTION = (
    Probe(
        "multihead_self",
        "attention",
        model(
            lambda m, x: m.attention(x, x, x)[0],
            attention=lambda: nn.MultiheadAttention(8, 2, batch_first=True),
        ),
        given((2, 5, 8)),
        # queries, keys and values: rows (2 * 5) * width * 3 widths; scores and mixture, each
        # images * steps * steps * width; output: rows * width * width
        forward=10 * 8 * 24 + 2 * (2 * 5 * 5 * 8) + 10 * 8 * 8,
        # the weights of the projections of the input; of the rest both that are multiplied
        backward=10 * 8 * 24 + 2 * (2 * (2 * 5 * 5 * 8) + 10 * 8 * 8),
    ),
    Probe(
        "multihead_cross",
        "attention",
        model(
            lambda m, q, k, v: m.attention(q, k, v, need_weights=False)[0],
            attention=lambda: nn.MultiheadAttention(8, 2, kdim=6, vdim=10, batch_first=True),
        ),
        given((2, 4, 8), (2, 7, 6), (2, 7, 10)),
        # queries: rows (2 * 4) * 8 * 8; keys: rows (2 * 7) * 6 * 8; values: rows * 10 * 8;
        # scores and mixture, each images * 4 * 7 * 8; output: rows * 8 * 8
        forward=8 * 8 * 8 + 14 * 6 * 8 + 14 * 10 * 8 + 2 * (2 * 4 * 7 * 8) + 8 * 8 * 8,
        # the weights of the three projections of inputs; of the rest both that are multiplied
        backward=8 * 8 * 8 + 14 * 6 * 8 + 14 * 10 * 8 + 2 * (2 * (2 * 4 * 7 * 8) + 8 * 8 * 8),
    ),
    Probe(
        "sdpa",
        "attention",
        model(attend, qkv=lambda: nn.Linear(8, 24)),
        given((2, 5, 8)),
        # rows (2 * 5) * 8 * 24; scores and mixture, each images * heads * steps * steps * 4
        forward=10 * 8 * 24 + 2 * (2 * 2 * 5 * 5 * 4),
        # the weight; of scores and mixture both that are multiplied
        backward=10 * 8 * 24 + 2 * 2 * (2 * 2 * 5 * 5 * 4),
    ),
    Probe(
        "sdpa_causal",
        "attention",
        model(lambda m, x: attend(m, x, is_causal=True), qkv=lambda: nn.Linear(8, 24)),
        given((1, 6, 8)),
        # rows * 8 * 24; scores and mixture, each image * heads * steps * steps * 4, also masked
        forward=6 * 8 * 24 + 2 * (1 * 2 * 6 * 6 * 4),
        # the weight; of scores and mixture both that are multiplied
        backward=6 * 8 * 24 + 2 * 2 * (1 * 2 * 6 * 6 * 4),
    ),
    Probe(
        "sdpa_grouped_query",
        "attention",
        model(
            attend_grouped,
            q=lambda: nn.Linear(8, 16),
            k=lambda: nn.Linear(8, 8),
            v=lambda: nn.Linear(8, 8),
        ),
        given((1, 5, 8)),
        # queries: rows * 8 * 16; keys and values: rows * 8 * 8 each; scores and mixture, each
        # image * heads of queries * steps * steps * 4
        forward=5 * 8 * 16 + 2 * (5 * 8 * 8) + 2 * (1 * 4 * 5 * 5 * 4),
        # the three weights; of scores and mixture both that are multiplied
        backward=5 * 8 * 16 + 2 * (5 * 8 * 8) + 2 * 2 * (1 * 4 * 5 * 5 * 4),
    ),
    Probe(
        "attention_by_hand",
        "attention",
        model(
            attend_by_hand,
            q=lambda: nn.Linear(6, 4),
            k=lambda: nn.Linear(6, 4),
            v=lambda: nn.Linear(6, 3),
        ),
        given((2, 5, 6)),
        # queries and keys: rows (2 * 5) * 6 * 4 each; values: rows * 6 * 3;
        # scores: images * 5 * 5 * 4; mixture: images * 5 * 5 * 3
        forward=2 * (10 * 6 * 4) + 10 * 6 * 3 + 2 * 5 * 5 * 4 + 2 * 5 * 5 * 3,
        # the three weights; of scores and mixture both that are multiplied
        backward=2 * (10 * 6 * 4) + 10 * 6 * 3 + 2 * (2 * 5 * 5 * 4) + 2 * (2 * 5 * 5 * 3),
    ),
)

TRANSFORMERS = (
    Probe(
        "encoder_layer",
        "transformer",
        lambda: nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval(),
        given((2, 5, 8)),
        # queries, keys and values: rows (2 * 5) * 8 * 24; scores and mixture: images * 5 * 5 * 8
        # each; output: rows * 8 * 8; up and down: rows * 8 * 16 each
        forward=10 * 8 * 24 + 2 * (2 * 5 * 5 * 8) + 10 * 8 * 8 + 2 * (10 * 8 * 16),
        # the weights of the projections of the input; of the rest both that are multiplied
        backward=10 * 8 * 24 + 2 * (2 * (2 * 5 * 5 * 8) + 10 * 8 * 8 + 2 * (10 * 8 * 16)),
    ),
    Probe(
        "encoder_fused",
        "transformer",
        model(
            # In eval mode with nothing to train, torch runs each layer as one fused operation.
            lambda m, x: m.head(m.encoder(x)),
            encoder=lambda: frozen(
                nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2)
            ).eval(),
            head=lambda: nn.Linear(8, 3),
        ),
        given((2, 5, 8)),
        # two layers as in encoder_layer; the head: rows (2 * 5) * 8 * 3
        forward=2 * (10 * 8 * 24 + 2 * (2 * 5 * 5 * 8) + 10 * 8 * 8 + 2 * (10 * 8 * 16))
        + 10 * 8 * 3,
        # the head's weight; the encoder is frozen
        backward=10 * 8 * 3,
    ),
    Probe(
        "decoder_layer",
        "transformer",
        lambda: nn.TransformerDecoderLayer(8, 2, 16, batch_first=True).eval(),
        given((2, 4, 8), (2, 6, 8)),
        # itself: rows (2 * 4) * 8 * 24, twice images * 4 * 4 * 8, rows * 8 * 8;
        # the memory: queries: rows * 8 * 8, keys and values: rows (2 * 6) * 8 * 16,
        # twice images * 4 * 6 * 8, rows * 8 * 8; up and down: rows * 8 * 16 each
        forward=(8 * 8 * 24 + 2 * (2 * 4 * 4 * 8) + 8 * 8 * 8)
        + (8 * 8 * 8 + 12 * 8 * 16 + 2 * (2 * 4 * 6 * 8) + 8 * 8 * 8)
        + 2 * (8 * 8 * 16),
        # once: the projections of the target (8 * 8 * 24) and of the memory (12 * 8 * 16), which
        # are inputs; of the rest both that are multiplied
        backward=(8 * 8 * 24 + 2 * (2 * (2 * 4 * 4 * 8) + 8 * 8 * 8))
        + (12 * 8 * 16 + 2 * (8 * 8 * 8 + 2 * (2 * 4 * 6 * 8) + 8 * 8 * 8))
        + 2 * (2 * (8 * 8 * 16)),
    ),
)

# Backward, the product with the state at the first step has its weight's gradient alone: the
# zero state needs none.
RECURRENT = (
    Probe(
        "lstm_bidirectional",
        "recurrent",
        model(
            lambda m, x: m.lstm(x)[0],
            lstm=lambda: nn.LSTM(6, 4, num_layers=2, bidirectional=True),
        ),
        given((5, 2, 6)),
        # directions * steps * images * 4 gates of 4 * (inputs + states): 6 + 4, then 2 * 4 + 4
        forward=2 * 5 * 2 * 16 * (6 + 4) + 2 * 5 * 2 * 16 * (8 + 4),
        # inputs: the first layer's weights, the second's weights and inputs;
        # states of each layer: the weights at 5 steps, the states at 4
        backward=(2 * 5 * 2 * 16 * 6 + 2 * (2 * 5 * 2 * 16 * 8)) + 2 * (2 * (5 + 4) * 2 * 16 * 4),
    ),
    Probe(
        "lstm_projected",
        "recurrent",
        model(
            lambda m, x: m.lstm(x)[0],
            lstm=lambda: nn.LSTM(6, 8, proj_size=3, batch_first=True),
        ),
        given((2, 5, 6)),
        # steps * images * (4 gates of 8 * (inputs 6 + projected states 3) + projection 8 * 3)
        forward=5 * 2 * (32 * (6 + 3) + 8 * 3),
        # inputs: weights; states: weights at 5 steps, states at 4; projection: both
        backward=5 * 2 * 32 * 6 + (5 + 4) * 2 * 32 * 3 + 2 * (5 * 2 * 8 * 3),
    ),
    Probe(
        "gru",
        "recurrent",
        model(lambda m, x: m.gru(x)[0], gru=lambda: nn.GRU(5, 4)),
        given((6, 3, 5)),
        # steps * images * 3 gates of 4 * (inputs + states)
        forward=6 * 3 * 12 * (5 + 4),
        # inputs: weights; states: weights at 6 steps, states at 5
        backward=6 * 3 * 12 * 5 + (6 + 5) * 3 * 12 * 4,
    ),
    Probe(
        "rnn",
        "recurrent",
        model(lambda m, x: m.rnn(x)[0], rnn=lambda: nn.RNN(5, 4, batch_first=True)),
        given((3, 4, 5)),
        # steps * images * 4 * (inputs + states)
        forward=4 * 3 * 4 * (5 + 4),
        # inputs: weights; states: weights at 4 steps, states at 3
        backward=4 * 3 * 4 * 5 + (4 + 3) * 3 * 4 * 4,
    ),
    Probe(
        "lstm_cell",
        "recurrent",
        model(unroll, cell=lambda: nn.LSTMCell(5, 4)),
        given((3, 2, 5)),
        # steps * images * 4 gates of 4 * (inputs + states)
        forward=3 * 2 * 16 * (5 + 4),
        # inputs: weights; states: weights at 3 steps, states at 2
        backward=3 * 2 * 16 * 5 + (3 + 2) * 2 * 16 * 4,
    ),
)

SHARING = (
    Probe(
        "shared_twice",
        "sharing",
        model(lambda m, x: m.layer(m.layer(x).relu()), layer=lambda: nn.Linear(6, 6)),
        given((3, 6)),
        # two calls * rows * inputs * outputs
        forward=2 * (3 * 6 * 6),
        # the first call: the weight; the second: the weight and what it reads
        backward=3 * 6 * 6 + 2 * (3 * 6 * 6),
    ),
    Probe(
        "shared_sizes",
        "sharing",
        model(
            lambda m, x: m.conv(x).mean() + m.conv(F.avg_pool2d(x, 2)).mean(),
            conv=lambda: nn.Conv2d(3, 4, 3),
        ),
        given((1, 3, 8, 8)),
        # image * filters * channels * kernel 3x3 * positions 6x6, then on 4x4 positions 2x2
        forward=1 * 4 * 3 * 9 * 36 + 1 * 4 * 3 * 9 * 4,
        # the kernel's gradient of both calls
        backward=1 * 4 * 3 * 9 * 36 + 1 * 4 * 3 * 9 * 4,
    ),
    Probe(
        "tied_embedding",
        "sharing",
        model(
            lambda m, x: F.linear(m.hidden(m.embedding(x)), m.embedding.weight),
            embedding=lambda: nn.Embedding(11, 6),
            hidden=lambda: nn.Linear(6, 6),
        ),
        lambda: (torch.randint(0, 11, (2, 4)),),
        # the look-up: none; rows (2 * 4) * 6 * 6, then rows * 6 * 11 words
        forward=8 * 6 * 6 + 8 * 6 * 11,
        # all have a weight and something computed from the embedding
        backward=2 * (8 * 6 * 6) + 2 * (8 * 6 * 11),
    ),
)

GRADIENTS = (
    Probe(
        "frozen",
        "gradients",
        lambda: nn.Sequential(
            frozen(nn.Linear(3, 4)), nn.Linear(4, 5), frozen(nn.Linear(5, 6)), nn.Linear(6, 7)
        ),
        given((2, 3)),
        # rows * inputs * outputs, of four
        forward=2 * 3 * 4 + 2 * 4 * 5 + 2 * 5 * 6 + 2 * 6 * 7,
        # nothing; the weight alone; what it reads alone; both
        backward=0 + 2 * 4 * 5 + 2 * 5 * 6 + 2 * (2 * 6 * 7),
    ),
    Probe(
        "no_grad",
        "gradients",
        model(without_grad, backbone=lambda: nn.Conv2d(3, 4, 3), head=lambda: nn.Conv2d(4, 5, 1)),
        given((2, 3, 6, 6)),
        # images * filters * channels * kernel * positions 4x4, of both
        forward=2 * 4 * 3 * 9 * 16 + 2 * 5 * 4 * 1 * 16,
        # the head's kernel alone
        backward=2 * 5 * 4 * 1 * 16,
    ),
    Probe(
        "unused_branch",
        "gradients",
        model(
            side_branch,
            stem=lambda: nn.Conv2d(3, 4, 3, padding=1),
            side=lambda: nn.Conv2d(4, 6, 1),
            head=lambda: nn.Conv2d(4, 2, 1),
        ),
        given((1, 3, 5, 5)),
        # image * filters * channels * kernel * positions 5x5, of stem, side and head
        forward=1 * 4 * 3 * 9 * 25 + 1 * 6 * 4 * 1 * 25 + 1 * 2 * 4 * 1 * 25,
        # the stem's kernel; of the side nothing; the head's kernel and what it reads
        backward=1 * 4 * 3 * 9 * 25 + 0 + 2 * (1 * 2 * 4 * 1 * 25),
    ),
    Probe(
        "checkpointed",
        "gradients",
        model(
            lambda m, x: checkpoint(m.block, m.stem(x), use_reentrant=False),
            stem=lambda: nn.Linear(6, 8),
            block=lambda: nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 8)),
        ),
        given((3, 6)),
        # rows * inputs * outputs, of three
        forward=3 * 6 * 8 + 3 * 8 * 16 + 3 * 16 * 8,
        # the stem's weight; the block's weights and what they read, not the block once more
        backward=3 * 6 * 8 + 2 * (3 * 8 * 16) + 2 * (3 * 16 * 8),
    ),
    Probe(
        "computed_weight",
        "gradients",
        model(lambda m, x: F.linear(x, m.a @ m.b), a=weight(8, 2), b=weight(2, 6)),
        given((5, 6)),
        # the weight: 8 * 2 * 6; rows * inputs * outputs
        forward=8 * 2 * 6 + 5 * 6 * 8,
        # both that make the weight; the weight, not the input
        backward=2 * (8 * 2 * 6) + 5 * 6 * 8,
    ),
    Probe(
        "weight_norm",
        "gradients",
        lambda: weight_norm(nn.Linear(6, 4)),
        given((3, 6)),
        # rows * inputs * outputs; the norm is none
        forward=3 * 6 * 4,
        # the weight's gradient
        backward=3 * 6 * 4,
    ),
    Probe(
        "residual",
        "gradients",
        model(
            lambda m, x: m.head((lambda h: h + m.conv(h))(m.stem(x)).mean((2, 3))),
            stem=lambda: nn.Sequential(
                nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU()
            ),
            conv=lambda: nn.Conv2d(8, 8, 3, padding=1),
            head=lambda: nn.Linear(8, 10),
        ),
        given((2, 3, 8, 8)),
        # images * filters * channels * kernel 3x3 * positions 4x4, of two; rows * 8 * 10
        forward=2 * 8 * 3 * 9 * 16 + 2 * 8 * 8 * 9 * 16 + 2 * 8 * 10,
        # the stem's kernel; of the rest both that are multiplied; the sum is none
        backward=2 * 8 * 3 * 9 * 16 + 2 * (2 * 8 * 8 * 9 * 16) + 2 * (2 * 8 * 10),
    ),
    Probe(
        "batch_0",
        "gradients",
        lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(64, 5)),
        given((0, 3, 6, 6)),
        # no images * filters * channels * kernel 3x3 * positions 4x4; no rows * 64 * 5
        forward=0 * 4 * 3 * 9 * 16 + 0 * 64 * 5,
        backward=0,
    ),
)

PACKED = (
    Probe(
        "linear_8bit",
        "packed",
        lambda: nn.Sequential(
            torch.ao.nn.quantized.Quantize(1.0, 0, torch.quint8),
            torch.ao.nn.quantized.Linear(6, 4),
        ),
        given((3, 6)),
        # rows * inputs * outputs
        forward=3 * 6 * 4,
        # its weight is no parameter, and takes no gradient
        backward=0,
        devices=("cpu",),
    ),
    Probe(
        "linear_8bit_dynamic",
        "packed",
        lambda: torch.ao.nn.quantized.dynamic.Linear(6, 4),
        given((2, 5, 6)),
        # rows (2 * 5) * inputs * outputs
        forward=10 * 6 * 4,
        backward=0,
        devices=("cpu",),
    ),
    Probe(
        "conv2d_8bit",
        "packed",
        lambda: nn.Sequential(
            torch.ao.nn.quantized.Quantize(1.0, 0, torch.quint8),
            torch.ao.nn.quantized.Conv2d(4, 6, 3, groups=2),
        ),
        given((1, 4, 5, 5)),
        # image * filters * channels of a group * kernel 3x3 * positions 3x3
        forward=1 * 6 * 2 * 9 * 9,
        backward=0,
        devices=("cpu",),
    ),
    Probe(
        "int8_weight",
        "packed",
        held(
            lambda m, x: torch._weight_int8pack_mm(x, m.w, m.scales),
            w=lambda: torch.ones(16, 32, dtype=torch.int8),
            scales=lambda: torch.ones(16, dtype=torch.bfloat16),
        ),
        lambda: (torch.ones(3, 32, dtype=torch.bfloat16),),
        # rows * inputs * outputs
        forward=3 * 32 * 16,
        backward=0,
    ),
    Probe(
        "int4_weight",
        "packed",
        held(
            lambda m, x: torch._weight_int4pack_mm_for_cpu(x, m.w, 32, m.scales_and_zeros),
            w=lambda: torch._convert_weight_to_int4pack_for_cpu(
                torch.ones(32, 64, dtype=torch.int32), 1
            ),
            scales_and_zeros=lambda: torch.ones(64 // 32, 32, 2),
        ),
        given((3, 64)),
        # rows * inputs * outputs
        forward=3 * 64 * 32,
        backward=0,
    ),
    Probe(
        "sparse",
        "packed",
        held(
            lambda m, x: torch.sparse.mm(m.graph, m.layer(x)),
            graph=lambda: torch.tensor(
                [[1.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
            ).to_sparse(),
            layer=bare,
        ),
        given((3, 2)),
        # rows * 2 * 5; the 4 numbers that the matrix stores, with 5 columns
        forward=3 * 2 * 5 + 4 * 5,
        # the layer's weight; what the matrix multiplies, not the matrix
        backward=3 * 2 * 5 + 4 * 5,
    ),
    Probe(
        "float8",
        "packed",
        held(
            lambda m, x: torch._scaled_mm(
                x.to(torch.float8_e4m3fn), m.w.t(), m.one, m.one, out_dtype=torch.bfloat16
            ),
            w=lambda: torch.ones(16, 32).to(torch.float8_e4m3fn),
            one=lambda: torch.ones(()),
        ),
        given((48, 32)),
        # rows * inputs * outputs
        forward=48 * 32 * 16,
        backward=0,
        devices=("meta",),  # older releases of torch do it on a GPU alone
    ),
    Probe(
        "buffer",
        "packed",
        held(lambda m, x: x + m.layer(m.table).sum(), layer=bare, table=weight(9, 2)),
        given((1,)),
        # rows of the table * inputs * outputs
        forward=9 * 2 * 5,
        # the weight's gradient
        backward=9 * 2 * 5,
    ),
)

EXPERTS = (
    Probe(
        "experts",
        "packed",
        model(
            lambda m, x, ends: torch._grouped_mm(
                F.silu(torch._grouped_mm(x, m.up, offs=ends)), m.down, offs=ends
            ),
            up=weight(2, 8, 16),
            down=weight(2, 16, 8),
        ),
        lambda: (torch.randn(5, 8), torch.tensor([2, 5], dtype=torch.int32)),
        # each row goes through the matrices of one of two experts: rows * 8 * 16, rows * 16 * 8
        forward=5 * 8 * 16 + 5 * 16 * 8,
        # the first: its weight; the second: its weight and what it reads
        backward=5 * 8 * 16 + 2 * (5 * 16 * 8),
    ),
)

COMPLEX = (
    Probe(
        "conv1d_complex",
        "complex",
        lambda: nn.Conv1d(6, 4, 1, dtype=torch.cfloat),
        lambda: (torch.randn(1, 6, 3, dtype=torch.cfloat),),
        # four for each of: image * filters * channels * kernel * positions
        forward=4 * (1 * 4 * 6 * 1 * 3),
        backward=4 * (1 * 4 * 6 * 1 * 3),
    ),
    Probe(
        "linear_complex",
        "complex",
        lambda: nn.Linear(6, 4, dtype=torch.cfloat),
        lambda: (torch.randn(1, 3, 6, dtype=torch.cfloat),),
        # four for each of: rows * inputs * outputs
        forward=4 * (3 * 6 * 4),
        backward=4 * (3 * 6 * 4),
    ),
    Probe(
        "fourier",
        "complex",
        model(lambda m, x: torch.fft.rfft(x) * m.filter, filter=weight(5)),
        given((2, 8)),
        # a fast Fourier transform is no product of matrices
        forward=0,
        backward=0,
    ),
)


def forces(m: Any, places: Tensor) -> Any:
    """Give the gradient of an energy, as models of forces between atoms do."""
    places = places.detach().requires_grad_()
    return torch.autograd.grad(m.energy(places).sum(), places)[0]


GEOMETRY = (
    Probe(
        "forces",
        "geometry",
        model(
            forces,
            energy=lambda: nn.Sequential(
                nn.Conv1d(3, 8, 1), nn.SiLU(), nn.Flatten(), nn.Linear(40, 1)
            ),
        ),
        given((2, 3, 5)),
        # images * filters * channels * positions, rows * 40 * 1; and both back to the places
        forward=2 * (2 * 8 * 3 * 5 + 2 * 40 * 1),
        # a gradient without a graph of its own leads nowhere
        backward=0,
    ),
    Probe(
        "triangular",
        "geometry",
        model(
            lambda m, x: torch.linalg.solve_triangular(m.a, m.layer(x), upper=False),
            a=weight(6, 6),
            layer=lambda: nn.Linear(3, 4),
        ),
        given((2, 6, 3)),
        # rows (2 * 6) * 3 * 4; then row i of 6 takes i products for each of 4 columns: 0 + ... + 5
        forward=12 * 3 * 4 + 2 * 4 * 15,
        # the layer's weight; of the system what is solved for, and the matrix, by rows too
        backward=12 * 3 * 4 + 2 * (2 * 4 * 15),
    ),
    Probe(
        "affine_grid",
        "geometry",
        model(
            lambda m, x: F.affine_grid(m.head(x).view(-1, 2, 3), [2, 1, 4, 5], False),
            head=lambda: nn.Linear(7, 6),
        ),
        given((2, 7)),
        # rows * 7 * 6; then images * places 4x5 * 2 coordinates of 3 terms each
        forward=2 * 7 * 6 + 2 * 20 * 2 * 3,
        # the head's weight; the matrices, and no gradient for the regular grid
        backward=2 * 7 * 6 + 2 * 20 * 2 * 3,
    ),
    Probe(
        "distances",
        "geometry",
        model(lambda m, x: torch.cdist(x, m.codes), codes=weight(40, 8)),
        given((30, 8)),
        # torch takes |x|^2 + |y|^2 - 2 xy as one product of 8 + 2 terms: rows * codes * terms
        forward=30 * 40 * 10,
        # the codes' gradient: the quotients of what comes back by distances, times the rows
        backward=30 * 40 * 8,
    ),
)

PROBES: tuple[Probe, ...] = (
    *CONVOLUTIONS,
    *TRANSPOSED,
    *LINEAR,
    *MATMUL,
    *EINSUM,
    *ATTENTION,
    *TRANSFORMERS,
    *RECURRENT,
    *SHARING,
    *GRADIENTS,
    *PACKED,
    *(EXPERTS if hasattr(torch, "_grouped_mm") else ()),
    *COMPLEX,
    *GEOMETRY,
)
