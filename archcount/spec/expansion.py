"""From parsed rows to an `Architecture`, gathering the problems of every row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest

from archcount.architecture import (
    Architecture,
    Block,
    ExpandedRow,
    Expression,
    Head,
    LayerDefaults,
    Node,
    Scope,
    Value,
    expand,
)
from archcount.architecture.budget import Budget
from archcount.architecture.context import ExpansionCache
from archcount.architecture.scope import OUTPUT_NAMES
from archcount.architecture.ties import broken_ties
from archcount.errors import InvalidTableError, Problem
from archcount.layers import Shape
from archcount.spec.row_reader import ParsedRow
from archcount.spec.sections import Sections


def expand_table(
    name: str,
    variant: str,
    inputs: Mapping[str, Shape],
    sections: Sections,
    lets: Mapping[str, Value],
    defaults: LayerDefaults,
    cache: ExpansionCache | None = None,
    networks: int = 1,
) -> Architecture:
    """Expand every row on the output of the one before it, the first one on the first input.

    A row that cannot be expanded is reported, and the next one goes on from its printed
    output where that is complete, so that one mistake does not hide the others.
    A cache holds blocks of these rows expanded before, under the same defaults; `networks` is how
    many the file has.

    Raises:
        InvalidTableError: with the problems of all rows and heads.
    """
    rows = sections.rows
    cache = ExpansionCache() if cache is None else cache
    expansion = _Expansion(rows, lets, defaults, cache, Budget(networks))
    done: list[ExpandedRow] = []
    named = {name: shape for name, shape in inputs.items() if name}
    ends: dict[str, Shape] = {**named}
    start = first = next(iter(inputs.values()))
    for row in rows:
        if row.source:
            start = ends.get(row.source, start)  # the sections refuse an unknown one
        known = len(expansion.problems)
        node = expansion.attempt(row.block, start, row.id, f"row {row.id}", ends)
        expansion.refuse_repeated_twice(row)
        if not known:
            expansion.problems[:] = [_placed(item, start, ends) for item in expansion.problems]
        if node is not None:
            done.append(ExpandedRow(id=row.id, node=node, source=row.source))
        end = node.output if node is not None else _printed_output(row, start)
        if end is None or expansion.budget.left < 0:
            break
        ends[row.id] = start = end
    heads = list(expansion.heads(sections, ends))
    if not expansion.problems:
        expansion.problems += broken_ties(done)
    if expansion.problems:
        raise InvalidTableError(expansion.problems)
    expanded = Architecture(
        name=name,
        variant=variant,
        input=first,
        inputs=named,
        rows=tuple(done),
        heads=tuple(heads),
        outputs=sections.outputs,
        unread=tuple(expansion.unread(rows, sections)),
    )
    if problems := list(_dead_ends(expanded, rows)):
        raise InvalidTableError(problems)
    return expanded


_SHOWN = 6
"""How many of the rows before one that fails are shown."""


def _placed(problem: Problem, start: Shape, ends: Mapping[str, Shape]) -> Problem:
    """Add to a row's problem what the row reads, and what the rows before it give."""
    sizes = [f"{name} {shape}" for name, shape in [*ends.items()][-_SHOWN:]]
    before = ", ".join(["...", *sizes] if len(ends) > _SHOWN else sizes) or "none"
    reads = f"the row reads {start}; rows before it: {before}"
    return replace(problem, remedy="; ".join(filter(None, [problem.remedy, reads])))


def _dead_ends(architecture: Architecture, rows: Sequence[ParsedRow]) -> Iterator[Problem]:
    """Yield a problem for each row that nothing reads, and that is none of the outputs."""
    read = {*architecture.read_rows, *(head.at for head in architecture.heads)}
    read |= {*(row.source for row in architecture.rows), *architecture.outputs}
    if rows and not architecture.outputs:
        read.add(rows[-1].id)
    first = {*[*architecture.inputs][:1]} if rows and not rows[0].source else set()
    for name in architecture.inputs:
        if name not in read | first:  # the first row reads the first input
            yield Problem(
                what=f"no row reads the input {name}",
                remedy=f"write @{name} in a block, or {name} in the column from",
                where=rows[0].printed.where,
            )
    for row, after in zip_longest(rows, rows[1:]):
        if (after is None or after.source) and row.id not in read:
            yield Problem(
                what=f"no row reads the output of row {row.id}",
                remedy=f"write @{row.id} in a block, {row.id} in the column from, or list it "
                "among several outputs: [...]",
                where=row.printed.where,
            )


class _Expansion:
    """What the rows and heads of one table share while they are expanded."""

    def __init__(
        self,
        rows: Sequence[ParsedRow],
        lets: Mapping[str, Value],
        defaults: LayerDefaults,
        cache: ExpansionCache,
        budget: Budget,
    ) -> None:
        self.values = {row.id: {**lets, **row.values} for row in rows}
        self.read: dict[str, set[str]] = {row.id: set() for row in rows}
        self.defaults, self.cache, self.budget = defaults, cache, budget
        self.problems: list[Problem] = []

    def attempt(
        self, block: Block | None, start: Shape, row: str, owner: str, ends: Mapping[str, Shape]
    ) -> Node | None:
        """Expand a block with the names of a row, or note why it cannot be."""
        if block is None:
            return None
        scope = Scope(values=self.values[row], owner=owner, read=self.read[row], outputs=ends)
        try:
            return expand(block, start, scope, self.defaults, self.budget, cache=self.cache)
        except InvalidTableError as error:
            self.problems += [item for item in error.problems if item not in self.problems]
            return None

    def refuse_repeated_twice(self, row: ParsedRow) -> None:
        """Note a block that reads the column `n`, by which the row repeats it already."""
        times = row.printed.cells.get("n")
        if times is not None and "n" in self.read[row.id]:
            self.problems.append(
                Problem(
                    what=f"row {row.id}: its block reads n, and is repeated by n as a whole",
                    remedy="call the column otherwise, or repeat nothing in the block",
                    where=times.where,
                )
            )

    def heads(self, sections: Sections, ends: Mapping[str, Shape]) -> Iterator[Head]:
        """Expand the heads on what their rows give."""
        for head in sections.heads:
            if head.at in ends:
                owner = f"head at {head.at}"
                node = self.attempt(head.block, ends[head.at], head.at, owner, ends)
                if node is not None:
                    yield Head(at=head.at, loss_weight=head.loss_weight, node=node)

    def unread(self, rows: Sequence[ParsedRow], sections: Sections) -> Iterator[str]:
        """List the filled cells of rows that say what a layer is and that no layer reads.

        A 0 says that there is no such layer, so that none reads it; no layer reads words. Of a
        model they are the columns that none of its rows reads.
        """
        every = {name for read in self.read.values() for name in read}
        yield from (name for name in sections.to_read if name not in every)
        for row in rows:
            read = (*OUTPUT_NAMES, "n", *self.read[row.id], *sections.elsewhere)
            for name, value in row.values.items():
                if isinstance(value.value, str | Expression | None) or value.value == 0:
                    continue
                if name not in read:
                    yield f"row {row.id}: {value.what} is {value.text}"


def _printed_output(row: ParsedRow, start: Shape) -> Shape | None:
    """Return the printed output as a shape like its input; None where it is not printed whole."""
    if row.output is None or len(row.output) != len(start.dims):
        return None
    *sides, channels = row.output
    return Shape((channels, *sides), tokens=start.tokens)
