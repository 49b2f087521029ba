"""Models by the name that a library has them under, with small libraries that look like the real ones."""

from __future__ import annotations

import json
import sys

import pytest
import typer

import archcount as ac
from archcount.cli import complete
from archcount.cli.app import app


@pytest.fixture
def config(tmp_path):
    def written(**entries):
        (tmp_path / "config.json").write_text(json.dumps(entries))
        return f"hf:{tmp_path}"

    return written


@pytest.mark.parametrize(
    ("name", "arguments", "inputs", "macs"),
    [
        ("torchvision:small", {}, "float32[1,3,6,6]", 4 * 4 * 4 * 27),  # 6 - 2 = 4 a side
        ("torchvision:small", {"width": 2}, "float32[1,3,6,6]", 2 * 4 * 4 * 27),
        ("torchvision:inception_small", {}, "float32[1,3,299,299]", 4 * 297 * 297 * 27),
        ("torchvision:pyramid", {}, "float32[1,3,8,8]", 4 * 6 * 6 * 27),
        ("timm:net_1", {}, "float32[1,3,5,7]", 35 * 3),
        ("timm:net_2.tag", {}, "float32[1,3,5,7]", 2 * 35 * 3),
        ("timm:net_2", {"width": 5}, "float32[1,3,5,7]", 5 * 35 * 3),
    ],
)  # fmt: skip
def test_a_name_makes_the_model_with_its_own_input(libraries, name, arguments, inputs, macs):
    report = ac.count(name, arguments=arguments)
    assert (report.record.inputs, report.total.macs) == (inputs, macs)
    assert report.record.name == name


def test_another_input_and_batch_go_before_its_own(libraries):
    assert ac.count("timm:net_1", batch=3).record.inputs == "float32[3,3,5,7]"
    assert ac.count("timm:net_1", input="3x2x2").record.inputs == "float32[1,3,2,2]"
    assert ac.diff("timm:net_1", "timm:net_2").is_changed


def test_a_callable_of_the_library_is_a_callable(libraries):
    report = ac.count("timm:create_model", input="3x2x2", arguments={"name": "net_2"})
    assert report.total.macs == 2 * 4 * 3


def test_a_configuration_makes_the_model_on_tokens(libraries, config):
    name = config(model_type="tiny", architectures=["TinyLM"], width=3)
    report = ac.count(name)
    # 16 positions at most, two layers of 3 x 3, and an embedding of 10 x 3
    assert report.record.inputs == "input_ids:int64[1,16]"
    assert (report.total.macs, report.total.params) == (16 * 2 * 9, 30 + 2 * 9)
    changed = ac.count(name, arguments={"config.layers": 5, "config.width": 2})
    assert (changed.total.macs, changed.total.params) == (16 * 5 * 4, 20 + 5 * 4)


def test_without_architectures_it_is_the_kind_that_the_configuration_belongs_to(libraries, config):
    assert ac.count(config(model_type="tiny")).record.modules[0].kind == "TinyLM"
    report = ac.count(config(model_type="seeing", image_size=8))
    assert report.record.modules[0].kind == "Seeing"
    assert report.record.inputs == "pixel_values:float32[1,1,8,8]"


def test_all_that_a_model_requires_is_given(libraries, config):
    report = ac.count(config(model_type="seeing", architectures=["Reading"]))
    assert report.record.inputs == "pixel_values:float32[1,1,6,6], input_ids:int64[1,16]"


def test_an_argument_reaches_into_the_configuration_of_a_class(libraries):
    report = ac.count(
        "transformers:TinyLM", input="int64[1,7]", arguments={"config.width": 5, "config.layers": 3}
    )
    assert report.total.macs == 7 * 3 * 25


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("timm:net_3", {}, "timm has no model 'net_3'; similar names: net_2, net_1"),
        ("torchvision:smal", {}, "torchvision has no model 'smal'; similar names: small"),
        ("hf:nowhere", {}, "no file 'nowhere'.*nothing is downloaded"),
        ("transformers:TinyLM", {"config.widht": 5}, r"config \(TinyConfig\) has no entry 'widht'; did you mean 'width'"),
        ("transformers:TinyLM", {"config": 1, "config.width": 5}, "config and its entries are both given"),
        ("torch.nn:Linear", {"other.width": 5}, "other.width: unknown class of other"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_told_with_what_is_near(libraries, name, arguments, message):
    with pytest.raises(ac.UsageError, match=message):
        ac.count(name, input="int64[1,2]", arguments=arguments)


def test_a_wrong_configuration_is_told(libraries, config, tmp_path):
    with pytest.raises(
        ac.UsageError, match="model_type 'tyny' is not known .* did you mean 'tiny'"
    ):
        ac.count(config(model_type="tyny"))
    with pytest.raises(ac.UsageError, match="config has no entry 'layer'; did you mean 'layers'"):
        ac.count(config(model_type="tiny"), arguments={"config.layer": 3})
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ac.UsageError, match="cannot read"):
        ac.count(f"hf:{tmp_path}")


@pytest.mark.parametrize("name", ["torchvision:small", "timm:net_1"])
def test_a_missing_library_says_how_to_install_it(monkeypatch, name):
    package = name.partition(":")[0]
    monkeypatch.delitem(sys.modules, package, raising=False)
    monkeypatch.setattr("archcount.loading.model_library.find_spec", lambda name: None)
    with pytest.raises(
        ac.UnavailableError, match=f"{package} is not installed; pip install {package}"
    ):
        ac.count(name)


def test_names_are_completed(libraries):
    context = typer.Context(typer.main.get_command(app))
    assert complete.models(context, "timm:net") == ["timm:net_1", "timm:net_2"]
    assert complete.models(context, "tor") == ["torchvision:"]
    assert complete.models(context, "torch.nn:") == []


def test_a_name_of_a_table_is_counted_as_the_table():
    assert ac.count("googlenet", engine="formula").total.cost.macs == 1_582_671_872
    with pytest.raises(ac.UsageError, match="arguments does not go with a Table"):
        ac.count("googlenet", arguments={"x": 1})
