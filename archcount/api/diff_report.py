"""Two architectures compared layer by layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from archcount import difference
from archcount.api.tables import Table
from archcount.engines.count_request import CountRequest
from archcount.errors import UsageError
from archcount.loading.model_target import built, inputs_of, load_model
from archcount.loading.programs import module_of
from archcount.loading.reference import UserCodeError, check_class
from archcount.reporting.diff_record import tidy_pairs
from archcount.reporting.diff_sheets import difference_sheets
from archcount.reporting.report import Lines, Parts, Report

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class DifferenceReport(Report):
    """What differs between two architectures.

    Attributes:
        depth: how much is listed: 0 what differs in short, 1 rows, 2 blocks, 3 layers that differ,
            equal ones once, 4 every layer; None as much as is read at a glance.
    """

    command = "diff {record.left.name} {record.right.name}"
    schema = "archcount.diff/2"

    record: difference.ModelDifference
    depth: int | None = None

    @property
    def is_changed(self) -> bool:
        """Whether anything differs."""
        return self.record.is_changed

    @property
    def findings(self) -> tuple[difference.LayerFinding, ...]:
        """What differs, equal changes of many layers said once."""
        return difference.findings(self.record)

    def _gist(self) -> str:
        sides = f"{self.record.left.name}, {self.record.right.name}"
        return f"{sides}: {'changed' if self.is_changed else 'equal'}"

    def _tidy(self) -> Lines:
        return tidy_pairs(self.record)

    def _sheets(self) -> Parts:
        return difference_sheets(self.record, self.depth)


def diff(
    left: str | Table | nn.Module,
    right: str | Table | nn.Module,
    *,
    input: Any = "",
    batch: int = 1,
    device: str = "meta",
    depth: int | None = None,
) -> DifferenceReport:
    """Compare two architectures, however their code is written.

    Both are run once on copies without weights; what they do becomes a sequence of layers, which
    are aligned by structure first and by names second. Not compared are dropout, a softmax that
    gives the result, as many models leave it to the loss, what only moves numbers, constants, what
    is frozen or detached, and what runs in training alone.

    Args:
        left: a table's name (`name@variant` for a variant), its file, a loaded table,
            `package.module:callable`, `file.py:callable`, or a module. Its modules name the rows.
        right: likewise.
        input: what both are called with, as `count` takes it. Where it is empty, the first that a
            side is made for, and each side's own where the other cannot take it.
        batch: how many images an input such as "3x224x224" stands for.
        device: `meta`, or `cpu` for models whose code reads values of activations.
        depth: how much the report lists: 0 what differs in short, 1 rows, 2 blocks, 3 layers, equal
            ones once, 4 every layer. JSON and data frames hold every layer anyhow.

    Raises:
        UsageError: the depth is below 0, there is no such model, or nothing says the input.
        UserCodeError: a model raised something.
        InvalidTableError: a table cannot be read.
        UnavailableError: a model is too large to run.

    >>> from torch import nn
    >>> one = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())
    >>> other = nn.Sequential(nn.Conv2d(3, 8, 5), nn.ReLU())
    >>> diff(one, other, input="3x9x9").record.rows[0].pairs[0].changes
    (SettingChange(what='kernel', left='3x3', right='5x5'),)
    """
    request = CountRequest(batch=batch, device=device)
    if not batch:
        raise UsageError.of("batch 0: nothing would be run", allowed="a whole number from 1")
    if depth is not None and depth < 0:
        raise UsageError.of(f"depth {depth}", allowed="a whole number from 0")
    found = difference_of(side_of(left, device), side_of(right, device), input, request)
    return DifferenceReport(found, depth)


class Side(NamedTuple):
    """One side of a comparison.

    Attributes:
        module: the model.
        name: the name that it was requested by.
        inputs: what it is called with, as texts, where it says so itself.
    """

    module: nn.Module
    name: str
    inputs: tuple[str, ...] = ()


def difference_of(
    left: Side,
    right: Side,
    input: Any,
    request: CountRequest,
    modules: Mapping[str, str] | None = None,
) -> difference.ModelDifference:
    """Run both sides with one input, and compare them; errors as `diff`.

    Args:
        left: the one side.
        right: the other.
        input: what both are called with.
        request: how they are run.
        modules: by row of the left side the modules of the right that stand for it.
    """
    has_input = not isinstance(input, str) or bool(input)
    owns = {} if has_input else {side.name: side.inputs for side in (left, right) if side.inputs}
    given = next(iter(owns.values()), input)
    models = []
    called: list[str] = []
    remarks: tuple[str, ...] = ()
    for side in (left, right):
        try:
            model, inputs, found = _run(side.module, side.name, given, request)
        except UserCodeError:
            if not owns.get(side.name) or side.inputs == given:
                raise
            model, inputs, found = _run(side.module, side.name, side.inputs, request)
        models.append(model)
        called.append(inputs)
        remarks += found
    told = " and ".join(dict.fromkeys(called))
    if len(set(owns.values())) > 1:
        made = ", ".join(f"{name} is made for {', '.join(own)}" for name, own in owns.items())
        is_apart = called[0] != called[1]
        how = (
            "each was called with its own"
            if is_apart
            else f"both were called with {', '.join(given)}"
        )
        remarks = (f"{made}; {how}", *remarks)
    return difference.compare(*models, inputs=told, remarks=remarks, modules=modules or {})


def _run(
    module: nn.Module, name: str, given: Any, request: CountRequest
) -> tuple[difference.ComparedModel, str, tuple[str, ...]]:
    """Run one side; return it, what it was called with, and remarks."""
    from archcount.engines.models import model_layers

    layers, params, macs, inputs, found = model_layers(module, given, name=name, request=request)
    model = difference.ComparedModel(
        name=name,
        layers=layers.layers,
        results=layers.results,
        params=params,
        macs=macs,
        parameters=layers.parameters,
    )
    return model, inputs, found


def side_of(
    thing: str | Table | nn.Module, device: str, arguments: Mapping[str, Any] | None = None
) -> Side:
    """Return a side of a comparison; errors as `diff`.

    Args:
        thing: the side.
        device: where it is run.
        arguments: what the callable that a text names is given by name.
    """
    check_class(thing)
    if isinstance(thing, Table):
        architecture = thing.architecture()
        name = f"{thing.name}@{thing.chosen}" if thing.chosen else thing.name
        return Side(built(architecture, device), name, inputs_of(architecture))
    if isinstance(thing, str):
        module, own = load_model(thing, arguments=arguments, device=device)
        return Side(module, thing, own)
    from archcount.tracing.script_copy import class_name

    module = module_of(thing)
    return Side(module, class_name(module))
