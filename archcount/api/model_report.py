"""Reports of any PyTorch model, counted in one call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from archcount.engines.count_request import CountRequest
from archcount.engines.memory_traffic import Machine
from archcount.engines.model_count import ModelCount, ModuleCount
from archcount.loading.programs import module_of
from archcount.reporting.language_sheets import language_sheets
from archcount.reporting.model_columns import DEFAULT, MOVED, read_columns, read_sort
from archcount.reporting.model_roofline import moved_text, roofline_sheets
from archcount.reporting.model_sheets import DEPTH, model_sheets, remarks, tidy_modules
from archcount.reporting.report import Lines, Parts, Report
from archcount.reporting.sheet import Span
from archcount.reporting.training_sheets import training_sheets

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class ModelReport(Report):
    """What was counted in one call of a model.

    Attributes:
        depth: how many levels of modules are shown to people.
        columns: what is shown of each, by the names of `COLUMNS`.
        fold: whether equal layers are shown once.
        sort: the name of the quantity by which modules are sorted; empty for their own order.
    """

    command = "count {record.name}"
    schema = "archcount.count/2"
    index = "module"

    record: ModelCount
    depth: int = DEPTH
    columns: tuple[str, ...] = DEFAULT
    fold: bool = True
    sort: str = ""

    @property
    def total(self) -> ModuleCount:
        """The model as a whole: `params`, `macs`, `backward_macs`, `cost`."""
        return self.record.total

    def _gist(self) -> str:
        return f"{self.record.name}: {self.total.params:,} params, {self.total.macs:,} MACs"

    def _tidy(self) -> Lines:
        return tidy_modules(self.record)

    def _sheets(self) -> Parts:
        language = self.record.language
        training, machine = self.record.training, self.record.machine
        asked = [language_sheets(language, moved_text(self.record))] if language else []
        asked += [training_sheets(training)] if training else []
        asked += (
            [roofline_sheets(self.record, machine, self.depth, fold=self.fold)] if machine else []
        )
        main = model_sheets(self.record, self.depth, self.columns, fold=self.fold, sort=self.sort)
        return [main, *asked]

    def _remarks(self) -> Iterable[Span]:
        return remarks(self.record)


def count_model(
    module: nn.Module,
    input: Any = "",
    *,
    name: str = "",
    peak: str | float = "",
    bandwidth: str | float = "",
    columns: str | Sequence[str] = DEFAULT,
    sort: str = "",
    **options: Any,
) -> ModelReport:
    """Count one call of a model, module by module; the model itself is left unchanged.

    Args:
        module: the model: a module, scripted or not, or an exported program.
        input: what it is called with: a text such as "3x224x224" (one image) or
            "input_ids:int64[1,128]", a list of such, a shape, a tensor, a tuple of these by
            position or a mapping by name, or a function that returns one of them.
        name: what it is called in the report; its class where it is empty.
        peak: FLOP/s of a machine, such as "989T"; with `bandwidth` the roofline is reported.
        bandwidth: B/s of its memory, such as "3.35T".
        columns: what is shown of each module: type, kernel, input, output, params, trainable,
            buffers, memory, macs, flops, backward, share, bytes, intensity.
        sort: one of these that is a number; the largest modules come first.
        **options: `batch`, `train`, `device`, `prefill`, `decode`, `dtype` and `attention`, as in
            `CountRequest`.

    Raises:
        UsageError: an option is not allowed, or the input cannot be read.
        UserCodeError: the model raised something.
        UnavailableError: it is too large to run.

    >>> from torch import nn
    >>> report = count_model(nn.Linear(4, 3), (2, 4))
    >>> report.total.macs, report.total.backward_macs  # the gradient of the weights
    (24, 24)
    """
    request = CountRequest(input=input, machine=Machine.read(peak, bandwidth), **options)
    shown: dict[str, Any] = {"columns": read_columns(columns), "sort": read_sort(sort)}
    return report_of(module, request, name=name, **shown)


def report_of(
    module: nn.Module,
    request: CountRequest,
    own: Sequence[str] = (),
    *,
    name: str = "",
    columns: tuple[str, ...] = DEFAULT,
    sort: str = "",
) -> ModelReport:
    """Count one call of a model as requested; arguments and errors as `count_model`.

    Args:
        module: the model.
        request: how it is called, and what is counted.
        own: the input that it is made for, where the request has none.
        name: what it is called in the report.
        columns: what is shown of each module.
        sort: the quantity by which modules are sorted; empty for their own order.
    """
    from archcount.engines import models
    from archcount.tracing.script_copy import class_name

    module = module_of(module)
    request = replace(request, has_traffic=any(column in MOVED for column in (*columns, sort)))
    record = models.count(
        module, request.given(own), name=name or class_name(module), request=request
    )
    return ModelReport(record, columns=columns, sort=sort)
