"""torchvision, timm and transformers, whose models stand for implementations of papers."""

from __future__ import annotations

import warnings
from types import ModuleType

import pytest
import torch

_OPERATORS = torch.library.Library("torchvision", "FRAGMENT")
_NMS = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


def library(name: str) -> ModuleType:
    """Import a module of theirs, such as `torchvision.models`.

    torchvision's compiled part loads beside the build of torch alone that it was compiled for, such
    as one for CUDA. Its models need none of it, but it asks for two operators when it is imported.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            pytest.importorskip("torchvision")
        except RuntimeError as error:
            if "operator torchvision::nms does not exist" not in str(error):
                raise
            for operator in ("nms", "qnms"):
                _OPERATORS.define(operator + _NMS)
        return pytest.importorskip(name)
