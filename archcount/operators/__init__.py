"""What each operation costs: one rule an operation, found by its name in the dispatcher."""

from archcount.operators.registry import charge, register_cost

__all__ = ["charge", "register_cost"]
