"""What a rule is."""

from __future__ import annotations

from collections.abc import Callable

from archcount.operators.operation import Charge, Operation

Rule = Callable[[Operation], Charge]
"""Gives what an operation costs."""
