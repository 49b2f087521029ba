"""What papers print, as values: quantities, patches, sizes, and the printed table itself."""

from archcount.printed.notation import Patch, parse_patch, parse_size
from archcount.printed.quantity import Interval, Quantity, parse_quantity, parse_ratio
from archcount.printed.table import (
    Claim,
    Convention,
    DeclaredReading,
    Erratum,
    PrintedCell,
    PrintedRow,
    PrintedTable,
    Reference,
    Source,
)

__all__ = [
    "Claim",
    "Convention",
    "DeclaredReading",
    "Erratum",
    "Interval",
    "Patch",
    "PrintedCell",
    "PrintedRow",
    "PrintedTable",
    "Quantity",
    "Reference",
    "Source",
    "parse_patch",
    "parse_quantity",
    "parse_ratio",
    "parse_size",
]
