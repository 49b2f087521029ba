"""Every input that broke something once is tried again, and changed copies of the first ones."""

from __future__ import annotations

import zlib

import pytest
from fuzz.targets import FOUND, TARGETS, _words, mutated

from archcount.benchmark.result_files import read_results

CASES = [
    (name, file)
    for name in TARGETS
    for file in sorted((FOUND / name).glob("*"))
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "file"), CASES, ids=[f"{name}-{file.name}" for name, file in CASES]
)
def test_what_broke_a_target_once_breaks_it_no_more(name, file):
    TARGETS[name].run(file.read_bytes())


@pytest.mark.parametrize("name", [name for name in TARGETS if name != "table"])
def test_the_first_inputs_are_read(name):
    for seed in TARGETS[name].seeds():
        TARGETS[name].run(seed)


def test_the_first_result_is_one(tmp_path):
    (seed, *_) = TARGETS["results"].seeds()
    (tmp_path / "result.json").write_bytes(seed)
    assert read_results(tmp_path / "result.json").measurements[0].status == "done"


@pytest.mark.parametrize(
    "part", [*range(4), *(pytest.param(part, marks=pytest.mark.slow) for part in range(4, 100))]
)
def test_changed_tables_are_refused_or_counted_alike(part):
    """Ten tables in a part, of all that are shipped: words, cells, digits and lines exchanged."""
    seeds, words = [*TARGETS["table"].seeds()], (*TARGETS["table"].words, *_words())
    for number in range(part * 10, part * 10 + 10):
        seed = zlib.crc32(str(number).encode())
        TARGETS["table"].run(mutated(seeds[seed % len(seeds)], seed, words))
