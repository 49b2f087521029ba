"""The pytest fixture `archcount`: tests that a model implements a paper's table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from torch import nn

    from archcount.api.tables import Table


class Archcount:
    """What tests ask of models."""

    def assert_matches(
        self,
        table: str | Path | Table = "",
        model: str | nn.Module = "",
        *,
        expect: str | Path = "",
        **options: Any,
    ) -> None:
        """Assert that a model differs from a table as a file declares, and not otherwise.

        Args:
            table: the table's name, `name@variant` for a variant, its file, or a loaded table.
            model: the implementation, a module or a text such as "package.module:callable".
            expect: a file of expectations; nothing may differ where it is empty. It may name the
                table and the model.
            **options: `variant`, `input`, `let`, `arguments`, `map` and `device`, as
                `archcount.compare` takes them.

        Raises:
            AssertionError: with every difference that is not expected, either way.
        """
        __tracebackhide__ = True
        from archcount.api.model_check import check_model

        found = check_model(table, model, expect, **options)
        if not found.passed:
            failing = [f"- {finding}" for finding in found.findings if finding.failing]
            pytest.fail("\n".join([f"{found.name}:", *failing]), pytrace=False)


@pytest.fixture
def archcount() -> Archcount:
    """Return what asserts that a model implements a table: `archcount.assert_matches(...)`."""
    return Archcount()
