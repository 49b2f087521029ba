"""Random tables of models with one cause planted, and what the tool says of them.

Transformers and convolutional networks whose printed rows are whole networks. What they print is
counted from the true file; the file that is compared has one thing otherwise: a number that all
networks share, their structure, one printed number of one network, or nothing but a misprint.
Nothing here reads the search's own code.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from pathlib import Path

import archcount as ac
from archcount.comparison import Comparison

FAMILIES = ("transformers", "convolutions")
CAUSES = ("number", "structure", "cell", "uncounted", "misprint")
_HEADINGS = {"layers": "n_layers", "d": "d_model", "heads": "n_heads", "dh": "d_head",
             "kv": "n_kv", "ffn": "d_ff", "w": "width", "times": "blocks"}  # fmt: skip
_WORDS = {
    "tied": "with the output projection tied to the embedding",
    "untied": "with an output projection of its own, not tied to the embedding",
    "biased": "with biases",
    "unbiased": "without biases",
    "gated": "with gated feed-forward layers, of three matrices",
    "plain": "with plain feed-forward layers, of two matrices",
}


@dataclass(frozen=True)
class Family:
    """How the networks of a table are written, with the numbers of each model.

    Attributes:
        shared: the `let` number that all of them share.
        options: what is part of the structure: `tied`, `biased`, `gated`.
    """

    name: str
    shared: int
    models: tuple[dict[str, int], ...]
    options: frozenset[str] = frozenset()
    checks_width: bool = False

    def write(self, printed: list[dict[str, str]] | None = None, shown: int = 0) -> str:
        """Write the table file; `shown` models more than none have their numbers printed."""
        names = list(self.models[0])
        columns = [*(["params", "ops"] if printed is None else list(printed[0])), *names]
        lines = [["model", *columns]]
        for number, model in enumerate(self.models):
            cells = {**{name: str(value) for name, value in model.items()}}
            cells |= printed[number] if printed else {"params": "1", "ops": "1"}
            lines.append([f"m{number}", *(cells[name] for name in columns)])
        told = [f"{name}: {_HEADINGS[name]}" for name in names if name not in ("d",)]
        if "d" in names:
            width = "{heading: d_model, is: heads*dh}" if self.checks_width else "d_model"
            told.append(f"d: {width}")
        body = self._transformer() if self.name == "transformers" else self._convolutions()
        return "\n".join(
            [
                "archcount: 1",
                "name: planted",
                "source: {title: A planted table of models}",
                "rows: models",
                *body,
                f"columns: {{model: Model, {', '.join(told)}}}",
                "table: |",
                *("  " + " | ".join(line) for line in lines),
                "",
            ]
        )

    def _transformer(self) -> list[str]:
        bias = "" if "biased" in self.options else " bias=false"
        names = self.models[0]
        kv = " kv=kv" if "kv" in names else ""
        ffn = "ffn" if "ffn" in names else "4*d"
        one = f"linear {ffn} act=gelu{bias}"
        first = f"{{mul: [{one}, linear {ffn}{bias}]}}" if "gated" in self.options else one
        tied = " tied=embed" if "tied" in self.options else ""
        return [
            "input: tokens 128 of vocab",
            f"let: {{vocab: {self.shared}}}",
            "blocks:",
            f"  attend: [layernorm, attention heads=heads dim=dh{kv} causal=true{bias}]",
            f"  feed: [layernorm, {first}, linear d{bias}]",
            "  layer: [{add: [identity, attend]}, {add: [identity, feed]}]",
            "network:",
            "- {row: embed, block: [embedding d, positions 128]}",
            "- {row: layers, block: layer, n: layers}",
            f"- {{row: logits, block: linear vocab bias=false{tied}}}",
        ]

    def _convolutions(self) -> list[str]:
        bias = "true" if "biased" in self.options else "false"
        return [
            "input: 3x64x64",
            f"let: {{classes: {self.shared}}}",
            f"layer: {{bias: {bias}, norm: batch, act: relu}}",
            "blocks:",
            "  stem: conv 7x7/2 w",
            "  block: {add: [[conv 3x3 in.c, conv 3x3 in.c act=none], identity]}",
            "  down: conv 3x3/2 2*in.c",
            "  scores: [global_avgpool, flatten, linear classes bias=true act=none]",
            "network:",
            "- {row: stem, block: stem}",
            "- {row: stage1, block: block, n: times}",
            "- {row: down, block: down}",
            "- {row: stage2, block: block, n: times}",
            "- {row: scores, block: scores}",
        ]


def draw(rng: random.Random, name: str) -> Family:
    """Draw the networks of a table."""
    count = rng.randint(3, 7)
    if name == "convolutions":
        models = [{"times": rng.randint(1, 9), "w": rng.choice([16, 32, 48, 64, 96, 128])}
                  for _ in range(count)]  # fmt: skip
        options = frozenset(["biased"] if rng.random() < 0.5 else [])
        return Family(name, rng.choice([10, 100, 200, 1000]), tuple(models), options)
    kv, ffn = rng.random() < 0.4, rng.random() < 0.4
    dh = rng.choice([0, 64, 128])
    found = []
    for _ in range(count):
        size = dh or rng.choice([64, 80, 96, 128])
        heads = rng.choice([8, 12, 16, 20, 24, 32, 40])
        own = {"layers": rng.randint(6, 48), "d": heads * size, "heads": heads, "dh": size}
        own |= {"kv": rng.choice([1, 4, 8]) if heads % 8 == 0 else 4} if kv else {}
        own |= {"ffn": round(heads * size * rng.choice([2.5, 3, 3.5, 4]) / 64) * 64} if ffn else {}
        found.append(own)
    options = {each for each in ("tied", "biased", "gated") if rng.random() < 0.5}
    vocabulary = rng.choice([30_522, 32_000, 50_257, 50_304, 64_000, 100_277, 128_256])
    checks = rng.random() < 0.5
    return Family(name, vocabulary, tuple(found), frozenset(options), checks)


@dataclass(frozen=True)
class Numbers:
    """What is counted of a network: by column, its parts aside."""

    params: int
    ops: int
    embedding: int


class Bench:
    """Counts and compares tables through files, as users do."""

    def __init__(self, path: Path) -> None:
        self._file = path / "planted.yaml"

    def _load(self, text: str) -> ac.Table:
        self._file.write_text(text)
        return ac.load(self._file)

    def count(self, family: Family) -> list[Numbers] | None:
        """Count every model; None where one cannot be built."""
        try:
            table = self._load(family.write())
            found = [table.architecture(variant=name) for name in table.models]
        except ac.ArchcountError:
            return None
        return [
            Numbers(
                each.params,
                each.cost.macs,
                sum(row.node.params for row in each.rows if row.id == "embed"),
            )
            for each in found
        ]

    def compare(self, text: str) -> Comparison:
        table = self._load(text)
        comparison = ac.compare(ac.count(table, engine="formula"), table).record.comparison
        assert comparison is not None
        return comparison


def shorten(value: int, digits: int, mode: str) -> str:
    """Print a number with M or B and so many digits; whole numbers keep all before the point."""
    suffix, power = ("B", 9) if value >= 10**9 else ("M", 6)
    scaled = Decimal(value) / 10**power
    places = max(0, digits - 1 - scaled.adjusted())
    rounding = ROUND_HALF_UP if mode == "nearest" else ROUND_DOWN
    return f"{scaled.quantize(Decimal(1).scaleb(-places), rounding=rounding)}{suffix}"


@dataclass
class Case:
    """A planted table.

    Attributes:
        text: the file that is compared.
        printed: what it prints by model.
        counted: what its own numbers give.
        said: what a believed reading has to say, as a pattern; empty where none is right.
        models: the models that are concerned.
    """

    text: str
    cause: str
    printed: list[dict[str, str]]
    counted: list[Numbers]
    said: str = ""
    value: int = 0
    models: frozenset[str] = field(default_factory=frozenset)


def plant(rng: random.Random, cause: str, name: str, bench: Bench) -> Case | None:
    """Make a table with a cause; None where this draw has no place for it."""
    true = draw(rng, name)
    digits, mode = rng.choice([3, 3, 4, 5, 9]), rng.choice(["nearest", "down"])
    columns = rng.choice([("params",), ("params", "ops")])
    counts = bench.count(true)
    if counts is None:
        return None
    printed = [
        {name: shorten(getattr(each, name), digits, mode) for name in columns} for each in counts
    ]
    case = Case("", cause, printed, counts, models=frozenset(f"m{n}" for n in range(len(counts))))
    file = true
    if cause == "number":
        other = round(true.shared * rng.choice([0.6, 0.8, 0.9, 0.97, 1.02, 1.1, 1.5, 1.9]))
        file = replace(true, shared=other)
        case.said, case.value = "shared", true.shared
    elif cause == "structure":
        option = rng.choice(["tied", "biased", "gated"])
        file = replace(true, options=true.options ^ {option})
        back = {"tied": "untied", "biased": "unbiased", "gated": "plain"}
        case.said = _WORDS[option if option in true.options else back[option]]
        if name == "convolutions":
            return None
    elif cause == "cell":
        place = rng.randrange(len(counts))
        own = true.models[place]
        key = rng.choice([key for key in own if not (key == "d" and true.checks_width)])
        others = [each[key] for each in true.models] + [own[key] + 1, own[key] - 1, 2 * own[key]]
        wrong = rng.choice(others)
        if wrong == own[key] or wrong < 1:
            return None
        models = list(true.models)
        models[place] = {**own, key: wrong}
        file = replace(true, models=tuple(models))
        case.said = f"with {own[key]:,} for {wrong:,} as {_HEADINGS[key]}"
        case.models = frozenset([f"m{place}"])
    elif cause == "uncounted":
        if name == "convolutions":
            return None
        for each, numbers in zip(printed, counts, strict=True):
            each["params"] = shorten(numbers.params - numbers.embedding, digits, mode)
        case.said = "embedding"
    elif cause == "misprint":
        place = rng.randrange(len(counts))
        factor = rng.choice([rng.uniform(0.8, 1.25), rng.uniform(0.97, 1.03)])
        printed[place]["params"] = shorten(round(counts[place].params * factor), digits, mode)
        case.models = frozenset([f"m{place}"])
    found = bench.count(file)
    if found is None:
        return None
    case.counted, case.text = found, file.write(printed)
    return case


@dataclass
class Outcome:
    """What became of a planted table: cells said to be another reading, and those rightly."""

    cause: str
    told: bool
    believed: int = 0
    rightly: int = 0
    false_matches: int = 0
    wrong: list[str] = field(default_factory=list)


def outcome(case: Case, bench: Bench) -> Outcome:
    """Compare a planted table, and hold what is said against what was planted."""
    compared = bench.compare(case.text)
    off = {(f"m{number}", name) for number, cells in enumerate(case.printed) for name in cells
           if not _prints(getattr(case.counted[number], name), cells[name])}  # fmt: skip
    result = Outcome(case.cause, told=bool(off))
    for row in compared.rows:
        for name, cell in row.cells.items():
            verdict = cell.verdict
            if verdict.status == "match" and (row.id, name) in off:
                result.false_matches += 1
            if verdict.status in ("reading", "convention"):
                result.believed += 1
                is_right = row.id in case.models and _is_right(case, verdict.why, verdict.sentence)
                result.rightly += is_right
                if not is_right:
                    result.wrong.append(f"{row.id} {name}: {verdict.sentence}")
    return result


def _is_right(case: Case, why: str, sentence: str) -> bool:
    # The embedding of an untied network not counted is the very number of a tied one.
    if case.said in ("embedding", _WORDS["tied"]) and "embedding" in why:
        return True
    if case.said == _WORDS["unbiased"] and why == "bias":
        return True  # likewise biases that are not there, and those that are not counted
    if case.said != "shared":
        # Of two cells that would do as well, such as heads and their size, both are named.
        return bool(case.said) and f"{case.said}:" in sentence.replace(", or ", ": with ")
    found = re.match(r"with (?:a vocabulary of|classes =) ([\d,]+)(?: to ([\d,]+))?:", sentence)
    if found is None:
        return False
    low, high = (int(text.replace(",", "")) for text in (found[1], found[2] or found[1]))
    return low <= case.value <= high


def _prints(value: int, text: str) -> bool:
    """Whether a number prints as it is printed, rounded or cut off."""
    scaled, printed = Decimal(value) / {"M": 10**6, "B": 10**9}[text[-1]], Decimal(text[:-1])
    unit = Decimal(1).scaleb(int(printed.as_tuple().exponent))
    return printed - unit / 2 <= scaled < printed + unit


def outcomes(cases: int, seed: int, name: str, bench: Bench) -> Iterator[Outcome]:
    """Plant so many tables whose digits can tell, each cause in turn."""
    rng = random.Random(seed)
    for number in range(cases):
        while True:
            case = plant(rng, CAUSES[number % len(CAUSES)], name, bench)
            if case is None:
                if name == "convolutions" and CAUSES[number % len(CAUSES)] in (
                    "structure",
                    "uncounted",
                ):
                    break
                continue
            found = outcome(case, bench)
            if found.told:
                yield found
                break


def false_verdicts(tables: int, seed: int, name: str, bench: Bench) -> int:
    """Return how many correct tables get any other verdict than `match`."""
    rng = random.Random(seed)
    wrong = made = 0
    while made < tables:
        family = draw(rng, name)
        counts = bench.count(family)
        if counts is None:
            continue
        made += 1
        digits, mode = rng.choice([3, 4, 5, 9]), rng.choice(["nearest", "down"])
        printed = [{"params": shorten(each.params, digits, mode),
                    "ops": shorten(each.ops, digits, mode)} for each in counts]  # fmt: skip
        compared = bench.compare(family.write(printed))
        statuses = {cell.verdict.status for row in compared.rows for cell in row.cells.values()}
        wrong += bool(statuses - {"match"}) or bool(compared.cause)
    return wrong


def main() -> None:
    """Plant causes in tables of every kind, and report how often what is said is right."""
    import sys
    import tempfile
    import time
    from collections import defaultdict

    started, write = time.perf_counter(), sys.stdout.write
    tables, clean, seed = (int(text) for text in (*sys.argv[1:], "2026")[:3])
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        for name in FAMILIES:
            groups: dict[str, list[Outcome]] = defaultdict(list)
            for found in outcomes(tables, seed, name, bench):
                groups[found.cause].append(found)
            for cause, items in groups.items():
                believed, rightly = (
                    sum(getattr(item, key) for item in items) for key in ("believed", "rightly")
                )
                said = sum(item.believed > 0 for item in items)
                write(f"{name:13} {cause:10} {len(items):4} {said:4} {believed:5} {rightly:5}\n")
            every = [item for items in groups.values() for item in items]
            believed = sum(item.believed for item in every)
            rightly = sum(item.rightly for item in every)
            write(f"{name}: {rightly / max(believed, 1):.1%} of {believed} rightly, ")
            write(f"{sum(item.false_matches for item in every)} false matches\n")
            for item in every:
                for text in item.wrong:
                    write(f"  {item.cause}: {text}\n")
            wrong = false_verdicts(clean, seed, name, bench)
            write(f"{clean} correct tables: {wrong} with another verdict than match\n")
            sys.stdout.flush()
    write(f"{time.perf_counter() - started:.0f} s\n")


if __name__ == "__main__":
    main()
