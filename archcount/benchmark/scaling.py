"""Several processes at once, by torch's own elastic launcher."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from archcount.benchmark.records import Configuration, Plan, Scaling
from archcount.errors import Problem, UnavailableError


@dataclass(frozen=True, kw_only=True, slots=True)
class Launch:
    """How processes are started.

    Attributes:
        processes: on each node.
        nodes: how many there are.
        endpoint: `host:port` where nodes meet; empty for one node.
    """

    processes: int
    nodes: int = 1
    endpoint: str = ""


def measure_scaling(configuration: Configuration, plan: Plan, launch: Launch) -> Scaling | None:
    """Measure one process alone, then all of them together, each with the same threads.

    Args:
        configuration: of each process; `batch` is what each of them takes.
        plan: how it is measured.
        launch: how they are started.

    Returns:
        What rank 0 found; None on another node than its own.

    Raises:
        UnavailableError: they could not be run.
    """
    if configuration.device == "cpu" and configuration.threads is None:
        threads = max(1, (os.cpu_count() or 1) // launch.processes)
        configuration = replace(configuration, threads=threads)
    alone = _launched(configuration, plan, Launch(processes=1))
    together = _launched(configuration, plan, launch)
    if not together:
        return None
    return Scaling(
        configuration=configuration,
        processes=launch.processes * launch.nodes,
        rank_images_per_second=tuple(together["rates"]),
        single_images_per_second=alone["rates"][0],
        gradient_bytes=together["gradient_bytes"],
        backend=together["backend"],
    )


def _launched(configuration: Configuration, plan: Plan, launch: Launch) -> dict[str, Any]:
    where = ["--standalone"]
    if launch.endpoint:
        where = ["--rdzv-backend=c10d", f"--rdzv-endpoint={launch.endpoint}", "--rdzv-id=archcount"]
    with tempfile.TemporaryDirectory() as folder:
        request, result = Path(folder) / "request.json", Path(folder) / "result.json"
        request.write_text(
            json.dumps({"configuration": asdict(configuration), "plan": asdict(plan)})
        )
        done = subprocess.run(
            [
                *(sys.executable, "-m", "torch.distributed.run", *where),
                f"--nnodes={launch.nodes}",
                f"--nproc-per-node={launch.processes}",
                *("-m", "archcount.benchmark.rank", str(request), str(result)),
            ],
            capture_output=True,
            text=True,
            check=False,
            env=_environment(configuration),
        )
        if not done.returncode and not result.exists() and launch.nodes > 1:
            return {}
        if done.returncode or not result.exists():
            raise UnavailableError(
                Problem(
                    what=f"{configuration.label}: {launch.processes * launch.nodes} processes "
                    f"could not be run together: {_last_error(done.stderr)}"
                )
            )
        found: dict[str, Any] = json.loads(result.read_text())
        return found


def _environment(configuration: Configuration) -> dict[str, str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    if configuration.threads is not None:
        environment["OMP_NUM_THREADS"] = str(configuration.threads)
    return environment


def _last_error(said: str) -> str:
    """Find the line that names an exception in what all processes wrote."""
    lines = [line.partition("]:")[2].strip() or line.strip() for line in said.splitlines()]
    named = [line for line in lines if "Error: " in line and "ChildFailedError" not in line]
    return (named or lines or ["they said nothing"])[0]
