"""What a model's file is, told by its content and not by its ending."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

EXPORTED = "an exported program"
SCRIPTED = "a scripted or traced module"
OTHERS = {
    "an ONNX file": "ONNX is not read; export the model with torch.export.save instead",
    "weights alone, or a pickled object": "it has no architecture that can be read: name the code "
    "that makes its model, package:callable",
    "weights alone (safetensors)": "it has no architecture: name the code that makes its model, "
    "package:callable",
    "a compiled program (AOTInductor)": "reading it would run it; export the model with "
    "torch.export.save instead",
    "a zip archive of something else": "name a file that torch.export.save or torch.jit.save wrote",
}
"""What is not read, and what to do instead."""
_ONNX, _WEIGHTS, _SAFETENSORS, _COMPILED, _ZIP = OTHERS

# The first fields of a ModelProto: its version, then who made it, its opset or its graph.
_ONNX_BEGINS = re.compile(rb"\x08[\x01-\x1f][\x12\x1a\x22\x28\x32\x3a\x42]")
_PICKLE_BEGINS = re.compile(rb"\x80[\x02-\x05]")
_SAFETENSORS_BEGINS = re.compile(rb'.{6}\0\0\{\s*"', re.DOTALL)


def is_file(path: str | Path) -> bool:
    """Return whether there is such a file, which there is not under a name that none can have.

    >>> is_file("a" * 300), is_file(__file__)
    (False, True)
    """
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False


def kind_of(path: Path) -> str:
    """Return what kind of a model's file a path names; empty where it names none.

    >>> kind_of(Path("no such file"))
    ''
    """
    if not is_file(path):  # a pipe can be read once
        return ""
    try:
        with path.open("rb") as file:
            begun = file.read(64)
        if not begun.startswith(b"PK"):
            return _by_beginning(begun)
        with zipfile.ZipFile(path) as archive:
            return _by_members(archive.namelist())
    except (zipfile.BadZipFile, OSError):
        return ""


def _by_beginning(begun: bytes) -> str:
    if _PICKLE_BEGINS.match(begun):
        return _WEIGHTS
    if _SAFETENSORS_BEGINS.match(begun):
        return _SAFETENSORS
    return _ONNX if _ONNX_BEGINS.match(begun) else ""


def _by_members(names: list[str]) -> str:
    """Tell the archives that torch writes from one another."""
    if any("aotinductor/" in name for name in names):  # also beside an exported program
        return _COMPILED
    within = {name.partition("/")[2] for name in names} | {*names}
    if "models/model.json" in within or "serialized_exported_program.json" in within:
        return EXPORTED
    if "constants.pkl" in within:
        return SCRIPTED
    return _WEIGHTS if "data.pkl" in within else _ZIP
