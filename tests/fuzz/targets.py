"""What is fuzzed: each target reads bytes as a user's file or option, and says what must hold.

Only the tool's own errors may come out, and a table that loads is counted alike by two engines.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir

import archcount as ac
from archcount.benchmark.comparing import compare_benchmarks
from archcount.benchmark.result_files import read_results
from archcount.errors import ArchcountError, InvalidValueError
from archcount.loading.arguments import read_value
from archcount.loading.input_spec import read_input
from archcount.printed import parse_output, parse_quantity
from archcount.printed.claim_numbers import (
    parse_duration,
    parse_percent,
    parse_product,
    parse_ratio,
    parse_share,
)
from archcount.printed.notation import parse_patch, parse_size

ROOT = Path(__file__).parents[2]
FOUND = Path(__file__).parent / "found"
"""What broke a target once, by target; each is tried again by the tests."""
_FILE = Path(gettempdir()) / "archcount-fuzz"
MOST_BUILT = 120
"""A network of more layers is counted in closed form alone: to build it takes long."""


def table(data: bytes) -> None:
    """Load a table, count its first network by two engines, compare it, and write the report."""
    path = _FILE.with_suffix(".yaml")
    path.write_bytes(data)
    try:
        loaded = ac.load(path)
        networks = [*loaded.networks][:1]
    except ArchcountError as error:
        _said(error)
        return
    for network in networks:
        try:
            report = ac.compare(ac.count(loaded, variant=network, engine="formula"), loaded)
        except ArchcountError as error:
            _said(error)
            continue
        for form in ("plain", "json", "csv", "html"):
            report.render(form)
        layers = sum(row.node.size for row in report.architecture.rows)
        if layers <= MOST_BUILT:
            try:
                built = ac.count(loaded, variant=network, engine="torch")
            except ArchcountError as error:
                _said(error)
            else:
                assert not built.record.disagreements, built.record.disagreements


def numbers(data: bytes) -> None:
    """Read a printed number, size or patch; what is read lies in its own interval."""
    text = data.decode(errors="replace")
    for read in (
        parse_output,
        parse_patch,
        parse_size,
        parse_percent,
        parse_ratio,
        parse_share,
        parse_duration,
        parse_product,
    ):
        try:
            read(text)
        except InvalidValueError as error:
            str(error)
    try:
        quantity = parse_quantity(text)
    except InvalidValueError as error:
        str(error)
        return
    for k in (1000, 1024):
        assert quantity.value(k) in quantity.rounded(k)
        assert quantity.value(k) in quantity.truncated(k)


def results(data: bytes) -> None:
    """Read a result of a benchmark, and compare it with itself and with one that is whole."""
    path = _FILE.with_suffix(".jsonl" if data[:1] == b"\n" else ".json")
    path.write_bytes(data)
    whole = _FILE.with_suffix(".whole.json")
    whole.write_bytes(_result())
    try:
        run = read_results(path)
        for pair in ((run, run), (run, read_results(whole)), (read_results(whole), run)):
            compared = compare_benchmarks(*pair, force=True)
            assert all(item.ratio is None or item.ratio > 0 for item in compared.pairs)
            json.dumps([str(compared)])
        ac.compare_bench(whole, path, force=True).to_json()
    except ArchcountError as error:
        _said(error)


def inputs(data: bytes) -> None:
    """Read the text of `--input`."""
    try:
        str(read_input(data.decode(errors="replace"), 2))
    except ArchcountError as error:
        _said(error)


def arguments(data: bytes) -> None:
    """Read the value of `--arg`."""
    try:
        repr(read_value(data.decode(errors="replace")))
    except ArchcountError as error:
        _said(error)


def _said(error: ArchcountError) -> None:
    told = str(error)
    assert error.exit_code in (1, 2, 3)
    assert told.strip()
    assert len(told) < 200_000, "an error that nobody reads to its end"


@dataclass(frozen=True)
class Target:
    """Something to fuzz: how it is run, its first inputs, and the words to make others of."""

    run: Callable[[bytes], None]
    seeds: Callable[[], Iterator[bytes]]
    words: tuple[str, ...] = ()


def _tables() -> Iterator[bytes]:
    """Yield the small tables that are shipped, and those of the tests."""
    for path in sorted(
        [*(ROOT / "tables").glob("*.yaml"), *(ROOT / "tests" / "data").glob("*.yaml")]
    ):
        if path.stat().st_size < 6_000:
            yield path.read_bytes()


def _words() -> tuple[str, ...]:
    """Return the words of the shipped tables, each once."""
    texts = (path.read_text() for path in sorted((ROOT / "tables").glob("*.yaml")))
    found = {
        word
        for text in texts
        for word in re.findall(r"[\w.@/×-]+|[\[\]{}():|,=*+]", text)
        if len(word) < 20
    }
    return tuple(sorted(found))


def _result() -> bytes:
    return (Path(__file__).parent / "result.json").read_bytes()


TARGETS = {
    "table": Target(table, _tables, ("0", "-1", "1e9", "999999999", "''", "*a", "!!python/x", "\u00d7", "\u2713")),
    "numbers": Target(numbers, lambda: iter([b"159K", b"~4.1G", b"3.14E+23", b"1 234 567", b"7x7/2 (x96)", b"224^2x3", b"12x fewer", b"85.5%"])),
    "results": Target(results, lambda: iter([_result(), b"\n" + _result().replace(b"\n", b"")])),
    "inputs": Target(inputs, lambda: iter([b"3x224x224", b"ids:int64[1,128]", b"use_cache=False", b"mask=[[1,2],3]", b"[]"])),
    "arguments": Target(arguments, lambda: iter([b"3", b"true", b"mean", b"[1,2]", b"{'a': 1}", b"1e400", b"-" * 50])),
}  # fmt: skip


def mutated(data: bytes, seed: int, words: tuple[str, ...]) -> bytes:
    """Return a table with a few changes of the kind that people make: words, cells, lines, digits."""
    chance = random.Random(seed)
    lines = data.decode(errors="replace").split("\n")
    for _ in range(chance.choice((1, 1, 2, 3, 6))):
        place = chance.randrange(len(lines))
        line = lines[place]
        pieces = re.split(r"([\w.@/×-]+)", line)
        spots = range(1, len(pieces), 2)
        kind = chance.choice(("word", "word", "digit", "copy", "drop", "swap", "indent", "line"))
        if kind == "word" and spots:
            pieces[chance.choice(spots)] = chance.choice(words)
        elif kind == "digit" and spots:
            pieces[chance.choice(spots)] = str(
                chance.choice((0, 1, 2, 3, 7, 16, 1000, 65_536, 10**9, -1))
            )
        elif kind == "swap" and len(spots) > 1:
            one, other = chance.sample(spots, 2)
            pieces[one], pieces[other] = pieces[other], pieces[one]
        lines[place] = "".join(pieces)
        if kind == "copy":
            lines.insert(chance.randrange(len(lines)), line)
        elif kind == "drop" and len(lines) > 1:
            del lines[place]
        elif kind == "indent":
            lines[place] = (" " * chance.randrange(5)) + line.lstrip()
        elif kind == "line":
            lines.insert(place, chance.choice(lines))
    return "\n".join(lines).encode()
