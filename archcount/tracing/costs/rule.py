"""What a rule is."""

from __future__ import annotations

from collections.abc import Callable

from archcount.tracing.records import Charge, Operation

Rule = Callable[[Operation], Charge]
"""Gives what an operation costs."""
