"""One of several processes that train or run a model together; started by torch's launcher.

It is started as `torchrun ... -m archcount.benchmark.distributed_main REQUEST RESULT`, with the
configuration and the plan in the file REQUEST; rank 0 writes RESULT.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from archcount.benchmark.samples import Block
from archcount.benchmark.sampling import Sampling
from archcount.benchmark.session import Session
from archcount.benchmark.settings import Configuration, RunSettings
from archcount.errors import ArchcountError


def main(request: Path, result: Path) -> None:
    """Measure together with the others."""
    told = json.loads(request.read_text())
    configuration = Configuration.of(told["configuration"])
    plan = RunSettings(**told["plan"])
    if configuration.device != "cpu":
        kind = configuration.device.partition(":")[0]
        configuration = replace(configuration, device=f"{kind}:{os.environ['LOCAL_RANK']}")
        torch.accelerator.set_device_index(int(os.environ["LOCAL_RANK"]))
    backend = "nccl" if configuration.device.startswith("cuda") else "gloo"
    distributed.init_process_group(backend)
    number = distributed.get_rank()
    try:
        found = _measure(configuration, plan)
        rates: list[Any] = [None] * distributed.get_world_size()
        distributed.all_gather_object(rates, found["rate"])
        if distributed.get_rank() == 0:
            result.write_text(json.dumps({**found, "rates": rates, "backend": backend}))
    except ArchcountError as error:
        what = "\n".join(str(problem) for problem in error.problems)
        told = {"what": what, "exit_code": error.exit_code}
        result.with_suffix(f".{number}.problem").write_text(json.dumps(told))
        raise
    finally:
        distributed.destroy_process_group()


def _measure(configuration: Configuration, plan: RunSettings) -> dict[str, Any]:
    is_shared = configuration.mode == "train" and distributed.get_world_size() > 1
    session = Session(configuration, wrap=partial(_wrapped, configuration) if is_shared else None)
    session.first_call()
    warm = session.block(plan.warm_up)
    last = torch.tensor([sorted(warm.samples_ns)[len(warm.samples_ns) // 2]], dtype=torch.float64)
    last = last.to(configuration.device if _is_nccl() else "cpu")
    distributed.broadcast(last, 0)  # all have blocks of one length
    sampling = Sampling(plan=plan, iteration_ns=float(last))
    is_over = [False]
    while not is_over[0]:
        distributed.barrier()
        sampling.add(_steady(session.block(sampling.length)))
        is_over = [bool(sampling.stopped)]
        distributed.broadcast_object_list(is_over, 0)  # rank 0 decides
    statistics = sampling.finish()
    return {
        "rate": configuration.batch * 1e9 / statistics.median_ns,
        "gradient_bytes": session.gradient_bytes if is_shared else 0,
    }


def _wrapped(configuration: Configuration, module: nn.Module) -> nn.Module:
    device = torch.device(configuration.device)
    return DistributedDataParallel(
        module, device_ids=None if device.type == "cpu" else [device.index]
    )


def _is_nccl() -> bool:
    return str(distributed.get_backend()) == "nccl"


def _steady(block: Block) -> Block:
    """Take the mean of a block: where processes wait for each other, single iterations vary."""
    mean = round(block.wall_ns / len(block.samples_ns))
    return Block(samples_ns=(mean,), wall_ns=block.wall_ns)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
