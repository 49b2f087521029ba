"""Networks of other papers, written as these print them, against torchvision's counts of them."""

from __future__ import annotations

import json

import pytest
import yaml
from jsonschema import Draft202012Validator

import archcount as ac
from archcount.engines import engine
from archcount.spec.json_schema import json_schema
from archcount.spec.load import load_table

# Params as torchvision documents them (`num_params` of the weights) and as the modules of
# torchvision have, on which `archcount diff` finds no difference to these files.
# Depth: a convolution, a unit of two, 16 of three, two convolutions; a convolution, a unit of two
# and two of its squeeze, 15 of three and two, a convolution and a classifier.
TORCHVISION = {
    "mobilenet_v2": (3_504_872, 300_774_272, 1 + 2 + 16 * 3 + 2),
    "efficientnet_b0": (5_288_548, 385_814_752, 1 + 4 + 15 * 5 + 2),
}


@pytest.mark.parametrize("name", TORCHVISION)
def test_a_network_is_torchvisions(name, data):
    params, macs, depth = TORCHVISION[name]
    table = load_table(data / f"{name}.yaml", every_variant=True)
    architecture = table.architecture()
    assert (architecture.params, architecture.cost.macs) == (params, macs)
    assert architecture.unread == ()
    count = engine("torch").count(architecture)
    assert (count.total.params, count.total.cost.macs) == (params, macs)
    assert architecture.depth == depth


@pytest.mark.parametrize("name", [*TORCHVISION, "unet"])
def test_a_network_fits_the_schema(name, data):
    tree = yaml.safe_load((data / f"{name}.yaml").read_text())
    assert list(Draft202012Validator(json_schema()).iter_errors(tree)) == []


@pytest.mark.parametrize("name", [*TORCHVISION, "unet"])
def test_a_network_says_what_its_paper_prints(name, data):
    table = ac.load(str(data / f"{name}.yaml"))
    compared = json.loads(ac.compare(ac.count(table, engine="formula"), table).to_json())
    verdicts = [cell["verdict"] for row in compared["rows"] for cell in row["cells"]]
    assert len(verdicts) >= len(compared["rows"])
    assert {*verdicts, *(claim["verdict"] for claim in compared["claims"])} == {"match"}
