"""What papers print, as values: quantities, patches, sizes, and the printed table itself."""

from archcount.printed.claimed import (
    Bound,
    parse_bound,
    parse_duration,
    parse_percent,
    parse_product,
    parse_share,
)
from archcount.printed.notation import Patch, parse_patch, parse_size
from archcount.printed.quantity import Interval, Quantity, parse_quantity, parse_ratio
from archcount.printed.source import Source
from archcount.printed.table import (
    NUMBERS,
    Claim,
    Convention,
    DeclaredReading,
    Erratum,
    PrintedCell,
    PrintedRow,
    PrintedTable,
    Reference,
    Training,
)

__all__ = [
    "NUMBERS",
    "Bound",
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
    "Training",
    "parse_bound",
    "parse_duration",
    "parse_patch",
    "parse_percent",
    "parse_product",
    "parse_quantity",
    "parse_ratio",
    "parse_share",
    "parse_size",
]
