"""What models of transformers are called with, by the names of their forward's arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

TOKENS = 16


def inputs_of(model: nn.Module) -> dict[str, Any]:
    """Return the arguments of a call of a model, on the CPU."""
    taken = inspect.signature(model.forward).parameters
    config = model.config
    main = getattr(model, "main_input_name", "input_ids")
    mains = [main] if isinstance(main, str) else list(main)
    wanted = [*mains, *required(taken), *both_kinds(config, taken)]
    if "grid_thw" in taken and "input_ids" not in taken:
        return patches(config, taken)
    found = {
        name: MAKERS[name](config)
        for name in dict.fromkeys(wanted)
        if name in taken and name in MAKERS
    }
    if "input_ids" in found and "attention_mask" in taken:
        found["attention_mask"] = torch.ones(found["input_ids"].shape, dtype=torch.int64)
    if "input_features" in found and "input_features_mask" in taken:
        found["input_features_mask"] = MAKERS["input_features_mask"](config)
    if getattr(config, "is_encoder_decoder", False) and "decoder_input_ids" in taken:
        first = next(iter(found.values()), None)
        found["decoder_input_ids"] = ids(config)[: 2 if first is None else len(first), :8]
    return found


def required(taken: Any) -> list[str]:
    """Return the arguments that have no default."""
    plain = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [n for n, p in taken.items() if p.default is p.empty and p.kind in plain]


def both_kinds(config: Any, taken: Any) -> list[str]:
    """Return what stands beside a text where no token of it stands for a picture or a sound."""
    if any("token" in name and re_token(name) for name in vars(config)):
        return []
    names = ("input_ids", "pixel_values", "input_features", "input_values", "bbox")
    held = [name for name in vars(config) if hasattr(getattr(config, name), "model_type")]
    return [name for name in names if name in taken] if len(held) > 1 else []


def re_token(name: str) -> bool:
    """Whether an entry is the token that stands for a picture, a film or a sound."""
    return name.startswith(("image_token", "video_token", "audio_token", "media_token"))


def inner(config: Any) -> Iterator[Any]:
    """Yield a configuration and those that it holds."""
    yield config
    for value in vars(config).values():
        if hasattr(value, "model_type"):
            yield from inner(value)


def entry(config: Any, *names: str, default: Any = None) -> Any:
    """Return the first entry of a configuration, or of one that it holds, that is there."""
    for each in inner(config):
        for name in names:
            try:
                value = getattr(each, name, None)
            except Exception:  # it differs from layer to layer
                value = None
            if value is not None:
                return value
    return default


def ids(config: Any) -> Tensor:
    """Token ids: two rows of sixteen."""
    most = entry(config, "vocab_size", default=100)
    most = most if isinstance(most, int) else 100
    return torch.randint(min(5, most - 1), min(100, most), (2, TOKENS))


def patches(config: Any, taken: Any) -> dict[str, Any]:
    """A picture of eight by eight patches, each a row, as encoders of any size take it."""
    patch = entry(config, "patch_size", default=14)
    channels = entry(config, "in_channels", "in_chans", "num_channels", default=3)
    frames = entry(config, "temporal_patch_size", default=1)
    rows = torch.randn(64, channels * frames * patch * patch)
    name = "pixel_values" if "pixel_values" in taken else "hidden_states"
    given = {name: rows, "grid_thw": torch.tensor([[1, 8, 8]])}
    if "merge_sizes" in taken:
        given["merge_sizes"] = torch.tensor([1])
    return given


def side(config: Any) -> tuple[int, int]:
    """The height and width of an image."""
    size = entry(config, "image_size", default=224)
    if isinstance(size, dict):
        size = (size["height"], size["width"])
    return (size, size) if isinstance(size, int) else (size[0], size[-1])


def image(config: Any) -> Tensor:
    """One image."""
    channels = entry(config, "num_channels", "in_channels", "in_chans", default=3)
    return torch.randn(1, channels if isinstance(channels, int) else 3, *side(config))


def images(config: Any) -> Tensor:
    """An image beside each of the two rows of tokens."""
    return image(config).expand(2, -1, -1, -1).contiguous()


def video(config: Any) -> Tensor:
    """One video: frames of images."""
    frames = entry(config, "num_frames", "frames_per_clip", default=8)
    return torch.randn(1, frames, 3, *side(config))


def wave(config: Any) -> Tensor:
    """One second of sound."""
    return torch.randn(1, 16000)


def features(config: Any) -> Tensor:
    """A spectrogram: of fixed length where the encoder has positions for it."""
    names = ("num_mel_bins", "input_feat_per_channel", "feature_size", "input_dim", "input_size")
    bins = entry(config, *names, default=80)
    positions = entry(config, "max_source_positions")
    if positions and entry(config, "num_mel_bins"):
        return torch.randn(1, bins, 2 * positions)
    return torch.randn(1, 128, bins)


def embeds(config: Any) -> Tensor:
    """What stands for embedded tokens."""
    return torch.randn(2, TOKENS, entry(config, "hidden_size", "d_model"))


def mask(config: Any) -> Tensor:
    """A mask of ones beside ids."""
    return torch.ones(2, TOKENS, dtype=torch.int64)


def series(config: Any) -> Tensor:
    """One series of numbers, as long as the model's context."""
    length = entry(config, "context_length", default=32)
    return torch.randn(1, length, entry(config, "num_input_channels", default=1))


def spectrogram(config: Any) -> Tensor:
    """Frames of a spectrogram."""
    bins = entry(config, "model_in_dim", "num_mel_bins", "mel_dim", default=80)
    return torch.randn(1, 50, bins)


MAKERS: dict[str, Callable[[Any], Any]] = {
    "input_ids": ids,
    "decoder_input_ids": lambda config: ids(config)[:, :8],
    "attention_mask": mask,
    "pixel_values": image,
    "image": image,
    "pixel_values_videos": video,
    "input_values": wave,
    "input_features": features,
    "inputs_embeds": embeds,
    "hidden_states": embeds,
    "encoder_hidden_states": embeds,
    "hidden_state": embeds,
    "query_embeds": embeds,
    "bbox": lambda config: torch.tensor([10, 20, 30, 40]).expand(2, TOKENS, 4),
    "past_values": series,
    "spectrogram": spectrogram,
    "mel_spectrogram": lambda config: spectrogram(config).transpose(1, 2),
    "qformer_input_ids": ids,
    "input_features_mask": lambda config: torch.ones(1, 128, dtype=torch.int64),
    "pixel_mask": lambda config: torch.ones(1, *side(config), dtype=torch.int64),
    "latents": lambda config: torch.randn(1, 50, entry(config, "hidden_size", default=512)),
    "task_inputs": ids,
}
