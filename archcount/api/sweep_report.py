"""A table counted at many input sizes, values of its `let` names and batches."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from archcount.api.tables import Table, load
from archcount.engines.count_request import check_run
from archcount.errors import UsageError
from archcount.loading.model_target import load_model
from archcount.loading.programs import is_model_name
from archcount.reporting.formats import FORMATS
from archcount.reporting.report import Lines, Parts, Report, how_many
from archcount.reporting.sweep_output import STREAMS, AnyPoint, AnySweep, point_lines, sweep_sheet
from archcount.symbolic.model_sweep import ModelSweep, check_names, has_names
from archcount.symbolic.sweep import Sweep
from archcount.symbolic.sweep_axes import Values, as_several, read_axes, read_model_axes

if TYPE_CHECKING:
    from torch import nn


def _stream(form: str, report: Any, width: int | None, colour: bool) -> str:
    return "".join(report.lines(form))


@dataclass(frozen=True)
class SweepReport(Report):
    """A table or a model at many points, each counted when it is asked for.

    Iterating yields the points in order, the batch changing fastest; each has `input`, `lets`,
    `batch`, `params`, `macs` and `problem` where it cannot be counted; of a table also `weights`
    and `output`, of a model `inputs`, `activation_bytes`, `peak_bytes` and `uncounted`.
    """

    command = "sweep {record.name}"
    schema = Sweep.schema
    formats = MappingProxyType(
        {form: replace(FORMATS[form], write=partial(_stream, form)) for form in STREAMS}
        | {form: FORMATS[form] for form in ("html", "latex", "xlsx")}
    )

    record: AnySweep

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.record)

    def __iter__(self) -> Iterator[AnyPoint]:
        return iter(self.record)

    def lines(self, form: str, points: Iterable[AnyPoint] | None = None) -> Iterator[str]:
        """Yield the text of a format, a line a point, as the points are counted.

        Args:
            form: the name of one of `formats` that is text.
            points: those of the report, for a caller who looks at them too.
        """
        if form in STREAMS:
            yield from STREAMS[form](self.record, points)
        else:
            yield self.render(form)

    def _gist(self) -> str:
        return f"{self.record.name}: {how_many(len(self), 'point')}"

    def _tidy(self) -> Lines:
        return list(point_lines(self.record))

    def _sheets(self) -> Parts:
        return [[sweep_sheet(self.record)]]


@dataclass(frozen=True)
class ModelSweepReport(SweepReport):
    """A model at many points."""

    schema = ModelSweep.schema


def sweep(
    table: Table | str | nn.Module,
    *,
    input: Values = "",
    let: Mapping[str, Values] = MappingProxyType({}),
    batch: Values = 1,
    variant: str = "",
    arguments: Mapping[str, Any] | None = None,
    device: str = "meta",
) -> SweepReport:
    """Count a table or a model at every combination of input sizes, `let` values and batches.

    Several values are a sequence, or text with commas in which 128..512:32 is a range, and
    128..4096:x2 one in which each is twice the one before.

    Args:
        table: the table, or its name, "resnet@50" for its variant 50; or a module, or a model's
            name as `count` takes it.
        input: input sizes, each CxHxW or the side of a square; by default the table's own. Of a
            model also texts as `count` takes them, in which `{T}` is the value of a name under
            `let`: "ids:int64[1,{T}]".
        let: values of the table's `let` names, or of those in a model's input and arguments.
        batch: how many images the operations are for.
        variant: a variant of the table.
        arguments: what a model's callable is given by name.
        device: of a model: `meta`, or `cpu` where its code reads values of activations.

    Raises:
        UsageError: there is no such table, variant or name; a value can never be a number; or
            there are more than 10,000,000 combinations.
        InvalidTableError: the table cannot be read.

    >>> report = sweep("mobilenet_v1", input="160,224", let={"alpha": [0.5, 1]})
    >>> [point.macs for point in report]
    [76524800, 290675200, 149497088, 568740352]
    >>> report = sweep("torch.nn:Linear", input="[{T},4]", let={"T": "1..4:x2"},
    ...     arguments={"in_features": 4, "out_features": 3})
    >>> [point.macs for point in report]
    [12, 24, 48]
    """
    is_name = isinstance(table, str) and is_model_name(table)
    if is_name or not isinstance(table, str | Table):
        if variant:
            raise UsageError.of("a variant goes with a table", remedy="give arguments")
        found = _model_sweep(table, input, let, batch, arguments or {}, device)
        return ModelSweepReport(found)
    if arguments or device != "meta":
        raise UsageError.of("arguments and device go with a model", remedy="leave them out")
    loaded = load(table, variant) if isinstance(table, str) else table
    network = loaded.variant(variant)
    return SweepReport(Sweep(network=network, axes=read_axes(network, input, let, batch)))


def _model_sweep(
    model: Any,
    input: Values,
    let: Mapping[str, Values],
    batch: Values,
    arguments: Mapping[str, Any],
    device: str,
) -> ModelSweep:
    """Read what is varied of a model, and make it where it is the same at every point."""
    check_run(1, device)
    texts = [input] if isinstance(input, str) else [str(each) for each in as_several(input)]
    is_written = not all(_SIZES.fullmatch(text) for text in texts)
    templates = [text for text in texts if text] if is_written else []
    module = None if isinstance(model, str) else model
    own: tuple[str, ...] = ()
    if module is None and not any(map(has_names, arguments.values())):
        module, own = load_model(model, arguments=arguments, device=device)
    check_names([*templates, *map(str, arguments.values())], let)
    sizes = [] if is_written else [text for text in texts if text]
    axes = read_model_axes(",".join(sizes), (_channels(own), 0, 0), let, batch)
    return ModelSweep(
        name=model if isinstance(model, str) else type(model).__name__,
        axes=axes,
        module=module,
        templates=templates or ([] if axes.inputs else own),
        arguments=arguments,
        device=device,
    )


_SIZES = re.compile(r"[\d.,:x\s]*")
"""What is written of nothing but sizes and ranges of them."""


def _channels(own: Sequence[str]) -> int:
    """Return the channels of a model's own input, such as 3x224x224."""
    first = own[0].partition("x")[0] if len(own) == 1 else ""
    return int(first) if first.isdigit() else 3
