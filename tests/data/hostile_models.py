"""Models that change the process that runs them, or raise where nobody expects it."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import warnings

import numpy
import torch
from torch import nn
from torch.autograd.graph import disable_saved_tensors_hooks, saved_tensors_hooks
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

print("printed at import")  # noqa: T201


class FunctionMode(TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        return func(*args, **(kwargs or {}))


class DispatchMode(TorchDispatchMode):
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        return func(*args, **(kwargs or {}))


KEPT = []


def _enter(context):
    """Enter what is never left."""
    KEPT.append(context)
    context.__enter__()


def _patch():
    nn.Linear.forward = nn.Conv2d.extra_repr = torch.linalg.norm = lambda *_: 1 / 0
    torch.relu = nn.functional.relu = torch.Tensor.add = nn.Module.__call__ = lambda *_: 1 / 0


def _delete():
    del torch.add, nn.init.ones_, torch.Tensor.relu


def _random():
    random.seed(1), numpy.random.seed(1), torch.manual_seed(1)


def _signals():
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGUSR1, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def _environment():
    os.environ["ARCHCOUNT_TABLES"] = "/nowhere"
    os.environ.pop("PATH", None)


def _streams():
    sys.stdout = sys.stderr = sys.__stdout__ = None
    sys.excepthook = sys.displayhook = sys.unraisablehook = None


def _backends():
    torch.backends.mkldnn.enabled = False
    torch.backends.cudnn.benchmark = torch.backends.cudnn.deterministic = True
    torch.backends.mha.set_fastpath_enabled(False)
    torch.backends.cuda.enable_flash_sdp(False)
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.set_float32_matmul_precision("medium")
    torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = False
    torch.utils.deterministic.fill_uninitialized_memory = False
    torch.set_warn_always(True)
    torch.autograd.set_detect_anomaly(True)
    torch.set_num_threads(torch.get_num_threads() + 1)


def _hooks():
    torch.nn.modules.module.register_module_forward_hook(lambda *_: None)
    torch.nn.modules.module.register_module_parameter_registration_hook(lambda *_: None)


def _clear_hooks():
    torch.nn.modules.module._global_forward_pre_hooks.clear()


CHANGES = {
    "nothing": lambda: None,
    "default dtype": lambda: torch.set_default_dtype(torch.float64),
    "default device": lambda: torch.set_default_device("meta"),
    "device entered": lambda: _enter(torch.device("cpu")),
    "inference mode": lambda: _enter(torch.inference_mode()),
    "function mode": lambda: _enter(FunctionMode()),
    "dispatch mode": lambda: _enter(DispatchMode()),
    "saved tensors": lambda: _enter(saved_tensors_hooks(torch.clone, torch.clone)),
    "no saved tensors": lambda: _enter(disable_saved_tensors_hooks("none here")),
    "TF32": lambda: setattr(torch.backends.cuda.matmul, "allow_tf32", True),
    "grad mode": lambda: torch.set_grad_enabled(False),
    "autocast": lambda: torch.set_autocast_enabled("cpu", True),
    "autocast dtype": lambda: torch.set_autocast_dtype("cpu", torch.float16),
    "random states": _random,
    "warnings": lambda: warnings.simplefilter("error"),
    "sys.path": lambda: sys.path.insert(0, "/nowhere"),
    "sys.path cleared": lambda: sys.path.clear(),
    "sys.path replaced": lambda: setattr(sys, "path", []),
    "environment replaced": lambda: setattr(os, "environ", {}),
    "environment": _environment,
    "folder": lambda: os.chdir("/"),
    "signals": _signals,
    "streams": _streams,
    "recursion": lambda: sys.setrecursionlimit(5000),
    "backends": _backends,
    "hooks added": _hooks,
    "hooks cleared": _clear_hooks,
    "functions replaced": _patch,
    "functions deleted": _delete,
    "thread": lambda: threading.Thread(target=torch.ones(4).sum, daemon=True).start(),
    "print": lambda: print("printed"),  # noqa: T201
}


class Base(BaseException):
    pass


class Nameless(type):
    @property
    def __name__(cls):
        raise Base("no name")


class Unsayable(Exception, metaclass=Nameless):
    def __str__(self):
        raise Base("no message")

    __repr__ = __str__

    def __getattribute__(self, name):
        raise Base(f"no {name}")


class Secretive(nn.Linear):
    """A layer that does not tell the size of its kernel."""

    def __getattr__(self, name):
        return super().__getattr__(name)

    @property
    def kernel_size(self):
        raise NotImplementedError


RAISED = {
    "exception": lambda: ValueError("no\nway"),
    "base": lambda: Base("no way"),
    "generator exit": lambda: GeneratorExit(),
    "system exit": lambda: SystemExit(0),
    "stop iteration": lambda: StopIteration(1),
    "unsayable": Unsayable,
    "memory": MemoryError,
    "recursion": RecursionError,
}


class Net(nn.Module):
    """Two layers; makes the changes that it is told to where it is told to."""

    def __init__(self, change: str = "nothing", when: str = "forward"):
        super().__init__()
        self.change, self.when = change, when
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.last = nn.Linear(4, 10)
        if when == "init":
            self.make_changes()

    def make_changes(self):
        for change in self.change.split("+"):
            CHANGES[change]()

    def forward(self, x):
        if self.when == "forward":
            self.make_changes()
        x = self.conv(x).relu()
        return self.last(x.mean((2, 3)))


def raising(where: str, raised: str) -> nn.Module:
    """Make a model that raises in a method."""

    def fail(self, *args, **kwargs):
        raise RAISED[raised]()

    made = Net()
    kind = type("Raising", (Net,), {where: property(fail) if where == "__class__" else fail})
    object.__setattr__(made, "__class__", kind)
    return made
