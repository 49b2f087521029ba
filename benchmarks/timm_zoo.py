"""Every model of timm and torchvision, counted by archcount and by FlopCounterMode, on meta.

    python benchmarks/timm_zoo.py -o timm.csv [NAME ...] [--jobs N] [--every N]

Names are regular expressions of `timm:resnet50` or `torchvision:resnet50`. One line a model: see
zoo_pool.py. It needs timm or torchvision or both.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import torch
from torch import nn
from zoo_pool import Line, command_line, compare


def names() -> list[str]:
    """Return the names of all models of the libraries that are installed."""
    found = []
    if find_spec("torchvision"):
        from torchvision.models import list_models

        found += [f"torchvision:{name}" for name in list_models()]
    if find_spec("timm"):
        import timm

        found += [f"timm:{name}" for name in timm.list_models()]
    return found


def _torchvision(name: str) -> tuple[nn.Module, tuple[Any, ...], str]:
    from torchvision.models import (
        detection,
        get_model,
        list_models,
        optical_flow,
        segmentation,
        video,
    )

    if name in list_models(detection):  # boxes are chosen by their scores: it needs numbers
        with torch.device("cpu"):
            model = get_model(name, weights=None, weights_backbone=None)
            return model, ([torch.rand(3, 320, 320)],), "cpu"
    if name in list_models(segmentation):
        model = get_model(name, weights=None, weights_backbone=None)
    else:
        model = get_model(name, weights=None)
    if name in list_models(optical_flow):
        return model, (torch.empty(1, 3, 368, 496), torch.empty(1, 3, 368, 496)), "meta"
    if name in list_models(video):
        return model, (torch.empty(1, 3, 16, 224, 224),), "meta"
    side = 299 if "inception" in name else getattr(model, "image_size", 224)
    return model, (torch.empty(1, 3, side, side),), "meta"


def _timm(name: str) -> tuple[nn.Module, tuple[Any, ...], str]:
    import timm

    model = timm.create_model(name)
    return model, (torch.empty(1, *model.pretrained_cfg["input_size"]),), "meta"


def work(line: Line) -> None:
    """Build a model on meta, or on the CPU where its construction needs numbers; count it."""
    library, _, name = line.architecture.partition(":")
    build = _timm if library == "timm" else _torchvision
    try:
        with torch.device("meta"):
            model, inputs, device = build(name)
    except (NotImplementedError, RuntimeError):
        model, inputs, device = build(name)
        if device == "meta":
            model, inputs = model.to("meta"), tuple(each.to("meta") for each in inputs)
        line.made = "built on the CPU: "
    line.made += type(model).__name__
    compare(line, model.eval(), inputs, device)


if __name__ == "__main__":
    command_line(__doc__ or "", names, work)
