"""The picture of a model: its modules as they ran, and how they read one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from archcount.drawing.colouring import coloured
from archcount.drawing.flow import SeriesStep, series
from archcount.drawing.folding import folded
from archcount.drawing.model_words import (
    module_title,
    operation_family,
    operation_label,
    operation_sign,
    size_text,
)
from archcount.drawing.own_params import own_params
from archcount.drawing.picture import (
    Amount,
    Box,
    Branching,
    Chain,
    CrossLink,
    Group,
    Part,
    Picture,
    Stream,
)
from archcount.drawing.words import with_follower
from archcount.engines.model_count import ModelCount, ModuleCount
from archcount.tracing.module_flow import OTHER, Run

_MOST_LINKS = 6
"""Lines that pass parts by, in one module, beyond which none is drawn."""


def model_picture(
    count: ModelCount, run: Run, *, detail: str = "blocks", colour: str = "kind"
) -> Picture:
    """Return the picture of a model.

    Args:
        count: its modules, counted.
        run: how they read one another.
        detail: `rows` for the modules that it holds, `blocks` for what they hold, with what follows
            a layer in its box, `layers` for every layer by itself.
        colour: what the colours mean, one of `COLOURS`, no verdicts.
    """
    reader = _RunReader(count, run, detail)
    body = reader.body(run)
    shape = size_text(count.total.input)
    total = count.total
    picture = Picture(
        title=count.name,
        note=f"{total.params:,} params, {total.macs:,} MACs{_left_out(reader.left_out)}",
        description=f"{len(count.modules) - 1} modules in the order in which they run; "
        f"{total.params:,} params, {total.macs:,} multiply-accumulates; input {count.inputs}.",
        streams=(
            Stream(
                input=Box(
                    path="#input",
                    title="input",
                    details=(count.inputs,),
                    family="input",
                    output=shape,
                ),
                body=body,
            ),
        ),
        links=tuple(reader.links),
        total=Amount(params=total.params, macs=total.macs),
    )
    return coloured(picture, colour, MappingProxyType({}))


class _RunReader:
    """Turns runs into parts of a picture.

    Attributes:
        links: lines between parts that do not stand one after another.
        left_out: how many more lines there are, too many to be drawn beside the parts.
    """

    def __init__(self, count: ModelCount, run: Run, detail: str) -> None:
        self._modules: Mapping[str, ModuleCount] = {each.path: each for each in count.modules}
        self._own = own_params(self._modules, run)
        self._detail = detail
        self._number = 0
        self._ends: set[str] = set()
        self.links: list[CrossLink] = []
        self.left_out = 0

    def body(self, run: Run) -> Chain:
        """Return what the model itself runs; a model around one other is left out."""
        while len(run.inner) == 1 and run.inner[0].inner:
            run = run.inner[0]
        if not run.inner:
            return (self._leaf(run, run.path or "model"),)
        names = {each.path: each.path[len(run.path) + 1 :] if run.path else each.path
                 for each in run.inner if not each.name[0]}  # fmt: skip
        chain = self._chain(run)
        if len(chain) == 1 and isinstance(only := chain[0], Box):
            chain = (replace(only, amount=only.amount + Amount(params=self._params(run))),)
        if self._detail == "rows":
            return chain
        return tuple(_titled(part, names.get(part.path.rpartition("#")[0])) for part in chain)

    def _chain(self, run: Run) -> Chain:
        """Return what a module runs inside, in series and in branches."""
        parts = [self._part(each, run.path) for each in run.inner]
        steps, crossings = series([each.reads for each in run.inner])
        inside = [each for each in crossings if min(each) >= 0 and len(crossings) <= _MOST_LINKS]
        self.left_out += len(crossings) - len(inside)
        lines = [
            CrossLink(source=parts[source].path, target=parts[target].path)
            for source, target in inside
        ]
        self.links += lines
        self._ends.update(path for line in lines for path in (line.source, line.target))
        return self._steps(steps, run.inner, parts)

    def _steps(
        self, steps: Sequence[SeriesStep], runs: Sequence[Run], parts: Sequence[Part]
    ) -> Chain:
        units: list[Chain] = []
        is_folded = True
        for step in steps:
            part = None if step.place is None else parts[step.place]
            if not step.branches:
                assert part is not None
                assert step.place is not None
                is_folded = is_folded and step.follows
                pill = self._elsewhere(runs[step.place])
                if not (step.follows or pill):
                    self.links.append(CrossLink(source="", target=part.path, is_only=True))
                if not (step.follows and self._is_added(units, part)):
                    units.append((*pill, part))
                continue
            branches = tuple(self._steps(branch, runs, parts) for branch in step.branches)
            join, rest = self._join(part, None if step.place is None else runs[step.place])
            units.append(
                (Branching(path=f"{join.path}#split", branches=branches, join=join), *rest)
            )
        if is_folded:
            return folded(units, self._ends)
        return tuple(part for unit in units for part in unit)

    def _elsewhere(self, run: Run) -> Chain:
        """Return a box for what a run reads, where nothing beside it gives that."""
        if run.reads and run.reads != {OTHER}:
            return ()
        title = "other input" if run.reads else "constants"
        return (Box(path=self._path(run.path), title=title, family="copy", reads=f"#{title}"),)

    def _is_added(self, units: list[Chain], by: Part) -> bool:
        """Add what follows a layer to the box of it, where no line leads to or from one alone."""
        last = units[-1][-1] if units else None
        if (
            self._detail == "layers"
            or not (isinstance(by, Box) and by.family in ("norm", "act"))
            or not isinstance(last, Box | Branching)
            or not self._ends.isdisjoint((_giver(last).path, by.path))
        ):
            return False
        joined = _followed(last, by)
        if joined is not None:
            units[-1] = (*units[-1][:-1], joined)
        return joined is not None

    def _join(self, part: Part | None, run: Run | None) -> tuple[Box, Chain]:
        """Return the box that joins branches, and what stands behind it."""
        if isinstance(part, Box) and run is not None and run.name[0]:
            title = operation_sign(run.name[0])
            if part.family == "other" or title == "+":
                return replace(part, title=title, details=(), family="join"), ()
            return part, ()
        self._number += 1
        title = "•" if part is not None else "outputs"
        join = Box(path=f"#join{self._number}", title=title, family="join")
        return join, () if part is None else (part,)

    def _part(self, run: Run, around: str) -> Part:
        """Return the box or the frame of one run."""
        if run.name[0]:
            return self._operation(run)
        name = run.path[len(around) + 1 :] if around else run.path
        if self._detail == "rows" or not run.inner:
            return self._leaf(run, name)
        module = self._modules.get(run.path)
        title, key = module_title(name, module.kind if module else "")
        body = self._chain(run)
        only = body[0] if len(body) == 1 else None
        if isinstance(only, Box):
            amount = only.amount + Amount(params=self._params(run))
            output = size_text(run.output) or only.output
            return replace(only, path=self._path(run.path), amount=amount, output=output)
        if isinstance(only, Group):
            return self._nested(run, only, title, key)
        return Group(
            path=self._path(run.path),
            title=title,
            key=key,
            body=body,
            output=size_text(run.output),
            family="module",
            amount=Amount(params=self._params(run)),
        )

    def _nested(self, run: Run, only: Group, title: str, key: str) -> Group:
        """Return one frame for a module that holds one, its name before the inner one."""
        return replace(
            only,
            title=" / ".join(filter(None, [title, only.title])),
            key=" / ".join(filter(None, [key, only.key or only.title])),
            amount=only.amount + Amount(params=self._params(run)),
        )

    def _leaf(self, run: Run, name: str) -> Box:
        """Return one box for a module with all that it holds."""
        module = self._modules.get(run.path)
        return Box(
            path=self._path(run.path),
            title=name,
            details=(module.kind,) if module else (),
            family=_family(run),
            amount=Amount(layers=1, params=self._whole(run), macs=run.macs),
            output=size_text(run.output),
        )

    def _operation(self, run: Run) -> Box:
        name, settings = run.name
        return Box(
            path=self._path(run.path),
            title=operation_label(name, settings),
            family=operation_family(name),
            amount=Amount(layers=1, macs=run.macs),
            output=size_text(run.output),
        )

    def _params(self, run: Run) -> int:
        """Return the parameters of a module that no run inside has, the first time that it runs."""
        return self._own.pop(run.path, 0)

    def _whole(self, run: Run) -> int:
        """Return the parameters of a module with those of all that it runs, likewise."""
        return self._params(run) + sum(self._whole(each) for each in run.inner if not each.name[0])

    def _path(self, path: str) -> str:
        self._number += 1
        return f"{path}#{self._number}"


def _left_out(lines: int) -> str:
    if not lines:
        return ""
    return f"; {lines:,} more line{'s' if lines > 1 else ''} between modules not drawn"


def _titled(part: Part, name: str | None) -> Part:
    """Return the box of a layer that the model holds itself with its name."""
    if name is None or not isinstance(part, Box):
        return part
    return replace(part, title=name, details=(part.title, *part.details))


def _family(run: Run) -> str:
    """Return what a module does, by the operation in it that costs most."""
    while run.inner:
        run = max(run.inner, key=lambda each: each.macs)
    return operation_family(run.name[0]) if run.name[0] else "other"


def _giver(part: Box | Branching) -> Box:
    """Return the box that gives what a part gives."""
    return part.join if isinstance(part, Branching) else part


def _followed(part: Box | Branching, by: Box) -> Part | None:
    """Return a part with what follows it in the same box; None where it stands by itself."""
    if isinstance(part, Branching):
        join = _followed(part.join, by)
        return replace(part, join=join) if isinstance(join, Box) else None
    said = by.details[0] if by.details else by.title
    title, details = with_follower(part.title, part.details, part.family, said)
    if part.family == "input" or (title == part.title and details == part.details):
        return None
    return replace(part, title=title, details=details, amount=part.amount + by.amount,
                   output=by.output or part.output)  # fmt: skip
