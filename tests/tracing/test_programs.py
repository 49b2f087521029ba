"""Programs that torch made of a model: scripted, traced and exported ones."""

from __future__ import annotations

import os
import pickle
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from torch import nn

import archcount as ac
from archcount.loading.programs import is_program
from archcount.loading.reference import UserCodeError

pytestmark = pytest.mark.filterwarnings("ignore")  # newer torch deprecates scripting


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.tail = nn.Sequential(nn.ReLU(), nn.Conv2d(4, 5, 1))
        self.norm = nn.BatchNorm2d(5)
        self.shift = torch.ones(5, 1, 1)

    def forward(self, x):
        return self.norm(self.tail(self.conv(x))) + self.shift + torch.zeros(5, 1, 1)


IMAGES = torch.ones(2, 3, 8, 8)
# 2 images x 64 places x 4 x 27, and x 5 x 4
CONV, TAIL = 13824, 2560
SCRIPTS = {
    "scripted": torch.jit.script,
    "traced": lambda module: torch.jit.trace(module.eval(), IMAGES),
}


def lines(report):
    return {module.path: module for module in report.record.modules}


def test_a_scripted_block_is_counted_within_a_model():
    block = torch.jit.script(nn.Conv2d(3, 4, 3, padding=1))
    report = ac.count(nn.Sequential(block), input=(2, 3, 8, 8))
    # the image needs no gradient: the weight's alone; 4 x 27 weights and 4 biases
    total = report.total
    assert (total.macs, total.backward_macs, total.params) == (CONV, CONV, 112)
    assert (lines(report)["0"].kind, lines(report)["0"].output) == ("Conv2d", (2, 4, 8, 8))
    assert not report.record.uncounted + report.record.remarks


@pytest.mark.parametrize("device", ["meta", "cpu"])
@pytest.mark.parametrize("kind", SCRIPTS)
def test_modules_of_scripted_ones_have_what_reads_their_parameters(kind, device):
    program = SCRIPTS[kind](Block())
    report = ac.count(program, input=(2, 3, 8, 8), device=device)
    found = lines(report)
    # going back: the weight of the first, weight and input of the second
    assert (report.total.macs, report.total.backward_macs) == (CONV + TAIL, CONV + 2 * TAIL)
    assert report.total.params == 4 * 27 + 4 + 5 * 4 + 5 + 2 * 5
    assert [found[path].macs for path in ("conv", "tail", "tail.1")] == [CONV, TAIL, TAIL]
    assert (found["norm"].cost.norm, found[""].own.activation) == (2 * 2 * 64 * 5, 2 * 64 * 4)
    assert (found["conv"].kind, found["conv"].calls, found["conv"].output) == ("Conv2d", None, None)
    assert report.record.name == "Block"
    assert not report.record.uncounted
    assert "not run" not in report.to_markdown()
    (remark,) = report.record.remarks
    assert remark.startswith("the model is scripted: operations are counted in the module")


def test_what_others_run_of_a_tied_weight_is_theirs():
    block = torch.jit.script(nn.Sequential(nn.Linear(4, 4, bias=False), nn.SiLU()))
    for _ in range(3):
        block(torch.ones(3, 4))  # torch fuses what it has run before
    head = nn.Linear(4, 4, bias=False)
    head.weight = next(block.parameters())
    report = ac.count(nn.Sequential(block, head), input=(3, 4))
    # one weight, 3 x 4 x 4 each time; going back, its gradient twice, and that of what head reads
    assert (report.total.params, report.total.backward_macs) == (16, 3 * 48)
    assert [lines(report)[path].macs for path in ("", "0.0", "1")] == [96, 48, 48]
    assert not report.record.uncounted


def test_the_weights_of_frozen_modules_are_constants():
    frozen = torch.jit.freeze(torch.jit.script(Block().eval()))
    report = ac.count(frozen, input=(2, 3, 8, 8), train=True)
    assert (report.total.macs, report.total.params) == (CONV + TAIL, 0)
    (remark,) = report.record.remarks
    assert remark == "the model is frozen: its weights are constants, and not among its params"


def test_a_scripted_model_is_compared():
    plain = Block()
    assert not ac.diff(plain, torch.jit.script(plain), input=(2, 3, 8, 8)).is_changed


def test_a_scripted_model_is_left_alone():
    program = torch.jit.script(Block())
    before = {name: tensor.clone() for name, tensor in program.state_dict().items()}
    ac.count(program, input=(2, 3, 8, 8), train=True, device="cpu")
    after = program.state_dict()
    assert all(torch.equal(tensor, after[name]) for name, tensor in before.items())
    assert program.training


@pytest.fixture(scope="module")
def exported():
    return torch.export.export(Block().eval(), (IMAGES,), strict=False)


