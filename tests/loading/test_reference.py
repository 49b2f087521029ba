"""A user's own code by reference: imported once, and what it raises said in one message."""

from __future__ import annotations

import os
import sys

import pytest
from torch import nn

import archcount as ac
from archcount.loading.model_target import build
from archcount.loading.reference import UserCodeError, find, find_callable

PAIR = """
import torch
from torch import nn

class Batch:
    def __init__(self, ids):
        self.ids = ids

class Takes(nn.Module):
    def forward(self, batch):
        assert isinstance(batch, Batch), "another class of the same name"
        return torch.zeros(2, 3) @ batch.ids

def sample():
    return Batch(torch.zeros(3, 4))
"""


@pytest.fixture
def file(tmp_path):
    def write(text, name="its_own_code"):
        path = tmp_path / f"{name}.py"
        path.write_text(text)
        return path

    yield write
    for name in ("its_own_code", "asks"):
        sys.modules.pop(name, None)


def test_a_file_of_a_model_and_its_input_is_imported_once(file):
    path = file(PAIR)
    model, sample = build(f"{path}:Takes"), find_callable(f"{path}:sample")
    assert ac.count(model, input=sample).total.macs == 2 * 3 * 4


def test_a_file_that_was_edited_is_imported_again(file):
    path = file("def width():\n    return 3\n")
    assert find(f"{path}:width")() == 3
    path.write_text("def width():\n    return 45\n")
    assert find(f"{path}:width")() == 45
    path.write_text("def width():\n    return 67\n")  # of the same size
    os.utime(path, ns=(1, 1))
    assert find(f"{path}:width")() == 67


def test_a_module_whose_getattr_fails_is_said(file):
    path = file("def __getattr__(name):\n    raise KeyError(name)\n", "asks")
    with pytest.raises(UserCodeError, match="KeyError: 'model'") as raised:
        find(f"{path}:model")
    assert f"looking up 'model' in {path} failed" in str(raised.value)
    assert f"{path}:2 in __getattr__" in str(raised.value)


def test_what_is_no_function_gives_no_input(file):
    path = file("sample = 3\n")
    with pytest.raises(ac.UsageError, match="is a int; allowed: a function"):
        find_callable(f"{path}:sample")


def test_a_construction_that_fails_twice_keeps_both_errors(file):
    path = file(
        "import torch\n"
        "def build():\n"
        "    made = torch.zeros(3)\n"
        "    if made.is_meta:\n"
        "        raise ValueError('no numbers')\n"
        "    raise RuntimeError('no file of weights')\n"
    )
    with pytest.raises(UserCodeError) as raised:
        build(f"{path}:build")
    told = str(raised.value)
    assert "RuntimeError: no file of weights" in told
    assert "on the meta device: ValueError: no numbers" in told
    assert f"{path}:5 in build" in told
    assert f"{path}:6 in build" in told


def test_a_construction_that_fails_alike_is_said_once(file):
    path = file("def build():\n    raise RuntimeError('no file of weights')\n")
    with pytest.raises(UserCodeError) as raised:
        build(f"{path}:build")
    assert str(raised.value).count("no file of weights") == 2  # the error, and its line


def test_the_line_of_a_library_is_said(tmp_path, monkeypatch):
    library = tmp_path / "site-packages" / "its_library"
    library.mkdir(parents=True)
    (library / "__init__.py").write_text(
        "def outer(x):\n    return inner(x)\n\ndef inner(x):\n    return bool(x.sum() > 0)\n"
    )
    monkeypatch.syspath_prepend(str(library.parent))
    import its_library

    class Looks(nn.Module):
        def forward(self, x):
            return x if its_library.outer(x) else -x

    with pytest.raises(UserCodeError) as raised:
        ac.count(Looks(), input="[3]")
    told = str(raised.value)
    assert "__init__.py:5 in inner\n    return bool(x.sum() > 0)" in told
    assert "in outer" not in told
    assert "in forward" in told


@pytest.mark.parametrize(
    "text",
    ["from torch import nn\nNet = nn.ReLU\n", "from . import other\n"],
    ids=["alone", "with a relative import"],
)
def test_a_file_with_a_dot_in_its_name_runs_none_other(file, monkeypatch, text):
    file("raise SystemExit('run')", "its_net")
    path = file(text, "its_net.v2")
    monkeypatch.syspath_prepend(path.parent)  # as with python -m, or after another file beside it
    if "Net" in text:
        assert isinstance(build(f"{path}:Net"), nn.ReLU)
    else:
        with pytest.raises(UserCodeError, match="relative import with no known parent package"):
            build(f"{path}:Net")


@pytest.mark.parametrize("name", ["random", "typing", "csv", "re", "torch", "yaml"])
def test_a_file_called_as_a_module_replaces_none(tmp_path, name):
    """What archcount and its libraries import later is Python's own."""
    before = dict(sys.modules)
    path = tmp_path / f"{name}.py"
    path.write_text("from torch import nn\nimport neighbour\n\nclass Net(nn.Linear):\n    pass\n")
    (tmp_path / "neighbour.py").write_text("")
    try:
        assert find(f"{path}:Net")(3, 4).weight.shape == (4, 3)
        assert sys.modules.get(name) is before.get(name)
        assert str(tmp_path) not in sys.path[:-1]
    finally:
        sys.path.remove(str(tmp_path))
        for key in sys.modules.keys() - before.keys():
            del sys.modules[key]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("raise BaseException('base')", "BaseException: base"),
        ("raise GeneratorExit", "GeneratorExit: no message"),
        ("import os; os._exit(0)", r"SystemExit: os._exit\(0\)"),
        ("import os; os.execlp('true', 'true')", r"SystemExit: os.execv\(b?'.*/true', \('true',\)\)"),
        ("class Mute(Exception):\n    def __str__(self): raise TypeError\nraise Mute", "Mute: its message fails with TypeError"),
    ],
)  # fmt: skip
def test_whatever_the_code_raises_is_said(file, line, says):
    path = file(f"{line}\n")
    with pytest.raises(UserCodeError, match=says):
        find(f"{path}:model")


def test_a_child_process_of_the_code_ends_itself(file):
    path = file(
        "import os\nchild = os.fork()\nif not child: os._exit(7)\nstatus = os.waitpid(child, 0)[1]\n"
    )
    assert os.waitstatus_to_exitcode(find(f"{path}:status")) == 7
