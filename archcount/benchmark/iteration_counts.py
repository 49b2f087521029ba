"""The counts of one iteration of a model, and the hash of its source file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import nn

from archcount.benchmark.results import IterationCounts
from archcount.benchmark.settings import Configuration
from archcount.engines import models
from archcount.engines.count_request import CountRequest
from archcount.engines.model_count import ModelCount
from archcount.errors import ArchcountError
from archcount.loading.input_spec import takes_batch
from archcount.loading.model_target import ModelTarget, load_model
from archcount.loading.reference import find

_PROCESS = 600 * 2**20
"""Bytes of a process that has imported torch."""
_TRAIN = 1.5
"""Memory of activations and gradients together, relative to activations alone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """The counts of a configuration.

    Attributes:
        facts: of the model; None if it cannot be counted.
        rows: multiply-accumulates forward and backward of each module, by its path.
        remarks: why it cannot be counted.
    """

    facts: IterationCounts | None
    rows: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


def count_iteration(configuration: Configuration, module: nn.Module | None = None) -> Counted:
    """Count one iteration on the meta device, of a module or of what the target names.

    >>> count_iteration(Configuration(target="googlenet", batch=2)).facts.macs  # 2 x 1,582,671,872
    3165343744
    """
    try:
        count = _count(configuration, module)
    except Exception as error:  # of any kind: what cannot be counted can be measured all the same
        message = error.problems[0].what if isinstance(error, ArchcountError) else repr(error)
        what = str(message).splitlines()[0]
        return Counted(facts=None, remarks=(f"it could not be counted: {what}",))
    is_train = configuration.mode == "train"
    total = count.total
    weights = sum(count.weight_bytes.values())
    moved = _TRAIN * count.activation_bytes if is_train else count.peak_bytes
    facts = IterationCounts(
        params=total.params - count.unused,
        inputs=count.inputs,
        macs=total.macs,
        backward_macs=total.backward if is_train else 0,
        uncounted=tuple(dict.fromkeys(item.op for item in count.uncounted)),
        bytes_needed=round(_PROCESS + weights * (3 if is_train else 1) + moved),
    )
    rows = {part.path: (part.macs, part.backward) for part in count.modules}
    return Counted(facts=facts, rows=rows, remarks=count.remarks)


def _count(configuration: Configuration, module: nn.Module | None) -> ModelCount:
    given: Any = find(configuration.maker) if configuration.maker else list(configuration.inputs)
    if module is None:
        size = configuration.inputs[0] if configuration.inputs else ""
        module, own = load_model(
            configuration.target, arguments=configuration.arguments, input=size
        )
        given = own or given
    # What has a batch of its own, and what a function makes, is counted as it is.
    batch = configuration.batch if takes_batch(given) else 1
    request = CountRequest(batch=batch, train=configuration.mode == "train")
    return models.count(module, given, name=configuration.target, request=request)


def hash_of(target: str) -> str:
    """Return a hash of the source file of a target, such as `sha256:0123abcd...`.

    >>> hash_of("googlenet").startswith("sha256:")
    True
    """
    path = ModelTarget.read(target).source()
    if path is None:
        return ""
    return "sha256:" + hashlib.sha256(Path(path).read_bytes()).hexdigest()
