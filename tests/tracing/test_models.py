"""`archcount count`: any model, as a user calls it from Python and from a shell."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from collections import UserDict
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn
from torch._higher_order_ops.while_loop import while_loop
from torch.utils._python_dispatch import TorchDispatchMode
from typer.testing import CliRunner

import archcount as ac
from archcount.cli.app import app
from archcount.loading.input_spec import read_input
from archcount.loading.inputs import make_inputs
from archcount.loading.reference import UserCodeError


@pytest.fixture
def own(data):
    return str(data / "own_net.py")


def run(*arguments):
    return CliRunner().invoke(app, ["count", *map(str, arguments)])


def failure(*arguments):
    """Give the error that a command ends in."""
    result = run(*arguments)
    assert isinstance(result.exception, ac.ArchcountError), result.output
    return result.exception


def test_a_table_is_counted_as_a_model():
    result = run("googlenet", "--format", "json")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    formula = ac.count(ac.load("googlenet"), engine="formula").total
    assert report["schema"] == "archcount.count/2"
    assert report["totals"]["macs"] == formula.cost.macs
    # The heads are made and not run.
    assert report["totals"]["params"] - report["totals"]["unused"] == formula.params
    conv1 = next(module for module in report["modules"] if module["path"] == "conv1")
    # 64 x 112x112 positions x 3 x 7x7, twice the published 34M MACs a thousandth rounded up
    assert (conv1["output"], conv1["macs"]) == ([1, 64, 112, 112], 64 * 112**2 * 147)


def test_a_users_file_with_tokens_and_arguments(own):
    result = run(
        f"{own}:Tokens", "--input", "input_ids:int64[2,5]", "--arg", "classes=3", "--format", "json"
    )
    totals = json.loads(result.stdout)["totals"]
    # 2 x 8 x 3; the weights' gradient and the input's, which leads to the embedding
    assert (totals["macs"], totals["backward_macs"]) == (48, 96)
    assert totals["params"] == 800 + 27
    assert totals["weight_bytes"] == {"float32": 4 * 827}


def test_inputs_from_a_function_and_in_dicts(own):
    assert run(f"{own}:Tokens", "--inputs", f"{own}:tokens").exit_code == 0
    result = run(
        f"{own}:Tokens",
        "--input",
        "int64[2,5]",
        "--input",
        "scale.by:float32[1]",
        "--format",
        "csv",
    )
    assert result.exit_code == 0
    assert "Tokens" in result.stdout


def test_what_could_not_be_counted_is_named_and_strict_fails(own):
    told = run(f"{own}:Unknown", "--input", "[2,4]", "--format", "plain")
    assert told.exit_code == 0
    assert "uncounted: aten.linalg_qr in (the network itself)" in told.stdout
    assert "MACs 32 (64 FLOPs at 2 a MAC), without what is uncounted below" in told.stdout
    assert run(f"{own}:Unknown", "--input", "[2,4]", "--strict").exit_code == 1
    csv = run(f"{own}:Unknown", "--input", "[2,4]", "--format", "csv")
    assert "uncounted: aten.linalg_qr" in csv.stderr


def test_a_rule_of_the_users_own_counts_it(own, monkeypatch):
    from archcount.layers import Cost
    from archcount.operators import register_cost, registry
    from archcount.operators.operation import Charge

    monkeypatch.setitem(registry._COSTS, "aten.linalg_qr", None)
    register_cost("aten.linalg_qr")(lambda operation: Charge(Cost(other=operation.output.elements)))
    assert run(f"{own}:Unknown", "--input", "[2,4]", "--strict").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{own}", "--input", "4"], "names no callable.*write .*own_net.py:NAME"),
        (["{own}:Token", "--input", "4"], "did you mean 'Tokens'"),
        (["{own}:NUMBER", "--input", "4"], "gives a int; allowed: an nn.Module"),
        (["{own}:tokens", "--input", "4"], "gives a dict; allowed: an nn.Module"),
        (["torch.nn:Linear", "--input", "4"], "give what it needs with --arg NAME=VALUE"),
        (["nowhere.py:Net", "--input", "4"], "no file 'nowhere.py'"),
        (["no_such_package:Net", "--input", "4"], "no module named 'no_such_package'"),
        (["torch.nn:Identity"], "no input given; give --input 3x224x224, or --inputs"),
        (["torch.nn:Identity", "--input", "3y4"], "--input '3y4'; allowed: 3x224x224"),
        (["torch.nn:Identity", "--input", "int63[4]"], "unknown type 'int63'"),
        (["torch.nn:Identity", "--input", "a:[1]", "--input", "a:[1]"], "duplicate input a"),
        (["torch.nn:Identity", "--input", "a:[1]", "--input", "a.b:[1]"], "duplicate input a.b"),
        (
            ["torch.nn:Identity", "--input", "4", "--inputs", "x:y"],
            "--input and --inputs are both given; use only one",
        ),
        (["torch.nn:Identity", "--input", "4", "--arg", "x"], "--arg 'x'; allowed: NAME=VALUE"),
        (["torch.nn:Identity", "--input", "4", "--device", "tpu"], "unknown device 'tpu'"),
        (["torch.nn:Identity", "--input", "4", "--batch", "-1"], "batch -1"),
        (
            ["torch.nn:Identity", "--input", "[2,4]", "--batch", "8"],
            "batch 8 with an input that has",
        ),
        (["torch.nn:Identity", "--input", "4", "--variant", "a"], "goes with a table"),
        (["vgg", "--arg", "a=1"], "goes with package:callable"),
        (["torch.nn:Identity", "--input", "4", "--batch", "9" * 20], "batch 9999"),
        (["torch.nn:Identity", "--input", "4", "--depth", "-1"], "--depth -1"),
        (["googlenet", "--device", "tpu"], "unknown device 'tpu'"),
        (["torch.nn:Identity", "--inputs", "{own}:layer"], "a Linear as input"),
        (["{own}:Quits", "--input", "4"], "Quits failed: SystemExit"),
        (["googlenett"], "did you mean 'googlenet'"),
        (["resnet@18", "--variant", "34"], "two variants"),
        (["resnet@19"], "no variant '19'"),
        (["torch.nn:Identity", "--input", "9" * 19 + "x4"], "allowed: sizes from 0 to 2\\^63 - 1"),
    ],
)
def test_wrong_arguments_are_said_clearly(own, arguments, said):
    error = failure(*(argument.format(own=own) for argument in arguments))
    assert error.exit_code == 2
    with pytest.raises(ac.ArchcountError, match=said):
        raise error


def test_errors_of_a_users_code_show_their_own_frames(own):
    error = failure(f"{own}:broken", "--input", "4")
    assert isinstance(error, UserCodeError)
    lines = str(error).splitlines()
    assert lines[0].endswith("broken failed: ValueError: no such width")
    assert [line for line in lines if " in " in line] == [
        line for line in lines if "own_net.py" in line and " in broken" in line
    ]
    wrong = str(failure(f"{own}:Tokens", "--input", "3x4"))
    assert "in forward" in wrong
    assert "site-packages" not in wrong


def test_a_model_that_looks_at_numbers_is_told_how(own):
    assert "--device cpu" in str(failure(f"{own}:Looks", "--input", "3x4"))
    assert run(f"{own}:Looks", "--input", "3x4", "--device", "cpu").exit_code == 0


@pytest.mark.parametrize("target", ["torch.nn:Linear", "mobilenet_v1"])
def test_models_are_counted_with_their_numbers_too(target):
    arguments = ["--arg", "in_features=8", "--arg", "out_features=3"] if ":" in target else []
    size = "8" if ":" in target else "3x224x224"
    with_numbers = run(target, *arguments, "--input", size, "--device", "cpu", "--format", "csv")
    without = run(target, *arguments, "--input", size, "--format", "csv")
    assert with_numbers.exit_code == 0
    assert with_numbers.stdout == without.stdout


def test_what_a_model_prints_is_no_part_of_the_report(own):
    result = run(f"{own}:Loud", "--input", "4", "--format", "json")
    assert json.loads(result.stdout)["totals"]["macs"] == 16
    assert "making" in result.stderr
    assert "running" in result.stderr


def test_frames_of_others_are_not_shown_as_the_users_own():
    error = str(failure("torch.nn:Linear", "--arg", "in_features=8", "--arg", "out_features=8",
                        "--input", "9"))  # fmt: skip
    assert " in " not in error.partition("\n")[2]


def test_a_function_that_makes_the_input_and_fails_is_said():
    def fails():
        raise KeyError("data")

    with pytest.raises(UserCodeError, match="the function that returns the input failed: KeyError"):
        ac.count(nn.Linear(4, 3), input=fails)


def test_a_file_that_cannot_be_imported(tmp_path):
    (tmp_path / "torn.py").write_text("import nothing_like_this\n")
    error = str(failure(f"{tmp_path / 'torn.py'}:Net", "--input", "4"))
    assert "ModuleNotFoundError" in error
    assert "torn.py:1 in <module>" in error


def test_a_model_too_large_to_run_is_said():
    error = failure("torch.nn:ReLU", "--input", "999999999x999999999x999999999")
    assert error.exit_code == 3
    assert "not enough memory to run the network; take a smaller --input" in str(error)


def test_depth_chooses_the_levels():
    shallow = run("resnet", "--variant", "18", "--depth", "0", "--format", "plain")
    assert shallow.exit_code == 0
    assert "shown to depth 0" in shallow.stdout
    assert "conv1" not in shallow.stdout


@pytest.mark.parametrize(
    ("text", "shape", "name", "dtype"),
    [
        ("3x224x224", (2, 3, 224, 224), "", ""),
        ("7", (2, 7), "", ""),
        ("[1,3,8,8]", (1, 3, 8, 8), "", ""),
        ("[]", (), "", ""),
        ("int64[1, 128]", (1, 128), "", "int64"),
        ("ids:int64[1,128]", (1, 128), "ids", "int64"),
        ("x : bfloat16 3x8x8", (2, 3, 8, 8), "x", "bfloat16"),
        ("bfloat163x8x8", None, "", ""),
        ("float8_e4m3fn[2,8]", (2, 8), "", "float8_e4m3fn"),
        ("mask:bool[2,8]", (2, 8), "mask", "bool"),
        ("batch.image:3x8x8", (2, 3, 8, 8), "batch.image", ""),
    ],
)
def test_inputs_are_read_as_written(text, shape, name, dtype):
    if shape is None:
        with pytest.raises(ac.UsageError):
            read_input(text)
        return
    spec = read_input(text, batch=2)
    assert (spec.shape, spec.name, spec.dtype) == (shape, name, dtype)


def test_a_list_whose_modules_ran_is_not_said_not_to_be():
    class Listed(nn.Module):
        def __init__(self):
            super().__init__()
            self.norms = nn.ModuleList([nn.LayerNorm(4)])
            self.spare = nn.ModuleList([nn.LayerNorm(4)])

        def forward(self, x):
            return self.norms[0](x)

    lines = ac.count(Listed(), input="4").to_markdown().splitlines()
    assert "not run" not in next(line for line in lines if "norms" in line)
    assert "not run" in next(line for line in lines if "spare" in line)


def test_python_takes_tensors_tuples_dicts_and_functions():
    layer = nn.Linear(4, 3)
    for given in (
        "[2,4]",
        (2, 4),
        torch.zeros(2, 4),
        [(2, 4)],
        (torch.zeros(2, 4),),
        {"input": torch.zeros(2, 4)},
        lambda: torch.zeros(2, 4),
        (((2, 4),), {}),
    ):
        assert ac.count(layer, input=given).total.macs == 24
    assert ac.count(layer, input="4", batch=5).total.macs == 60
    with pytest.raises(ac.UsageError, match="a float as input"):
        ac.count(layer, input=2.0)
    with pytest.raises(ac.UsageError, match="variant does not go with a Linear"):
        ac.count(layer, input="4", variant="x")


def test_wrong_arguments_in_python_are_said_clearly():
    layer = nn.Linear(4, 3)
    for options, said in (
        ({"input": (-1, 4)}, r"the input \[-1,4\]; allowed: sizes from 0"),
        ({"input": [(2, 2**63)]}, "allowed: sizes from 0"),
        ({"input": ""}, "no input given; give --input 3x224x224, or --inputs"),
        ({"input": None}, "no input given; give --input 3x224x224, or --inputs"),
        ({"input": "4", "batch": 1.5}, "batch 1.5; allowed: a whole number"),
        ({"input": "4", "batch": "2"}, "batch 2; allowed: a whole number"),
        ({"input": "4", "batch": True}, "batch True; allowed: a whole number"),
        ({"input": "4", "batch": None}, "batch None; allowed: a whole number"),
        ({"input": (2, 4), "batch": 2}, "batch 2 with an input that has a batch dimension"),
        (
            {"input": torch.ones(2, 4), "batch": 2},
            "such as 3x224x224; write the batch in the sizes",
        ),
        ({"input": "4", "device": None}, "unknown device None; allowed: meta, cpu"),
        (
            {"input": "4", "device": torch.device("cpu")},
            r"unknown device device\(type='cpu'\); allowed",
        ),
    ):
        with pytest.raises(ac.UsageError, match=said):
            ac.count(layer, **options)
    with pytest.raises(
        ac.UsageError, match=r"a int is not a model; allowed: an nn.Module, or a table"
    ):
        ac.count(5, input="4")
    with pytest.raises(
        ac.UsageError, match=r"the class Linear is not a model.*create an instance: Linear"
    ):
        ac.count(nn.Linear, input="4")
    with pytest.raises(UserCodeError):  # a truth value is no size: two arguments, of which one is
        ac.count(layer, input=(True, 4))


def test_a_batch_goes_with_one_input_of_several():
    layer = nn.Bilinear(4, 5, 3)
    # 2 rows of 3 x 4 x 5, and of 3 x 5
    assert ac.count(layer, input=["4", "[2,5]"], batch=2).total.macs == 2 * (60 + 15)


class Replaces(nn.Module):
    """Puts other tensors in the place of those that it holds, as a cache of positions does."""

    def __init__(self):
        super().__init__()
        self.register_buffer("table", torch.zeros(1, 3))
        self.weight = nn.Parameter(torch.ones(4))

    def forward(self, x):
        self.table = torch.zeros(x.shape[0], 3)
        self.weight = nn.Parameter(torch.ones(2))
        return x


def test_held_is_what_a_model_has_before_it_runs():
    report = ac.count(nn.Sequential(Replaces()), input="2", batch=100)
    assert (report.total.buffers, report.total.params) == (3, 4)
    assert report.record.weight_bytes == {"float32": 4 * (3 + 4)}


def test_truth_values_are_read_as_shells_write_them():
    arguments = ["--arg", "in_features=4", "--arg", "out_features=3", "--input", "4"]
    for written, params in (("false", 12), ("False", 12), ("true", 15), ("'false'", 15)):
        # 4 x 3 weights, and 3 biases unless told; a text that is not empty is true
        result = run("torch.nn:Linear", *arguments, "--arg", f"bias={written}", "--format", "json")
        assert json.loads(result.stdout)["totals"]["params"] == params


class Chooses(nn.Module):
    """Takes one of two layers of 4 x 5; the other has no bias, and a product after it."""

    def __init__(self):
        super().__init__()
        self.one, self.other = nn.Linear(4, 5), nn.Linear(4, 5, bias=False)

    def forward(self, x, step):
        after = torch.ones(5, 5)
        return torch.cond(
            step.sum() > 0, lambda x: self.one(x), lambda x: self.other(x) @ after, (x,)
        )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("device", ["meta", "cpu"])
@pytest.mark.parametrize(("step", "macs", "bias"), [(1, 60, 15), (0, 60 + 75, 0)])
def test_the_branch_that_numbers_choose_is_counted(step, macs, bias, device):
    report = ac.count(Chooses(), input={"x": (3, 4), "step": torch.tensor([step])}, device=device)
    assert (report.total.macs, report.total.cost.bias) == (macs, bias)
    # going back, a weight; and what is multiplied by the constant
    assert report.total.backward_macs == macs
    assert not report.record.uncounted


@pytest.mark.filterwarnings("ignore")
def test_the_branch_of_an_exported_program_is_counted():
    given = (torch.ones(3, 4), torch.tensor([1]))
    program = torch.export.export(Chooses(), given, strict=False)
    for step, macs in ((1, 60), (0, 60 + 75)):
        assert ac.count(program, input=((3, 4), torch.tensor([step]))).total.macs == macs


def test_a_branch_that_nobody_knows_is_refused():
    with pytest.raises(UserCodeError, match="reads values of a tensor that has none"):
        ac.count(Chooses(), input={"x": (3, 4), "step": (1,)})


class Loops(nn.Module):
    def forward(self, x):
        body = (lambda step, x: (step + 1, x @ x), (torch.zeros(()), x))
        return while_loop(lambda step, x: step < 3, *body)[1]


# Before 2.13, torch refuses such an operator itself, before the count sees it.
NO_LOOP = (
    (ac.UsageError, "the model uses while_loop, an operator of torch on functions, which is not")
    if hasattr(TorchDispatchMode, "supports_higher_order_operators")
    else (UserCodeError, "There was no rule registered for HOP while_loop")
)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_operators_on_functions_are_refused(device):
    error, said = NO_LOOP
    with pytest.raises(error, match=said):
        ac.count(Loops(), input=(4, 4), device=device)


class Packs(nn.Module):
    def forward(self, x):
        return packed(x, torch.jagged).values()


def packed(x, layout):
    return torch.nested.as_nested_tensor([x[0, :3], x[1]], layout=layout)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("layout", [torch.strided, torch.jagged])
@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_nested_tensors_are_refused(layout, device):
    said = (
        "tensor, in which sequences have lengths of their own; .*; count a padded batch, or a call"
    )
    with pytest.raises(ac.UsageError, match=said):
        ac.count(nn.Linear(8, 4), input=packed(torch.ones(2, 5, 8), layout), device=device)
    if layout is torch.jagged:
        model = Packs()
        with pytest.raises(ac.UsageError, match=said):
            ac.count(model, input=(2, 5, 8), device=device)


def test_what_torch_imports_during_a_count_is_not_counted():
    # Older torch imports its compiler at the first checkpoint, and computes meanwhile.
    code = """
