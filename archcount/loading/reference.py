"""A user's own code, by an explicit `package:callable` or `file.py:callable`."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from archcount.errors import ArchcountError, Problem, Stopped, UsageError, quote, suggestion
from archcount.loading.file_kinds import is_file

ALLOWED = "package.module:callable, or path/to/file.py:callable"


class UserCodeError(ArchcountError):
    """The user's own code failed; carries their frames of the traceback."""


@contextmanager
def users_code(
    what: str, remedy: str = "", *, earlier: BaseException | None = None, when: str = ""
) -> Iterator[None]:
    """Show what a user's code raises with their own frames alone.

    Args:
        what: what failed.
        remedy: what can be done.
        earlier: what the same code raised before, told where it is another.
        when: in which case it did.

    Raises:
        UserCodeError: the code raised something.
    """
    try:
        with _no_silent_exit():
            yield
    except (ArchcountError, KeyboardInterrupt, Stopped):
        raise
    except BaseException as error:
        lines: list[str] = []
        if earlier is not None and message_of(earlier) != message_of(error):
            lines.append(f"  {when}: {_kind(earlier)}: {message_of(earlier)}")
            lines += [f"  {line}" for line in _frames(earlier)[-2:]]
        if remedy:
            lines.append(f"  {remedy}")
        lines += _frames(error)
        said = f"{what}: {_kind(error)}: {message_of(error)}"
        raise UserCodeError(Problem(what=said, below=tuple(lines))) from None


@contextmanager
def _no_silent_exit() -> Iterator[None]:
    """Have what ends the process without a word raise SystemExit in here: `os._exit`, `os.execv`.

    A copy of the process that the code has made ends where the code does.
    """

    def telling(name: str, end: Callable[..., NoReturn]) -> Callable[..., NoReturn]:
        def leave(*given: object) -> NoReturn:
            if os.getpid() != process:
                end(*given)  # a child ends itself so
            raise SystemExit(f"os.{name}({', '.join(map(repr, given))})")

        return leave

    process = os.getpid()
    ends = {name: getattr(os, name) for name in ("_exit", "execv", "execve")}
    for name, end in ends.items():
        setattr(os, name, telling(name, end))
    try:
        yield
    finally:
        for name, end in ends.items():
            setattr(os, name, end)
        if os.getpid() != process:
            os._exit(0)


def message_of(error: BaseException) -> str:
    r"""Return what an exception says in a line, though that may itself raise.

    >>> message_of(ValueError("no\n  way"))
    'no way'
    """
    try:
        return " ".join(str(error).split()) or "no message"
    except BaseException as failed:
        return f"its message fails with {_kind(failed)}"


def _kind(error: BaseException) -> str:
    """Return the name of an exception's class, whatever the class of that says it is."""
    name: str = vars(type)["__name__"].__get__(type(error))
    return name


def check_class(thing: object) -> None:
    """Ask a thing of the user's for its class, as everything does that looks at what it is.

    Raises:
        UserCodeError: it raises something.
    """
    with users_code("asking it what it is failed"):
        isinstance(thing, str)


def _frames(error: BaseException) -> list[str]:
    """Write the frames of an exception that are neither ours, nor torch's, nor Python's own.

    Of libraries, the last is written alone: the line that failed.
    """
    import torch

    places = Path(__file__).parents[1], Path(torch.__file__).parent
    alien = ("<frozen", *(f"{place}{os.sep}" for place in places))
    pythons = f"{Path(os.__file__).parent}{os.sep}"  # where libraries may lie too
    trace = BaseException.__getattribute__(error, "__traceback__")
    stack: list[traceback.FrameSummary] = list(traceback.extract_tb(trace))
    stack = [
        frame
        for frame in stack
        if not frame.filename.startswith(alien)
        and (_LIBRARIES in frame.filename or not frame.filename.startswith(pythons))
    ]
    own = [frame for frame in stack if _LIBRARIES not in frame.filename]
    if stack and _LIBRARIES in stack[-1].filename:
        own.append(stack[-1])
    return [
        line
        for frame in own
        for line in (
            f"  {frame.filename}:{frame.lineno} in {frame.name}",
            f"    {frame.line or ''}",
        )
        if line.strip()
    ]


_LIBRARIES = "site-packages"
"""The folder of what is installed."""


