"""The command line: the only room that prints, writes files and exits."""

from __future__ import annotations

import gc
import os
import re
import sys
from typing import NoReturn

from archcount.cli.standard_output import claim, release, say
from archcount.cli.stop import stop_if_asked, stop_on_signals
from archcount.errors import ArchcountError, Stopped, quote

__all__ = ["main"]


def main() -> NoReturn:
    """Run the command line; exit 0 done, 1 gate failed, 2 usage, 3 unavailable, 130 stopped."""
    with stop_on_signals():
        try:
            _run()
        except ArchcountError as error:
            _end(error.exit_code, *error.lines)
        except MemoryError:
            _end(3, "there is not enough memory for this")
        except OSError as error:  # of a system that has no more files or processes to give
            place = "" if error.filename is None else f"{quote(str(error.filename))}: "
            _end(3, f"{place}{(error.strerror or str(error)).lower()}")
        except Stopped:
            pass  # the exit code is the signal's, below
        finally:
            # An import that a signal breaks into may end in any exception of its own.
            stop_if_asked()
    raise AssertionError("a command exits by itself")  # pragma: no cover


def _run() -> None:
    claim()
    for name in ("COLUMNS", "LINES"):  # rich takes whatever looks like a number for one
        if not re.fullmatch("[0-9]{1,5}", os.environ.get(name, "0")):
            del os.environ[name]
    # A command makes many small things and ends soon: looking for cycles among them every 700 takes
    # a tenth of its time. They are looked for all the same where a command goes on for long.
    gc.set_threshold(100_000)
    try:
        # Imported here, so that a signal finds its handler from the first moment on.
        from archcount.cli.app import run
        from archcount.cli.bash_words import whole_words

        with whole_words():
            run()
    finally:
        release()


def _end(code: int, *errors: str) -> NoReturn:
    """Say what is wrong, and exit."""
    for line in errors:
        say(f"error: {line}")
    sys.exit(code)
