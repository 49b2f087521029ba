"""Its models: one with weights, one with none, and one whose backbone would be downloaded."""

from enum import Enum
from types import SimpleNamespace

from torch import nn


class Weights(Enum):
    DEFAULT = "large"

    def transforms(self):
        return SimpleNamespace(crop_size=[6])


def small(*, weights=None, progress=True, width=4):
    assert weights is None, "nothing is downloaded"
    return nn.Sequential(nn.Conv2d(3, width, 3), nn.ReLU())


def inception_small(*, weights=None):
    return small(weights=weights)


def pyramid(*, weights=None, weights_backbone=Weights.DEFAULT):
    assert weights_backbone is None, "nothing is downloaded"
    module = small(weights=weights)
    module.transform = SimpleNamespace(min_size=(8,), fixed_size=None)
    return module


pyramid.__module__ = "torchvision.models.detection.pyramid"
BUILDERS = {"small": small, "inception_small": inception_small, "pyramid": pyramid}


def list_models():
    return sorted(BUILDERS)


def get_model_builder(name):
    return BUILDERS[name]


def get_model_weights(name):
    if name != "small":
        raise ValueError("no weights")
    return Weights
