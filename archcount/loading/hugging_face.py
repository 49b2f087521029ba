"""Models of Hugging Face transformers by a local `config.json`; nothing is downloaded."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Mapping
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archcount.errors import UsageError, quote, suggestion
from archcount.loading.arguments import nested, unknown_entry
from archcount.loading.model_library import ModelLibrary

if TYPE_CHECKING:
    from torch import nn

_TOKENS = 128
"""The number of tokens of a default input, or fewer where a model takes fewer."""


class HuggingFace(ModelLibrary):
    """The models that a `config.json`, or a folder with one, describes."""

    package = "transformers"

    def names(self) -> Iterable[str]:
        """Return no names: a model is a file."""
        return ()

    def matching(self, pattern: str) -> list[str]:
        """Return the files and folders that match a pattern."""
        return sorted(glob(pattern))  # noqa: PTH207 - a pattern may be absolute

    def check(self, name: str) -> None:
        """Check that there is such a file, or a folder with one."""
        if not self.source(name).is_file():
            raise UsageError.of(
                f"no file {quote(str(self.source(name)))}",
                allowed="a config.json or a folder with one",
                remedy="nothing is downloaded: fetch it first, as by hf download REPO config.json",
            )

    def source(self, name: str) -> Path:
        """Return the file of the configuration."""
        return Path(name) / "config.json" if Path(name).is_dir() else Path(name)

    def make(self, name: str, arguments: Mapping[str, Any]) -> nn.Module:
        """Make the model; `config.width=2` changes an entry of the configuration first."""
        given = nested(arguments)
        config = self._config(self.source(name), given.pop("config", {}))
        transformers = self.imported()
        kind = getattr(transformers, next(iter(config.architectures or ()), ""), None)
        if kind is None:
            language = type(config) in transformers.MODEL_FOR_CAUSAL_LM_MAPPING
            auto = transformers.AutoModelForCausalLM if language else transformers.AutoModel
            return auto.from_config(config, **given)  # type: ignore[no-any-return]
        return kind._from_config(config, **given)  # type: ignore[no-any-return]

    def _config(self, file: Path, changes: Mapping[str, Any]) -> Any:
        entries = _read(file)
        kind = entries.get("model_type")
        auto = self.imported().AutoConfig
        known = list(self.imported().CONFIG_MAPPING.keys())
        if kind not in known:
            raise UsageError.of(
                f"{file}: model_type {quote(str(kind))} is not known to transformers "
                f"{self.imported().__version__}",
                remedy=suggestion(str(kind), known) or "its own code is not run",
            )
        default = auto.for_model(kind)
        return type(default).from_dict(_changed(entries, changes, default, "config"))

    def inputs(self, module: nn.Module, name: str) -> tuple[str, ...]:
        """Return tokens, pixels or sound as the configuration says, by the model's own names."""
        config: Any = module.config
        taken = inspect.signature(module.forward).parameters
        main = str(getattr(module, "main_input_name", "input_ids"))
        found = {main: _input(main, config)}
        if "text_config" in _entries(config) and "vision_config" in _entries(config):
            both = getattr(config, "projection_dim", None) and {"input_ids", "pixel_values"}
            found |= {each: _input(each, config) for each in sorted(both or ())}
        if getattr(config, "is_encoder_decoder", False) and "decoder_input_ids" in taken:
            found["decoder_input_ids"] = _input("input_ids", config)
        for each, parameter in taken.items():
            if parameter.default is parameter.empty and _input(each, config):
                found.setdefault(each, _input(each, config))
        if not all(found.values()):
            return ()
        return tuple(f"{each}:{text}" for each, text in found.items())


def _input(name: str, config: Any) -> str:
    """Return the type and sizes of an input after its batch; empty where nothing says them."""
    vision, sound = _part(config, "vision_config"), _part(config, "audio_config")
    match name:
        case "input_ids":
            text = _part(config, "text_config")
            longest = _first(text, "max_position_embeddings", "n_positions", "max_seq_len")
            return f"int64 {min(_TOKENS, longest or _TOKENS)}"
        case "pixel_values":
            size, frames = _first(vision, "image_size"), _first(vision, "num_frames")
            channels = _first(vision, "num_channels") or 3
            sizes = size if isinstance(size, list | tuple) else [size or 224] * 2
            return "x".join(map(str, [*([frames] if frames else []), channels, *sizes]))
        case "input_features" if _first(sound, "num_mel_bins"):
            return f"{sound.num_mel_bins}x{2 * (_first(sound, 'max_source_positions') or 1500)}"
        case "input_values":
            bins, length = _first(sound, "num_mel_bins"), _first(sound, "max_length")
            return f"{length}x{bins}" if bins and length else "16000"  # one second at 16 kHz
    return ""


def _part(config: Any, name: str) -> Any:
    return getattr(config, name, None) or config


def _first(config: Any, *names: str) -> Any:
    return next((found for name in names if (found := getattr(config, name, None))), None)


def _entries(config: Any) -> Iterable[str]:
    return dir(config)


def _read(file: Path) -> dict[str, Any]:
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError.of(f"cannot read {quote(str(file))}: {error}") from None
    if not isinstance(entries, dict):
        raise UsageError.of(f"{file} holds no configuration", allowed="an object of entries")
    return entries


def _changed(
    entries: Mapping[str, Any], changes: Mapping[str, Any], default: Any, name: str
) -> dict[str, Any]:
    """Return the entries with some changed, each one that the configuration has."""
    found = dict(entries)
    for entry, value in changes.items():
        if entry not in entries and not hasattr(default, entry):
            raise unknown_entry(name, entry, {*entries, *default.to_dict()})
        if isinstance(value, dict) and isinstance(found.get(entry), dict | None):
            inner = getattr(default, entry, None)
            value = _changed(found.get(entry) or {}, value, inner, f"{name}.{entry}")
        found[entry] = value
    return found