def test_exported_programs_are_counted_by_the_modules_that_they_were_made_from(exported, tmp_path):
    path = str(tmp_path / "block.pt2")
    torch.export.save(exported, path)
    report = ac.count(exported, input=(2, 3, 8, 8))
    for other in (report, ac.count(path, input=(2, 3, 8, 8))):
        found = lines(other)
        assert (other.total.macs, other.total.backward_macs) == (CONV + TAIL, CONV + 2 * TAIL)
        assert other.total.params == 4 * 27 + 4 + 5 * 4 + 5 + 2 * 5
        assert [found[path].macs for path in ("conv", "tail", "tail.1")] == [CONV, TAIL, TAIL]
        assert (found["tail.0"].output, found["norm"].calls) == ((2, 4, 8, 8), 1)
        assert not other.record.uncounted + other.record.remarks
    assert ac.count(exported.module(), input=(2, 3, 8, 8)).total.macs == CONV + TAIL
    assert not ac.diff(Block(), exported, input=(2, 3, 8, 8)).is_changed


def test_exported_programs_are_refused_what_they_were_not_exported_for(exported):
    with pytest.raises(UserCodeError, match="equal to 2, but got 3"):
        ac.count(exported, input=(3, 3, 8, 8))
    (remark,) = ac.count(exported, input=(2, 3, 8, 8), train=True).record.remarks
    assert remark == "what was exported runs as it ran then, in either mode"


