"""The hand-written networks are the tables' networks; what is planted runs and is one edit."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest
import torch
from handwritten import KINDS, NETWORKS, STYLES, TABLES, Kind, Style, build, layers, plant
from handwritten.settings import Conv, Dropout, Linear, Lrn, Pool, Settings
from torch import nn

import archcount as ac

PLANTS = 60


def table_built(name: str) -> nn.Module:
    table, variant = TABLES[name]
    with torch.device("meta"):
        return ac.load(table).build(variant=variant)


def run(settings: Settings, style: Style) -> tuple[nn.Module, torch.Size]:
    with torch.device("meta"):
        network = build(settings, style).eval()
        return network, network(torch.empty(1, *settings.input)).shape


def parameters(network: nn.Module) -> Counter[tuple[int, ...]]:
    """How many parameters have each shape, without auxiliary heads."""
    return Counter(
        tuple(each.shape)
        for name, each in network.named_parameters()
        if not name.startswith("heads.")
    )


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", NETWORKS)
def test_it_has_the_parameters_of_the_tables_network(name: str, style: Style) -> None:
    network, shape = run(NETWORKS[name], style)
    assert shape == (1, 1000)
    assert parameters(network) == parameters(table_built(name))


def pair(value: int | tuple[int, ...]) -> tuple[int, ...]:
    return (value, value) if isinstance(value, int) else tuple(value)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_layer_is_set_as_in_the_table(name: str) -> None:
    network = table_built(name)
    for layer in layers(NETWORKS[name]):
        alone = not list(network.get_submodule(layer.row).children())
        built = network.get_submodule(layer.row if alone else f"{layer.row}.{layer.path}")
        step = layer.step
        match step:
            case Conv():
                assert isinstance(built, nn.Conv2d)
                expected = (layer.input[0], layer.output[0], layer.groups, step.bias)
                found = (
                    built.in_channels,
                    built.out_channels,
                    built.groups,
                    built.bias is not None,
                )
                assert found == expected
                assert built.kernel_size == pair(step.kernel)
                assert built.stride == pair(step.stride)
                assert built.padding == pair(step.padding)
                if step.norm:
                    norm = network.get_submodule(f"{layer.row}.{layer.norm_path}")
                    assert isinstance(norm, nn.BatchNorm2d)
            case Pool(kernel=None):
                assert isinstance(built, nn.AdaptiveAvgPool2d)
            case Pool(kernel=int(kernel)):
                sort = nn.MaxPool2d if step.kind == "max" else nn.AvgPool2d
                assert isinstance(built, sort)
                assert pair(built.kernel_size) == pair(kernel)
                assert pair(built.stride) == pair(step.stride)
                assert pair(built.padding) == pair(step.padding)
                assert built.ceil_mode == step.ceil
            case Lrn():
                assert isinstance(built, nn.LocalResponseNorm)
                expected_norm = (step.size, step.alpha, step.beta, step.k)
                assert (built.size, built.alpha, built.beta, built.k) == expected_norm
            case Dropout():
                assert isinstance(built, nn.Dropout)
                assert built.p == step.p
            case Linear():
                assert isinstance(built, nn.Linear)
                assert (built.in_features, built.out_features) == (layer.features, step.out)
            case _:
                assert isinstance(built, nn.Softmax)
    leaves = (nn.Conv2d, nn.Linear, nn.MaxPool2d, nn.AvgPool2d, nn.LocalResponseNorm)
    built_leaves = [
        each
        for path, each in network.named_modules()
        if isinstance(each, leaves) and not path.startswith("heads.")
    ]
    kept = [
        layer
        for layer in layers(NETWORKS[name])
        if isinstance(layer.step, Conv | Linear | Lrn)
        or (isinstance(layer.step, Pool) and layer.step.kernel)
    ]
    assert len(built_leaves) == len(kept)


def fill(network: nn.Module) -> nn.Module:
    """Give parameters of a shape the same numbers in every network."""
    with torch.no_grad():
        for each in network.parameters():
            generator = torch.Generator().manual_seed(
                sum(n * 31**i for i, n in enumerate(each.shape))
            )
            values = torch.randn(each.shape, generator=generator)
            fan = each.shape[1:].numel()
            each.copy_(values * (2 / fan) ** 0.5 if each.dim() > 1 else 1 + values / 10)
    return network.eval()


@pytest.mark.parametrize("name", NETWORKS)
def test_it_computes_what_the_tables_network_does(name: str) -> None:
    table, variant = TABLES[name]
    image = torch.rand(1, *NETWORKS[name].input, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = fill(ac.load(table).build(variant=variant))(image)
        assert expected.std() > 1e-5
        for style in STYLES:
            found = fill(build(NETWORKS[name], style))(image)
            torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize(
    "seed",
    [pytest.param(n, marks=[] if n < 20 else pytest.mark.slow) for n in range(PLANTS)],
)
def test_what_is_planted_runs(seed: int) -> None:
    settings = [*NETWORKS.values()][seed % len(NETWORKS)]
    edited, edit = plant(settings, seed)
    assert (edited, edit) == plant(settings, seed)
    assert [row for row in edited.rows if edited.rows[row] != settings.rows[row]] == [edit.row]
    assert edit.layer in {each.path for each in layers(settings) if each.row == edit.row}
    assert edit.before != edit.after
    shapes = []
    for style in STYLES:
        network, shape = run(edited, style)
        assert shape == (1, 1000)
        shapes.append(parameters(network))
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NETWORKS)
def test_every_kind_of_edit_fits_every_network(name: str, kind: Kind) -> None:
    edited, edit = plant(NETWORKS[name], 1, kind)
    assert edit.kind == kind
    before = [(each.step, each.groups, each.input, each.output) for each in layers(NETWORKS[name])]
    after = [(each.step, each.groups, each.input, each.output) for each in layers(edited)]
    assert before != after


def noted(
    sizes: list[tuple[int, ...]], _module: nn.Module, _given: object, out: torch.Tensor
) -> None:
    sizes.append(tuple(out.shape[1:]))


@pytest.mark.parametrize("name", NETWORKS)
def test_sizes_are_those_of_torch(name: str) -> None:
    for seed in range(5):
        edited, _ = plant(NETWORKS[name], seed, "padding")
        with torch.device("meta"):
            network = build(edited, "modules").eval()
        sizes: list[tuple[int, ...]] = []
        note = partial(noted, sizes)
        for module in network.modules():
            if isinstance(module, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
                module.register_forward_hook(note)
        network(torch.empty(1, *edited.input, device="meta"))
        expected = [
            each.output
            for each in layers(edited)
            if isinstance(each.step, Conv) or (isinstance(each.step, Pool) and each.step.kernel)
        ]
        assert sizes == expected
