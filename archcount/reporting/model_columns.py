"""The columns that the modules of a counted model can be shown with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from archcount.engines.memory_traffic import Moved
from archcount.engines.model_count import ModelCount, ModuleCount
from archcount.errors import UsageError, unknown_name
from archcount.reporting.figures import significant, size
from archcount.reporting.module_lines import ModuleLine
from archcount.reporting.sheet import Column, Span

Written = Callable[[int], str]
"""Writes a number, exact or short."""
_Maker = Callable[[ModelCount, Written], Column[ModuleLine]]

DEFAULT = ("type", "output", "params", "macs", "share")
"""The columns where none are chosen."""
MOVED = ("bytes", "intensity")
"""The columns that need the bytes that modules move."""


def read_columns(names: str | Iterable[str]) -> tuple[str, ...]:
    """Read the names of columns, of a text with commas between them.

    Raises:
        UsageError: there is no such column, or one is named twice.

    >>> read_columns("kernel, macs")
    ('kernel', 'macs')
    """
    words = names.split(",") if isinstance(names, str) else names
    found = tuple(word.strip() for word in words)
    for name in found:
        if name not in COLUMNS:
            raise unknown_name("unknown column", name, COLUMNS)
        if found.count(name) > 1:
            raise UsageError.of(f"duplicate column {name}", remedy="name it once")
    return found


def columns_of(
    names: Iterable[str], count: ModelCount, written: Written
) -> list[Column[ModuleLine]]:
    """Return the column of names and the chosen ones, their numbers written by a function."""
    first: Column[ModuleLine] = Column(
        "Module", lambda line: Span(line.name, line.role), whole=True
    )
    return [first, *(COLUMNS[name](count, written) for name in names)]


def _whole(heading: str, text: Callable[[ModelCount, ModuleCount], Span | str]) -> _Maker:
    """Make a column of what belongs to a whole module, as text."""
    return lambda count, _: Column(
        heading, lambda line: "" if line.is_own else text(count, line.module)
    )


def _number(heading: str, number: Callable[[ModuleLine], int | None]) -> _Maker:
    """Make a column of numbers, which may be written short."""

    def text(written: Written, line: ModuleLine) -> str:
        found = number(line)
        return "" if found is None else written(found)

    return lambda _, written: Column(heading, partial(text, written), right=True)


def _of_whole(field: str) -> Callable[[ModuleLine], int | None]:
    """Return what takes a number of a whole module."""
    return lambda line: None if line.is_own else getattr(line.module, field)


def _share(count: ModelCount, _: Written) -> Column[ModuleLine]:
    whole = count.total.macs
    return Column(
        "Share", lambda line: f"{100 * line.macs / whole:.1f}%" if whole else "", right=True
    )


def _bytes(count: ModelCount, line: ModuleLine) -> int:
    found = (count.moved or {}).get(line.module.path, Moved())
    return found.own if line.is_own else found.total


def _moved(count: ModelCount, _: Written) -> Column[ModuleLine]:
    return Column("Moved", lambda line: size(_bytes(count, line)), right=True)


def _intensity(count: ModelCount, _: Written) -> Column[ModuleLine]:
    def text(line: ModuleLine) -> str:
        moved = _bytes(count, line)
        return significant(2 * line.macs / moved, 3) if moved else ""

    return Column("FLOP/B", text, right=True)


def _kind(_: ModelCount, module: ModuleCount) -> str:
    return module.kind + (f" ×{module.calls}" if (module.calls or 0) > 1 else "")


def _sizes(shape: tuple[int, ...] | None) -> str:
    return "" if shape is None else "x".join(map(str, shape)) or "scalar"


def _output(count: ModelCount, module: ModuleCount) -> Span:
    """Write the first output's shape; a list of modules has none, being not run itself."""
    if module.output is not None:
        return Span(_sizes(module.output))
    inside = f"{module.path}." if module.path else ""
    if module.calls is None:
        return Span("")
    ran = any(part.calls and f"{part.path}.".startswith(inside) for part in count.modules)
    return Span("" if ran else "not run", "dim")


COLUMNS: Mapping[str, _Maker] = {
    "type": _whole("Type", _kind),
    "kernel": _whole("Kernel", lambda _, module: _sizes(module.kernel)),
    "input": _whole("Input", lambda _, module: _sizes(module.input)),
    "output": _whole("Output", _output),
    "params": _number("Params", _of_whole("params")),
    "trainable": _number("Trainable", _of_whole("trainable")),
    "buffers": _number("Buffers", _of_whole("buffers")),
    "macs": _number("MACs", lambda line: line.macs),
    "flops": _number("FLOPs", lambda line: 2 * line.macs),
    "backward": _number("Backward MACs", _of_whole("backward")),
    "share": _share,
    "bytes": _moved,
    "intensity": _intensity,
}
"""The columns by the names that they are chosen by."""
