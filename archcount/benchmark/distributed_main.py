"""One of several processes that run a model together, started by torchrun.

It is started as `torchrun ... -m archcount.benchmark.distributed_main REQUEST RESULT`, with the
pickled configuration and plan in the file REQUEST; rank 0 writes RESULT.
"""

from __future__ import annotations

import os
import pickle
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from archcount.benchmark.results import ProcessScaling
from archcount.benchmark.samples import Block
from archcount.benchmark.sampling import SLOW_NS, Sampling
from archcount.benchmark.session import Session
from archcount.benchmark.settings import Configuration, RunSettings
from archcount.benchmark.statistics import describe
from archcount.errors import ArchcountError


def main(request: Path, result: Path) -> None:
    """Measure together with the other processes."""
    asked, plan = pickle.loads(request.read_bytes())
    configuration = asked
    if asked.device != "cpu":
        kind, number = asked.device.partition(":")[0], int(os.environ["LOCAL_RANK"])
        configuration = replace(asked, device=f"{kind}:{number}")
        torch.accelerator.set_device_index(number)
    backend = "nccl" if configuration.device.startswith("cuda") else "gloo"
    distributed.init_process_group(backend)
    rank = distributed.get_rank()
    try:
        ours, gradient_bytes = _measure(configuration, plan)
        rates: list[Any] = [None] * distributed.get_world_size()
        distributed.all_gather_object(rates, ours)
        if rank == 0:
            found = ProcessScaling(
                configuration=asked,
                processes=len(rates),
                rank_images_per_second=tuple(rates),
                gradient_bytes=gradient_bytes,
                backend=backend,
            )
            result.write_bytes(pickle.dumps(found))
    except ArchcountError as error:
        what = "\n".join(str(problem) for problem in error.problems)
        problem = ("problem", what, error.exit_code)
        result.with_suffix(f".{rank}.problem").write_bytes(pickle.dumps(problem))
        raise
    finally:
        distributed.destroy_process_group()


def _measure(configuration: Configuration, plan: RunSettings) -> tuple[float, int]:
    """Return the images per second of this process, and the bytes of shared gradients."""
    is_shared = configuration.mode == "train" and distributed.get_world_size() > 1
    session = Session(configuration, wrap=partial(_wrapped, configuration) if is_shared else None)
    called = float(session.first_call())
    is_nccl = str(distributed.get_backend()) == "nccl"
    place = configuration.device if is_nccl else "cpu"
    # All processes have blocks of one length: that of rank 0.
    pace = called = _of_first(called, place)
    if configuration.compile or called < max(SLOW_NS, plan.budget * 1e9):
        first = _of_first(median(session.block(1).samples_ns), place)
        number = int((plan.budget * 1e9 - called) / first)
        warm = session.block(max(1, min(plan.warm_up, number)))
        pace = _of_first(median(warm.samples_ns), place)
    sampling = Sampling(plan=plan, iteration_ns=pace)
    is_over = [False]
    while not is_over[0]:
        distributed.barrier()
        sampling.add(_steady(session.block(sampling.length)))
        is_over = [bool(sampling.stopped)]
        distributed.broadcast_object_list(is_over, 0)  # rank 0 decides
    rate = configuration.batch * 1e9 / describe(sampling.blocks).median_ns
    return rate, session.gradient_bytes if is_shared else 0


def _of_first(number: float, device: str) -> float:
    """Return the number of rank 0."""
    shared = torch.tensor([number], dtype=torch.float64, device=device)
    distributed.broadcast(shared, 0)
    return float(shared)


def _wrapped(configuration: Configuration, module: nn.Module) -> nn.Module:
    device = torch.device(configuration.device)
    return DistributedDataParallel(
        module, device_ids=None if device.type == "cpu" else [device.index]
    )


def _steady(block: Block) -> Block:
    """Return a block with its mean time: single iterations vary as processes wait for others."""
    mean = round(block.wall_ns / len(block.samples_ns))
    return Block(samples_ns=(mean,), wall_ns=block.wall_ns)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
