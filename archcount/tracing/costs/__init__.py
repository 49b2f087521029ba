"""What each operation costs: one rule an operation, found by its name in the dispatcher."""

from archcount.tracing.costs.registry import charge

__all__ = ["charge"]
