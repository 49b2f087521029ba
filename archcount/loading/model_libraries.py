"""Models that a library has under names: `torchvision:resnet50`, `timm:...`, `hf:CONFIG`."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archcount.errors import UsageError, quote
from archcount.loading.hugging_face import HuggingFace
from archcount.loading.model_library import ModelLibrary

if TYPE_CHECKING:
    from torch import nn


class Torchvision(ModelLibrary):
    """The models of `torchvision.models.list_models()`, without weights."""

    package = "torchvision"

    def names(self) -> list[str]:
        """Return the names of all models."""
        return list(self._models.list_models())

    def make(self, name: str, arguments: Mapping[str, Any]) -> nn.Module:
        """Make a model; a backbone has no weights either."""
        build = self._models.get_model_builder(name)
        bare = [each for each in ("weights", "weights_backbone") if each in _parameters(build)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of initial weights
            return build(**{**dict.fromkeys(bare), **arguments})  # type: ignore[no-any-return]

    def inputs(self, module: nn.Module, name: str) -> tuple[str, ...]:
        """Return an image or a clip of the size that the transforms of the weights crop to."""
        family = self._models.get_model_builder(name).__module__.split(".")
        if "optical_flow" in family:
            return ("3x520x960",) * 2
        size, frames = self._size(module, name), ""
        if "video" in family:
            frames = "16x"  # those of Kinetics-400 that its models were made for
        height, *width = size or [299 if "inception" in name else 224]
        return (f"3x{frames}{height}x{width[0] if width else height}",)

    def _size(self, module: Any, name: str) -> Sequence[int]:
        """Return the sizes that the model takes, or the transforms of its best weights give."""
        if isinstance(getattr(module, "image_size", None), int):
            return [module.image_size]
        inner = getattr(module, "transform", None)  # of a detector, for each image
        if inner is not None:
            return getattr(inner, "fixed_size", None) or [inner.min_size[-1]]
        try:
            weights = self._models.get_model_weights(name).DEFAULT
        except (AttributeError, ValueError):  # it has none
            return []
        transforms = weights.transforms()
        size = getattr(transforms, "crop_size", None) or getattr(transforms, "resize_size", None)
        return size or []

    def source(self, name: str) -> Path | None:
        """Return the file of the function that builds it."""
        return _file(self._models.get_model_builder(name))

    @property
    def _models(self) -> Any:
        return self.imported(".models")


class Timm(ModelLibrary):
    """The models of `timm.list_models()`, without weights."""

    package = "timm"

    def names(self) -> list[str]:
        """Return the names of all models."""
        return list(self.imported().list_models())

    def make(self, name: str, arguments: Mapping[str, Any]) -> nn.Module:
        """Make a model; what stands behind a point in its name is a tag of its weights."""
        return self.imported().create_model(name, **arguments)  # type: ignore[no-any-return]

    def inputs(self, module: nn.Module, name: str) -> tuple[str, ...]:
        """Return an image of the size that the model's configuration names."""
        found: Any = getattr(module, "pretrained_cfg", None) or getattr(module, "default_cfg", {})
        channels, *size = found.get("input_size") or (3, 224, 224)
        size = getattr(getattr(module, "patch_embed", None), "img_size", None) or size
        return ("x".join(map(str, (getattr(module, "in_chans", channels), *size))),)

    def source(self, name: str) -> Path | None:
        """Return the file of the function that builds it."""
        return _file(self.imported().model_entrypoint(name.partition(".")[0]))


def _parameters(function: Any) -> Iterable[str]:
    return inspect.signature(function).parameters


def _file(function: Any) -> Path | None:
    file = inspect.getsourcefile(inspect.unwrap(function))
    return Path(file) if file else None


LIBRARIES: Mapping[str, type[ModelLibrary]] = {
    "torchvision": Torchvision,
    "timm": Timm,
    "hf": HuggingFace,
}
"""What stands before the colon of a model's name."""


def library_of(text: str) -> tuple[ModelLibrary, str] | None:
    """Return the library that a text such as `timm:resnet50` names, and the model's name.

    None where it names another thing, such as the callable `timm:create_model`.

    >>> library_of("torch.nn:Linear") is None
    True
    """
    prefix, colon, name = text.partition(":")
    if not colon or prefix not in LIBRARIES:
        return None
    library = LIBRARIES[prefix]()
    if prefix == library.package and name not in library.names():
        package = library.imported()
        if hasattr(package, name.split(".")[0]):
            return None
    return library, name


def expanded(names: Iterable[str]) -> list[str]:
    """Return the names with patterns of a library's names written out, each once.

    `timm:resnet*` stands for the names that match, `torchvision:all` for every one.

    Raises:
        UsageError: a pattern matches nothing, or one is no text.
        UnavailableError: the library is not installed.

    >>> expanded(["googlenet", "torch.nn:Linear", "googlenet"])
    ['googlenet', 'torch.nn:Linear']
    """
    found: list[str] = []
    for text in names:
        if not isinstance(text, str):
            raise UsageError.of(f"a {type(text).__name__} among names", allowed="texts")
        if not is_pattern(text):
            found.append(text)
            continue
        prefix, _, pattern = text.partition(":")
        matching = LIBRARIES[prefix]().matching(pattern)
        if not matching:
            raise UsageError.of(f"{quote(text)} matches no model")
        found += [f"{prefix}:{name}" for name in matching]
    return list(dict.fromkeys(found))


def is_pattern(text: str) -> bool:
    """Return whether a text stands for several of a library's models.

    >>> is_pattern("timm:resnet*"), is_pattern("torchvision:all"), is_pattern("timm:resnet50")
    (True, True, False)
    """
    prefix, _, name = text.partition(":")
    return prefix in LIBRARIES and (name == "all" or any(sign in name for sign in "*?["))
