"""Packages that only some outputs need: where one is missing, the command that installs it."""

from __future__ import annotations

from importlib.util import find_spec

from archcount.errors import UnavailableError


def require(package: str, extra: str, doing: str) -> None:
    """Raise an UnavailableError where a package is not installed, before any work is done.

    Args:
        package: its name, which in small letters is that of its module.
        extra: the extra of archcount that installs it.
        doing: what needs it, such as "drawing a roofline".
    """
    if find_spec(package.lower()) is None:
        raise UnavailableError.of(
            f"{doing} needs {package}, which is not installed",
            remedy=f'pip install "archcount[{extra}]"',
        )
