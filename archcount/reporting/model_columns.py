"""The columns that the modules of a counted model can be shown with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from archcount.engines.memory_traffic import Moved
from archcount.engines.model_count import ModelCount, ModuleCount
from archcount.errors import UsageError, unknown_name
from archcount.reporting.figures import percent, significant, size
from archcount.reporting.module_lines import ModuleLine
from archcount.reporting.sheet import Column, Span

Written = Callable[[Any], str]
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
    found = tuple(str(word).strip() for word in words)
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


@dataclass(frozen=True, slots=True)
class ModuleQuantity:
    """A number of each line: what modules can be sorted by.

    Attributes:
        of: its value; None where a line has none.
        form: how it is written; None for exact or short, as the numbers around it.
    """

    heading: str
    of: Callable[[ModelCount, ModuleLine], float | None]
    form: Callable[[Any], str] | None = None

    def column(self, count: ModelCount, written: Written) -> Column[ModuleLine]:
        """Return the column of it."""

        def text(line: ModuleLine) -> str:
            found = self.of(count, line)
            return "" if found is None else (self.form or written)(found)

        return Column(self.heading, text, right=True)


def read_sort(name: str) -> str:
    """Check the name of the quantity that modules are sorted by; empty for none.

    Raises:
        UsageError: there is no such quantity.
    """
    if name and name not in SORTABLE:
        raise unknown_name("modules cannot be sorted by", name, SORTABLE)
    return name


def order_by(name: str, count: ModelCount) -> Callable[[ModuleCount], float]:
    """Return what sorts modules by a quantity, the largest first; as they are for an empty name."""
    if not name:
        return lambda _: 0
    of = SORTABLE[name].of
    return lambda module: -(of(count, ModuleLine(module, "")) or 0)


def _whole(heading: str, text: Callable[[ModelCount, ModuleCount], Span | str]) -> _Maker:
    """Make a column of what belongs to a whole module, as text."""
    return lambda count, _: Column(
        heading, lambda line: "" if line.is_own else text(count, line.module), whole=True
    )


def _of_whole(field: str) -> Callable[[ModelCount, ModuleLine], int | None]:
    """Return what takes a number of a whole module."""
    return lambda _, line: None if line.is_own else getattr(line.module, field)


def _share(count: ModelCount, line: ModuleLine) -> float | None:
    whole = count.total.macs
    return line.macs / whole if whole else None


def _moved(count: ModelCount, line: ModuleLine) -> int:
    found = (count.moved or {}).get(line.module.path, Moved())
    return found.own if line.is_own else found.total


def _intensity(count: ModelCount, line: ModuleLine) -> float | None:
    moved = _moved(count, line)
    return 2 * line.macs / moved if moved else None


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


SORTABLE: Mapping[str, ModuleQuantity] = {
    "params": ModuleQuantity("Params", _of_whole("params")),
    "trainable": ModuleQuantity("Trainable", _of_whole("trainable")),
    "buffers": ModuleQuantity("Buffers", _of_whole("buffers")),
    "memory": ModuleQuantity("Memory", _of_whole("memory"), size),
    "macs": ModuleQuantity("MACs", lambda _, line: line.macs),
    "flops": ModuleQuantity("FLOPs", lambda _, line: 2 * line.macs),
    "backward": ModuleQuantity("Backward MACs", _of_whole("backward")),
    "share": ModuleQuantity("Share", _share, percent),
    "bytes": ModuleQuantity("Moved", _moved, size),
    "intensity": ModuleQuantity("FLOP/B", _intensity, partial(significant, digits=3)),
}
"""The numbers by the names that columns of them are chosen by, and modules sorted."""

COLUMNS: Mapping[str, _Maker] = {
    "type": _whole("Type", _kind),
    "kernel": _whole("Kernel", lambda _, module: _sizes(module.kernel)),
    "input": _whole("Input", lambda _, module: _sizes(module.input)),
    "output": _whole("Output", _output),
    **{name: quantity.column for name, quantity in SORTABLE.items()},
}
"""The columns by the names that they are chosen by."""
