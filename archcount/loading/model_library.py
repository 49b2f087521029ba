"""A library that makes models by name."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from archcount.errors import UnavailableError, UsageError, quote
from archcount.loading.reference import users_code

if TYPE_CHECKING:
    from torch import nn


class ModelLibrary(ABC):
    """A library that makes models by name.

    Attributes:
        package: what is installed for it.
    """

    package: ClassVar[str]

    @abstractmethod
    def names(self) -> Iterable[str]:
        """Return the names of all models."""

    @abstractmethod
    def make(self, name: str, arguments: Mapping[str, Any]) -> nn.Module:
        """Make a model without downloading anything."""

    @abstractmethod
    def inputs(self, module: nn.Module, name: str) -> tuple[str, ...]:
        """Return what a model takes, as texts of `read_input`; empty where nothing says it."""

    @abstractmethod
    def source(self, name: str) -> Path | None:
        """Return the file that defines the model."""

    def check(self, name: str) -> None:
        """Check that a model of this name exists.

        Raises:
            UsageError: there is none.
        """
        known = list(self.names())
        if name.partition(".")[0] not in known:
            near = get_close_matches(name[:100], known, n=5, cutoff=0.5)
            raise UsageError.of(
                f"{self.package} has no model {quote(name)}",
                remedy=f"similar names: {', '.join(near)}" if near else "",
            )

    def matching(self, pattern: str) -> list[str]:
        """Return the names that match a pattern such as `resnet*`; `all` matches every one."""
        pattern = "*" if pattern == "all" else pattern
        return [name for name in self.names() if fnmatchcase(name, pattern)]

    def imported(self, part: str = "") -> Any:
        """Import the library, or a part of it.

        Raises:
            UnavailableError: it is not installed.
            UserCodeError: it raised something when it was imported.
        """
        if self.package not in sys.modules and find_spec(self.package) is None:
            raise UnavailableError.of(
                f"{self.package} is not installed", remedy=f"pip install {self.package}"
            )
        with users_code(f"importing {self.package} failed"):
            return import_module(self.package + part)
