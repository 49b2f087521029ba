"""The trace of a module: costs worked out by hand, in the module where they are met."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import archcount as ac
from archcount.engines import engine, formula
from archcount.engines.network_parts import NetworkParts
from archcount.layers import Cost
from archcount.spec.load import load_table
from archcount.tracing.trace import trace


def traced(build, *shape):
    """Trace what `build` makes on the meta device; the records by module."""
    with torch.device("meta"):
        module = build()
        x = torch.empty(*shape)
    return {record.path: record for record in trace(module, [x]).modules}


class Plain(nn.Module):
    """Runs a function of a tensor and of one parameter."""

    def __init__(self, function, *shape):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(*shape))
        self.function = function

    def forward(self, x):
        return self.function(x, self.weight)


# Each forward and backward figure is worked out; the input needs no gradient.
@pytest.mark.parametrize(
    ("build", "shape", "macs", "backward"),
    [
        # 2 images x 8 filters x 5x5 outputs x (4/2 channels x 3x3) = 7,200; the weights' gradient.
        (lambda: nn.Conv2d(4, 8, 3, groups=2), (2, 4, 7, 7), 7_200, 7_200),
        # Depthwise: 4 x 5x5 x 3x3 = 900.
        (lambda: nn.Conv2d(4, 4, 3, groups=4), (1, 4, 7, 7), 900, 900),
        # Transposed: each of 4x3x3 inputs meets 6 x 2x2 weights: 36 x 24 = 864.
        (lambda: nn.ConvTranspose2d(4, 6, 2, stride=2), (1, 4, 3, 3), 864, 864),
        # 1-D, dilated: 5 x 6 outputs (10 - 2x2) x 3 channels x 3 = 270.
        (lambda: nn.Conv1d(3, 5, 3, dilation=2), (1, 3, 10), 270, 270),
        # 3-D: 2 x 3x3x3 outputs x 1 channel x 2x2x2 = 432.
        (lambda: nn.Conv3d(1, 2, 2), (1, 1, 4, 4, 4), 432, 432),
        # 2 x 5 rows x 4 x 3 = 120; then 2 x 5 x 3 x 6 = 180, which needs both gradients.
        (lambda: nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 6)), (2, 5, 4), 300, 120 + 2 * 180),
        # A frozen layer needs no gradient of its own, and passes none on to the input.
        (lambda: nn.Linear(4, 3).requires_grad_(False), (2, 4), 24, 0),
        # x @ x.T of 3x4 is 3x3x4 = 36, without a gradient.
        (lambda: Plain(lambda x, w: x @ x.T, 1), (3, 4), 36, 0),
        # b i j k = 2 x 3 x 4 x 5 = 120.
        (lambda: Plain(lambda x, w: torch.einsum("bij,jk->bik", x, w), 4, 5), (2, 3, 4), 120, 120),
        # A dot product of 7 numbers.
        (lambda: Plain(torch.dot, 7), (7,), 7, 7),
        # A row of zero columns has no products.
        (lambda: Plain(torch.matmul, 0, 3), (2, 0), 0, 0),
        # No image, no products.
        (lambda: nn.Conv2d(3, 8, 3), (0, 3, 5, 5), 0, 0),
        # Called under no_grad: nothing goes back.
        (lambda: Plain(torch.no_grad()(lambda x, w: F.linear(x, w)), 3, 4), (2, 4), 24, 0),
        # The weight with the first input, 2x3x4x4 = 96, the result with the second, 2x3x4 = 24.
        # Back to the weight: the second input times the output's gradient (24), times the first
        # input (96).
        (lambda: _twice(nn.Bilinear(4, 4, 3)), (2, 4), 120, 120),
    ],
)
def test_products_counted_by_hand(build, shape, macs, backward):
    whole = traced(build, *shape)[""]
    assert (whole.cost.macs, whole.backward, whole.missed) == (macs, backward, {})


def _twice(module):
    """Give a module of two inputs the same one twice."""

    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = module

        def forward(self, x):
            return self.inner(x, x)

    return Twice()


def test_linear_has_one_trained_operand_and_matmul_none():
    found = traced(lambda: Plain(lambda x, w: (x @ w) @ x, 4, 3), 3, 4)[""].cost
    # x @ w: 3x4x3 = 36 with a weight; its product with x: 3x3x4 = 36 of two activations.
    assert found == Cost(linear=36, matmul=36)


def test_a_product_of_two_trained_operands_is_no_linear_layer():
    # 3x4x3 = 36 of the weight with itself, then 2x3x3 = 18 of the input with their product.
    found = traced(lambda: Plain(lambda x, w: x @ (w @ w.T), 3, 4), 2, 3)[""].cost
    assert found == Cost(matmul=36, linear=18)


def test_what_a_module_does_after_one_that_it_holds_is_its_own():
    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 4)

        def forward(self, x):
            return x + self.layer(x)

    found = traced(lambda: nn.Sequential(Residual(), nn.ReLU()), 1, 4)
    assert found["0.layer"].cost == Cost(linear=16, bias=4)
    assert found["0"].cost == Cost(linear=16, bias=4, add=4)


def test_an_average_is_a_pool_over_rows_and_columns_only():
    assert traced(lambda: Plain(lambda x, w: x.mean([2, 3]), 1), 1, 3, 5, 5)[""].cost == Cost(
        pool=75
    )
    # A global pool of a volume: 3 x 2x2x2.
    pooled = traced(lambda: nn.AdaptiveAvgPool3d(1), 1, 3, 2, 2, 2)[""].cost
    assert pooled == Cost(pool=24)
    assert traced(lambda: Plain(lambda x, w: x.mean(1), 1), 1, 3, 5, 5)[""].cost == Cost(other=75)


def test_whole_numbers_are_no_floating_point_arithmetic():
    def index(x, w):
        return x.argmax(1).mul(3).add(1)

    assert traced(lambda: Plain(index, 1), 2, 4)[""].cost == Cost()


# What is counted of each stands in docs/conventions.md.
@pytest.mark.parametrize(
    ("build", "shape", "cost"),
    [
        # 2 x 4 numbers: mean, difference, square, its mean, quotient, and scale and shift.
        (lambda: nn.LayerNorm(4), (2, 4), Cost(norm=8 * 7)),
        (lambda: nn.LayerNorm(4, elementwise_affine=False), (2, 4), Cost(norm=8 * 5)),
        (lambda: nn.GroupNorm(2, 4), (1, 4, 3, 3), Cost(norm=36 * 7)),
        # Square, its mean, quotient, and scale; for each of 2 rows an epsilon and a root.
        (lambda: nn.RMSNorm(4), (2, 4), Cost(norm=8 * 4 + 2 * 2)),
        # Scale and shift.
        (lambda: nn.BatchNorm1d(4).eval(), (2, 4), Cost(norm=8 * 2)),
        # Each map by its own mean and deviation: 5, as a group.
        (lambda: nn.InstanceNorm2d(4), (1, 4, 3, 3), Cost(norm=36 * 5)),
        # Each of 4x4 numbers is the mean of 4, weighted: 4 products, 3 sums.
        (lambda: nn.Upsample(scale_factor=2, mode="bilinear"), (1, 1, 2, 2), Cost(other=16 * 7)),
        # Of 2 numbers: 2 products, a sum; of 8: 8 and 7; of 16: 16 and 15.
        (lambda: nn.Upsample(scale_factor=2, mode="linear"), (1, 1, 3), Cost(other=6 * 3)),
        (lambda: nn.Upsample(scale_factor=2, mode="trilinear"), (1, 1, 1, 1, 1), Cost(other=8 * 15)),
        (lambda: nn.Upsample(scale_factor=2, mode="bicubic"), (1, 1, 2, 2), Cost(other=16 * 31)),
        (lambda: nn.Upsample(scale_factor=2), (1, 1, 2, 2), Cost()),
        # 3 channels x 3 windows of 2; x 2 windows of 3.
        (lambda: nn.MaxPool1d(2), (1, 3, 6), Cost(pool=18)),
        (lambda: nn.AvgPool1d(2), (1, 3, 6), Cost(pool=18)),
        (lambda: nn.AdaptiveAvgPool1d(2), (1, 3, 6), Cost(pool=18)),
        # 2x2x2 windows of 2x2x2.
        (lambda: nn.MaxPool3d(2), (1, 1, 4, 4, 4), Cost(pool=64)),
        (lambda: nn.AvgPool3d(2), (1, 1, 4, 4, 4), Cost(pool=64)),
        (lambda: nn.AdaptiveMaxPool3d(2), (1, 1, 4, 4, 4), Cost(pool=64)),
        (lambda: nn.AdaptiveMaxPool2d(2), (1, 1, 4, 4), Cost(pool=16)),
        (lambda: nn.Softmax(-1), (2, 4), Cost(softmax=8 * 5)),
        (lambda: nn.LogSoftmax(-1), (2, 4), Cost(softmax=8 * 5)),
        (lambda: nn.GELU(), (2, 4), Cost(activation=8)),
        (lambda: nn.PReLU(), (2, 4), Cost(activation=8)),
        # 8 numbers are summed; squared and summed; mean, difference, square and its mean.
        (lambda: Plain(lambda x, w: x.sum(1), 1), (2, 4), Cost(other=8)),
        (lambda: Plain(lambda x, w: x.cumsum(1), 1), (2, 4), Cost(other=8)),
        (lambda: Plain(lambda x, w: x.amax(1), 1), (2, 4), Cost(other=8)),
        (lambda: Plain(lambda x, w: torch.linalg.vector_norm(x), 1), (2, 4), Cost(other=8 * 2)),
        (lambda: Plain(lambda x, w: x.var(1), 1), (2, 4), Cost(other=8 * 4)),
        # One operation for each number that comes out, whatever it is.
        (lambda: Plain(lambda x, w: torch.lerp(x, x, 0.5), 1), (2, 4), Cost(other=8)),
        (lambda: Plain(lambda x, w: x / 2 - 1, 1), (2, 4), Cost(other=16)),
        # Chosen and moved: nothing.
        (lambda: Plain(lambda x, w: torch.where(x > 0, x, w).flip(0).repeat(2, 1), 4), (2, 4),
         Cost()),
        # An embedding is looked up.
        (lambda: Plain(lambda x, w: F.embedding(x.argmax(1), w), 5, 3), (2, 4), Cost()),
        # 3 x 4 of weights with 4 numbers, and 3 sums; the outer product of 4 and 4 numbers.
        (lambda: Plain(lambda x, w: torch.addmv(x[:3], w, x), 3, 4), (4,), Cost(linear=12, add=3)),
        (lambda: Plain(lambda x, w: torch.addr(w, x, x), 4, 4), (4,), Cost(matmul=16, bias=16)),
        (lambda: Plain(torch.vdot, 4), (4,), Cost(linear=4)),
        # 2 products of 3x4 and 4x5, summed over both; each of them a sum of 15 numbers.
        (lambda: Plain(lambda x, w: torch.addbmm(w[0, :3], x, w), 2, 4, 5), (2, 3, 4),
         Cost(linear=120, bias=15)),
        (lambda: Plain(lambda x, w: torch.baddbmm(w[:, :3], x, w), 2, 4, 5), (2, 3, 4),
         Cost(linear=120, bias=30)),
    ],
)  # fmt: skip
def test_operations_counted_by_hand(build, shape, cost):
    whole = traced(build, *shape)[""]
    assert (whole.cost, whole.missed) == (cost, {})


def test_what_is_put_is_free_and_what_is_added_there_is_not():
    where = torch.tensor([0, 1])

    def put(accumulate):
        return lambda x, w: x.index_put((where.to(x.device),), x[:2], accumulate=accumulate)

    def scattered(x, w):
        rows = torch.zeros(2, 4, dtype=torch.long, device=x.device)
        return x.scatter_add(0, rows, x[:2])

    # 2 rows of 4 numbers are added.
    assert traced(lambda: Plain(put(True), 1), 3, 4)[""].cost == Cost(other=8)
    assert traced(lambda: Plain(put(False), 1), 3, 4)[""].cost == Cost()
    assert traced(lambda: Plain(scattered, 1), 3, 4)[""].cost == Cost(other=8)


def test_a_bias_added_by_itself_is_a_bias():
    assert traced(lambda: Plain(lambda x, w: x + w, 4), 2, 4)[""].cost == Cost(bias=8)
    assert traced(lambda: Plain(lambda x, w: x + x, 4), 2, 4)[""].cost == Cost(add=8)


def test_each_module_has_what_is_met_in_it_and_in_what_it_holds():
    found = traced(
        lambda: nn.Sequential(nn.Sequential(nn.Linear(4, 3), nn.ReLU()), nn.Linear(3, 2)), 1, 4
    )
    costs = {path: record.cost for path, record in found.items()}
    assert costs["0.0"] == Cost(linear=12, bias=3)
    assert costs["0"] == Cost(linear=12, bias=3, activation=3)
    assert costs[""] == costs["0"] + Cost(linear=6, bias=2)
    assert (found["0"].input, found["0"].output) == ((1, 4), (1, 3))


def test_a_module_run_twice_costs_twice():
    class Again(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 4)

        def forward(self, x):
            return self.layer(self.layer(x))

    whole = traced(Again, 1, 4)[""]
    # 16 forward each; back: the weight twice, and the input of the second.
    assert (whole.cost.linear, whole.backward) == (32, 48)


def test_a_module_that_runs_itself_is_counted_from_the_outside():
    class Deep(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 4)

        def forward(self, x, deep=True):
            x = self.layer(x)
            return self(x, deep=False) if deep else x

    found = traced(lambda: nn.Sequential(Deep()), 1, 4)
    assert found["0"].cost.linear == found[""].cost.linear == 32
    assert found["0"].calls == 2


def test_a_list_of_modules_has_what_they_have():
    class Listed(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)])

        def forward(self, x):
            return self.layers[1](self.layers[0](x))

    found = traced(Listed, 1, 4)
    # 16 each; back: both weights, and the input of the second.
    assert (found["layers"].cost.linear, found["layers"].backward) == (32, 48)


def test_a_module_has_what_is_run_of_it_by_others_too():
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 4)

        def forward(self, x):
            return self.layer(x)

    class Borrows(nn.Module):
        def __init__(self):
            super().__init__()
            self.block = Block()

        def forward(self, x):
            return self.block.layer(self.block(x))

    found = traced(Borrows, 1, 4)
    # The layer is run twice, 16 each; back: its weight twice, and what the second run reads.
    for path in ("", "block", "block.layer"):
        assert (found[path].cost.linear, found[path].backward) == (32, 48)


def test_what_no_rule_counts_is_named_with_its_module():
    class Transform(nn.Module):
        def forward(self, x):
            return torch.linalg.qr(x).R

    found = traced(lambda: nn.Sequential(nn.Linear(4, 4), Transform()), 1, 4)
    assert found["1"].missed
    assert any("linalg_qr" in op for op in found["1"].missed)


def test_hooks_are_taken_away_after_a_pass_even_a_failed_one():
    with torch.device("meta"):
        layer = nn.Linear(4, 3)
        good, bad = torch.empty(1, 4), torch.empty(1, 5)
    trace(layer, [good])
    with pytest.raises(RuntimeError):
        trace(layer, [bad])
    assert not layer._forward_hooks
    assert not layer._forward_pre_hooks


def test_an_operation_without_a_rule_is_uncounted_in_the_engine(data, monkeypatch):
    from archcount.operators import registry

    monkeypatch.delitem(registry.OPERATORS, "aten.convolution")
    count = engine("torch").count(load_table(data / "toy.yaml").architecture())
    assert {item.op for item in count.uncounted} == {"aten.convolution"}
    assert count.uncounted[0].place.startswith("stem")


@pytest.mark.parametrize(("name", "variant"), [("googlenet", ""), ("mobilenet_v1", "1.0-224")])
def test_the_backward_pass_is_that_of_the_closed_form(name, variant):
    """Depthwise convolutions too, which torch's own counter counts wrongly."""
    architecture = ac.load(name).architecture(variant=variant)
    with torch.device("meta"):
        network = ac.load(name).build(variant=variant).eval()
        images = torch.empty(1, *architecture.input.dims)
    whole = trace(network, [images]).modules[0]
    assert whole.backward == NetworkParts(architecture).backward_macs()
    assert whole.cost == formula.count(architecture).total.cost
