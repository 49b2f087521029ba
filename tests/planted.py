"""Tables with planted causes: whether the search finds what was planted (`make forensics`).

A random table is made, its cells printed from counted values under a convention; then one cause
is planted: in a whole column (the file declares another convention than the cells were printed
under), or in one row (the row is counted otherwise than it is printed). What the tool says is
then held against what was planted. Nothing here reads the search's own code.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import planted_families as families
from planted_families import Family, Line

import archcount as ac
from archcount.api.infer_report import infer
from archcount.comparison import ComparedRow, Comparison
from archcount.engines import RowCount
from archcount.printed import Convention

COLUMN_CAUSES = ("K", "bias", "flops", "truncation")
ROW_CAUSES = ("input", "reduction", "filters", "kernel", "separable", "stride")
_WIDTHS = (16, 24, 32, 48, 64, 96, 128, 160, 192, 208, 224, 256, 288, 320, 384)
_REDUCED = (8, 16, 24, 32, 48, 64, 96, 112, 128, 144, 160)
BLOCKS = {
    "convolution": "conv patch w",
    "separable2": "sepconv patch w multiplier=2",
    "separable4": "sepconv patch w multiplier=4",
    "separable8": "sepconv patch w multiplier=8",
    "reduced": "[conv 1x1 r3, conv patch n3]",
    "max pool": "maxpool patch same=ceil",
    "mobile": "[dwconv patch, conv 1x1 w]",
    "residual": "[{add: [[conv 3x3/first(2) w, conv 3x3 w act=none], shortcut]}, relu]",
    "classifier": "[global_avgpool, flatten, linear w]",
    **{
        f"inception{a}{b}": f"{{concat: [conv 1x1 n1, [conv 1x1 r3, conv {a}x{a} n3], "
        f"[conv 1x1 r5, conv {b}x{b} n5], [maxpool 3x3/1, conv 1x1 pp]]}}"
        for a, b in ((3, 5), (5, 5), (3, 3), (3, 7))
    },
}


PLAIN = Family(
    columns={"w": "width", "n1": "#1x1", "r3": "#3x3 reduce", "n3": "#3x3", "r5": "#5x5 reduce",
             "n5": "#5x5", "pp": "pool proj"},
    blocks=BLOCKS,
)  # fmt: skip


@dataclass(frozen=True)
class Net:
    """A network as rows, with the layer defaults that its file states."""

    lines: tuple[Line, ...]
    bias: bool
    norm: str
    family: Family = PLAIN

    def write(
        self,
        printed: dict[str, dict[str, str]],
        conventions: dict[str, Convention],
    ) -> str:
        """Write the table file with printed params, ops and output cells."""
        columns = ["patch", *self.family.columns, "n", "output", "params", "ops"]
        grid = [["row", "block", *columns]]
        for line in self.lines:
            cells = {**line.cells, **printed.get(line.id, {})}
            grid.append([line.id, line.block, *(str(cells.get(name, "")) for name in columns)])
        widths = [max(len(row[i]) for row in grid) for i in range(len(grid[0]))]
        rows = [
            "  " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in grid
        ]
        used = {line.block for line in self.lines} if self.family is PLAIN else self.family.blocks
        told = ", ".join(
            f"{name}: {{K: {c.k}, count: {c.count}, include: [{', '.join(c.include)}], "
            f"rounding: {c.rounding}}}"
            for name, c in conventions.items()
        )
        return "\n".join(
            [
                "archcount: 1",
                "name: planted",
                "source: {title: A planted table}",
                "input: 3x112x112",
                f"layer: {{pad: same, bias: {str(self.bias).lower()}, norm: {self.norm}, act: relu}}",
                f"conventions: {{{told}}}",
                f"columns: {json.dumps(self.family.columns)}",
                *self.family.head,
                "blocks:",
                *(f"  {name}: {text}" for name, text in self.family.blocks.items() if name in used),
                "table: |",
                *rows,
                "",
            ]
        )

    def with_line(self, line: Line) -> Net:
        """Put another row in the place of the one of the same name."""
        return replace(self, lines=tuple(line if old.id == line.id else old for old in self.lines))


def draw_net(rng: random.Random, family: Family = PLAIN) -> Net:
    """Draw a network of six to eleven rows with weights."""
    if family is not PLAIN:
        norm = rng.choice(["none", "batch", "batch"])
        return Net(families.draw_lines(rng, family), rng.random() < 0.3, norm, family)
    norm = rng.choice(["none", "none", "batch"])
    bias = rng.random() < 0.7
    lines = [
        Line("conv1", "convolution", {"patch": f"{rng.choice([3, 5, 7])}x0/2", "w": _width(rng)})
    ]
    side = lines[0].cells["patch"]
    lines[0].cells["patch"] = str(side).replace("x0", "x" + str(side)[0])
    if rng.random() < 0.5:
        lines.append(Line("pool1", "max pool", {"patch": "3x3/2"}))
    for number in range(rng.randint(5, 9)):
        name = f"stage{number + 1}"
        kind = rng.choice(["convolution", "reduced", "mobile", "residual", *["inception35"] * 4])
        stride = rng.choice([1, 1, 2]) if number < 5 else 1
        cells: dict[str, str | int]
        if kind == "inception35":
            cells = {
                "n1": _width(rng),
                "r3": rng.choice(_REDUCED),
                "n3": _width(rng),
                "r5": rng.choice(_REDUCED[:6]),
                "n5": rng.choice(_WIDTHS[:8]),
                "pp": rng.choice(_WIDTHS[:9]),
            }
        elif kind == "reduced":
            cells = {"patch": f"3x3/{stride}", "r3": rng.choice(_REDUCED), "n3": _width(rng)}
        elif kind == "residual":
            cells = {"w": _width(rng), "n": rng.randint(1, 3)}
        else:
            cells = {"patch": f"{rng.choice([3, 3, 5])}x/{stride}", "w": _width(rng)}
            cells["patch"] = str(cells["patch"]).replace("x", "x" + str(cells["patch"])[0])
        lines.append(Line(name, kind, cells))
    lines.append(Line("scores", "classifier", {"w": rng.choice([10, 100, 1000])}))
    return Net(tuple(lines), bias, norm)


def _width(rng: random.Random) -> int:
    """Draw a width: most are round, as in papers, and some are multiples of 4 only."""
    return rng.choice(_WIDTHS) if rng.random() < 0.85 else rng.randrange(12, 400, 4)


def shorten(value: int, column: str, k: int, mode: str, digits: int = 3) -> str:
    """Print a number as papers do: K for params, M for ops, at least three digits of large ones."""
    suffix, power = ("K", 1) if column == "params" else ("M", 2)
    if column == "params" and value >= 10_000_000:
        suffix, power = "M", 2
    scaled = Decimal(value) / Decimal(k**power)
    places = max(0, digits - 1 - max(scaled.adjusted(), 0)) if scaled else 0
    unit = Decimal(1).scaleb(-min(places, 3))
    rounding = ROUND_HALF_UP if mode == "nearest" else ROUND_DOWN
    return f"{scaled.quantize(unit, rounding=rounding)}{suffix}"


def value_of(row: RowCount, convention: Convention) -> int:
    """Count a row under a convention, apart from the tool's own arithmetic."""
    scales = row.params - row.weights - row.biases
    match convention.count:
        case "weights":
            return row.weights + sum(
                {"bias": row.biases, "norm": scales}[i] for i in convention.include
            )
        case "params":
            return row.weights + row.biases + scales
    macs = row.cost.conv + row.cost.linear
    extra = sum(getattr(row.cost, name) for name in convention.include)
    return (2 * macs if convention.count == "flops" else macs) + extra


