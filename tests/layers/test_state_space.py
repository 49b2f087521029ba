"""State spaces against their recurrence, token by token, and their numbers by hand."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import archcount as ac
from archcount.architecture.builder import build
from archcount.layers import Shape
from archcount.layers.state_space import CausalConv, SelectiveScan
from archcount.layers.state_space_modules import linear_recurrence

SHAPE = Shape((6, 5), tokens=True)
"""Five tokens of width 6."""


def _by_definition(decay, given):
    """Give the states one after another."""
    states = [torch.zeros_like(given[:, 0])]
    for place in range(given.shape[1]):
        states.append(decay[:, place] * states[-1] + given[:, place])
    return torch.stack(states[1:], dim=1)


def _drawn(length, dtype=torch.float64):
    """Draw decays and what is given; decays from 1, which keeps all, to 0."""
    draw = torch.Generator().manual_seed(length)
    steps = torch.rand(2, length, 3, 4, generator=draw, dtype=dtype) ** 8 * 200
    given = torch.randn(2, length, 3, 4, generator=draw, dtype=dtype)
    return (-steps).exp(), given


@pytest.mark.parametrize("length", [1, 2, 3, 7, 8, 9, 300])
def test_the_recurrence_is_what_it_is_token_by_token(length):
    decay, given = _drawn(length)
    assert torch.allclose(linear_recurrence(decay, given), _by_definition(decay, given))


def test_single_precision_keeps_long_states():
    # What ever is kept is added to 2,000 times, and what decays at once is forgotten.
    decay, given = _drawn(2_000)
    decay[:, :, 0] = 1
    decay[:, ::3, 1] = 0
    found = linear_recurrence(decay.float(), given.float()).double()
    expected = _by_definition(decay, given)
    assert (found - expected).abs().max() < 1e-6 * expected.abs().max()


def test_gradients_of_the_recurrence_are_those_of_its_steps():
    decay, given = (each[:, :7].requires_grad_() for each in _drawn(7))
    weights = torch.arange(float(given.numel()), dtype=torch.float64).view_as(given)
    found = torch.autograd.grad((linear_recurrence(decay, given) * weights).sum(), (decay, given))
    expected = torch.autograd.grad((_by_definition(decay, given) * weights).sum(), (decay, given))
    for one, other in zip(found, expected, strict=True):
        assert torch.allclose(one, other)


@pytest.mark.slow
def test_the_operator_is_one_as_torch_wants_them():
    decay, given = (each.requires_grad_() for each in _drawn(5))
    torch.library.opcheck(linear_recurrence, (decay, given))


def test_a_selective_scan_is_the_papers_recurrence():
    kind = SelectiveScan(rank=2, state=3)
    module = kind.module(SHAPE)
    x = torch.randn(1, 5, 6, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        rank, b, c = module.x_proj(x)[0].split([2, 3, 3], dim=1)
        steps = torch.log1p(module.dt_proj(rank).exp())  # softplus
        first = torch.log1p(module.dt_proj.bias.exp())
        assert 0.00099 < float(first.min()) < float(first.max()) < 0.101
        state, seen = torch.zeros(6, 3), []
        for place in range(5):
            step = steps[place].unsqueeze(1)
            kept = (step * -module.A_log.exp()).exp() * state
            state = kept + step * b[place] * x[0, place].unsqueeze(1)
            seen.append(state @ c[place] + module.D * x[0, place])
        assert torch.allclose(module(x)[0], torch.stack(seen), atol=1e-6)


def test_a_causal_convolution_sees_no_token_that_follows():
    module = CausalConv(size=3, bias=False).module(SHAPE)
    torch.nn.init.ones_(module.weight)
    x = torch.arange(5.0).view(1, 5, 1).expand(-1, -1, 6)
    # of 0, 1, 2, 3, 4 each and the two before it
    assert module(x)[0, :, 0].tolist() == [0, 1, 3, 6, 9]


@pytest.mark.parametrize(
    ("kind", "weights", "biases", "params"),
    [
        (CausalConv(size=3), 18, 6, 24),
        # 6 x (2 + 2 x 3), 2 x 6, and A; the biases of the steps; D
        (SelectiveScan(rank=2, state=3), 48 + 12 + 18, 6, 84 + 6),
    ],
)
def test_params_of_state_spaces_by_hand(kind, weights, biases, params):
    assert (kind.weights(SHAPE), kind.biases(SHAPE)) == (weights, biases)
    assert kind.params(SHAPE) == params


@pytest.mark.parametrize(
    ("model", "d", "layers"), [("Mamba-130M", 768, 24), ("Mamba-2.8B", 2_560, 64)]
)
def test_mamba_has_the_params_worked_out_by_hand(model, d, layers):
    inner, rank = 2 * d, d // 16
    block = 2 * d * inner + inner * 4 + inner  # to both branches; the convolution
    block += inner * (rank + 32) + rank * inner + inner  # the projections of the scan
    block += inner * 16 + inner + inner * d + d  # A and D; back; the norm
    params = 50_280 * d + layers * block + d
    assert ac.load("mamba").architecture(variant=model).params == params
    if model == "Mamba-130M":
        assert params == 129_135_360  # as released


@pytest.mark.slow
def test_a_mamba_compiles_and_is_exported():
    table = ac.load("mamba")
    architecture = table.architecture(
        variant="Mamba-130M", let={"layers": 1, "d": 16}, input="tokens 6 of 50280"
    )
    network = build(architecture).eval()
    ids = torch.arange(12).view(2, 6)
    torch.compiler.reset()  # other tests have compiled networks of the same code
    with torch.no_grad():
        expected = network(ids)
        exported = torch.export.export(network, (ids,)).module()
        assert torch.allclose(exported(ids), expected, atol=1e-6)
    compiled = torch.compile(network, backend="aot_eager", fullgraph=True)
    compiled(ids).sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


@pytest.mark.parametrize("reaches_back", [True, False])
def test_the_backward_pass_of_a_scan_is_what_torch_counts(reaches_back):
    kind = SelectiveScan(rank=2, state=3)
    module, x = kind.module(SHAPE), torch.ones(1, 5, 6, requires_grad=reaches_back)
    seen = module(x).sum()
    with FlopCounterMode(display=False) as counter:
        seen.backward()
    # of 300 + 90 twice, without 5 x 48 of what the first projection reads
    assert kind.backward_macs(SHAPE, reaches_back=reaches_back) == 780 - (not reaches_back) * 240
    assert counter.get_total_flops() == 2 * kind.backward_macs(SHAPE, reaches_back=reaches_back)


def test_a_selective_scan_is_counted_by_hand():
    # 5 tokens of 8: projections of 8 x (2 + 2 x 3), and of 2 x 8 with a bias. 40 softplus. Each of
    # 5 x 8 x 3 states: d A, (d x) B and exp(d A) h are products, one sum, one exponential, and C h
    # a mac; d x and D x are products of 40, one sum. A is the exponential of 24 numbers, negated.
    kind, shape = SelectiveScan(rank=2, state=3), Shape((8, 5), tokens=True)
    assert {name: number for name, number in kind.cost(shape).as_dict().items() if number} == {
        "linear": 5 * (64 + 16),
        "bias": 40,
        "matmul": 120,
        "activation": 40,
        "scale": 3 * 120 + 2 * 40,
        "add": 120 + 40,
        "other": 120 + 2 * 24,
    }
