"""The arguments of a user's callable, with objects made of their entries."""

from __future__ import annotations

import ast
import inspect
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_args, get_type_hints

from archcount.errors import UsageError, quote, suggestion
from archcount.loading.reference import users_code


def call_arguments(called: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a callable is given: `config.width=2` makes the `config` that it takes.

    The class of `config` is that of its annotation or default, or the attribute `config_class`.
    What is not given of it stays at its default.

    Raises:
        UsageError: the class is not known, or has no such entry.
        UserCodeError: the class refuses the values.

    >>> from torch import nn
    >>> call_arguments(nn.Linear, {"in_features": 4, "out_features": 3})
    {'in_features': 4, 'out_features': 3}
    """
    made: dict[str, Any] = {}
    for name, value in nested(given).items():
        made[name] = value
        if any(other.startswith(f"{name}.") for other in given):
            kind = _class_of(called, name)
            if kind is None:
                raise UsageError.of(
                    f"--arg {name}.{next(iter(value))}: unknown class of {name}",
                    allowed="a parameter whose annotation or default names a class",
                )
            made[name] = _made(kind, value, name)
    return made


def nested(given: Mapping[str, Any]) -> dict[str, Any]:
    """Put `a.b` into a dict under `a`.

    Raises:
        UsageError: `a` is given beside `a.b`, or this is no mapping by names.

    >>> nested({"a.b": 1, "a.c.d": 2, "e": 3})
    {'a': {'b': 1, 'c': {'d': 2}}, 'e': 3}
    """
    if not (isinstance(given, Mapping) and all(isinstance(name, str) for name in given)):
        raise UsageError.of(f"arguments {quote(str(given))}", allowed='a mapping, {"classes": 10}')
    found: dict[str, Any] = {}
    whole = [name for name in given for other in given if other.startswith(f"{name}.")]
    if whole:
        raise UsageError.of(f"--arg {whole[0]} and its entries are both given", remedy="name one")
    for name, value in given.items():
        *outer, last = name.split(".")
        place = found
        for part in outer:
            place = place.setdefault(part, {})
        place[last] = value
    return found


def read_value(text: str) -> Any:
    """Read a value as Python reads it, else as text; true and false may be small.

    >>> read_value("3"), read_value("true"), read_value("mean")
    (3, True, 'mean')
    """
    try:
        return literal(text)
    except ValueError:
        return text


def literal(text: str) -> Any:
    """Read a value as Python reads it; true and false may be small.

    Raises:
        ValueError: it is no number, text, list, tuple, set, dictionary, truth or None.

    >>> literal("[1, 2]"), literal("true")
    ([1, 2], True)
    """
    if text in _TRUTHS:
        return _TRUTHS[text]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", SyntaxWarning)  # "4or" is a text, not 4 and a doubt
            return ast.literal_eval(text)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):  # or {[]: 1}
        raise ValueError(f"{quote(text)} is no value") from None


_TRUTHS = {"true": True, "false": False}


def unknown_entry(name: str, entry: str, known: Iterable[str]) -> UsageError:
    """Return the error for an entry that an object does not have."""
    return UsageError.of(f"{name} has no entry {quote(entry)}", remedy=suggestion(entry, known))


def _class_of(called: Callable[..., Any], name: str) -> type | None:
    """Return the class of what a parameter takes."""
    hint = _hints(called).get(name)
    kinds = [kind for kind in (hint, *get_args(hint)) if isinstance(kind, type)]
    default = getattr(_parameters(called).get(name), "default", None)
    if default is not None and default is not inspect.Parameter.empty:
        kinds.append(type(default))
    kinds.append(getattr(called, f"{name}_class", type(None)))  # as transformers names it
    return next((kind for kind in kinds if kind not in (type(None), object)), None)


def _hints(called: Callable[..., Any]) -> dict[str, Any]:
    try:
        return get_type_hints(called.__init__ if isinstance(called, type) else called)  # type: ignore[misc]
    except Exception:  # of any kind: they may be code, or name what only type checkers import
        return {}


def _parameters(called: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    """Return the parameters of a callable, none where it does not tell them, as `int`."""
    try:
        return inspect.signature(called).parameters
    except Exception:  # of any kind: a callable may say anything of itself
        return {}


def _made(kind: type, entries: dict[str, Any], name: str) -> Any:
    """Make an object of its entries; those of an entry in it are made first."""
    if issubclass(kind, dict):
        return entries
    parameters = _parameters(kind)
    known: Iterable[str] = parameters
    if any(one.kind is one.VAR_KEYWORD for one in parameters.values()):
        # It takes what it does not know: only what it has by default changes anything.
        with users_code(f"{kind.__name__}() failed"):
            known = dir(kind())
    for entry, value in entries.items():
        if entry not in known:
            raise unknown_entry(f"{name} ({kind.__name__})", entry, known)
        inner = _class_of(kind, entry) if isinstance(value, dict) else None
        if inner is not None:
            entries = {**entries, entry: _made(inner, value, f"{name}.{entry}")}
    with users_code(f"{kind.__name__} failed"):
        return kind(**entries)
