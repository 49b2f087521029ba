"""Every architecture of transformers, small, counted on meta and by FlopCounterMode on numbers.

    python benchmarks/transformers_zoo.py -o transformers.csv [NAME ...] [--jobs N] [--every N]

Names are regular expressions of model types ("llama"). Each is built from a configuration that is
made small (small_configs.py) and called as its documentation calls it (transformers_inputs.py and
transformers_calls.py), once on numbers under FlopCounterMode and once by archcount. One line a
model: see zoo_pool.py.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import re
from collections.abc import Iterator
from typing import Any

import torch
from pictured_texts import with_picture
from small_configs import variants
from torch import nn
from transformers_calls import CALLS, CLASSES, SPECIAL
from transformers_inputs import inputs_of
from zoo_pool import Line, command_line, count, noting, refer

MOST = 450e6
"""Parameters of a model that runs on numbers here."""


def names() -> list[str]:
    """Return all model types, and import what all models need before processes are forked."""
    for name in ("auto.modeling_auto", "clip.modeling_clip", "llama.modeling_llama"):
        importlib.import_module(f"transformers.models.{name}")
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    return list(CONFIG_MAPPING_NAMES)


def class_of(kind: str, config_class: type) -> type[nn.Module]:
    """Return the class of a model type: AutoModel's, another AutoModel's, or its module's."""
    from transformers import PreTrainedModel
    from transformers.models.auto import modeling_auto

    maps = [name for name in dir(modeling_auto) if re.fullmatch(r"MODEL_\w*MAPPING_NAMES", name)]
    if kind in CLASSES:
        return getattr(importlib.import_module("transformers"), CLASSES[kind])  # type: ignore[no-any-return]
    for name in sorted(maps, key=lambda name: (name != "MODEL_MAPPING_NAMES", name)):
        found = getattr(modeling_auto, name).get(kind)
        if found:
            import transformers

            found = found[-1] if isinstance(found, tuple | list) else found
            return getattr(transformers, found)  # type: ignore[no-any-return]
    name = config_class.__module__.replace("configuration_", "modeling_")
    if importlib.util.find_spec(name) is None:
        raise LookupError(f"{kind} has no class of its own")
    module = importlib.import_module(name)
    own = [
        item
        for item in vars(module).values()
        if isinstance(item, type)
        and issubclass(item, PreTrainedModel)
        and item.config_class is config_class
        and item.forward is not nn.Module.forward
    ]
    if not own:
        raise LookupError(f"{kind} has no class of its own")
    return own[-1]


def work(line: Line) -> None:
    """Build the smallest model that runs on numbers, and compare the counts."""
    from transformers import CONFIG_MAPPING

    logging.disable(logging.WARNING)
    kind = line.architecture
    config_class = CONFIG_MAPPING[kind]
    made = class_of(kind, config_class)
    problems = []
    for how, entries in variants(config_class, SPECIAL.get(kind, {})):
        line.made = f"{made.__name__}: {how}"
        attempt = Line(architecture=kind)
        with noting(attempt, how):
            config = config_class(**entries)
            with torch.device("meta"):
                size = sum(each.numel() for each in made(config).parameters())
            if size > MOST:
                raise MemoryError(f"{size:,} parameters")
            model = made(config).eval()
            inputs = _called(line, kind, model)
        if not attempt.error:
            _count(line, model, inputs)
            return
        problems.append(attempt.error.partition(": ")[2])
    line.error = "reference: " + "; ".join(dict.fromkeys(problems))


def _called(line: Line, kind: str, model: nn.Module) -> Any:
    """Count a call by FlopCounterMode, with a picture in the text where the model takes one."""
    try:
        inputs = with_picture(model)
        if inputs is not None:
            refer(line, model, inputs)
            return inputs
    except Exception as error:
        line.made += f"; without a picture: {type(error).__name__} {error}"[:150]
    inputs = CALLS[kind](model.config) if kind in CALLS else inputs_of(model)
    problems = []
    for given in _ways(inputs):
        try:
            refer(line, model, given)
            return given
        except Exception as error:
            problems.append(error)
    raise problems[0]


def _ways(inputs: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a call, and others like it."""
    yield inputs
    yield inputs | {"use_cache": False}  # the few layers have no attention to keep keys of
    spectrum = inputs.get("input_features")
    if spectrum is not None and spectrum.ndim == 3:  # bins first, and as long as most want
        long = torch.randn(1, spectrum.shape[-1], 3000)
        yield inputs | {"input_features": long}
        ones = torch.ones(1, 3000, dtype=torch.int64)
        yield inputs | {"input_features": long, "input_features_mask": ones}
    rows = next(
        (inputs[name] for name in ("pixel_values", "hidden_states") if name in inputs), None
    )
    if "grid_thw" in inputs and rows is not None:  # patches of two frames, or as images
        name = "pixel_values" if "pixel_values" in inputs else "hidden_states"
        yield inputs | {name: rows.repeat(1, 2)}
        length = round((rows.shape[-1] / 3) ** 0.5)
        if 3 * length**2 == rows.shape[-1]:
            yield inputs | {name: rows.view(-1, 3, length, length)}
    wave = inputs.get("input_values")
    if wave is not None and wave.ndim == 2:
        yield inputs | {"input_values": wave[:, None]}
    picture = inputs.get("pixel_values")
    if picture is not None and picture.ndim == 4:  # a picture for each text, or a film
        yield inputs | {"pixel_values": picture.expand(2, -1, -1, -1).contiguous()}
        yield inputs | {"pixel_values": picture[:, None].expand(-1, 8, -1, -1, -1).contiguous()}
    if picture is not None and "pixel_mask" not in inputs:
        mask = torch.ones(1, *picture.shape[-2:], dtype=torch.int64)
        yield inputs | {"pixel_mask": mask}


def _count(line: Line, model: nn.Module, inputs: Any) -> None:
    """Count a call on meta, or on the CPU where the model looks at its activations."""
    with noting(line, "count"):
        count(line, model, inputs)
    if "DataDependentError" in line.error:
        line.made += f"; on meta: {line.error}"
        line.error = ""
        with noting(line, "count"):
            count(line, model, inputs, device="cpu")


if __name__ == "__main__":
    import transformers

    transformers.logging.set_verbosity_error()
    command_line(__doc__ or "", names, work)
