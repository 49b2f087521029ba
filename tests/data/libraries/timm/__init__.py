"""A library that looks like timm, as far as archcount asks it."""

import os
import signal
import sys
import time

from torch import nn


class Net(nn.Module):
    pretrained_cfg = {"input_size": (3, 5, 7)}  # noqa: RUF012

    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(3, width, 1)

    def forward(self, x):
        return self.conv(x)


class Refuses(Net):
    def forward(self, x):
        raise RuntimeError("no such thing")


class Kills(Net):
    def forward(self, x):
        sys.stdout.write("about to die\n")
        os.kill(os.getpid(), signal.SIGKILL)


class Sleeps(Net):
    def forward(self, x):
        time.sleep(60)
        return x


MODELS = {"net_1": Net, "net_2": Net, "refuses": Refuses, "kills": Kills, "sleeps": Sleeps}


def list_models():
    return sorted(MODELS)


def model_entrypoint(name):
    return MODELS[name]


def create_model(name, width=None):
    name = name.partition(".")[0]
    return MODELS[name](width or (2 if name == "net_2" else 1))