import torch, archcount as ac
from torch import nn
from torch.utils.checkpoint import checkpoint

class Checkpointed(nn.Module):
    def forward(self, x):
        return checkpoint(torch.sin, x, use_reentrant=False)

print(ac.count(Checkpointed(), input=(2, 3)).total.cost.other)
"""
    assert printed(code) == "6\n"  # 2 x 3 sines


@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_where_a_branch_is_the_first_that_torch_is_to_compile_it_stays_able_to(device):
    # It compiles what `cond` is given, and would not compile it again once a pass was in its way.
    code = f"""
import torch, archcount as ac
from torch import nn

{inspect.getsource(Chooses)}
given = ((3, 4), torch.tensor([0]))
print(ac.count(Chooses(), input=given, device="{device}").total.macs)
program = torch.export.export(Chooses(), (torch.ones(3, 4), torch.tensor([1])), strict=False)
print(ac.count(program, input=given).total.macs)
layer = nn.Linear(4, 5)
operations = []
compiled = torch.compile(layer, backend=lambda graph, _: operations.append(graph) or graph)
print(compiled(torch.ones(3, 4)).shape, len(operations))
"""
    assert printed(code) == "135\n135\ntorch.Size([3, 5]) 1\n"  # 3 x 4 x 5, 3 x 5 x 5


def printed(code: str) -> str:
    """Run code in a process of its own."""
    command = [sys.executable, "-W", "ignore", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_name_with_a_line_feed_is_written_in_one_line():
    model = nn.ModuleDict({"a\nb": nn.Linear(4, 3)})
    model.forward = lambda x: model["a\nb"](x)
    report = ac.count(model, input=(2, 4))
    assert [module.path for module in report.record.modules] == ["", "a\nb"]
    assert report.to_csv().splitlines()[2].startswith("a\\nb,Linear,1,2x3,")


def test_sizes_may_be_numpys_and_lie_in_dicts():
    class Nested(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 3)

        def forward(self, batch):
            return self.layer(batch["of"]["x"])

    size = tuple(np.array([2, 4]))
    assert ac.count(nn.Linear(4, 3), input=size).total.macs == 24
    assert ac.count(Nested(), input={"batch": {"of": {"x": (2, 4)}}}).total.macs == 24


def test_an_input_is_copied_however_it_is_wrapped():
    @dataclass
    class Batch:
        x: torch.Tensor
        steps: list

    class Writes(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 3)

        def forward(self, batch, more):
            batch.steps.append(1)
            batch.x.mul_(2)
            more["y"].add_(batch.x)
            more["new"] = 1
            return self.layer(batch.x + more["y"])

    for device in ("meta", "cpu"):
        x, y, steps = torch.ones(2, 4), torch.ones(2, 4), []
        given = (Batch(x, steps), UserDict(y=y))
        report = ac.count(Writes(), input=given, device=device)
        assert report.total.macs == 24
        assert torch.equal(x, torch.ones(2, 4))
        assert torch.equal(y, torch.ones(2, 4))
        assert steps == []
        assert list(given[1]) == ["y"]


def test_the_input_is_written_as_it_was_before_the_run():
    class Takes(nn.Module):
        def forward(self, batch):
            return batch.pop("x") * 2

    report = ac.count(Takes(), input={"batch": {"x": (2, 4)}})
    assert report.record.inputs == "batch.x:float32[2,4]"


def test_an_input_without_a_type_has_the_models_own():
    inputs = make_inputs("4", batch=1, dtype=torch.bfloat16, device="meta")
    assert inputs.args[0].dtype == torch.bfloat16
    assert ac.count(nn.Linear(4, 3).half(), input="4").total.macs == 12


def test_a_report_is_written_in_every_format():
    report = ac.count(nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)), input="3x5x5")
    assert json.loads(report.to_json())["totals"]["macs"] == 8 * 9 * 27
    assert report.to_csv().splitlines()[1].startswith(",Sequential,1,1x8x3x3,")
    assert report.to_markdown().startswith("**")
    assert "<table" in report._repr_html_()
    assert report.to_frame().loc["0", "macs"] == 8 * 9 * 27
    # 8 x (27 + 1) and a scale and a shift; a mean, a variance, and the number of batches
    assert (report.total.params, report.total.buffers) == (240, 17)


def test_a_model_of_175_billion_parameters_takes_no_memory():
    """GPT-3's sizes: 96 layers of width 12,288, a vocabulary of 50,257, 2,048 positions."""
    import resource

    class Decoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens = nn.Embedding(50_257, 12_288)
            layer = nn.TransformerEncoderLayer(12_288, 96, 4 * 12_288, batch_first=True)
            self.layers = nn.TransformerEncoder(layer, 96, enable_nested_tensor=False)

        def forward(self, ids):
            return self.layers(self.tokens(ids)) @ self.tokens.weight.T

    with torch.device("meta"):
        model = Decoder()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    total = ac.count(model, input="int64[1,2048]").total
    # a layer: 12 x 12,288^2 weights, at 2,048 positions; attention 2 x 2,048^2 x 12,288
    layer = 12 * 12_288**2 * 2_048 + 2 * 2_048**2 * 12_288
    assert total.macs == 96 * layer + 2_048 * 12_288 * 50_257
    assert total.params > 174 * 10**9
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10**6  # kB
