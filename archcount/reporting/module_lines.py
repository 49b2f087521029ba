"""The modules of a counted model as lines of a tree, equal layers folded to one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields

from archcount.engines.model_count import ModelCount, ModuleCount

_NUMBERED = re.compile(r"(.*?)(\d+)")


@dataclass(frozen=True, slots=True)
class ModuleLine:
    """A module, or what it does itself beside the modules that it holds.

    Attributes:
        name: in the tree, indented; of equal ones the first and the last.
        role: of its name.
        is_own: whether it is what the module does itself.
    """

    module: ModuleCount
    name: str
    role: str = ""
    is_own: bool = False

    @property
    def macs(self) -> int:
        """Multiply-accumulates of the forward pass."""
        return self.module.own.macs if self.is_own else self.module.macs


def module_lines(
    count: ModelCount,
    depth: int,
    *,
    fold: bool = True,
    has_own: Callable[[ModuleCount], object] = lambda module: module.own.macs,
    order: Callable[[ModuleCount], float] = lambda _: 0,
) -> Iterator[ModuleLine]:
    """Yield the lines down to a depth; `has_own` says which modules do something themselves.

    What a module holds stands in the given order, by default as the model has it.

    Layers that are numbered one after the other and are equal, with all that they hold, stand
    once.
    """
    children: dict[str, list[ModuleCount]] = {}
    for module in count.modules:
        if module.path:
            children.setdefault(module.path.rpartition(".")[0], []).append(module)
    alike = _alike(count, children) if fold else {}

    def walk(module: ModuleCount, name: str, role: str = "") -> Iterator[ModuleLine]:
        indent = "  " * (module.level + 1)
        inner = children.get(module.path, [])
        yield ModuleLine(module, name, role)
        if module.level >= depth:
            return
        if inner and has_own(module):
            yield ModuleLine(module, f"{indent}(itself)", "dim", is_own=True)
        for run in sorted(_runs(inner, alike, children), key=lambda run: order(run[0])):
            first, last = (each.path.rpartition(".")[2] for each in (run[0], run[-1]))
            told = first if len(run) == 1 else f"{first} … {last}  ×{len(run)}"
            yield from walk(run[0], indent + told)

    yield from walk(count.modules[0], "(model)", "strong")


def _alike(count: ModelCount, children: dict[str, list[ModuleCount]]) -> dict[str, int]:
    """Return a number for each path, equal for modules that are equal with all that they hold."""
    compared = [field.name for field in fields(ModuleCount) if field.name != "path"]
    numbers: dict[object, int] = {}
    found: dict[str, int] = {}
    for module in reversed(count.modules):  # what a module holds stands behind it
        held = tuple(
            (each.path.rpartition(".")[2], found[each.path])
            for each in children.get(module.path, [])
        )
        own = tuple(getattr(module, name) for name in compared)
        key = (own, (count.moved or {}).get(module.path), held)
        found[module.path] = numbers.setdefault(key, len(numbers))
    return found


def _runs(
    modules: Sequence[ModuleCount],
    alike: dict[str, int],
    children: dict[str, list[ModuleCount]],
) -> Iterator[list[ModuleCount]]:
    """Yield equal modules that are numbered one after the other, where that makes it shorter."""
    run: list[ModuleCount] = []
    for module in modules:
        if run and not (alike and _follows(run[-1], module, alike)):
            yield from _folded(run, children)
            run = []
        run.append(module)
    if run:
        yield from _folded(run, children)


def _folded(
    run: list[ModuleCount], children: dict[str, list[ModuleCount]]
) -> Iterator[list[ModuleCount]]:
    if len(run) > 2 or run[0].path in children:
        yield run
    else:
        yield from ([module] for module in run)


def _follows(before: ModuleCount, after: ModuleCount, alike: dict[str, int]) -> bool:
    names = [_NUMBERED.fullmatch(each.path.rpartition(".")[2]) for each in (before, after)]
    if alike[before.path] != alike[after.path] or names[0] is None or names[1] is None:
        return False
    return names[0][1] == names[1][1] and int(names[1][2]) == int(names[0][2]) + 1
