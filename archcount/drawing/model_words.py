"""What stands in the boxes of a model: its operations in the words of table files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from archcount.drawing.words import TIMES, family_of

_WORDS = {
    "transposed conv": "upconv",
    "batch norm": "batchnorm",
    "layer norm": "layernorm",
    "rms norm": "rmsnorm",
    "group norm": "groupnorm",
    "instance norm": "instancenorm",
    "max pool": "maxpool",
    "avg pool": "avgpool",
    "global avg pool": "global avgpool",
    "avg over dimensions": "mean",
    "add weights": "add",
}
"""Table files' words for kinds that `diff` calls otherwise."""
_SIGNS = {"add": "+", "sub": "-", "mul": TIMES}
_FAMILIES = {"global avgpool": "pool", "global maxpool": "pool", "matmul": "attention"}


def operation_label(name: str, settings: Mapping[str, Any]) -> str:
    """Write an operation as a table file would.

    >>> operation_label("conv", {"kernel": (7, 7), "stride": (2, 2), "out": 64})
    'conv 7×7/2, 64'
    >>> operation_label("linear", {"in": 512, "out": 1000})
    'linear 1000'
    """
    word = _WORDS.get(name, name)
    groups = settings.get("groups", 1)
    if word == "conv" and groups == "depthwise":
        word = "dwconv"
    parts = [word]
    kernel, stride = settings.get("kernel"), settings.get("stride")
    if kernel and "global" not in word:
        steps = "" if not stride or set(stride) == {1} else f"/{_sizes(stride)}"
        parts.append(TIMES.join(map(str, kernel)) + steps)
    more: list[str] = []
    if "out" in settings and word != "dwconv":
        (more if kernel else parts).append(str(settings["out"]))
    if isinstance(groups, int) and groups > 1:
        more.append(f"{groups} groups")
    if set(settings.get("dilation", (1,))) != {1}:
        more.append(f"dilation {_sizes(settings['dilation'])}")
    return ", ".join([" ".join(parts), *more])


def _sizes(values: tuple[int, ...]) -> str:
    return TIMES.join(map(str, values if len(set(values)) > 1 else values[:1]))


def operation_sign(name: str) -> str:
    """Return how what joins branches is written: a sign, or a word."""
    return _SIGNS.get(_WORDS.get(name, name), _WORDS.get(name, name))


def operation_family(name: str) -> str:
    """Return what an operation does, a word of `FAMILIES`."""
    word = _WORDS.get(name, name)
    return _FAMILIES.get(word) or (
        "attention" if "attention" in word else family_of(word.replace(" ", "_"))
    )


_NUMBER = re.compile(r"[._]?\d+$")
_CONTAINERS = ("Sequential", "ModuleList", "ModuleDict")


def module_title(name: str, kind: str) -> tuple[str, str]:
    """Return the title of a module, and what its numbered like are all called.

    >>> module_title("layers.0", "Block"), module_title("0", "Conv2dNormActivation")
    (('layers.0: Block', 'layers: Block'), ('0: Conv2dNormActivation', 'Conv2dNormActivation'))
    >>> module_title("features", "Sequential")
    ('features', 'features')
    """
    of = "" if kind in _CONTAINERS else kind
    stem = _NUMBER.sub("", name)
    title, key = (": ".join(filter(None, [each, of])) for each in (name, stem))
    return title, key or kind


def size_text(sizes: tuple[int, ...] | None) -> str:
    """Write the size of a tensor as torch has it, without its first axis, mostly the batch.

    >>> size_text((1, 64, 56, 48)), size_text(None)
    ('64×56×48', '')
    """
    return TIMES.join(map(str, (sizes or ())[1:]))
