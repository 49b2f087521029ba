"""The speed of models forward and backward, and comparison of results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from archcount.api.tables import Table
from archcount.benchmark.comparing import BenchComparison, compare_benchmarks
from archcount.benchmark.request import Request
from archcount.benchmark.result_files import encoded, read_results
from archcount.benchmark.results import Benchmark
from archcount.benchmark.settings import MODES, Configuration, RunSettings
from archcount.errors import UsageError
from archcount.loading.reference import check_class
from archcount.reporting.bench_notes import benchmark_notes
from archcount.reporting.bench_sheets import (
    bench_lines,
    bench_sheets,
    comparison_remarks,
    comparison_sheets,
)
from archcount.reporting.report import Lines, Parts, Report, how_many
from archcount.reporting.sheet import Span

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class BenchReport(Report):
    """The results of one run."""

    command = "bench"
    schema = "archcount.bench/1"

    record: Benchmark

    def _gist(self) -> str:
        return how_many(len(self.record.measurements), "measurement")

    def _tidy(self) -> Lines:
        return bench_lines(self.record)

    def _sheets(self) -> Parts:
        return list(bench_sheets(self.record))

    def _remarks(self) -> Iterator[Span]:
        return (note for note in benchmark_notes(self.record) if note.role in ("warn", "bad"))

    def _document(self) -> Mapping[str, Any]:
        return encoded(self.record)  # field by field, so that it can be read again


@dataclass(frozen=True)
class BenchComparisonReport(Report):
    """A comparison of two runs."""

    command = "bench compare"
    schema = "archcount.bench-compare/2"

    record: BenchComparison

    def _gist(self) -> str:
        return how_many(len(self.record.pairs), "pair")

    def _tidy(self) -> Lines:
        return [asdict(pair) for pair in self.record.pairs]

    def _sheets(self) -> Parts:
        return [comparison_sheets(self.record)]

    def _remarks(self) -> Iterator[Span]:
        return comparison_remarks(self.record)


def bench(
    model: str | Table | nn.Module | Iterable[str] = "googlenet",
    *,
    mode: str | Sequence[str] = MODES,
    batch: int | Sequence[int] = 32,
    dtype: str | Sequence[str] = "float32",
    device: str = "",
    input: str | Sequence[str] = "",
    precision: float = 0.01,
    budget: float = 20.0,
    warm_up: int = 10,
    on_oom: Literal["fail", "halve", "skip"] = "fail",
    per_row: bool = False,
    repeat: int = 1,
    allow: Sequence[str] | None = None,
    **settings: Any,
) -> BenchReport:
    """Measure how fast a model runs forward and backward, each setting in a process of its own.

    Args:
        model: a table or a model as `diff` takes it, or several texts; a module is copied.
        mode: `forward`, `train`, or both.
        batch: images per iteration, or several such numbers.
        dtype: `float32`, `bf16`, `fp16`, or several.
        device: as in torch; if empty, an accelerator where there is one.
        input: the model's input, as texts for `count`; if empty, that of the table.
        precision: half the width of the 95 % interval that ends sampling, relative to the median.
        budget: the most seconds of warm-up, of sampling, and of what else is measured, per
            configuration; a measurement that it cuts short says so.
        warm_up: the fewest iterations of warm-up, where the budget allows them.
        on_oom: what to do when the device runs out of memory.
        per_row: whether to time the rows of a table too.
        repeat: processes per configuration, sharing its budget; 6 or more show how they vary.
        allow: settings to try against the plain ones, such as `["channels_last", "compile"]`.
        settings: fields of `Configuration`, such as `amp` and `compile`; `peak` in FLOP/s.

    Raises:
        UsageError: there is no such model, or an option is invalid.
        UnavailableError: there is no such device.

    >>> report = bench("mobilenet_v1@0.25-224", mode="forward", batch=1, budget=0.1, warm_up=1)
    >>> report.record.measurements[0].status, compare_bench(report, report).record.settings
    ('done', ())
    """
    from archcount.benchmark.run import run_benchmark

    sampling = RunSettings(target=precision, budget=budget, warm_up=warm_up, on_oom=on_oom)
    inputs = tuple(_several(input)) if input else ()
    targets, module = _targets(model)
    request = Request(
        targets=targets,
        modes=_several(mode),
        batches=_several(batch),
        dtypes=_several(dtype),
        peak=settings.pop("peak", None),
        base=Configuration(target="", device=str(device or ""), inputs=inputs, **settings),
        plan=replace(sampling, per_row=per_row, repeat=repeat),
        tune=allow,
    )
    return BenchReport(run_benchmark(request.checked(), module=module))


def compare_bench(
    before: str | Path | BenchReport, after: str | Path | BenchReport, *, force: bool = False
) -> BenchComparisonReport:
    """Compare two runs by configuration: same, faster, slower or unclear.

    Args:
        before: the first run, or its file.
        after: the second run, or its file.
        force: compare different batches, dtypes and changed tables too.

    Raises:
        UsageError: a file cannot be read, or the runs have nothing in common.
    """
    one, other = (
        item.record if isinstance(item, BenchReport) else read_results(Path(item))
        for item in (before, after)
    )
    return BenchComparisonReport(compare_benchmarks(one, other, force=force))


def _targets(model: Any) -> tuple[tuple[str, ...], nn.Module | None]:
    check_class(model)
    if isinstance(model, str):
        return (model,), None
    if isinstance(model, Table):
        return (f"{model.path}@{model.chosen}" if model.chosen else str(model.path),), None
    from archcount.benchmark.run import as_module

    module = as_module(model)
    if module is not None:
        return (type(module).__name__,), module
    if isinstance(model, Iterable):
        texts = tuple(model)
        if texts and all(isinstance(item, str) for item in texts):
            return texts, None
    raise UsageError.of(
        f"a {type(model).__name__} as a model",
        allowed="a table, package:callable, a list of such texts, or an nn.Module",
    )


def _several(value: Any) -> Sequence[Any]:
    return (value,) if isinstance(value, str | int) else tuple(value)
