"""The command line: the only room that prints, writes files and exits."""

from __future__ import annotations

import gc
import sys
from typing import NoReturn

from archcount.cli.stop import stop_if_asked, stop_on_signals
from archcount.errors import ArchcountError, Stopped

__all__ = ["main"]


def main() -> NoReturn:
    """Run the command line; exit 0 done, 1 gate failed, 2 usage, 3 unavailable, 130 stopped."""
    stop_on_signals()
    # A command makes many small things and ends soon: looking for cycles among them every 700 takes
    # a tenth of its time. They are looked for all the same where a command goes on for long.
    gc.set_threshold(100_000)
    try:
        # Imported here, so that a signal finds its handler from the first moment on.
        from archcount.cli.app import app
        from archcount.cli.bash_words import whole_words

        with whole_words():
            app()
    except ArchcountError as error:
        for line in error.lines:
            print(f"error: {line}", file=sys.stderr)  # noqa: T201
        sys.exit(error.exit_code)
    except Stopped:
        pass  # the exit code is the signal's, below
    finally:
        # An import that a signal breaks into may end in any exception of its own.
        stop_if_asked()
    raise AssertionError("typer exits by itself")  # pragma: no cover
