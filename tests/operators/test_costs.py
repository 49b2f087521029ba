"""Operations that are no products, by hand; and that those which only move numbers are free."""

from __future__ import annotations

import pytest
import torch
from probes import model
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import flop_registry

import archcount as ac
from archcount.operators.operation import Operation, TensorSpec
from archcount.operators.registry import charge, find


def costs(report):
    assert not report.record.uncounted
    return {name: number for name, number in report.total.cost.as_dict().items() if number}


def counted(run, *given, device="meta", **parts):
    return costs(ac.count(model(run, **parts)(), input=list(given), device=device))


@pytest.mark.parametrize(
    ("run", "given", "expected"),
    [
        # 2 rows of 8 complex numbers: 5 x 8 x log2(8) each; of real ones half of it
        (lambda m, x: torch.fft.fft(x), "complex64[2,8]", 2 * 5 * 8 * 3),
        (lambda m, x: torch.fft.rfft(x), "[2,8]", 2 * 5 * 8 * 3 / 2),
        # 5 complex numbers stand for 8 real ones
        (lambda m, x: torch.fft.irfft(x), "complex64[2,5]", 2 * 5 * 8 * 3 / 2),
        # along both axes: N = 4 x 8, log2(N) = 5
        (lambda m, x: torch.fft.fft2(x), "complex64[3,4,8]", 3 * 5 * 32 * 5),
        (lambda m, x: torch.fft.rfft2(x), "[3,4,8]", 3 * 5 * 32 * 5 / 2),
        # 5 x 6 x log2(6) = 77.55, which is rounded
        (lambda m, x: torch.fft.fft(x), "complex64[6]", 78),
        (lambda m, x: torch.fft.fft(x), "complex64[3,1]", 0),
    ],
)
def test_fourier_transforms_take_five_n_log_n_operations_of_their_own(run, given, expected):
    assert counted(run, given) == ({"fft": expected} if expected else {})


def test_the_spectra_of_a_signal_are_transforms_of_its_windows():
    def spectra(m, x):
        return torch.stft(x, 16, 8, window=torch.hann_window(16), center=False, return_complex=True)

    # 64 numbers hold (64 - 16) / 8 + 1 = 7 windows: 16 products, and 5 x 16 x 4 / 2 operations
    found = counted(spectra, torch.randn(64), device="cpu")
    assert found == {"scale": 7 * 16, "fft": 7 * 160}


@pytest.mark.parametrize(
    ("layer", "given", "each"),
    [
        # mean, difference, square, its mean, quotient; one more for each of scale and shift
        (nn.InstanceNorm2d(3), "[2,3,4,4]", 5),
        (nn.InstanceNorm2d(3, affine=True), "[2,3,4,4]", 7),
        (nn.GroupNorm(1, 3), "[2,3,4,4]", 7),
        (nn.BatchNorm2d(3), "[2,3,4,4]", 7),
        (nn.BatchNorm2d(3, affine=False), "[2,3,4,4]", 5),
        (nn.BatchNorm2d(3, track_running_stats=False), "[2,3,4,4]", 7),
    ],
)
def test_statistics_of_what_is_given_take_as_much_as_in_other_norms(layer, given, each):
    assert costs(ac.count(layer, input=given, train=True)) == {"norm": each * 2 * 3 * 16}


def test_what_is_trained_is_a_bias_where_a_product_is_added_to_it():
    def affine(m, x):
        return torch.addcmul(m.beta, m.alpha, x)

    found = counted(affine, "[3,4]", alpha=lambda: torch.ones(4), beta=lambda: torch.zeros(4))
    assert found == {"scale": 12, "bias": 12}


def test_kept_statistics_are_a_scale_and_a_shift():
    assert costs(ac.count(nn.BatchNorm2d(3), input="[2,3,4,4]")) == {"norm": 2 * 2 * 3 * 16}


