"""Several processes at once, by torch's own elastic launcher."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from archcount.benchmark.results import Scaling
from archcount.benchmark.settings import Configuration, Launch, RunSettings
from archcount.benchmark.workers import variables


def measure_scaling(
    configuration: Configuration, plan: RunSettings, launch: Launch
) -> Scaling | None:
    """Measure one process alone, then all of them together, each with the same threads.

    Args:
        configuration: of each process; `batch` is what each of them takes.
        plan: how it is measured.
        launch: how they are started.

    Returns:
        What rank 0 found, or why they could not be run; None on another node than its own.
    """
    if configuration.device == "cpu" and configuration.threads is None:
        threads = max(1, (os.cpu_count() or 1) // launch.processes)
        configuration = replace(configuration, threads=threads)
    processes = launch.processes * launch.nodes
    try:
        alone = _launched(configuration, plan, Launch(processes=1))
        together = _launched(configuration, plan, launch)
    except _FailedError as error:
        return Scaling(
            configuration=configuration,
            processes=processes,
            problem=error.what,
            exit_code=error.exit_code,
        )
    if not together:
        return None
    return Scaling(
        configuration=configuration,
        processes=processes,
        rank_images_per_second=tuple(together["rates"]),
        single_images_per_second=alone["rates"][0],
        gradient_bytes=together["gradient_bytes"],
        backend=together["backend"],
    )


class _FailedError(Exception):
    """Processes could not be run together."""

    def __init__(self, what: str, exit_code: int) -> None:
        super().__init__(what)
        self.what, self.exit_code = what, exit_code


def _launched(configuration: Configuration, plan: RunSettings, launch: Launch) -> dict[str, Any]:
    where = ["--standalone"]
    if launch.endpoint:
        where = ["--rdzv-backend=c10d", f"--rdzv-endpoint={launch.endpoint}", "--rdzv-id=archcount"]
    with tempfile.TemporaryDirectory() as folder:
        request, result = Path(folder) / "request.json", Path(folder) / "result.json"
        request.write_text(
            json.dumps({"configuration": asdict(configuration), "plan": asdict(plan)})
        )
        command = [
            *(sys.executable, "-m", "torch.distributed.run", *where),
            f"--nnodes={launch.nodes}",
            f"--nproc-per-node={launch.processes}",
            *("-m", "archcount.benchmark.distributed_main", str(request), str(result)),
        ]
        code, said = _run(command, variables(configuration))
        for told in sorted(Path(folder).glob("*.problem")):
            raise _FailedError(**json.loads(told.read_text()))
        if not code and not result.exists() and launch.nodes > 1:
            return {}
        if code or not result.exists():
            raise _FailedError(_last_error(said), 3)
        found: dict[str, Any] = json.loads(result.read_text())
        return found


def _run(command: list[str], environment: dict[str, str]) -> tuple[int, str]:
    """Run the launcher; where this program is stopped, let it stop its processes first."""
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment
    )
    try:
        _, said = process.communicate()
    except BaseException:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=30)
        process.kill()
        process.wait()
        raise
    return process.returncode, said


def _last_error(said: str) -> str:
    """Find the line that names an exception in what all processes wrote."""
    lines = [line.partition("]:")[2].strip() or line.strip() for line in said.splitlines()]
    named = [line for line in lines if "Error: " in line and "ChildFailedError" not in line]
    return (named or lines or ["they said nothing"])[0]
