"""The probe matrix: multiply-accumulates worked out by hand, forward and backward."""

from __future__ import annotations

import pytest
import torch
import torch._dynamo  # a pass alone is not repeated where its first checkpoint imports it
from probes import PROBES
from torch.utils._pytree import tree_map

from archcount.tracing.model_copy import ModelCopy
from archcount.tracing.run_context import counting_context
from archcount.tracing.trace import trace


@pytest.mark.filterwarnings("ignore")  # some of torch's own layers warn when they are made
@pytest.mark.parametrize(
    ("probe", "device"),
    [
        pytest.param(probe, device, id=f"{probe.name}-{device}")
        for probe in PROBES
        for device in probe.devices
    ],
)
def test_probes_count_as_worked_out_by_hand(probe, device):
    module = ModelCopy(probe.build(), device).module
    inputs = tree_map(
        lambda item: item.to(device) if isinstance(item, torch.Tensor) else item, probe.inputs()
    )
    with counting_context():
        traced = trace(module, inputs)
    whole = traced.modules[0]
    assert (whole.cost.macs, whole.backward) == (probe.forward, probe.backward)
    assert not [record for record in traced.modules if record.missed]


def test_there_are_enough_probes_and_no_two_of_one_name():
    assert len({probe.name for probe in PROBES}) == len(PROBES) >= 40