# What is done, to what, and operations by hand.
SINGLE = {
    "floor divide": (lambda x: x // 2, "[4,2]", {"other": 8}),
    "abs in place": (lambda x: x.clone().abs_(), "[4,2]", 8),
    "sign in place": (lambda x: x.clone().copysign_(x), "[4,2]", 8),
    # 3 x 2 x 2 numbers: four products with neighbours and three sums each; the nearest is none
    "sample": (lambda x: F.grid_sample(x, x[:, :2, :2, :2], align_corners=False), "[1,3,5,2]", 84),
    "sample nearest": (
        lambda x: F.grid_sample(x, x[:, :2, :2, :2], mode="nearest", align_corners=False),
        "[1,3,5,2]",
        {},
    ),
    "addcmul": (lambda x: torch.addcmul(x, x, x), "[4,2]", {"scale": 8, "add": 8}),
    # 9 columns of 3 x 2 x 2 numbers, each added where it belongs
    "fold": (lambda x: F.fold(x, (4, 4), 2), "[1,12,9]", 108),
    # 3 texts of 2 words of 4 numbers, which are added; an average divides 3 x 4 of them
    "bag": (
        lambda x: F.embedding_bag(x, torch.zeros(3, 2, dtype=torch.int64), mode="sum"),
        "[9,4]",
        24,
    ),
    "bag mean": (lambda x: F.embedding_bag(x, torch.zeros(3, 2, dtype=torch.int64)), "[9,4]", 36),
    # both ends of 6 numbers; of indices nothing is counted
    "aminmax": (lambda x: torch.aminmax(x), "[6]", 12),
    "aminmax of indices": (lambda x: torch.aminmax(x), "int64[6]", {}),
    # exponential, sum, logarithm
    "logcumsumexp": (lambda x: x.logcumsumexp(0), "[6]", 18),
    "cumsum": (lambda x: x.cumsum(0), "[6]", 6),
    "cummax": (lambda x: x.cummax(0), "[6]", 6),
    # where each of 6 numbers belongs, and one more there
    "histc": (lambda x: torch.histc(x, 10), "[6]", 12),
    "trace": (lambda x: x.trace(), "[3,5]", 3),
    # two products and a difference each
    "cross": (lambda x: torch.linalg.cross(x, x), "[2,3]", 18),
    # difference, power and sum for each of 3 x 5 pairs and 4 coordinates
    "cdist": (lambda x: torch.cdist(x[:3], x), "[5,4]", 180),
}


@pytest.mark.parametrize("name", SINGLE)
def test_operations_on_single_numbers(name):
    run, given, expected = SINGLE[name]
    expected = {"other": expected} if isinstance(expected, int) else expected
    assert counted(lambda m, x: run(x), given) == expected


def put(x):
    return x.index_copy(0, torch.zeros(1, dtype=torch.int64), x[:1])


def packed(x):
    return nn.utils.rnn.pack_padded_sequence(x, torch.tensor([3, 2])).data


FREE = {
    "as_strided_": lambda x: x.clone().as_strided_((2,), (1,)),
    "resize_as_": lambda x: torch.empty(0).resize_as_(x),
    "median": lambda x: x.median(),
    "index_copy": put,
    "index_fill": lambda x: x.index_fill(0, torch.zeros(1, dtype=torch.int64), 1.0),
    "windows": lambda x: (
        x,
        torch.hann_window(4),
        torch.hamming_window(4),
        torch.blackman_window(4),
        torch.bartlett_window(4),
        torch.kaiser_window(4),
    ),
    "im2col": lambda x: F.unfold(x[None, None], 2),
    "one_hot": lambda x: F.one_hot(x.argmax(1), 5),
    "pack_padded_sequence": packed,
    "diag_embed": lambda x: x.diag_embed(),
    "take": lambda x: x.take(torch.zeros(3, dtype=torch.int64)),
    "slice_scatter": lambda x: x.slice_scatter(x[:1], 0, 0, 1),
    "complex": lambda x: torch.complex(x, x),
    "max_unpool": lambda x: F.max_unpool2d(
        x[None, None], torch.zeros(1, 1, 3, 2, dtype=torch.int64), 2
    ),
}


@pytest.mark.parametrize("name", FREE)
def test_what_moves_or_makes_numbers_is_free(name):
    assert counted(lambda m, x: FREE[name](x), torch.rand(3, 2), device="cpu") == {}


ATTENTION = {"query": (2, 3, 5, 8), "key": (2, 3, 7, 8), "value": (2, 3, 7, 4)}


def fused(name, shapes, **more):
    tensors = {
        key: TensorSpec(shape, "float32", requires_grad=True) for key, shape in shapes.items()
    }
    return charge(Operation(name, {**tensors, **more}, (tensors["query"],)))


def test_attention_in_one_operator_is_its_scores_and_its_mixture():
    scores, mixture = 2 * 3 * 5 * 7 * 8, 2 * 3 * 5 * 7 * 4
    for kind in ("flash", "efficient", "cudnn"):
        found = fused(f"aten._scaled_dot_product_{kind}_attention", ATTENTION)
        assert (found.cost.matmul, found.backward) == (scores + mixture, 2 * (scores + mixture))
        assert found.cost.softmax == 5 * 2 * 3 * 5 * 7
        # Back, the scores are worked out once more; then a product for each that was multiplied.
        back = fused(f"aten._scaled_dot_product_{kind}_attention_backward", ATTENTION)
        assert back.cost.matmul == 3 * scores + 2 * mixture
    # Heads lie behind the steps.
    turned = {name: (a, c, b, d) for name, (a, b, c, d) in ATTENTION.items()}
    for name in ("_flash_attention_forward", "_efficient_attention_forward"):
        assert fused(f"aten.{name}", turned).cost.matmul == scores + mixture
    # Where texts of several lengths lie one after another, sizes do not tell.
    ends = TensorSpec((3,), "int32")
    rows = {"query": (10, 3, 8), "key": (14, 3, 8), "value": (14, 3, 4)}
    assert fused("aten._flash_attention_forward", rows, cum_seq_q=ends) is None


def test_whatever_torch_counts_has_a_rule():
    known = [str(packet) for packet in flop_registry if hasattr(packet, "overloads")]
    assert "aten.mm" in known
    assert [name for name in known if not (find(name) and find(name).cost)] == []


class Potential(nn.Module):
    """Gives the gradient of a sum of energies, as models of forces between atoms do."""

    def __init__(self):
        super().__init__()
        self.kinds = nn.Embedding(5, 8)
        self.net = nn.Sequential(nn.Linear(8, 8), nn.LayerNorm(8), nn.SiLU(), nn.Linear(8, 1))

    def forward(self, kinds, places):
        places = places.requires_grad_()
        energy = self.net(self.kinds(kinds) * places).softmax(0).sum()
        return torch.autograd.grad(energy, places)[0]


def test_forces_are_a_way_back_and_all_of_it_is_counted():
    report = ac.count(Potential(), input=["int64[3]", "[3,8]"])
    # 3 rows, 8 x 8 and 8 x 1 weights; there, and back to the places
    assert report.total.cost.linear == 2 * 3 * (64 + 8)
    assert report.record.uncounted == ()
    # 24 numbers: a norm there takes 5 + 2, back 10 + 3
    assert report.total.cost.norm == 24 * (7 + 13)
    # SiLU there and back; a softmax of 3 there (5) and back (4)
    assert (report.total.cost.activation, report.total.cost.softmax) == (48, 3 * 9)


def test_a_model_that_differentiates_as_it_runs():
    def force(m, x):
        x = x.requires_grad_()
        (gradient,) = torch.autograd.grad(m.conv(x).sum(), x)
        return gradient

    found = ac.count(model(force, conv=lambda: nn.Conv2d(3, 4, 3, bias=False))(), input="[1,3,6,6]")
    # 4 filters of 27 weights at 4 x 4 places: there, and back to the input
    assert (found.total.cost.conv, found.record.uncounted) == (2 * 4 * 27 * 16, ())


class Graph(nn.Module):
    """Sums what neighbours send, by a sparse matrix of 4 x 4 that has 5 numbers."""

    def __init__(self, layout):
        super().__init__()
        made = torch.eye(4)
        made[0, 1] = 1.0
        made = made.to_sparse() if layout is torch.sparse_coo else made.to_sparse_csr()
        self.register_buffer("graph", made)
        self.layer = nn.Linear(6, 3, bias=False)

    def forward(self, x):
        return torch.sparse.mm(self.graph, self.layer(x))


@pytest.mark.filterwarnings("ignore:Sparse")
@pytest.mark.parametrize("device", ["meta", "cpu"])
@pytest.mark.parametrize("layout", [torch.sparse_coo, torch.sparse_csr])
def test_a_sparse_product_multiplies_what_is_stored(layout, device):
    report = ac.count(Graph(layout), input=[(4, 6)], device=device)
    # 4 rows x 6 x 3; 5 numbers with 3 columns
    assert report.total.cost.linear == 4 * 6 * 3 + 5 * 3
    # the layer's weight; what the graph multiplies, not the graph
    assert report.total.backward_macs == 4 * 6 * 3 + 5 * 3
    assert (report.total.buffers, report.total.params) == (5, 18)
    # 4 bytes a number; indices of 8: two each, or 5 columns and 4 + 1 ends of rows
    assert report.record.weight_bytes == {"float32": 4 * (18 + 5) + 8 * 10}
    assert report.record.uncounted == ()


@pytest.mark.filterwarnings("ignore:Sparse")
@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_a_sparse_matrix_that_is_made_dense_multiplies_as_dense(device):
    graph = Graph(torch.sparse_csr).graph
    dense = model(lambda m, x, graph: graph.to_dense() @ x)()
    report = ac.count(dense, input=(torch.ones(4, 3), graph), device=device)
    assert report.total.macs == 4 * 4 * 3
    product = model(lambda m, x, graph: torch.relu(graph @ x))()
    report = ac.count(product, input=(torch.ones(4, 3), graph), device=device)
    assert (report.total.macs, report.total.cost.activation) == (5 * 3, 4 * 3)


@pytest.mark.filterwarnings("ignore:Sparse")
def test_a_sparse_matrix_that_is_made_dense_takes_no_memory():
    wide = torch.sparse_coo_tensor([[0], [1]], [1.0], (2**20, 2**20))
    dense = model(lambda m, x, graph: graph.to_dense() @ x)()
    assert ac.count(dense, input=((2**20, 1), wide)).total.macs == 2**40


def test_what_two_sparse_matrices_share_is_not_told_by_sizes():
    report = ac.count(
        model(lambda m, x: (x.to_sparse() @ x.to_sparse()).to_dense())(),
        input=[torch.eye(4)],
        device="cpu",
    )
    assert [item.op for item in report.record.uncounted] == ["aten.mm"]