def find(reference: str) -> Any:
    """Import what a reference names.

    Raises:
        UsageError: it is not written so, or there is no such file, module or name.
        UserCodeError: the module raised something when it was imported.

    >>> find("torch.nn:Linear").__name__
    'Linear'
    """
    place, colon, path = reference.rpartition(":")
    if not (colon and place and path):
        raise UsageError.of(f"{quote(reference)} names no callable", allowed=ALLOWED)
    found: Any = _file(Path(place)) if place.endswith(".py") else _module(place)
    for name in path.split("."):
        with users_code(f"looking up {quote(name)} in {place} failed"):
            if not hasattr(found, name):
                known = [other for other in dir(found) if not other.startswith("_")]
                raise UsageError.of(f"{place} has no {quote(name)}", remedy=suggestion(name, known))
            found = getattr(found, name)
    return found


def find_callable(reference: str) -> Any:
    """Import the function or class that a reference names; errors as `find`.

    Raises:
        UsageError: it is neither.
    """
    found = find(reference)
    if not callable(found):
        raise UsageError.of(f"{reference} is a {type(found).__name__}", allowed="a function")
    return found


def source_of(reference: str) -> Path | None:
    """Return the file of the code that a reference names, None where it has none.

    Raises:
        UsageError: there is no such file, module or name.
        UserCodeError: the module raised something when it was imported.

    >>> source_of("torch.nn.modules.linear:Linear").name
    'linear.py'
    """
    place = reference.rpartition(":")[0]
    if place.endswith(".py"):
        if not is_file(place):
            raise _no_file(Path(place))
        return Path(place)
    find(reference)
    file = getattr(sys.modules.get(place), "__file__", None)
    return Path(file) if file else None


def _file(path: Path) -> ModuleType:
    if not is_file(path):
        raise _no_file(path)
    name = _module_name(path.resolve())
    spec = spec_from_file_location(name, path.resolve())
    assert spec is not None
    assert spec.loader is not None
    status = path.stat()
    spec.loader_state = (status.st_mtime_ns, status.st_size)
    before = sys.modules.get(name)
    if before is not None and _is_same(getattr(before, "__spec__", None), spec):
        return before  # of a model and its input, one file has each class once
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        with _first_in_path(path.resolve().parent), users_code(f"importing {path} failed"):
            spec.loader.exec_module(module)
    except UserCodeError:
        del sys.modules[name]
        if before is not None:
            sys.modules[name] = before
        raise
    return module


def _module_name(path: Path) -> str:
    """Return the name of a file's module: its own, save where another module has that name.

    It has no dot: to find `net.v2`, or what `net.v2` imports from `.`, Python would run `net`.
    """
    try:
        is_taken = "." in path.stem
        if not is_taken:
            found = find_spec(path.stem)
            is_taken = found is not None and found.origin != str(path)
    except (ImportError, ValueError):  # a module in memory that came from nowhere
        is_taken = path.stem in sys.modules
    return f"{path.stem} of {path}".replace(".", "_") if is_taken else path.stem


@contextmanager
def _first_in_path(folder: Path) -> Iterator[None]:
    """Look for modules in a folder first in here, as Python does for what it runs; then last.

    What archcount and its libraries import later, no file of that folder can stand in for.
    """
    place = str(folder)
    sys.path.insert(0, place)
    try:
        yield
    finally:
        with suppress(ValueError):
            sys.path.remove(place)
        if place not in sys.path:
            sys.path.append(place)


def _is_same(known: ModuleSpec | None, spec: ModuleSpec) -> bool:
    """Return whether a module was imported from the same file, which is as it was."""
    return known is not None and (known.origin, known.loader_state) == (
        spec.origin,
        spec.loader_state,
    )


def _no_file(path: Path) -> UsageError:
    return UsageError.of(f"no file {quote(str(path))}", allowed=ALLOWED)


def _module(name: str) -> ModuleType:
    with _first_in_path(Path.cwd()), users_code(f"importing {name} failed"):
        try:
            return import_module(name)
        except ModuleNotFoundError as error:
            # What is missing may also be a module that the one asked for imports.
            if error.name is None or not f"{name}.".startswith(f"{error.name}."):
                raise
            missing = error.name
        except (TypeError, ValueError):
            missing = name
    raise UsageError.of(
        f"no module named {quote(missing)}",
        allowed=ALLOWED,
        remedy="install it beside archcount, or run where it lies",
    )
