"""A target of the command line as a model: a module of a user's code, or a table's network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archcount.errors import UsageError, quote
from archcount.loading.arguments import call_arguments
from archcount.loading.file_kinds import is_file
from archcount.loading.model_libraries import library_of
from archcount.loading.programs import is_model_name, is_program, load_program, module_of
from archcount.loading.reference import find, source_of, users_code

if TYPE_CHECKING:
    from torch import nn

    from archcount.architecture import Architecture
    from archcount.spec.table import Table


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelTarget:
    """What a target's text names.

    Attributes:
        text: as it was written, its variant behind it.
        table: the file of a table, None for a user's code.
        label: what messages call the file.
        variant: of the table.

    >>> ModelTarget.read("resnet@50").variant, ModelTarget.read("torch.nn:Linear").table
    ('50', None)
    """

    text: str
    table: Path | None = None
    label: str = ""
    variant: str = ""

    @classmethod
    def read(cls, text: str, variant: str = "") -> ModelTarget:
        """Read a name such as `timm:resnet50`, a callable, or a table with `@variant` or not.

        Raises:
            UsageError: it is none of these, or two variants are named.
        """
        if is_model_name(text):
            if variant:
                remedy = "leave it out" if is_program(text) else "give --arg NAME=VALUE"
                raise UsageError.of("--variant goes with a table", remedy=remedy)
            return cls(text=text)
        if text.endswith(".py"):
            raise UsageError.of(
                f"{quote(text)} names no callable",
                allowed="path/to/file.py:callable",
                remedy=f"write {text}:NAME",
            )
        from archcount.spec.catalogue import find_network  # a user's code needs none of it

        path, label, named = find_network(text, variant)
        if named and not text.endswith(f"@{named}"):
            text = f"{text}@{named}"
        return cls(text=text, table=path, label=label, variant=named)

    def architecture(self, input: str = "") -> Architecture:
        """Expand the table to an architecture.

        Args:
            input: another input size, "CxHxW".

        Raises:
            UsageError: there is no such variant, or the input is no size.
            InvalidTableError: the table cannot be read, or its rows do not go together.
        """
        return self._loaded().architecture(input=input)

    def _loaded(self) -> Table:
        assert self.table is not None, "a user's code has no table"
        from archcount.spec.load import load_table

        return load_table(self.table, self.label, variant=self.variant)

    def source(self) -> Path | None:
        """Return the file that defines the model, None where there is none.

        Raises:
            UsageError: there is no such model.
            InvalidTableError: the table cannot be read.
        """
        if self.table is not None:
            return self._loaded().path
        if is_program(self.text):
            if not is_file(self.text):
                raise UsageError.of(f"no file {quote(self.text)}", remedy="check its path")
            return Path(self.text)
        found_in = library_of(self.text)
        if found_in is None:
            return source_of(self.text)
        library, name = found_in
        library.check(name)
        return library.source(name)


def load_model(
    target: str,
    *,
    variant: str = "",
    arguments: Mapping[str, Any] | None = None,
    input: str = "",
    device: str = "meta",
) -> tuple[nn.Module, tuple[str, ...]]:
    """Make the model that a target names, and say what it takes.

    Args:
        target: `torchvision:NAME`, `timm:NAME`, `hf:CONFIG`, `package.module:callable`,
            `file.py:callable`, `exported.pt2`, `scripted.pt`, a table's name or file, with
            `@variant` behind it or not.
        variant: of a table.
        arguments: what the callable is given by name; `config.width` is an entry of `config`.
        input: another input size of a table, "CxHxW".
        device: `meta`, or `cpu` for a model that is run with values.

    Returns:
        The module, and its inputs as texts where the target says them: those of a table, or of
        a library's model.

    Raises:
        UsageError: there is no such thing, or it gives no module.
        UserCodeError: the user's code raised something.
        InvalidTableError: the table cannot be read.
        UnavailableError: the library of the model is not installed.
    """
    read = ModelTarget.read(target, variant)
    if is_program(target):
        if arguments:
            raise UsageError.of("--arg goes with package:callable", remedy="leave it out")
        return load_program(Path(target)), ()
    if read.table is None:
        found_in = library_of(target)
        if found_in is None:
            return build(target, arguments, device), ()
        library, name = found_in
        library.check(name)
        make = partial(library.make, name, dict(arguments or {}))
        module: nn.Module = _called(make, target, {}, device)
        return module, () if input else library.inputs(module, name)
    if arguments:
        raise UsageError.of("--arg goes with package:callable", remedy="leave it out")
    architecture = read.architecture(input)
    return built(architecture, device), inputs_of(architecture)


def inputs_of(architecture: Architecture) -> tuple[str, ...]:
    """Return the inputs of a table's network, as texts."""
    return tuple(shape.as_input for shape in architecture.input_shapes)


def built(architecture: Architecture, device: str = "meta") -> nn.Module:
    """Build the module of a table; on the meta device it has no weights to initialise."""
    import torch

    from archcount.architecture import builder
    from archcount.tracing.without_weights import without_weights

    if device == "meta":
        with without_weights(counts=True):
            return builder.assemble(architecture)
    with torch.device(device):
        return builder.build(architecture)


def build(
    reference: str, arguments: Mapping[str, Any] | None = None, device: str = "meta"
) -> nn.Module:
    """Make the module that a reference names: call it, unless it is a module already.

    It is made on the meta device, so that a model of any size takes no memory; where its code
    must see numbers while it is made, on the CPU.

    Raises:
        UsageError: there is no such thing, or it gives no module.
        UserCodeError: the user's code raised something.

    >>> build("torch.nn:Linear", {"in_features": 4, "out_features": 3}).weight.device.type
    'meta'
    """
    from torch import nn

    found = module_of(find(reference))
    if not isinstance(found, nn.Module):
        if not callable(found):
            raise _no_module(reference, found)
        found = module_of(_called(found, reference, call_arguments(found, arguments or {}), device))
    elif arguments:
        raise UsageError.of(f"{reference} is a module already", remedy="leave --arg out")
    if not isinstance(found, nn.Module):
        raise _no_module(reference, found)
    return found


def _called(found: Any, reference: str, arguments: dict[str, Any], device: str) -> Any:
    from archcount.tracing.process_state import same_process
    from archcount.tracing.without_weights import without_weights

    earlier: BaseException | None = None
    for counts in (
        (True, False) if device == "meta" else ()
    ):  # some code joins both devices' tensors
        try:
            with without_weights(counts=counts), same_process():
                return found(**arguments)
        except (Exception, SystemExit) as error:  # it may only need numbers
            earlier = error
    remedy, when = _missing(found, arguments), "before, on the meta device"
    with users_code(f"{reference} failed", remedy, earlier=earlier, when=when), same_process():
        return found(**arguments)


def _missing(found: Any, arguments: Mapping[str, Any]) -> str:
    """Return what to do where a callable needs more than it is given."""
    try:
        signature(found).bind(**arguments)
    except TypeError:
        return "give what it needs with --arg NAME=VALUE"
    except ValueError:  # one in C has no signature
        pass
    return ""


def _no_module(reference: str, found: Any) -> UsageError:
    return UsageError.of(
        f"{reference} gives a {type(found).__name__}",
        allowed="an nn.Module, a class of one, a function that returns one, or an exported program",
    )
