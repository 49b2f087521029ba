"""The scripts that survey zoos: benchmarks/zoo_pool.py, small_configs.py and zoo_report.py."""

import csv
import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

import small_configs
import zoo_pool
import zoo_report


def work(line):
    if line.architecture == "crash":
        os._exit(3)
    if line.architecture == "hang":
        time.sleep(60)
    if line.architecture == "raise":
        raise ValueError("no\n  such model")
    zoo_pool.compare(line, nn.Linear(3, 4), (torch.zeros(2, 3),))


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_model_that_fails_crashes_or_hangs_is_a_line_and_the_others_go_on(tmp_path):
    file = tmp_path / "zoo.csv"
    names = ["crash", "raise", "good", "hang"]
    how = {"output": file, "jobs": 4, "gibibytes": 64}
    zoo_pool.survey(names[:3], work, timeout=60, **how)
    zoo_pool.survey(names, work, timeout=0.5, **how)  # the first three are there already
    with file.open(newline="") as lines:
        rows = {row["architecture"]: row for row in csv.DictReader(lines)}
    assert set(rows) == set(names)
    assert len(file.read_text().splitlines()) == 5
    assert rows["crash"]["error"] == "process: ended with 3"
    assert rows["hang"]["error"] == "process: took too long"
    assert rows["raise"]["error"].startswith("build: ValueError: no such model")
    good = rows["good"]  # 2 rows x 3 x 4, and 3 x 4 weights with 4 biases
    assert (good["macs"], good["difference"], good["params"]) == ("24", "0", "16")
    assert (good["params_ok"], good["error"]) == ("True", "")


@pytest.mark.parametrize(
    ("call", "macs"),
    [
        (lambda: torch.ones(3, 4) @ torch.ones(4), 12),
        (lambda: torch.ones(5) @ torch.ones(5), 5),
        (lambda: torch.addmv(torch.ones(3), torch.ones(3, 4), torch.ones(4)), 12),
        (lambda: torch.addbmm(torch.ones(3, 5), torch.ones(2, 3, 4), torch.ones(2, 4, 5)), 120),
        (lambda: torch.addr(torch.ones(3, 4), torch.ones(3), torch.ones(4)), 12),
        # 2 x 30 x 40 distances of many rows, each a product of 4 numbers, the square and a one.
        (lambda: torch.cdist(torch.ones(2, 30, 4), torch.ones(2, 40, 4)), 14_400),
        # The second row takes a product, the third two: three for each of five columns.
        (lambda: torch.linalg.solve_triangular(torch.eye(3), torch.ones(3, 5), upper=False), 15),
    ],
    ids=[
        "matrix and vector",
        "dot",
        "addmv",
        "addbmm",
        "addr",
        "distances",
        "substitution",
    ],
)
def test_products_that_flopcountermode_has_no_rule_for_are_worked_out(call, macs):
    class Model(nn.Module):
        def forward(self):
            return call()

    found = zoo_pool.flop_counter_macs(Model(), ())
    assert found.pop("") == 0
    assert list(found.values()) == [macs]


def test_configurations_are_made_small():
    class Config(SimpleNamespace):
        model_type = "some"

        def __init__(self, **entries):
            usual = {
                "num_hidden_layers": 32, "hidden_size": 4096, "num_attention_heads": 32,
                "vocab_size": 50_000, "eos_token_id": 2_000, "num_experts": 64, "depths": [3, 9],
                "num_experts_per_tok": 2, "rope_theta": 500_000, "hidden_act": "silu",
            }  # fmt: skip
            super().__init__(**usual | entries)

    found = dict(small_configs.variants(Config, {"head_dim": 128}))
    common = {
        "num_hidden_layers": 4, "vocab_size": 2_001, "num_experts": 16, "depths": [1, 1],
        "head_dim": 128,
    }  # fmt: skip
    assert found["few layers, an eighth wide"] == common | {"hidden_size": 512}
    narrow = found["few layers and heads, an eighth wide"]
    assert narrow == common | {"hidden_size": 512, "num_attention_heads": 4}
    assert found["few experts"] == {"num_experts": 16, "head_dim": 128}
    assert found["as it is"] == {"head_dim": 128}


def test_a_report_says_how_many_of_how_many():
    row = dict.fromkeys(zoo_report.COLUMNS, "")
    rows = [
        row | {"architecture": "a", "flopcounter_macs": "5", "macs": "5", "difference": "0",
               "params_ok": "True", "inputs": "input_ids:1x5 pixel_values:1x3x8x8"},
        row | {"architecture": "b", "flopcounter_macs": "5", "macs": "9", "difference": "0",
               "params_ok": "True", "by_hand": "aten.mv 4", "uncounted": "x.y"},
        row | {"architecture": "c", "flopcounter_macs": "5", "macs": "6", "difference": "1"},
        row | {"architecture": "d", "error": "process: took too long"},
    ]  # fmt: skip
    text = zoo_report.counts({"zoo": rows})
    numbers = [line.split("|")[2].strip() for line in text.splitlines()[2:]]
    assert numbers == ["4", "3", "3", "2", "1", "1", "1", "1", "0", "1"]
    assert "| `aten.mv` | 1 |" in zoo_report.by_hand({"zoo": rows})
    assert "| c | 6 | 5 |" in zoo_report.differing({"zoo": rows})
    assert "| took too long | 1 | d |" in zoo_report.left_out({"zoo": rows})