@dataclass
class Case:
    """One planted table.

    Attributes:
        text: the table file.
        cause: what was planted.
        column: the column, for a cause of a whole column.
        convention: the convention that the cells were printed under, likewise.
        row: the row, for a cause inside one row.
        truth: that row as it was counted for the printed cells.
        printed: the printed cells by row and column.
    """

    text: str
    cause: str
    column: str = ""
    convention: Convention | None = None
    row: str = ""
    truth: RowCount | None = None
    printed: dict[str, dict[str, str]] = field(default_factory=dict)


class Folder:
    """Loads table texts through files, as users do."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self, text: str) -> ac.Table:
        file = self.path / "planted.yaml"
        file.write_text(text)
        return ac.load(file)

    def count(self, text: str) -> dict[str, RowCount]:
        return {row.id: row for row in ac.count(self.load(text), engine="formula").counts[0].rows}

    def compare(self, text: str) -> Comparison:
        table = self.load(text)
        comparison = ac.compare(ac.count(table, engine="formula"), table).record.comparison
        assert comparison is not None
        return comparison


def print_cells(
    rows: dict[str, RowCount],
    conventions: dict[str, Convention],
    mode: str,
    digits: int = 3,
    columns: tuple[str, ...] = ("params", "ops"),
) -> dict[str, dict[str, str]]:
    """Print output, params and ops of every row with weights, and the output of the others."""
    printed: dict[str, dict[str, str]] = {}
    for name, row in rows.items():
        chw = row.output
        printed[name] = {"output": f"{chw[1]}x{chw[2]}x{chw[0]}"}
        if row.weights:
            for column in columns:
                convention = conventions[column]
                value = value_of(row, convention)
                printed[name][column] = shorten(value, column, convention.k, mode, digits)
    return printed


def draw_print(rng: random.Random) -> dict[str, Any]:
    """Draw how a paper prints: how it shortens, how many digits at least, which columns."""
    return {
        "mode": rng.choice(["nearest", "nearest", "down"]),
        "digits": rng.choice([2, 3, 3]),
        "columns": rng.choice([("params", "ops"), ("params", "ops"), ("params",)]),
    }


def draw_conventions(rng: random.Random) -> dict[str, Convention]:
    """Draw how a paper counts."""
    return {
        "params": Convention(k=rng.choice([1000, 1024]), count=rng.choice(["weights", "params"])),
        "ops": Convention(
            k=rng.choice([1000, 1000, 1024]),
            count=rng.choice(["macs", "macs", "flops"]),
            include=rng.choice([(), (), ("bias",)]),
        ),
    }


def correct(rng: random.Random, folder: Folder, family: Family = PLAIN) -> Case:
    """Make a table whose every cell is right."""
    net, conventions = draw_net(rng, family), draw_conventions(rng)
    rows = folder.count(net.write({}, conventions))
    printed = print_cells(rows, conventions, **draw_print(rng))
    return Case(net.write(printed, conventions), "none", printed=printed)


def plant(rng: random.Random, cause: str, folder: Folder, family: Family = PLAIN) -> Case | None:
    """Make a table with one cause; None where this draw has no place for it."""
    net = draw_net(rng, family)
    return (
        _plant_column(rng, cause, net, folder)
        if cause in COLUMN_CAUSES
        else _plant_row(rng, cause, net, folder)
    )


def _plant_column(rng: random.Random, cause: str, net: Net, folder: Folder) -> Case | None:
    declared = {"params": Convention(k=rng.choice([1000, 1024]), count=rng.choice(["weights", "params"])),
                "ops": Convention(k=1000, count=rng.choice(["macs", "flops"]))}  # fmt: skip
    column = rng.choice(["params", "ops"])
    true, mode = dict(declared), "nearest"
    if cause == "K":
        true[column] = replace(declared[column], k=2024 - declared[column].k)
    elif cause == "bias":
        if not net.bias:
            return None
        column = "params"
        other = "params" if declared["params"].count == "weights" else "weights"
        if net.norm != "none":  # norm is counted or not on both sides
            declared["params"] = replace(declared["params"], count="weights", include=("norm",))
            true["params"] = replace(declared["params"], count="params", include=())
            if rng.random() < 0.5:
                declared["params"], true["params"] = true["params"], declared["params"]
        else:
            true["params"] = replace(declared["params"], count=other)
    elif cause == "flops":
        column = "ops"
        other = "flops" if declared["ops"].count == "macs" else "macs"
        true["ops"] = replace(declared["ops"], count=other)
    else:
        declared[column] = replace(declared[column], rounding="nearest")
        true[column], mode = replace(declared[column], rounding="down"), "down"
    rows = folder.count(net.write({}, declared))
    printed = print_cells(rows, true, "nearest")
    if mode == "down":
        shortened = print_cells(rows, true, "down")
        for name in printed:
            if column in printed[name]:
                printed[name][column] = shortened[name][column]
    return Case(
        net.write(printed, declared), cause, column=column, convention=true[column], printed=printed
    )


def _plant_row(rng: random.Random, cause: str, net: Net, folder: Folder) -> Case | None:
    conventions = draw_conventions(rng)
    if cause == "input":
        return _plant_input(rng, net, conventions, folder)
    ways = _changed if net.family is PLAIN else families.changed
    changes = [other for line in net.lines for other in ways(line, cause, rng)]
    if not changes:
        return None
    line = rng.choice(changes)
    true = net.with_line(line)
    rows = folder.count(true.write({}, conventions))
    printed = print_cells(rows, conventions, **draw_print(rng))
    text = net.write(printed, conventions)
    return Case(text, cause, row=line.id, truth=rows[line.id], printed=printed)


def _plant_input(
    rng: random.Random, net: Net, conventions: dict[str, Convention], folder: Folder
) -> Case | None:
    """Count one row on another input width than the row before it gives."""
    kinds = ("convolution", "reduced", "inception35", "classifier")
    line = rng.choice([line for line in net.lines[1:] if line.block in kinds])
    rows = folder.count(net.write({}, conventions))
    old = rows[line.id].input[0]
    step = 32 if old >= 256 else 16 if old >= 64 else 8
    new = old + step * rng.choice([-3, -2, -1, 1, 2, 3])
    if new <= 0:
        return None
    place = net.lines.index(line)
    widened = Line("widen", "convolution", {"patch": "1x1", "w": new})
    lines = (*net.lines[:place], widened, *net.lines[place:])
    truth = folder.count(replace(net, lines=lines).write({}, conventions))[line.id]
    printed = print_cells({**rows, line.id: truth}, conventions, **draw_print(rng))
    return Case(net.write(printed, conventions), "input", row=line.id, truth=truth, printed=printed)


def _changed(line: Line, cause: str, rng: random.Random) -> Iterator[Line]:
    """Yield the ways in which a row may truly have been otherwise than the grid prints it."""
    cells = line.cells
    if cause in ("filters", "reduction"):
        names = ("r3", "r5") if cause == "reduction" else ("w", "n1", "n3", "n5", "pp")
        for name in names:
            if name in cells and line.id != "scores":
                choices = _REDUCED if cause == "reduction" else _WIDTHS
                new = rng.choice([width for width in choices if width != cells[name]])
                yield replace(line, cells={**cells, name: new})
    elif cause == "kernel":
        for new in {"inception35": ("inception55", "inception33", "inception37")}.get(
            line.block, ()
        ):
            yield replace(line, block=new)
        if line.block in ("convolution", "reduced", "mobile"):
            side = int(str(cells["patch"])[0])
            new_side = rng.choice([other for other in (3, 5, 7) if other != side])
            patch = f"{new_side}x{new_side}" + str(cells["patch"])[3:]
            yield replace(line, cells={**cells, "patch": patch})
    elif cause == "separable" and line.block == "convolution":
        yield replace(line, block=f"separable{rng.choice([2, 4, 8])}")
    elif cause == "stride" and line.block in ("convolution", "reduced", "mobile"):
        stride = 3 - int(str(cells["patch"])[-1])
        yield replace(line, cells={**cells, "patch": f"{str(cells['patch'])[:-1]}{stride}"})


WHYS = {"reduction": "filters", **families.WHYS}
"""Where the tool's word for a cause is another."""


