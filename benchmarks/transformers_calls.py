"""What model types of transformers need beside what their arguments' names say.

`SPECIAL` has entries of configurations, `CALLS` whole calls.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from transformers_inputs import TOKENS, embeds, entry, features, ids, image, mask, side

_ROPES = {
    kind: {"rope_type": "default", "rope_theta": 10_000.0}
    for kind in ("full_attention", "sliding_attention")
}
_SHARED = {
    "num_hidden_layers": 10,
    "num_kv_shared_layers": 5,
    "vocab_size": 2048,
    "vocab_size_per_layer_input": 2048,
}
_DECODER = {"model_type": "bert", "is_decoder": True, "add_cross_attention": True}
SPECIAL: dict[str, dict[str, Any]] = {
    name: {"prediction_length": 4, "context_length": 16, "num_time_features": 1}
    for name in ("autoformer", "informer", "time_series_transformer")
} | {
    "aya_vision": {"vision_config": {"model_type": "siglip_vision_model"}},
    "chameleon": {"vocabulary_map": {"<image>": 4}},
    "cohere_compass": {"text_config": {"rope_parameters": _ROPES}},
    "cohere_compass_text": {"rope_parameters": _ROPES},
    "deepseek_ocr2_text": {
        "mlp_layer_types": ["dense", "sparse"] * 2,
        "num_hidden_layers": 4,
        "num_experts_per_tok": 2,
        "moe_intermediate_size": 1536,
    },
    "deepseek_v2": {"num_experts_per_tok": 2, "moe_intermediate_size": 1536},
    "diffusion_gemma_text": {"num_experts": 8, "top_k_experts": 2, "moe_intermediate_size": 64},
    "deepseek_ocr2": {
        "text_config": {
            "mlp_layer_types": ["dense", "sparse"] * 2,
            "num_experts_per_tok": 2,
            "moe_intermediate_size": 1536,
        }
    },
    "dots1": {"n_routed_experts": 16, "n_shared_experts": 1, "num_experts_per_tok": 2},
    "emu3": {"vocabulary_map": {"<image>": 4, "<|extra_200|>": 5}},
    "esm": {"vocab_size": 33, "pad_token_id": 1},
    "gemma3n": {"text_config": _SHARED},
    "gemma3n_text": _SHARED,
    "gpt_neo": {"num_layers": 2, "attention_types": [[["global", "local"], 1]]},
    "hunyuan_v1_dense": {"head_dim": 128},
    "hunyuan_v1_moe": {"head_dim": 128},
    "hunyuan_vl": {"text_config": {"head_dim": 128}},
    "hunyuan_vl_text": {"head_dim": 128},
    "lfm2_moe": {"layer_types": ["conv", "full_attention"] * 2, "num_hidden_layers": 4},
    "lw_detr": {"backbone_config": {"model_type": "lw_detr_vit", "image_size": 256}},
    "lw_detr_vit": {"image_size": 256},
    "ministral": {"head_dim": 128},
    "qwen2_vl": {"vision_config": {"hidden_size": 1024}},
    "nemotron": {"num_key_value_heads": 8},
    "qwen3_omni_moe_talker_text": {"shared_expert_intermediate_size": 64},
    "t5gemma2_decoder": {"dropout_rate": 0.0},
    "t5gemma2_encoder": {"dropout_rate": 0.0},
    "t5gemma2_text": {"dropout_rate": 0.0},
    "timm_backbone": {"backbone": "resnet18"},
    "vitmatte": {"fusion_hidden_sizes": [64, 64, 32, 32], "convstream_hidden_sizes": [8, 16, 32]},
    "dbrx": {"attn_config": {"rope_theta": 10_000.0}},
    "encoder-decoder": {"encoder": {"model_type": "bert"}, "decoder": _DECODER},
    "vision-encoder-decoder": {"encoder": {"model_type": "vit"}, "decoder": _DECODER},
    "speech-encoder-decoder": {"encoder": {"model_type": "wav2vec2"}, "decoder": _DECODER},
    "zamba": {"num_hidden_layers": 76},
    "zamba2": {"num_hidden_layers": 54},
}
"""Entries of the configuration that a model type needs, by model type."""


CLASSES = {
    "musicgen": "MusicgenForConditionalGeneration",
    "musicgen_melody": "MusicgenMelodyForConditionalGeneration",
}
"""The class of a model type, where the one of AutoModel is not made of its configuration."""

Call = Callable[[Any], dict[str, Any]]


def _forecast(config: Any) -> dict[str, Any]:
    past = config.context_length + max(config.lags_sequence)
    return {
        "past_values": torch.randn(1, past),
        "past_time_features": torch.randn(1, past, 1),
        "past_observed_mask": torch.ones(1, past),
        "future_values": torch.randn(1, config.prediction_length),
        "future_time_features": torch.randn(1, config.prediction_length, 1),
    }


def _decisions(config: Any) -> dict[str, Any]:
    return {
        "states": torch.randn(1, 8, config.state_dim),
        "actions": torch.randn(1, 8, config.act_dim),
        "rewards": torch.randn(1, 8, 1),
        "returns_to_go": torch.randn(1, 8, 1),
        "timesteps": torch.arange(8)[None],
        "attention_mask": torch.ones(1, 8),
    }


def _text(config: Any, rows: int = 1) -> dict[str, Any]:
    return {"input_ids": ids(config)[:rows], "attention_mask": mask(config)[:rows]}


def _prompted(config: Any) -> dict[str, Any]:
    return {"pixel_values": image(config), "input_points": torch.tensor([[[[32.0, 32.0]]]])}


def _film(config: Any) -> dict[str, Any]:
    frames = entry(config, "num_frames", "frames_per_clip", default=8)
    return {"pixel_values": torch.randn(1, frames, 3, *side(config))}


def _film_and_text(config: Any) -> dict[str, Any]:
    return _film(config) | _text(config)


def _two_pictures(config: Any) -> dict[str, Any]:
    channels = entry(config, "num_channels", "in_channels", default=3)
    return {"pixel_values": torch.rand(1, 2, channels, 64, 64)}


def _encoded(config: Any) -> dict[str, Any]:
    width = entry(config, "encoder_hidden_size", "cross_attention_hidden_size", "hidden_size")
    return {"query_embeds": embeds(config), "encoder_hidden_states": torch.randn(2, 9, width)}


def _sound(config: Any) -> dict[str, Any]:
    return {"input_values": torch.randn(1, 1, 16000)}


def _spectrum(config: Any) -> dict[str, Any]:
    audio = getattr(config, "audio_config", config)
    given = {"input_features": torch.randn(1, 1, 1001, audio.num_mel_bins)}
    return given | {"is_longer": torch.tensor([[False]])}


def _page(config: Any) -> dict[str, Any]:
    return _text(config) | {
        "bbox": torch.tensor([10, 20, 30, 40]).expand(1, TOKENS, 4),
        "pixel_values": torch.randn(1, 3, *side(config)),
    }


def _visual(config: Any) -> dict[str, Any]:
    return _text(config) | {
        "visual_embeds": torch.randn(1, 5, config.visual_embedding_dim),
        "visual_attention_mask": torch.ones(1, 5, dtype=torch.int64),
        "visual_token_type_ids": torch.ones(1, 5, dtype=torch.int64),
    }


def _tiles(config: Any) -> dict[str, Any]:
    return {
        "pixel_values": torch.randn(1, 1, config.max_num_tiles, 3, *side(config)),
        "aspect_ratio_ids": torch.ones(1, 1, dtype=torch.int64),
        "aspect_ratio_mask": torch.ones(1, 1, config.max_num_tiles, dtype=torch.int64),
    }


def _flat(config: Any) -> dict[str, Any]:
    width = 3 * entry(config, "patch_size") ** 2
    return {
        "pixel_values": torch.randn(1, 64, width),
        "pixel_attention_mask": torch.ones(1, 64, dtype=torch.int64),
        "spatial_shapes": torch.tensor([[8, 8]]),
    }


def _example(config: Any) -> dict[str, Any]:
    side_of = config.image_size if isinstance(config.image_size, list | tuple) else side(config)
    one = torch.randn(1, 3, side_of[0] // 2, side_of[1])
    return {"pixel_values": one, "prompt_pixel_values": one, "prompt_masks": one}


def _classes(config: Any) -> dict[str, Any]:
    words = torch.randint(5, 100, (2, TOKENS))
    return {
        "pixel_values": _picture(640),
        "classes_input_ids": words,
        "classes_attention_mask": torch.ones_like(words),
        "tasks_input_ids": words[:1],
        "tasks_attention_mask": torch.ones_like(words[:1]),
        "classes_structure": torch.tensor([2]),
    }


def _flattened(config: Any) -> dict[str, Any]:
    return {
        "flattened_patches": torch.randn(1, 64, 2 + 3 * 16 * 16),
        "attention_mask": torch.ones(1, 64),
        "decoder_input_ids": ids(config)[:1, :8],
    }


def _regions(config: Any) -> dict[str, Any]:
    given = {"visual_feats": torch.randn(1, 5, config.visual_feat_dim)}
    return _text(config) | given | {"visual_pos": torch.rand(1, 5, config.visual_pos_dim)}


def _spoken(config: Any) -> dict[str, Any]:
    return {
        "input_values": torch.randn(1, 20, config.hidden_size),
        "decoder_input_values": torch.randn(1, 9, config.hidden_size),
    }


def _picture(length: int) -> Any:
    return torch.randn(1, 3, length, length)


def _grounded(config: Any) -> dict[str, Any]:
    words = torch.randint(5, 100, (1, 8 + config.latent_query_num))
    within = torch.zeros_like(words)
    within[:, 4:-4] = 1
    given = {
        "pixel_values": image(config),
        "input_ids": words,
        "image_embeds_position_mask": within,
    }
    return given | {"attention_mask": torch.ones_like(words)}


def _music(config: Any) -> dict[str, Any]:
    codes = torch.randint(0, 9, (config.decoder.num_codebooks, 8))
    return {"input_ids": torch.randint(5, 100, (1, TOKENS)), "decoder_input_ids": codes}


CALLS: dict[str, Call] = (
    dict.fromkeys(("autoformer", "informer", "time_series_transformer"), _forecast)
    | dict.fromkeys(("sam", "sam_hq", "sam2", "edgetam", "sam3_tracker"), _prompted)
    | dict.fromkeys(("vivit", "videomae", "timesformer"), _film)
    | dict.fromkeys(("tvp", "xclip"), _film_and_text)
    | dict.fromkeys(
        ("superglue", "lightglue", "efficientloftr", "superpoint_matching"), _two_pictures
    )
    | dict.fromkeys(("encodec", "dac", "mimi", "xcodec", "descript"), _sound)
    | dict.fromkeys(("clap_audio_model",), _spectrum)
    | dict.fromkeys(("layoutlmv3",), _page)
    | {
        "audio-spectrogram-transformer": lambda config: {
            "input_values": torch.randn(1, config.max_length, config.num_mel_bins)
        },
        "blip_2_qformer": _encoded,
        "bros": lambda config: _text(config) | {"bbox": torch.rand(1, TOKENS, 4)},
        "clap": lambda config: _text(config) | _spectrum(config),
        "clvp": lambda config: _text(config) | {"input_features": features(config).transpose(1, 2)},
        "decision_transformer": _decisions,
        "grounding-dino": lambda config: _text(config) | {"pixel_values": _picture(480)},
        "mm-grounding-dino": lambda config: _text(config) | {"pixel_values": _picture(480)},
        "granite_speech_plus_encoder": lambda config: {
            "hidden_states": torch.randn(1, 100, config.input_dim)
        },
        "idefics": lambda config: (
            _text(config)
            | {
                "pixel_values": image(config)[:, None],
                "image_attention_mask": torch.ones(1, TOKENS, 1, dtype=torch.int64),
            }
        ),
        "idefics2_perceiver": lambda config: {
            "context": torch.randn(1, 64, config.hidden_size),
            "attention_mask": torch.ones(1, 64, dtype=torch.int64),
        },
        "kosmos-2": _grounded,
        "kosmos_2_5_vision_model": lambda config: {
            "flattened_patches": torch.randn(1, 64, 2 + 3 * config.patch_size**2)
        },
        "lxmert": _regions,
        "mllama_vision_model": _tiles,
        "omdet-turbo": _classes,
        "moshi_depth": lambda config: {"input_ids": torch.randint(0, 9, (2, config.num_codebooks))},
        "musicgen": _music,
        "musicgen_melody": _music,
        "musicgen_decoder": lambda config: {
            "input_ids": torch.randint(0, 9, (config.num_codebooks, TOKENS))
        },
        "musicgen_melody_decoder": lambda config: {
            "input_ids": torch.randint(0, 9, (config.num_codebooks, TOKENS))
        },
        "perceiver": lambda config: {"inputs": torch.randn(1, 64, config.d_model)},
        "pix2struct": _flattened,
        "seggpt": _example,
        "siglip2": lambda config: _text(config) | _flat(config),
        "siglip2_vision_model": _flat,
        "speecht5": _spoken,
        "timesfm": lambda config: {
            "past_values": [torch.randn(config.context_length)],
            "past_values_padding": None,
            "freq": [0],
        },
        "trocr": lambda config: _text(config),
        "udop": lambda config: _page(config) | {"decoder_input_ids": ids(config)[:1, :8]},
        "vilt": lambda config: _text(config) | {"pixel_values": image(config)},
        "visual_bert": _visual,
        "vitpose": lambda config: {
            "pixel_values": torch.randn(1, 3, 256, 192),
            "dataset_index": torch.tensor([0]),
        },
    }
)
"""Whole calls, by model type, where names alone do not say it."""
