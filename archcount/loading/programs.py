"""Programs that torch keeps in files: exported ones, and TorchScript."""

from __future__ import annotations

import logging
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archcount.errors import UsageError, quote
from archcount.loading.file_kinds import EXPORTED, OTHERS, SCRIPTED, is_file, kind_of
from archcount.loading.reference import check_class

if TYPE_CHECKING:
    from torch import nn

_EXPORTED = (".pt2",)
_ENDINGS = (*_EXPORTED, ".pt", ".pth", ".ts", ".torchscript", ".onnx", ".safetensors")


def is_program(text: str) -> bool:
    """Return whether a text names a file of a program, by its ending or its content.

    >>> is_program("model.pt2"), is_program("model.yaml")
    (True, False)
    """
    return text.endswith(_ENDINGS) or bool(kind_of(Path(text)))


def is_model_name(text: str) -> bool:
    """Return whether a text names a model rather than a table.

    >>> is_model_name("timm:resnet50"), is_model_name("model.pt2"), is_model_name("resnet@50")
    (True, True, False)
    """
    return ":" in text or is_program(text)


def load_program(path: Path) -> nn.Module:
    """Load a file of `torch.export.save`, or of `torch.jit.save`, on the CPU.

    Which of them it is, its content says; where that says nothing, its ending. No code of the file
    is run.

    Raises:
        UsageError: there is no such file, or it holds something else.
    """
    if not is_file(path):
        raise UsageError.of(f"no file {quote(str(path))}")
    kind = kind_of(path)
    if kind in OTHERS:
        raise UsageError.of(
            f"{quote(str(path))} is {kind}",
            allowed="what torch.export.save or torch.jit.save writes",
            remedy=OTHERS[kind],
        )
    import torch

    is_exported = kind == EXPORTED or (not kind and path.suffix in _EXPORTED)
    try:
        with _silence(), _nothing_unpickled():
            found: nn.Module
            if is_exported:
                if not kind:  # what torch may find in it nobody has looked for
                    raise ValueError("it is no whole zip archive")
                found = module_of(torch.export.load(path))
            else:
                found = torch.jit.load(path, map_location="cpu")  # type: ignore[no-untyped-call]
            return found
    except Exception as error:  # of any kind: they read what may be anything
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].split(". ")[0]
        kind = EXPORTED if is_exported else SCRIPTED
        raise UsageError.of(
            f"{quote(str(path))} cannot be read as {kind}: {reason}",
            allowed=f"what {'torch.export.save' if is_exported else 'torch.jit.save'} writes",
            remedy=_REMEDY[kind],
        ) from None


_REMEDY = {
    EXPORTED: "objects other than tensors are not read, since they may be code: load such a "
    "program in code of your own, file.py:callable",
    SCRIPTED: "for weights alone, name the code that makes their model: package:callable",
}
_ALONE = threading.Lock()


@contextmanager
def _nothing_unpickled() -> Iterator[None]:
    """Have torch read tensors alone: of what fails so, `torch.export.load` runs what it pickles."""
    forced = {"TORCH_FORCE_WEIGHTS_ONLY_LOAD": "1", "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "0"}
    with _ALONE:  # so that none puts back what another needs
        before = {name: os.environ.get(name) for name in forced}
        os.environ.update(forced)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


@contextmanager
def _silence() -> Iterator[None]:
    """Leave out what torch warns of on its way to an error, which says it too."""
    logger = logging.getLogger("torch.export")
    level = logger.level
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logger.setLevel(logging.CRITICAL)
        try:
            yield
        finally:
            logger.setLevel(level)


def module_of(thing: Any) -> Any:
    """Return an exported program as a module, anything else as it is.

    Its modules are those that it was exported from, where torch can tell them apart again.
    """
    check_class(thing)
    export = sys.modules.get("torch.export")
    if export is None or not isinstance(thing, export.ExportedProgram):
        return thing
    try:
        return export.unflatten(thing)
    except Exception:  # of any kind: a module called in two ways, or a graph that torch has changed
        return thing.module()