@dataclass
class Outcome:
    """What the tool said of one planted table.

    Attributes:
        cause: what was planted.
        rank: the place of the cause among the explanations, from 1; 0 where it is missing.
        ties: how many explanations fit.
        told: whether the printed digits can tell the cause from the table as it stands.
        false_match: planted cells called `match` that the digits speak against.
        contradictions: how many contradictions were found.
        believed: whether the row of the cause is said to be another reading.
    """

    cause: str
    rank: int
    ties: int
    told: bool
    false_match: int
    contradictions: int
    believed: bool = False


def judge(case: Case, folder: Folder) -> Outcome:
    """Hold what the tool says against what was planted."""
    comparison = folder.compare(case.text)
    rows = folder.count(case.text)
    table = folder.load(case.text)
    false_match, told = 0, False
    for row in comparison.rows:
        for column in ("params", "ops"):
            if column not in case.printed[row.id]:
                continue
            convention = table.printed.conventions[column]
            same = _prints(rows[row.id], column, convention, case.printed[row.id][column])
            if case.row in ("", row.id):
                told |= not same
            false_match += row.cells[column].verdict.status == "match" and not same
    if case.row:
        row = next(row for row in comparison.rows if row.id == case.row)
        told |= row.cells["output"].verdict.status != "match"
        return Outcome(
            cause=case.cause,
            rank=_rank(row, case),
            ties=len(row.explanations),
            told=told,
            false_match=false_match,
            contradictions=len(comparison.contradictions),
            believed=any(cell.verdict.status == "reading" for cell in row.cells.values()),
        )
    fits = comparison.fits[case.column]
    rank = next((i for i, fit in enumerate(fits, 1) if _same(fit.convention, case, rows)), 0)
    ties = sum(len(fit.misses) == len(fits[0].misses) for fit in fits)
    return Outcome(case.cause, rank, ties, told, false_match, len(comparison.contradictions))


