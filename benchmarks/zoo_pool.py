"""A survey of many models: each in a process of its own, one line of CSV each.

A model that fails, crashes, hangs or takes too much memory is one line that says so, and the
others go on. Processes are forked, so that the libraries are imported once.
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import os
import re
import resource
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, fields
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

import archcount

GIB = 2**30


@dataclass(kw_only=True)
class Line:
    """What was found of one model.

    Attributes:
        architecture: its name.
        made: the class, and how it was made small.
        inputs: what it was called with.
        device: where archcount ran it.
        params: parameters that archcount counts.
        params_ok: whether they are the sum over `model.parameters()`.
        macs: multiply-accumulates that archcount counts.
        flopcounter_macs: half of what FlopCounterMode counts, with math attention.
        by_hand: multiply-accumulates of operators that FlopCounterMode has no rule for.
        difference: macs, less the two.
        uncounted: what archcount says it could not count.
        error: what went wrong, and where: `build`, `reference` (FlopCounterMode) or `count`.
        seconds: of the count by archcount.
    """

    architecture: str
    made: str = ""
    inputs: str = ""
    device: str = "meta"
    params: int | None = None
    params_ok: bool | None = None
    macs: int | None = None
    flopcounter_macs: int | None = None
    by_hand: str = ""
    difference: int | None = None
    uncounted: str = ""
    error: str = ""
    seconds: float | None = None


def compare(line: Line, model: nn.Module, inputs: Any, device: str = "meta") -> None:
    """Count one call of a model by archcount and by FlopCounterMode, and note what was found.

    `inputs` are a mapping by name or a tuple by order; FlopCounterMode's call is on their device,
    archcount's on `device`.
    """
    with noting(line, "reference"):
        refer(line, model, inputs)
    with noting(line, "count"):
        count(line, model, inputs, device)


def refer(line: Line, model: nn.Module, inputs: Any) -> None:
    """Count a call by FlopCounterMode."""
    line.inputs = _written(inputs)
    found = flop_counter_macs(model, inputs)
    line.flopcounter_macs = found.pop("")
    line.by_hand = ", ".join(f"{name} {macs}" for name, macs in found.items())


def count(line: Line, model: nn.Module, inputs: Any, device: str = "meta") -> None:
    """Count a call by archcount, and set it against FlopCounterMode's count."""
    line.device = device
    start = time.perf_counter()
    report = archcount.count(model, input=inputs, device=device)
    line.seconds = round(time.perf_counter() - start, 3)
    line.params, line.macs = report.total.params, report.total.macs
    line.params_ok = line.params == sum(each.numel() for each in model.parameters())
    line.uncounted = "; ".join(sorted({each.op for each in report.record.uncounted}))
    if line.flopcounter_macs is not None:
        by_hand = sum(int(each.split()[-1]) for each in line.by_hand.split(", ") if each)
        line.difference = line.macs - line.flopcounter_macs - by_hand


class noting:
    """Note what is raised as the line's error, and go on."""

    def __init__(self, line: Line, part: str) -> None:
        self.line, self.part = line, part

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        if error is None or not isinstance(error, Exception):
            return False
        text = re.sub(r"\s+", " ", str(error)).strip()[:300]
        last = traceback.extract_tb(trace)[-1]
        where = "" if self.part == "count" else f" ({Path(last.filename).name}:{last.lineno})"
        said = f"{self.part}: {type(error).__name__}: {text}{where}"
        self.line.error = f"{self.line.error}; {said}" if self.line.error else said
        return True


