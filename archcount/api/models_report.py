"""Reports of many models, one line each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archcount.engines.count_request import CountRequest
from archcount.engines.model_summary import ModelSummary
from archcount.engines.summaries import summarize_all
from archcount.errors import UsageError
from archcount.loading.model_libraries import expanded
from archcount.reporting.models_sheets import models_sheets, tidy_summary
from archcount.reporting.report import Lines, Parts, Report, how_many


@dataclass(frozen=True)
class ModelsReport(Report):
    """What was counted in one call of each of many models; `record` has a line a model."""

    command = "count"
    schema = "archcount.models/1"
    index = "model"
    items = "models"

    record: tuple[ModelSummary, ...]

    def _gist(self) -> str:
        return how_many(len(self.record), "model")

    def _tidy(self) -> Lines:
        return [tidy_summary(line) for line in self.record]

    def _sheets(self) -> Parts:
        return [models_sheets(self.record)]


def count_models(
    names: str | Iterable[str],
    *,
    input: str | Sequence[str] = "",
    arguments: Mapping[str, Any] | None = None,
    batch: int = 1,
    train: bool = False,
    device: str = "meta",
    attention: str = "full",
    jobs: int | None = None,
    timeout: float | None = None,
) -> ModelsReport:
    """Count one call of each of many models in a pool of processes.

    A model that fails, crashes or times out has the reason in its line; the others continue.

    Args:
        names: as `count` takes them with a colon, tables' names, and patterns of a library's
            names: "timm:resnet*", "torchvision:all".
        input: what each is called with, as texts; its own where there is none.
        arguments: what the callable of each is given by name.
        batch: how many images an input such as "3x224x224" stands for.
        train: in training mode.
        device: `meta`, or `cpu` for models whose code reads values of activations.
        attention: the convention by which attention is counted: full, causal or flash.
        jobs: processes at a time; as many as there are cores by default.
        timeout: seconds after which a model is given up.

    Raises:
        UsageError: a pattern matches nothing, or there is no such device or batch.
        UnavailableError: the library of a pattern is not installed.

    >>> report = count_models(["torch.nn:ReLU", "torch.nn:Nothing"], input="3x2x2")
    >>> [(line.model, line.macs, line.error) for line in report.record]  # doctest: +ELLIPSIS
    [('torch.nn:ReLU', 0, ''), ('torch.nn:Nothing', None, "torch.nn has no 'Nothing'...")]
    """
    check_pool(jobs, timeout)
    asked = expanded([names] if isinstance(names, str) else names)
    request = CountRequest(
        arguments=arguments or {},
        input=input or "",
        batch=batch,
        train=train,
        device=device,
        attention=attention,
    )
    found = {line.model: line for line in summarize_all(asked, request, jobs=jobs, timeout=timeout)}
    return ModelsReport(tuple(found[name] for name in asked))


def check_pool(jobs: int | None, timeout: float | None) -> None:
    """Check the number of processes and the timeout.

    Raises:
        UsageError: a number is not positive.
    """
    if jobs is not None and jobs < 1:
        raise UsageError.of(f"--jobs {jobs}", allowed="a whole number of 1 or more")
    if timeout is not None and not 0 < timeout < 1e6:
        raise UsageError.of(f"--timeout {timeout:g}", allowed="seconds, more than 0")
