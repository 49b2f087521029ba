"""The Python interface: load a table, count it, compare it, report it."""

from archcount.api.reports import Report, compare, count
from archcount.api.tables import Table, load

__all__ = ["Report", "Table", "compare", "count", "load"]