def _prints(row: RowCount, column: str, convention: Convention, printed: str) -> bool:
    """Tell whether a row prints so under a convention, in any way of shortening it allows."""
    modes = ("nearest", "down") if convention.rounding == "either" else (convention.rounding,)
    return any(
        shorten(value_of(row, convention), column, convention.k, mode) == printed
        or _digits(printed, value_of(row, convention), convention.k, mode)
        for mode in modes
    )


def _digits(printed: str, value: int, k: int, mode: str) -> bool:
    """Tell whether a number shortens to as many decimals as are printed."""
    power = {"K": 1, "M": 2}[printed[-1]]
    scaled = Decimal(value) / Decimal(k**power)
    unit = Decimal(printed[:-1])
    rounding = ROUND_HALF_UP if mode == "nearest" else ROUND_DOWN
    return scaled.quantize(unit, rounding=rounding) == unit


def _rank(row: ComparedRow, case: Case) -> int:
    why = WHYS.get(case.cause, case.cause)
    assert case.truth is not None
    for place, explanation in enumerate(row.explanations, 1):
        same = replace(explanation.count, depth=case.truth.depth, id=case.truth.id) == case.truth
        if explanation.why == why and same:
            return place
    return 0


def _same(found: Convention, case: Case, rows: dict[str, RowCount]) -> bool:
    """Tell whether a convention gives every row the number of the planted one."""
    assert case.convention is not None
    return _alike(found, case.convention, rows) and (
        case.cause != "truncation" or found.rounding == "down"
    )


