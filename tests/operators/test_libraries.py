"""Operators of libraries beside torch."""

from __future__ import annotations

import pytest
import torch
from probes import model, weight

import archcount as ac
from archcount.layers import Cost
from archcount.operators import register_cost, registry
from archcount.operators.operation import Charge, Operation, TensorSpec
from archcount.operators.registry import charge


def spec(*shape):
    return TensorSpec(shape, "float32", requires_grad=True)


def test_a_deformed_convolution_reads_between_places():
    given = {"input": spec(1, 4, 8, 8), "weight": spec(6, 4, 3, 3), "use_mask": True}
    found = charge(Operation("torchvision.deform_conv2d", given, (spec(1, 6, 6, 6),)))
    # 6 filters of 36 weights at 6 x 6 places, and a bias
    assert (found.cost.conv, found.cost.bias) == (6 * 36 * 36, 6 * 36)
    assert found.backward == 2 * found.cost.conv
    # 4 channels of 3 x 3 are read at each place: 4 products, 3 sums, and a mask's product
    assert found.cost.other == 36 * 36 * 8


def test_regions_are_sampled_as_often_as_asked():
    given = {"input": spec(1, 4, 8, 8), "rois": spec(5, 5), "sampling_ratio": 2}
    found = charge(Operation("torchvision.roi_align", given, (spec(5, 4, 7, 7),)))
    # 5 regions of 4 x 7 x 7: 2 x 2 samples of 4 products and 3 sums, added
    assert found.cost == Cost(other=5 * 4 * 49 * 4 * 8)
    as_large = {**given, "sampling_ratio": -1}  # as many as a region is large
    assert charge(Operation("torchvision.roi_align", as_large, (spec(5, 4, 7, 7),))) is None


@pytest.fixture(scope="module")
def product():
    """Give a product of a library, whose way back torch.library makes."""

    @torch.library.custom_op("archcount_test::product", mutates_args=())
    def product(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        return x @ w

    @product.register_fake
    def _(x, w):
        return x.new_empty(x.shape[0], w.shape[1])

    def back(ctx, coming):
        return coming @ ctx.saved_tensors[1].t(), ctx.saved_tensors[0].t() @ coming

    def kept(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    product.register_autograd(back, setup_context=kept)
    return product


def test_a_rule_of_a_librarys_operator_is_of_its_way_back_too(product, monkeypatch):
    build = model(lambda m, x: product(x, m.w), w=weight(6, 5))
    missed = {item.op for item in ac.count(build(), input="[3,6]").record.uncounted}
    name = "archcount_test.product"
    assert missed == {name, "backward of GeneratedBackwardFor_archcount_test_product_default"}

    monkeypatch.setitem(registry._COSTS, name, None)
    register_cost(name)(lambda operation: Charge(Cost(linear=3 * 6 * 5), backward=3 * 6 * 5))
    report = ac.count(build(), input="[3,6]")
    assert (report.total.macs, report.total.backward_macs) == (90, 90)
    assert report.record.uncounted == ()
