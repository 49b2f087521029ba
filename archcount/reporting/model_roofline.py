"""Bytes that the modules of a model move, and the least time of each on a machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from archcount.engines.memory_traffic import Machine, Moved
from archcount.engines.model_count import ModelCount, ModuleCount
from archcount.reporting.figures import milliseconds, percent, rate, significant, size
from archcount.reporting.module_lines import module_lines
from archcount.reporting.sheet import Column, Sheet, Span, make_sheet


@dataclass(frozen=True, slots=True)
class _RooflineLine:
    """A module, or what it does itself beside the modules that it holds."""

    name: str
    macs: int
    moved: int
    seconds: float
    role: str = ""

    @property
    def intensity(self) -> float | None:
        """Arithmetic intensity: operations per byte moved."""
        return 2 * self.macs / self.moved if self.moved else None


def roofline_sheets(
    count: ModelCount, machine: Machine, depth: int, *, fold: bool = True
) -> list[Sheet]:
    """Lay out what each module moves, and its least time."""
    lines = list(_lines(count, machine, depth, fold=fold))
    whole = lines[0].seconds
    columns: list[Column[_RooflineLine]] = [
        Column("Module", lambda line: Span(line.name, line.role), whole=True),
        Column("FLOP", lambda line: rate(2 * line.macs), right=True),
        Column("Moved", lambda line: size(line.moved), right=True),
        Column("FLOP/B", lambda line: significant(line.intensity, 3), right=True),
        Column("Bound", lambda line: _bound(line, machine)),
        Column("ms", lambda line: milliseconds(1e9 * line.seconds), right=True),
        Column("Share", lambda line: percent(line.seconds / whole) if whole else "", right=True),
    ]
    peak, memory = rate(machine.flops, "FLOP/s"), rate(machine.bytes_per_second, "B/s")
    title = f"roofline of the forward pass at {peak} and {memory}"
    return [make_sheet(title, columns, lines, notes=_notes(machine))]


def _lines(
    count: ModelCount, machine: Machine, depth: int, *, fold: bool
) -> Iterator[_RooflineLine]:
    known = count.moved or {}

    def own(module: ModuleCount) -> int:
        return known.get(module.path, Moved()).own

    for line in module_lines(count, depth, fold=fold, has_own=own):
        found = known.get(line.module.path, Moved())
        moved, seconds = found.total, found.seconds or 0.0
        if line.is_own:
            moved, seconds = found.own, machine.seconds(2 * line.macs, found.own)
        if moved or line.macs:
            yield _RooflineLine(line.name, line.macs, moved, seconds, line.role)


def _bound(line: _RooflineLine, machine: Machine) -> str:
    if line.intensity is None:
        return ""
    return "compute" if line.intensity >= machine.ridge else "memory"


def _notes(machine: Machine) -> Iterator[Span]:
    yield Span(
        "moved: each module reads its weights once in each run, and once what other modules made, "
        "and writes once what others read; what it makes for itself alone, such as attention "
        "scores, is not moved; of a cache that grows, only the new entries are written"
    )
    yield Span(
        f"bound by memory below {significant(machine.ridge, 3)} FLOP/B; ms: the longer of "
        "operations and bytes at these rates, one module's own after another's"
    )
    yield Span("FLOP: 2 for each multiply-accumulate; other operations are not in it")


def moved_text(count: ModelCount) -> str:
    """Say how many bytes the whole model moves."""
    found = (count.moved or {}).get("", Moved())
    intensity = significant(2 * count.total.macs / found.total, 3) if found.total else ""
    shown = "" if count.machine else "; --peak and --bandwidth show it by module"
    moved = f"moved in the forward pass {size(found.total)} ({found.total:,} B)"
    return f"{moved}, {intensity} FLOP/B{shown}"