def outcomes(
    cases: int, seed: int, causes: tuple[str, ...], folder: Folder, family: Family = PLAIN
) -> Iterator[Outcome]:
    """Plant causes in turn until so many tables can tell theirs; those that cannot come too."""
    rng = random.Random(seed)
    told = 0
    while told < cases:
        case = plant(rng, causes[told % len(causes)], folder, family)
        if case is None:
            continue
        outcome = judge(case, folder)
        told += outcome.told
        yield outcome


def rate(found: list[Outcome], most: int) -> float:
    """Give the share of outcomes whose cause stands among the first so many."""
    return sum(0 < item.rank <= most for item in found) / len(found) if found else 1.0


def false_contradictions(cases: int, seed: int, folder: Folder, family: Family = PLAIN) -> int:
    """Count the contradictions found in correct tables, and cells there that do not match."""
    rng = random.Random(seed)
    found = 0
    for _ in range(cases):
        comparison = folder.compare(correct(rng, folder, family).text)
        found += len(comparison.contradictions)
        found += sum(
            cell.verdict.status not in ("match", "unpublished")
            for row in comparison.rows
            for cell in row.cells.values()
        )
    return found


@dataclass(frozen=True)
class Inferred:
    """What `infer` made of one table.

    Attributes:
        same: the proposed conventions count every row as the planted ones do.
        tied: where they do not, both print the very digits, and the planted one is named as a tie.
    """

    same: bool
    tied: bool


