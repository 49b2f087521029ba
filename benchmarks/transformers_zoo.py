"""Every architecture of transformers, small, counted on meta and by FlopCounterMode on numbers.

    python benchmarks/transformers_zoo.py -o transformers.csv [NAME ...] [--jobs N] [--every N]

Names are regular expressions of model types ("llama"). Each is built from a configuration that is
made small (small_configs.py) and called as its documentation calls it (transformers_inputs.py),
once on numbers under FlopCounterMode and once by archcount. One line a model: see zoo_pool.py.
"""

from __future__ import annotations

import importlib
import logging
import re

import torch
from small_configs import variants
from torch import nn
from transformers_inputs import SPECIAL, inputs_of
from zoo_pool import Line, command_line, count, noting, refer

MOST = 200e6
"""Parameters of a model that runs on numbers here."""


def names() -> list[str]:
    """Return all model types."""
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    return list(CONFIG_MAPPING_NAMES)


def class_of(kind: str, config_class: type) -> type[nn.Module]:
    """Return the class of a model type: AutoModel's, another AutoModel's, or its module's."""
    from transformers import PreTrainedModel
    from transformers.models.auto import modeling_auto

    maps = [name for name in dir(modeling_auto) if re.fullmatch(r"MODEL_\w*MAPPING_NAMES", name)]
    for name in sorted(maps, key=lambda name: (name != "MODEL_MAPPING_NAMES", name)):
        found = getattr(modeling_auto, name).get(kind)
        if found:
            import transformers

            found = found[-1] if isinstance(found, tuple | list) else found
            return getattr(transformers, found)  # type: ignore[no-any-return]
    module = importlib.import_module(config_class.__module__.replace("configuration_", "modeling_"))
    own = [
        item
        for item in vars(module).values()
        if isinstance(item, type)
        and issubclass(item, PreTrainedModel)
        and item.config_class is config_class
        and item.forward is not nn.Module.forward
    ]
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
            inputs = inputs_of(kind, model)
            refer(line, model, inputs)
        if not attempt.error:
            with noting(line, "count"):
                count(line, model, inputs)
            return
        problems.append(attempt.error)
    line.error = "reference: " + "; ".join(dict.fromkeys(problems))


if __name__ == "__main__":
    import transformers

    transformers.logging.set_verbosity_error()
    command_line(__doc__ or "", names, work)
