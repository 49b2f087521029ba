"""Any PyTorch model, counted in one call of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archcount.engines.model_records import ModelCount, ModuleCount
from archcount.errors import Problem, UsageError, quote
from archcount.reporting.models import model_frame, render_model

if TYPE_CHECKING:
    import pandas as pd
    from torch import nn

_DEVICES = ("meta", "cpu")


@dataclass(frozen=True)
class ModelReport:
    """What was counted in one call of a model.

    Attributes:
        record: everything the report says.
    """

    record: ModelCount

    @property
    def total(self) -> ModuleCount:
        """The model as a whole: `params`, `macs`, `backward_macs`, `cost`."""
        return self.record.total

    def to_frame(self) -> pd.DataFrame:
        """Give one record per module as a pandas data frame."""
        return model_frame(self.record)

    def to_markdown(self) -> str:
        """Write the report as a Markdown table."""
        return render_model(self.record, "md")

    def to_csv(self) -> str:
        """Write one line per module, in base units."""
        return render_model(self.record, "csv")

    def to_json(self) -> str:
        """Write everything as JSON, `archcount.count/1`."""
        return render_model(self.record, "json")

    def _repr_html_(self) -> str:
        return render_model(self.record, "html")


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
        module: the model.
        input: what it is called with: a text such as "3x224x224" (one image) or
            "input_ids:int64[1,128]", a list of such, a shape as a tuple, a tensor, a tuple of
            these by order or a mapping by name, or a function that gives one of them.
        name: what it is called in the report; its class where it is empty.
        batch: how many images an input such as "3x224x224" stands for.
        train: in training mode.
        device: `meta`, which takes no memory, or `cpu` for a model that looks at its numbers.

    Raises:
        UsageError: it is no module, its input cannot be read, or a part of it is scripted.
        UserCodeError: the model raised something.
        UnavailableError: it is too large to run.

    >>> from torch import nn
    >>> report = count_model(nn.Linear(4, 3), (2, 4))
    >>> report.total.macs, report.total.backward_macs  # the gradient of the weights
    (24, 24)
    """
    check_run(batch, device)
    from archcount.engines import models

    name = name or type(module).__name__
    return ModelReport(
        models.count(module, input, name=name, batch=batch, train=train, device=device)
    )


def check_run(batch: int, device: str) -> None:
    """Refuse what no model can be run with.

    Raises:
        UsageError: there is no such device, or no such batch.
    """
    if device not in _DEVICES:
        told = quote(device) if isinstance(device, str) else repr(device)
        raise UsageError(Problem(what=f"unknown device {told}", allowed=", ".join(_DEVICES)))
    if not isinstance(batch, int) or isinstance(batch, bool) or not 0 <= batch < 2**31:
        raise UsageError(Problem(what=f"batch {batch}", allowed="a whole number from 0 to 2^31"))