def flop_counter_macs(model: nn.Module, inputs: Any) -> dict[str, int]:
    """Return FlopCounterMode's multiply-accumulates of one call as "", and by name those by hand.

    Fused paths that it has no rule for are off: attention, recurrent layers, encoder layers.
    """
    counter = FlopCounterMode(display=False, custom_mapping=dict(_BY_HAND))
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    off = torch.backends.mkldnn.flags(enabled=False)
    try:
        with warnings.catch_warnings(action="ignore"), sdpa_kernel(SDPBackend.MATH), off, counter:
            if isinstance(inputs, Mapping):
                model(**inputs)
            else:
                model(*inputs)
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
    flops = counter.get_flop_counts()["Global"]
    by_hand = {str(op): flops.pop(op) // 2 for op in _BY_HAND if op in flops}
    return {"": sum(flops.values()) // 2, **by_hand}


def _vector(a: Any, b: Any, *_: Any, **__: Any) -> int:
    return 2 * a.numel()


def _added_vector(_: Any, matrix: Any, vector: Any, *__: Any, **___: Any) -> int:
    return 2 * matrix.numel()


def _added_batches(_: Any, a: Any, b: Any, *__: Any, **___: Any) -> int:
    return 2 * a.numel() * b.shape[-1]


def _outer(_: Any, a: Any, b: Any, *__: Any, **___: Any) -> int:
    return 2 * a.numel() * b.numel()


def _squared_distances(a: Any, b: Any, *_: Any, **__: Any) -> int:
    # One product of rows to which torch adds two numbers each: the square, and a one.
    return int(2 * a.numel() // a.shape[-1] * (a.shape[-1] + 2) * b.shape[-2])


def _substituted(a: Any, b: Any, *_: Any, **__: Any) -> int:
    # The n-th row is found by n - 1 products: n (n - 1) / 2 for each column.
    return int(b.numel() * (a.shape[-1] - 1))


def _grouped(a: Any, b: Any, *_: Any, **__: Any) -> int:
    # Rows of the groups by their matrices, 2-D by 3-D; and the other three kinds.
    groups = b.shape[0] if a.dim() == b.dim() == 3 else 1
    rows = a.shape[-2]
    return int(2 * groups * rows * a.shape[-1] * b.shape[-1])


def _operators(names: Mapping[str, Callable[..., int]]) -> dict[Any, Callable[..., int]]:
    found = {}
    for name, rule in names.items():
        operator = getattr(torch.ops.aten, name, None)
        if operator is not None:
            rule._get_raw = True  # type: ignore[attr-defined]
            found[operator] = rule
    return found


_BY_HAND = _operators(
    {
        "mv": _vector,
        "dot": _vector,
        "vdot": _vector,
        "addmv": _added_vector,
        "addbmm": _added_batches,
        "addr": _outer,
        "_euclidean_dist": _squared_distances,
        "_grouped_mm": _grouped,
        "linalg_solve_triangular": _substituted,
    }
)
"""Rules for operators of torch that FlopCounterMode has none for: the products' sizes."""


def _written(inputs: Any) -> str:
    items = inputs.items() if isinstance(inputs, Mapping) else enumerate(inputs)
    return " ".join(
        f"{name}:{'x'.join(map(str, value.shape))}"
        if isinstance(value, torch.Tensor)
        else f"{name}"
        for name, value in items
    )


def survey(
    names: Sequence[str],
    work: Callable[[Line], None],
    *,
    output: Path,
    jobs: int,
    timeout: float,
    gibibytes: float,
) -> None:
    """Do `work` for each name in a process of its own, and write its line as it ends.

    Names that the file has already are left out, so that a survey can be taken up again.
    """
    columns = [field.name for field in fields(Line)]
    done = set()
    if output.exists():
        with output.open(newline="") as file:
            done = {row["architecture"] for row in csv.DictReader(file)}
    else:
        output.write_text(",".join(columns) + "\n")
    _import_all()
    waiting = [name for name in names if name not in done]
    running: dict[Connection, tuple[Any, str, float]] = {}
    with output.open("a", newline="") as file:
        writer = csv.DictWriter(file, columns)
        while waiting or running:
            while waiting and len(running) < jobs:
                name = waiting.pop(0)
                ours, process = _start(work, name, gibibytes)
                running[ours] = (process, name, time.monotonic() + timeout)
            for line in _ended(running):
                writer.writerow(vars(line))
                file.flush()


def _import_all() -> None:
    """Count something, so that what counting imports is there before processes are forked."""
    compare(Line(architecture=""), nn.Linear(1, 1), (torch.zeros(1, 1),))


def _start(work: Callable[[Line], None], name: str, gibibytes: float) -> tuple[Connection, Any]:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(work, name, theirs, gibibytes), daemon=True)
    process.start()
    theirs.close()
    return ours, process


def _child(work: Callable[[Line], None], name: str, pipe: Connection, gibibytes: float) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (int(gibibytes * GIB), int(gibibytes * GIB)))
    torch.manual_seed(0)
    line = Line(architecture=name)
    with Path(os.devnull).open("w") as nothing, redirect_stdout(nothing), redirect_stderr(nothing):
        warnings.simplefilter("ignore")
        with noting(line, "build"):
            work(line)
    pipe.send(line)
    pipe.close()


def _ended(running: dict[Connection, tuple[Any, str, float]]) -> Iterable[Line]:
    """Wait a moment; yield the lines of processes that ended, or had to be ended."""
    for ours in wait(list(running), timeout=0.5):
        process, name, _ = running.pop(ours)  # type: ignore[index,arg-type]
        try:
            line = ours.recv()  # type: ignore[union-attr]
        except EOFError:
            process.join()
            line = Line(architecture=name, error=f"process: ended with {process.exitcode}")
        process.join()
        yield line
    for ours, (process, name, until) in list(running.items()):
        if time.monotonic() > until:
            process.kill()
            process.join()
            del running[ours]
            yield Line(architecture=name, error="process: took too long")


def command_line(
    about: str, names: Callable[[], Sequence[str]], work: Callable[[Line], None]
) -> None:
    """Run a survey as a command."""
    parser = argparse.ArgumentParser(description=about.split("\n")[0])
    parser.add_argument("names", nargs="*", help="regular expressions of names; all by default")
    parser.add_argument("-o", "--output", type=Path, required=True, help="FILE.csv, added to")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--timeout", type=float, default=180, help="seconds a model")
    parser.add_argument("--memory", type=float, default=16, help="GiB of addresses a process")
    parser.add_argument("--every", type=int, default=1, help="one in N")
    asked = parser.parse_args()
    chosen = [
        name
        for name in names()
        if not asked.names or any(re.fullmatch(each, name) for each in asked.names)
    ]
    torch.set_num_threads(1)
    survey(
        chosen[:: asked.every],
        work,
        output=asked.output,
        jobs=asked.jobs,
        timeout=asked.timeout,
        gibibytes=asked.memory,
    )
    summary(asked.output)


def summary(file: Path) -> None:
    """Print how many of how many are right."""
    with file.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    for what, right in (
        ("counted", lambda row: row["macs"]),
        ("params exact", lambda row: row["params_ok"] == "True"),
        ("MACs as FlopCounterMode", lambda row: row["difference"] == "0" and not row["by_hand"]),
        ("MACs with products by hand", lambda row: row["difference"] == "0" and row["by_hand"]),
        ("something uncounted", lambda row: row["uncounted"]),
        ("an error", lambda row: row["error"]),
    ):
        sys.stdout.write(f"{what}: {sum(bool(right(row)) for row in rows)} of {len(rows)}\n")
