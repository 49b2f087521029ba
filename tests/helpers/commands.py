"""The command line as a user runs it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

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