def test_files_of_scripted_modules_are_counted(tmp_path):
    path = str(tmp_path / "block.pt")
    torch.jit.save(torch.jit.trace(Block().eval(), IMAGES), path)
    report = ac.count(path, input=(2, 3, 8, 8))
    assert (report.total.macs, report.record.name) == (CONV + TAIL, path)


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("weights.pt", {}, "'weights.pt' is weights alone, or a pickled object; allowed: what"),
        ("weights.pt2", {}, "'weights.pt2' is weights alone, or a pickled object; allowed: what"),
        ("weights.safetensors", {}, "'weights.safetensors' is weights alone (safetensors)"),
        ("legacy.pt", {}, "'legacy.pt' is weights alone, or a pickled object"),
        ("net.onnx", {}, "'net.onnx' is an ONNX file"),
        ("net.bin", {}, "'net.bin' is an ONNX file"),
        ("other.zip", {}, "'other.zip' is a zip archive of something else"),
        ("text.pt", {}, "'text.pt' cannot be read as a scripted or traced module"),
        ("text.pt2", {}, "'text.pt2' cannot be read as an exported program: it is no whole zip"),
        ("none.pt", {}, "no file 'none.pt'"),
        ("weights.pt", {"arguments": {"width": 2}}, "--arg goes with package:callable"),
    ],
)
def test_files_that_hold_no_program_are_refused(name, options, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for suffix in ("pt", "pt2"):
        torch.save({"weight": IMAGES}, f"weights.{suffix}")
        Path(f"text.{suffix}").write_text("text")
    torch.save({"weight": IMAGES}, "legacy.pt", _use_new_zipfile_serialization=False)
    # As onnx.proto has it: ir_version = 8, then producer_name = "pytorch".
    for onnx in ("net.onnx", "net.bin"):
        Path(onnx).write_bytes(b"\x08\x08\x12\x07pytorch")
    # https://github.com/huggingface/safetensors: 8 bytes of a length, and JSON so long.
    header = b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    size = len(header).to_bytes(8, "little")
    Path("weights.safetensors").write_bytes(size + header + bytes(4))
    with zipfile.ZipFile("other.zip", "w") as archive:
        archive.writestr("a/b.txt", "")
    with pytest.raises(ac.UsageError) as error:
        ac.count(name, input=(2, 3, 8, 8), **options)
    assert str(error.value).startswith(said)
    assert "\n" not in str(error.value)


class _Command:
    """Runs a command of the system when it is unpickled."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


def test_what_is_in_the_file_of_a_program_is_not_run(exported, tmp_path):
    whole, changed, ran = (tmp_path / name for name in ("whole.pt2", "changed.pt2", "ran"))
    torch.export.save(exported, whole)
    hostile = pickle.dumps(_Command(f"touch {ran}"))
    before = dict(os.environ)
    with zipfile.ZipFile(whole) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    compiled = f"{next(iter(parts)).split('/')[0]}/data/aotinductor/model/model.so"
    for part in (*parts, compiled):
        with zipfile.ZipFile(changed, "w") as archive:
            for name, content in {**parts, part: hostile}.items():
                archive.writestr(name, content)
        if part == compiled:
            with pytest.raises(ac.UsageError, match="is a compiled program .AOTInductor.; allowed"):
                ac.count(str(changed), input=(2, 3, 8, 8))
        else:
            with suppress(ac.UsageError):  # not every part is looked at
                ac.count(str(changed), input=(2, 3, 8, 8))
        assert not ran.exists(), part
    assert os.environ == before


def test_a_program_is_known_by_its_content_and_not_by_its_ending(exported, tmp_path):
    for name in ("block.pt", "block.model"):
        torch.export.save(exported, tmp_path / "block.pt2")
        (tmp_path / "block.pt2").rename(tmp_path / name)
        report = ac.count(str(tmp_path / name), input=(2, 3, 8, 8))
        assert report.total.macs == CONV + TAIL
    traced = tmp_path / "traced.bin"
    torch.jit.save(torch.jit.trace(Block().eval(), IMAGES), traced)
    assert ac.count(str(traced), input=(2, 3, 8, 8)).total.macs == CONV + TAIL


@pytest.mark.parametrize("kind", [str, Path])
def test_a_program_is_no_table(kind, exported, tmp_path):
    path = tmp_path / "block.bin"
    with path.open("wb") as file:
        torch.export.save(exported, file)
    with pytest.raises(ac.UsageError, match="is an exported program, and no table.*count it with"):
        ac.load(kind(path))
    with pytest.raises(ac.UsageError, match="is an exported program, and no table.*count it with"):
        ac.check(kind(path))
    path.write_bytes(b"\x08\x08\x12\x07pytorch")
    with pytest.raises(ac.UsageError, match="is an ONNX file, and no table; allowed: a table's"):
        ac.load(kind(path))


def test_a_table_that_comes_through_a_pipe_is_left_to_its_reader(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert not is_program(str(tmp_path / "pipe"))


@pytest.fixture
def mesh():
    """Four processes, three of which only seem to be there."""
    from torch.distributed.device_mesh import init_device_mesh
    from torch.testing._internal.distributed.fake_pg import FakeStore

    torch.distributed.init_process_group("fake", store=FakeStore(), rank=0, world_size=4)
    yield init_device_mesh("cpu", (4,))
    torch.distributed.destroy_process_group()


def by_rows(module, mesh):
    from torch.distributed.fsdp import fully_shard

    fully_shard(module[0], mesh=mesh)
    return fully_shard(module, mesh=mesh)


def by_columns(module, mesh):
    from torch.distributed.tensor.parallel import (
        ColwiseParallel,
        RowwiseParallel,
        parallelize_module,
    )

    return parallelize_module(module, mesh, {"0": ColwiseParallel(), "2": RowwiseParallel()})


def by_tensors(module, mesh):
    """Without hooks: what calls it gathers for itself."""
    from torch.distributed.tensor import Shard, distribute_tensor

    for layer in (module[0], module[2]):
        layer.weight = nn.Parameter(distribute_tensor(layer.weight.detach(), mesh, [Shard(0)]))
    return module


@pytest.mark.parametrize("sharded", [by_rows, by_columns, by_tensors])
def test_sharded_models_are_counted_as_a_whole(sharded, mesh):
    model = sharded(nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 6, bias=False)), mesh)
    assert model[0].weight.to_local().numel() == 8 * 16 // 4
    report = ac.count(model, input=(3, 8))
    # 3 rows x (8 x 16 + 16 x 6); going back, the second layer twice
    assert (report.total.macs, report.total.backward_macs) == (672, 672 + 3 * 16 * 6)
    assert report.total.params == 8 * 16 + 16 + 16 * 6
    assert not report.record.uncounted
    (remark,) = report.record.remarks
    assert remark.startswith(
        "the model is spread over several processes: counted is the whole of it"
    )
    with pytest.raises(ac.UsageError, match="have no numbers here; leave the device at meta"):
        ac.count(model, input=(3, 8), device="cpu")


PROGRAMS = {
    **SCRIPTS,
    "traced": lambda module: torch.jit.trace(module, torch.ones(5, 3, 10)),
    "exported": lambda module: torch.export.export(module, (torch.ones(5, 3, 10),), strict=False),
}


@pytest.mark.parametrize(
    "kind", [pytest.param("scripted", marks=pytest.mark.slow), "traced", "exported"]
)
def test_programs_of_recurrent_layers(kind):
    model = nn.Sequential(nn.LSTM(10, 20)).eval()  # by itself, torch scripts but its parts
    report = ac.count(PROGRAMS[kind](model), input=(5, 3, 10))
    # 15 steps x 4 gates x 20 x (10 + 20), and the biases of both
    assert (report.total.macs, report.total.params) == (36_000, 4 * 20 * (10 + 20 + 2))
    # going back: both weights, and the state but the first
    assert report.total.backward_macs == 36_000 + 4 * 3 * 4 * 20 * 20
    assert not report.record.uncounted


@pytest.mark.parametrize(("train", "norm"), [(False, 12), (True, 42)])
def test_modules_after_an_exported_one_are_put_in_the_mode_that_is_asked_for(train, norm):
    # 2 x 3 elements: a scale and a shift each; by the statistics of the batch 5, and 1 for each of
    # two trained tensors.
    exported = torch.export.export(nn.Linear(4, 3).eval(), (torch.zeros(2, 4),)).module()
    model = nn.Sequential(exported, nn.BatchNorm1d(3))
    for start in (True, False):
        model[1].train(start)
        assert ac.count(model, input="[2,4]", train=train).total.cost.norm == norm