def inferences(cases: int, seed: int, folder: Folder) -> Iterator[Inferred]:
    """Let the conventions of correct tables with six or more printed cells be inferred."""
    rng = random.Random(seed)
    for _ in range(cases):
        net, conventions = draw_net(rng), draw_conventions(rng)
        rows = folder.count(net.write({}, conventions))
        printed = print_cells(rows, conventions, rng.choice(["nearest", "nearest", "down"]))
        assert sum(len(cells) > 1 for cells in printed.values()) >= 6
        blank = {
            "params": Convention(k=1000, count="params"),
            "ops": Convention(k=1000, count="macs"),
        }
        inference = infer(folder.load(net.write(printed, blank)))
        same = {
            column: _alike(found, conventions[column], rows)
            for column, found in inference.proposed.items()
        }
        named = all(
            same[column]
            or any(_alike(tie, conventions[column], rows) for tie in inference.record.ties[column])
            for column in same
        )
        yield Inferred(all(same.values()), named and not all(same.values()))


def _alike(found: Convention, true: Convention, rows: dict[str, RowCount]) -> bool:
    return found.k == true.k and all(
        value_of(row, found) == value_of(row, true) for row in rows.values()
    )


def main() -> None:
    """Print the measured rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=600)
    parser.add_argument("--seed", type=int, default=2026)
    options = parser.parse_args()
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Folder(Path(name))
        causes = (*COLUMN_CAUSES, *ROW_CAUSES)
        _report(list(outcomes(options.cases, options.seed, causes, folder)))
        _report_correct(options.seed, folder, PLAIN)
        for name, family in families.FAMILIES.items():
            sys.stdout.write(f"\n{name}\n")
            causes = families.causes(family)
            _report(list(outcomes(options.cases // 2, options.seed, causes, folder, family)))
            _report_correct(options.seed, folder, family)
        sys.stdout.write("\n")
        inferred = list(inferences(500, options.seed, folder))
        same, tied = (sum(getattr(item, name) for item in inferred) for name in ("same", "tied"))
        sys.stdout.write(
            f"infer, 500 tables: {same / len(inferred):.1%} recovered in both columns, "
            f"{tied / len(inferred):.1%} tied to the last digit with what was planted, "
            f"{1 - (same + tied) / len(inferred):.1%} wrong\n"
        )
    sys.stdout.write(f"{time.perf_counter() - started:.0f} s\n")


def _report_correct(seed: int, folder: Folder, family: Family) -> None:
    wrong = false_contradictions(500, seed, folder, family)
    sys.stdout.write(f"500 correct tables: {wrong} false contradictions or verdicts\n")


def _report(found: list[Outcome]) -> None:
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for item in found:
        if item.told:
            groups[item.cause].append(item)
    write = sys.stdout.write
    write(
        f"{'cause':12} {'cases':>5} {'first':>6} {'top 5':>6} {'found':>6} {'fits, median':>13}\n"
    )
    for cause, items in groups.items():
        ties = sorted(item.ties for item in items)[len(items) // 2]
        write(
            f"{cause:12} {len(items):5} {rate(items, 1):6.1%} {rate(items, 5):6.1%} "
            f"{rate(items, 10**9):6.1%} {ties:13}\n"
        )
    for name, causes in (("column", COLUMN_CAUSES), ("row", (*ROW_CAUSES, *families.CAUSES))):
        items = [item for item in found if item.told and item.cause in causes]
        write(
            f"{name:12} {len(items):5} {rate(items, 1):6.1%} {rate(items, 5):6.1%} "
            f"{rate(items, 10**9):6.1%}\n"
        )
    untold = Counter(item.cause for item in found if not item.told)
    write(f"digits cannot tell: {sum(untold.values())} {dict(untold)}\n")
    write(f"false matches: {sum(item.false_match for item in found)}\n")
    said = [item for item in found if item.believed]
    write(f"rows said to be another reading: {len(said)}, rightly {rate(said, 1):.1%}\n")


if __name__ == "__main__":
    main()
