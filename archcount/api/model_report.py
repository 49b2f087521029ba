"""Any PyTorch model, counted in one call of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archcount.engines.model_count import ModelCount, ModuleCount
from archcount.errors import UsageError, quote
from archcount.loading.programs import module_of
from archcount.reporting.model_sheets import DEPTH, model_sheets, remarks, tidy_modules
from archcount.reporting.report import Lines, Parts, Report
from archcount.reporting.sheet import Span

if TYPE_CHECKING:
    from torch import nn

_DEVICES = ("meta", "cpu")


@dataclass(frozen=True)
class ModelReport(Report):
    """What was counted in one call of a model.

    Attributes:
        depth: how many levels of modules are shown to people.
    """

    command = "count {record.name}"
    schema = "archcount.count/2"
    index = "module"

    record: ModelCount
    depth: int = DEPTH

    @property
    def total(self) -> ModuleCount:
        """The model as a whole: `params`, `macs`, `backward_macs`, `cost`."""
        return self.record.total

    def _tidy(self) -> Lines:
        return tidy_modules(self.record)

    def _sheets(self) -> Parts:
        return [model_sheets(self.record, self.depth)]

    def _remarks(self) -> Iterable[Span]:
        return remarks(self.record)


def count_model(
    module: nn.Module,
    input: Any,
    *,
    name: str = "",
    batch: int = 1,
    train: bool = False,
    device: str = "meta",
) -> ModelReport:
    """Count one call of a model, module by module; the model itself is left alone.

    Args:
        module: the model: a module, scripted or not, or an exported program.
        input: what it is called with: a text such as "3x224x224" (one image) or
            "input_ids:int64[1,128]", a list of such, a shape as a tuple, a tensor, a tuple of
            these by order or a mapping by name, or a function that gives one of them.
        name: what it is called in the report; its class where it is empty.
        batch: how many images an input such as "3x224x224" stands for.
        train: in training mode.
        device: `meta`, which takes no memory, or `cpu` for a model that looks at its numbers.

    Raises:
        UsageError: it is no module, or its input cannot be read.
        UserCodeError: the model raised something.
        UnavailableError: it is too large to run.

    >>> from torch import nn
    >>> report = count_model(nn.Linear(4, 3), (2, 4))
    >>> report.total.macs, report.total.backward_macs  # the gradient of the weights
    (24, 24)
    """
    check_run(batch, device)
    from archcount.engines import models
    from archcount.tracing.script_copy import class_name

    module = module_of(module)
    name = name or class_name(module)
    return ModelReport(
        models.count(module, input, name=name, batch=batch, train=train, device=device)
    )


def check_run(batch: int, device: str) -> None:
    """Check the device and the batch that a model is to be run with.

    Raises:
        UsageError: there is no such device, or no such batch.
    """
    if device not in _DEVICES:
        shown = quote(device) if isinstance(device, str) else repr(device)
        raise UsageError.of(f"unknown device {shown}", allowed=", ".join(_DEVICES))
    if not isinstance(batch, int) or isinstance(batch, bool) or not 0 <= batch < 2**31:
        raise UsageError.of(f"batch {batch}", allowed="a whole number from 0 to 2^31")
