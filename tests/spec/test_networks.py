"""Networks of other papers, written as these print them."""

from __future__ import annotations

import json

import pytest
import yaml
from jsonschema import Draft202012Validator

import archcount as ac
from archcount.spec.json_schema import json_schema

NETWORKS = ["c3d", "shufflenet_v2", "unet", "whisper_stem"]


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_fits_the_schema(name, data):
    tree = yaml.safe_load((data / f"{name}.yaml").read_text())
    assert list(Draft202012Validator(json_schema()).iter_errors(tree)) == []


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_says_what_its_paper_prints(name, data):
    table = ac.load(str(data / f"{name}.yaml"))
    compared = json.loads(ac.compare(ac.count(table, engine="formula"), table).to_json())
    verdicts = [cell["verdict"] for row in compared["rows"] for cell in row["cells"]]
    assert len(verdicts) >= len(compared["rows"])
    claims = (claim["verdict"] for claim in compared["claims"])
    assert {*verdicts, *claims} - {"unpublished"} == {"match"}  # where a cell is blank
