"""A user's own file, for the tests of `archcount count` and `diff`."""

import torch
from torch import nn


class Tokens(nn.Module):
    """Reads tokens, and scores classes."""

    def __init__(self, classes=7):
        super().__init__()
        self.embed = nn.Embedding(100, 8)
        self.head = nn.Linear(8, classes)

    def forward(self, input_ids, scale=None):
        x = self.head(self.embed(input_ids).mean(1))
        return x if scale is None else x * scale["by"]


class Looks(nn.Module):
    """Looks at the numbers of its input."""

    def forward(self, x):
        return x if x.sum().item() > 0 else x * 2


class Unknown(nn.Module):
    """Does what no rule counts."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x):
        return torch.linalg.qr(self.layer(x)).R


class Loud(nn.Module):
    """Prints while it is made and run."""

    def __init__(self):
        super().__init__()
        print("making")  # noqa: T201
        self.layer = nn.Linear(4, 4)

    def forward(self, x):
        print("running")  # noqa: T201
        return self.layer(x)


class Quits(nn.Module):
    """Ends the program while it is made."""

    def __init__(self):
        super().__init__()
        raise SystemExit(0)


def layer():
    """Give a module where an input is asked for."""
    return nn.Linear(4, 4)


def broken():
    """Fail as a user's code does."""
    raise ValueError("no such width")


def tokens():
    """Give what `Tokens` is called with."""
    return {"input_ids": torch.zeros(2, 5, dtype=torch.int64)}


NUMBER = 3
