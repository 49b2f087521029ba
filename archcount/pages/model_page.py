"""The page of a model: the answer, its modules, the network drawn, memory, roofline, findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from archcount.engines.memory_timeline import AliveTensor
from archcount.engines.model_count import ModelCount
from archcount.pages.model_content import ModelContent
from archcount.pages.module_tree import depth_for, layer_table, module_tree, type_bars
from archcount.reporting.charts import MISSING
from archcount.reporting.figures import headline, size
from archcount.reporting.language_sheets import language_sheets
from archcount.reporting.model_charts import Stretch, memory_chart, roofline_chart, stretches
from archcount.reporting.model_roofline import moved_text, roofline_sheets
from archcount.reporting.model_sheets import how_counted, remarks, totals
from archcount.reporting.page import (
    Block,
    Commands,
    Facts,
    Figure,
    Fold,
    Lines,
    Page,
    Section,
    SheetBlock,
)
from archcount.reporting.report import how_many
from archcount.reporting.sheet import Column, Sheet, Span, make_sheet
from archcount.reporting.training_sheets import training_sheets

_LINES = 200
"""The most lines of the table of a roofline."""
_NO_MACHINE = (
    "With the peak and the bandwidth of a machine, such as --peak 989T --bandwidth 3.35T, this "
    "page shows the least time of each module."
)
_MOST = 40
"""The most findings of one kind, and lines of the table of memory, that are shown."""


def model_page(content: ModelContent) -> Page:
    """Return the page of a model that was counted in one call."""
    count = content.count
    return Page(
        title=count.name,
        answer=Span(totals(count)),
        warnings=tuple(_warnings(count)),
        sections=tuple(section for section in _sections(content) if section.blocks),
    )


def _warnings(count: ModelCount) -> Iterator[Span]:
    if count.uncounted:
        names = sorted({item.op for item in count.uncounted})
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        yield Span(f"uncounted: {', '.join(names[:5])}{more}; where, see Findings", "bad")


def _sections(content: ModelContent) -> Iterator[Section]:
    count = content.count
    yield Section(blocks=(Facts(facts=_facts(count)),))
    bars = type_bars(count)
    layers = Fold(summary="Layers in one table, to sort and filter", blocks=(layer_table(count),))
    yield Section(title="Modules", blocks=(module_tree(count), layers, *([bars] if bars else [])))
    drawn = content.figure or Lines(spans=(Span(content.not_drawn, "dim"),))
    yield Section(title="Architecture", blocks=(drawn,))
    yield Section(title="Memory of the forward pass", blocks=tuple(_memory(count)))
    yield Section(title="Roofline", blocks=tuple(_roofline(count)))
    if count.language is not None:
        yield _of_sheets("Tokens", language_sheets(count.language, moved_text(count)))
    if count.training is not None:
        yield _of_sheets("Memory of training", training_sheets(count.training))
    yield Section(title="Findings", blocks=tuple(_findings(count)))
    yield Section(title="How it was counted", blocks=(Lines(spans=tuple(how_counted(count))),))
    yield Section(title="How to reproduce this", blocks=tuple(_commands(content)))


def _of_sheets(title: str, sheets: list[Sheet]) -> Section:
    return Section(title=title, blocks=tuple(SheetBlock(sheet=sheet) for sheet in sheets[:1]))


def _facts(count: ModelCount) -> Mapping[str, str]:
    total = count.total
    trained = f"{total.trainable:,}" if total.frozen else "all"
    weights = ", ".join(f"{size(number)} {name}" for name, number in count.weight_bytes.items())
    return {
        "Class": total.kind,
        "Called with": count.inputs or "nothing",
        "Mode": "training" if count.train else "evaluation",
        "Params": f"{total.params:,}, {trained} trainable",
        "MACs": f"{total.macs:,} forward, {total.backward:,} backward",
        "Weights and buffers": weights or "none",
        "Activations": f"{size(count.peak_bytes)} at the peak of a forward pass, "
        f"{size(count.activation_bytes)} in all",
        "Modules": f"{len(count.modules):,}",
    }


def _memory(count: ModelCount) -> Iterator[Block]:
    timeline = count.timeline
    if timeline is None or not timeline.steps:
        return
    title = f"{size(count.peak_bytes)} at the peak, an estimate"
    said = (
        "Bytes of inputs and made tensors that are needed at each operation, each let go after its "
        "last use; weights and workspaces are not in it."
    )
    yield from _chart(title, said, memory_chart(timeline))
    columns: list[Column[AliveTensor]] = [
        Column("Made in", lambda each: each.path or ("(model)" if each.operation else "the input")),
        Column("by", lambda each: each.operation),
        Column("Shape", lambda each: "x".join(map(str, each.shape or ()))),
        Column("Size", lambda each: size(each.bytes), right=True),
    ]
    shown = timeline.at_peak[:_MOST]
    more = len(timeline.at_peak) - len(shown)
    notes = [Span(f"and {how_many(more, 'smaller tensor')}", "dim")] if more else []
    sheet = make_sheet("Alive at the peak", columns, shown, notes=notes)
    yield Fold(
        summary=f"What is alive at the peak: {how_many(len(timeline.at_peak), 'tensor')}",
        blocks=(SheetBlock(sheet=sheet),),
    )
    parts = stretches(timeline.steps, _MOST)
    about: list[Column[Stretch]] = [
        Column("Module", lambda part: part.name or "(model)", whole=True),
        Column("Operations", lambda part: f"{part.first} to {part.last}", right=True),
        Column("Most alive", lambda part: size(part.most), right=True),
    ]
    more = len(parts) - 2 * _MOST
    notes = [Span(f"and {how_many(more, 'line')} more", "dim")] if more > 0 else []
    sheet = make_sheet("Memory by module", about, parts[: 2 * _MOST], notes=notes)
    yield Fold(summary="The same as a table", blocks=(SheetBlock(sheet=sheet),))


def _chart(title: str, said: str, svg: str) -> Iterator[Block]:
    """Yield a chart; where it is not drawn, why."""
    if svg:
        yield Figure(title=title, description=said, svg=svg)
    else:
        yield Lines(spans=(Span(f"{title}: {said}"), Span(MISSING, "warn")))


def _roofline(count: ModelCount) -> Iterator[Block]:
    if count.machine is None:
        yield Lines(spans=(Span(_NO_MACHINE, "dim", _NO_MACHINE),))
        return
    said = (
        "What multiplies itself, equal modules in one point (×), at the FLOP/s that the machine "
        "allows at most; the larger, the longer it takes, memory-bound left of the ridge."
    )
    title = "Modules below the roof of the machine"
    yield from _chart(title, said, roofline_chart(count, count.machine))
    depth = depth_for(count, _LINES)
    for sheet in roofline_sheets(count, count.machine, depth):
        yield Fold(summary="The same as a table", blocks=(SheetBlock(sheet=sheet),))


def _findings(count: ModelCount) -> Iterator[Block]:
    spans = [*remarks(count)]
    if count.unused:
        words = f"{headline(count.unused, ' params')} not used"
        spans.append(Span(f"{words} in this call", "warn", words))
    idle = [module.path for module in count.modules if module.calls == 0 and module.output is None]
    quiet = [path for path in idle if not _ran_inside(count, path)]
    if quiet:
        named = ", ".join(quiet[:8]) + (f" and {len(quiet) - 8} more" if len(quiet) > 8 else "")
        spans.append(Span(f"not run itself: {named} (what holds it may use its weights)"))
    if count.total.frozen:
        spans.append(Span(f"{headline(count.total.frozen, ' params')} take no gradient"))
    more = len(spans) - _MOST
    if more > 0:
        spans = [*spans[:_MOST], Span(f"and {how_many(more, 'finding')} more", "dim")]
    nothing = Span("nothing unusual: every operation was counted", "good")
    yield Lines(spans=tuple(spans or [nothing]))


def _ran_inside(count: ModelCount, path: str) -> bool:
    """Whether something that a module holds was run, as of a list of modules."""
    return any(module.calls for module in count.modules if module.path.startswith(f"{path}."))


def _commands(content: ModelContent) -> Iterator[Block]:
    if content.arguments:
        commands = {f"archcount count {content.arguments}": "the same in a terminal"}
        if content.drawn_by:
            commands[f"archcount draw {content.drawn_by} -o model.svg"] = "the picture alone"
        commands[f"archcount report {content.arguments} -o report.html"] = "this page"
        yield Commands(commands=commands)
    yield Facts(facts=content.versions)
