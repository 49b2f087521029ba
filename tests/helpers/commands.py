"""The command line as a user runs it."""

from __future__ import annotations

import gc
import io
import os
import pty
import subprocess
import sys
from contextlib import chdir, nullcontext, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

COMMAND = [sys.executable, "-m", "archcount"]


FAST = ["--engine", "formula"]


def run(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **options.pop("env", {})}
    environment.pop("COLUMNS", None)
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, env=environment, **options
    )


def in_terminal(columns: int, *arguments: str, env: dict[str, str] | None = None) -> str:
    """Run in a terminal of so many columns; give what it showed."""
    pid, descriptor = pty.fork()
    if pid == 0:
        os.environ.update({"COLUMNS": str(columns), "TERM": "xterm-256color", **(env or {})})
        os.execvp(COMMAND[0], [*COMMAND, *arguments])
    shown = b""
    while True:
        try:
            piece = os.read(descriptor, 65536)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    os.waitpid(pid, 0)
    return shown.decode()


def invoke(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run in this process, which is faster where what is started does not matter."""
    from archcount import cli

    out, err, code, threshold = io.StringIO(), io.StringIO(), 0, gc.get_threshold()
    with (
        patch.object(cli, "stop_on_signals"),  # signals stay the test runner's
        patch.object(sys, "argv", ["archcount", *arguments]),
        patch.dict(os.environ),
        redirect_stdout(out),
        redirect_stderr(err),
        chdir(cwd) if cwd else nullcontext(),
    ):
        os.environ.pop("COLUMNS", None)
        try:
            cli.main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(bool(end.code))
    gc.set_threshold(*threshold)
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())
