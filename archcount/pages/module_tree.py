"""The modules of a model as a tree that is folded, and its layers as a table that is sorted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from archcount.engines.memory_traffic import Moved
from archcount.engines.model_count import ModelCount, ModuleCount
from archcount.reporting.figures import headline, params_headline, percent, significant, size
from archcount.reporting.module_lines import ModuleLine, module_lines
from archcount.reporting.page import Bar, Bars, SheetBlock, Tree, TreeLine
from archcount.reporting.sheet import Column, Span, make_sheet

_LINES = 500
"""The most lines of the tree: as many levels are shown as have room."""
_DEEPEST = 24
_LAYERS = 200
"""The most layers in the table of them."""
_OPEN = 14
"""The most lines of a tree that is shown unfolded."""
_TYPES = 10
"""The most types of modules in the chart of them."""


def module_tree(count: ModelCount) -> Tree:
    """Return the tree of a model's modules, equal ones one after another once."""
    depth = depth_for(count, _LINES)
    lines = list(module_lines(count, depth))
    left_out = [f"{len(lines) - _LINES:,} more modules"] if len(lines) > _LINES else []
    below = sum(module.level > depth for module in count.modules)
    left_out += [f"{below:,} modules below level {depth}"] if below else []
    lines = lines[:_LINES]
    return Tree(
        title="Modules",
        names=("Module", "Type", "Output", "Params", "MACs", "Share"),
        lines=tuple(_tree(count, lines, is_open=len(lines) <= _OPEN)),
        notes=tuple(_notes(lines, left_out)),
    )


def depth_for(count: ModelCount, most: int) -> int:
    """Return how many levels of modules take so many lines at most; one takes what it takes."""
    deepest = min(max(module.level for module in count.modules), _DEEPEST)
    fitting = (
        depth
        for depth in range(deepest, 1, -1)
        if sum(1 for _ in islice(module_lines(count, depth), most + 1)) <= most
    )
    return next(fitting, 1)


def _notes(lines: Sequence[ModuleLine], left_out: Sequence[str]) -> Iterator[Span]:
    if any("×" in line.name for line in lines):
        yield Span("×: how many equal modules one after another, with the numbers of one", "dim")
    if left_out:
        yield Span(f"left out: {' and '.join(left_out)}; archcount count --depth shows them", "dim")


def _tree(count: ModelCount, lines: Sequence[ModuleLine], *, is_open: bool) -> Iterator[TreeLine]:
    """Yield the lines of the highest level among some, each with those that stand inside it."""
    top = _level(lines[0]) if lines else 0
    starts = [place for place, line in enumerate(lines) if _level(line) == top]
    for start, end in zip(starts, [*starts, len(lines)][1:], strict=True):
        line = lines[start]
        module, macs = line.module, line.macs
        yield TreeLine(
            cells=(
                line.name.strip(),
                "" if line.is_own else module.kind,
                "" if line.is_own else _sizes(module.output),
                "" if line.is_own else params_headline(module.params),
                headline(macs, ""),
            ),
            share=macs / count.total.macs if count.total.macs else 0.0,
            inside=tuple(_tree(count, lines[start + 1 : end], is_open=is_open)),
            is_open=is_open or top == 0,
        )


def _level(line: ModuleLine) -> int:
    return line.module.level + line.is_own


def _sizes(shape: tuple[int, ...] | None) -> str:
    return "" if shape is None else "x".join(map(str, shape)) or "scalar"


def layer_table(count: ModelCount) -> SheetBlock:
    """Return the layers in one table, which readers sort: what holds others is left out."""
    holders = {module.path.rpartition(".")[0] for module in count.modules if module.path}
    layers = [
        module
        for module in count.modules
        if module.own.macs or (module.path not in holders and module.params)
    ]
    by_size = sorted(layers, key=lambda module: (-module.own.macs, -module.params))
    most = {module.path for module in by_size[:_LAYERS]}
    shown = [module for module in layers if module.path in most]
    whole, moved = count.total.macs, count.moved or {}

    def of(module: ModuleCount) -> Moved:
        return moved.get(module.path, Moved())

    columns: list[Column[ModuleCount]] = [
        Column("Layer", lambda module: module.path or "(model)", whole=True),
        Column("Type", lambda module: module.kind),
        Column("Output", lambda module: _sizes(module.output)),
        Column("Params", lambda module: f"{module.params:,}", right=True),
        Column("MACs", lambda module: f"{module.own.macs:,}", right=True),
        Column("Share", lambda m: percent(m.own.macs / whole) if whole else "", right=True),
        Column("Moved", lambda module: size(of(module).own), right=True),
        Column("FLOP/B", lambda m: _intensity(m, of(m)), right=True),
    ]
    title = f"{len(shown):,} layers with parameters or MACs"
    if len(shown) < len(layers):
        title = f"The {len(shown):,} of {len(layers):,} layers that take most MACs"
    return SheetBlock(sheet=make_sheet(title, columns, shown))


def _intensity(module: ModuleCount, moved: Moved) -> str:
    return significant(2 * module.own.macs / moved.own, 3) if moved.own else ""


def type_bars(count: ModelCount) -> Bars | None:
    """Return how the MACs are divided among types of modules; None where there are none."""
    found: Counter[str] = Counter()
    for module in count.modules:
        found[module.kind] += module.own.macs
    bars = [(kind, macs) for kind, macs in found.most_common() if macs]
    rest = sum(macs for _, macs in bars[_TYPES:])
    shown = bars[:_TYPES] + ([("all others", rest)] if rest else [])
    if not shown:
        return None
    return Bars(
        title="MACs by type of module",
        names=("Type", "MACs"),
        bars=tuple(
            Bar(label=kind, number=macs, shown=f"{macs:,} ({percent(macs / count.total.macs)})")
            for kind, macs in shown
        ),
    )
