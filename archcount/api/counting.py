"""Count a table, an architecture or a model."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

from archcount.errors import UsageError
from archcount.loading.programs import is_model_name
from archcount.loading.reference import check_class

if TYPE_CHECKING:
    from torch import nn

    from archcount.api.model_report import ModelReport
    from archcount.api.model_table_report import ModelTableReport
    from archcount.api.table_report import TableReport
    from archcount.api.tables import Table
    from archcount.architecture import Architecture


@overload
def count(
    thing: Architecture,
    *,
    input: str = "",
    engine: str = "auto",
    heads: bool = False,
    batch: int = 1,
) -> TableReport: ...


@overload
def count(
    thing: Table,
    *,
    variant: str = "",
    input: str = "",
    let: Mapping[str, str | int] | None = None,
    engine: str = "auto",
    heads: bool = False,
    batch: int = 1,
) -> TableReport | ModelTableReport: ...


@overload
def count(
    thing: nn.Module,
    *,
    input: Any = "",
    batch: int = 1,
    train: bool = False,
    device: str = "meta",
    prefill: int | None = None,
    decode: int | None = None,
    dtype: str = "",
    peak: str | float = "",
    bandwidth: str | float = "",
    attention: str = "full",
    columns: str | Sequence[str] = ...,
    sort: str = "",
) -> ModelReport: ...


@overload
def count(
    thing: str, *, input: Any = "", batch: int = 1, **options: Any
) -> TableReport | ModelTableReport | ModelReport: ...


def count(
    thing: Any, *, input: Any = "", batch: int = 1, **options: Any
) -> TableReport | ModelTableReport | ModelReport:
    """Count a table or an architecture row by row, or any PyTorch module, module by module.

    Of a table whose rows are whole networks every one is counted, unless a variant names one.

    Args:
        thing: what to count: a table, an architecture, a module, or a text as the commands take
            it: the name of a table, "resnet@50" for its variant 50, "torchvision:resnet50",
            "timm:vit_base_patch16_224", "hf:CONFIG.json", "package.module:callable",
            "file.py:callable", or the file of an exported or scripted module, "model.pt2" or
            "model.pt".
        input: another input size of a table, "CxHxW"; for a module what it is called with, as
            `count_model` takes it: "3x224x224", "ids:int64[1,128]", a list of such, a shape, a
            tensor, a tuple or mapping of these, or a function that returns one of them; a library's
            model has an input of its own.
        batch: how many images the operations are for.
        **options: for a table `variant`, `let`, `engine`, `heads`, as `count_table` takes them;
            for a module `train`, `device`, `prefill`, `decode`, `dtype`, `peak`, `bandwidth`,
            `columns`, `sort` and `attention`, as `count_model` does; for what is named with a
            colon also `arguments`, a mapping of what the callable is given by name.

    Raises:
        UsageError: an option does not go with the thing, or has no such value.
        InvalidTableError: the rows do not go together with this input.
        UnavailableError: there is not the memory for the engine, or to run the module; or the
            library that a name is of is not installed.

    >>> from archcount.api.tables import load
    >>> count(load("googlenet"), engine="formula").total.cost.macs
    1582671872
    >>> from torch import nn
    >>> count(nn.Conv2d(3, 8, 3), input="3x5x5").total.macs  # 8 x 3x3 outputs x 27
    1944
    """
    check_class(thing)
    name = thing if isinstance(thing, str) and is_model_name(thing) else ""
    if isinstance(thing, str) and not name:
        from archcount.api.tables import load

        thing = load(thing, options.get("variant", ""))
    is_table = not name and not _is_module(thing) and _is_table(thing)
    of_model = (*_OF_MODULES, "arguments") if name else _OF_MODULES
    allowed = ("variant", "let", "engine", "heads") if is_table else of_model
    for option in options:
        if option not in allowed:
            raise UsageError.of(
                f"{option} does not go with a {'name' if name else type(thing).__name__}",
                allowed=", ".join(("input", "batch", *allowed)),
            )
    if is_table:
        return _count_table(thing, input=input, batch=batch, **options)
    from archcount.api.model_report import count_model

    if name:
        thing, own = _made(name, options.pop("arguments", None), options.get("device", "meta"))
        has_tokens = {"prefill", "decode"} & options.keys()
        input = own if isinstance(input, str) and not (input or has_tokens) else input
    return count_model(thing, input, name=name, batch=batch, **options)


def _count_table(
    thing: Table | Architecture, *, variant: str = "", **options: Any
) -> TableReport | ModelTableReport:
    """Count a network of a table, or all of a table of models where none is named."""
    from archcount.api.model_table_report import count_model_table
    from archcount.api.table_report import count_table
    from archcount.api.tables import Table

    if isinstance(thing, Table) and thing.models and not (variant or thing.chosen):
        return count_model_table(thing, **options)
    return count_table(thing, variant=variant, **options)


def _made(name: str, arguments: Mapping[str, Any] | None, device: str) -> tuple[nn.Module, Any]:
    """Make the model of a name; return it and its own input, empty text where it has none."""
    from archcount.engines.count_request import check_run
    from archcount.loading.model_target import load_model

    check_run(1, device)
    module, own = load_model(name, arguments=arguments, device=device)
    return module, own or ""


_OF_MODULES = (
    *("train", "device", "prefill", "decode", "dtype", "peak", "bandwidth", "columns"),
    *("sort", "attention"),
)


def _is_module(thing: object) -> bool:
    """Whether something is a PyTorch module; where there is one, torch has been imported."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(thing, torch.nn.Module)


def _is_table(thing: object) -> bool:
    # Imported here, since a count of a module has no need of tables.
    from archcount.api.tables import Table
    from archcount.architecture import Architecture

    return isinstance(thing, Table | Architecture)
