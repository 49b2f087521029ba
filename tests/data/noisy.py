"""A model that prints by every way there is, and makes a copy of the process that runs on."""
# ruff: noqa: T201

import atexit
import ctypes
import os
import subprocess
import sys

import torch
from torch import nn

print("noise: import")
os.write(1, b"noise: descriptor\n")


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 3)
        print("noise: init")
        sys.__stdout__.write("noise: __stdout__\n")
        os.system("echo noise: shell")
        ctypes.CDLL(None).puts(b"noise: C")  # held back until the end of the process
        atexit.register(print, "noise: exit")

    def forward(self, x):
        print("noise: forward")
        subprocess.run(["echo", "noise: child"])
        if os.fork():
            os.wait()
        else:
            print("noise: copy")
        return self.linear(x)


def made():
    os.write(1, b"noise: inputs\n")
    return torch.zeros(2, 4)


def closing():
    """A model whose code closes standard output."""
    sys.stdout.close()
    os.close(1)
    return nn.Linear(4, 3)
