"""Measurement of several processes at once, started by torchrun."""

from __future__ import annotations

import os
import pickle
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from archcount.benchmark.results import ProcessScaling
from archcount.benchmark.settings import Configuration, Launch, RunSettings
from archcount.benchmark.workers import variables
from archcount.engines.worker_process import WorkerError, late, not_started, python


def measure_scaling(
    configuration: Configuration, plan: RunSettings, launch: Launch
) -> ProcessScaling | None:
    """Measure one process alone, then all together, with the same threads per process.

    Returns:
        The result of rank 0, or why they could not be run; None on other nodes.
    """
    if configuration.device == "cpu" and configuration.threads is None:
        threads = max(1, (os.cpu_count() or 1) // launch.processes)
        configuration = replace(configuration, threads=threads)
    try:
        alone = _launched(configuration, plan, Launch(processes=1))
        together = _launched(configuration, plan, launch)
    except (WorkerError, OSError) as failure:
        error = not_started(failure) if isinstance(failure, OSError) else failure
        return ProcessScaling(
            configuration=configuration,
            processes=launch.processes * launch.nodes,
            problem=error.what,
            exit_code=error.exit_code,
        )
    if alone is None or together is None:
        return None
    return replace(together, single_images_per_second=alone.images_per_second)


def _launched(
    configuration: Configuration, plan: RunSettings, launch: Launch
) -> ProcessScaling | None:
    """Run processes together; return the result of rank 0, None on other nodes.

    Raises:
        WorkerError: a process failed.
    """
    where = ["--standalone"]
    if launch.endpoint:
        where = ["--rdzv-backend=c10d", f"--rdzv-endpoint={launch.endpoint}", "--rdzv-id=archcount"]
    with tempfile.TemporaryDirectory() as folder:
        request, result = Path(folder) / "request", Path(folder) / "result"
        request.write_bytes(pickle.dumps((configuration, plan)))
        command = [
            *python("torch.distributed.run", *where),
            f"--log-dir={folder}/logs",
            f"--nnodes={launch.nodes}",
            f"--nproc-per-node={launch.processes}",
            "--no-python",
            *python("archcount.benchmark.distributed_main", str(request), str(result)),
        ]
        code, stderr = _run(command, variables(configuration), plan.timeout)
        for problem in sorted(Path(folder).glob("*.problem")):
            raise WorkerError(*pickle.loads(problem.read_bytes()))
        if not code and not result.exists() and launch.nodes > 1:
            return None
        if code or not result.exists():
            raise WorkerError("died", _last_error(stderr), 3)
        found: ProcessScaling = pickle.loads(result.read_bytes())
        return found


def _run(command: list[str], environment: dict[str, str], timeout: float) -> tuple[int, str]:
    """Run the launcher; on an interrupt, or out of time, let it end its processes first.

    Raises:
        WorkerError: it did not end in time.
    """
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment
    )
    try:
        _, stderr = process.communicate(timeout=timeout)
    except BaseException as error:
        try:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=30)
        finally:
            process.kill()
            process.wait()
        if isinstance(error, subprocess.TimeoutExpired):
            raise WorkerError("died", late(timeout), 3) from None
        raise
    return process.returncode, stderr


def _last_error(stderr: str) -> str:
    """Return the line of standard error that names an exception."""
    lines = [line.partition("]:")[2].strip() or line.strip() for line in stderr.splitlines()]
    named = [line for line in lines if "Error: " in line and "ChildFailedError" not in line]
    return (named or lines or ["they wrote nothing to stderr"])[0]
