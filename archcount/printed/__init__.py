"""What papers print, as values: quantities, patches, sizes, and the printed table itself."""

from archcount.printed.claim_numbers import (
    Bound,
    parse_bound,
    parse_duration,
    parse_percent,
    parse_product,
    parse_ratio,
    parse_share,
)
from archcount.printed.connections import Connections
from archcount.printed.notation import (
    Patch,
    channels_first,
    grid_and_channels,
    joined_by_x,
    parse_output,
    parse_patch,
    parse_size,
)
from archcount.printed.printed_table import (
    NUMBERS,
    CheckedColumn,
    Claim,
    Convention,
    DeclaredReading,
    Erratum,
    PaperSource,
    PrintedCell,
    PrintedRow,
    PrintedTable,
    Reference,
    Training,
)
from archcount.printed.quantity import Interval, Quantity, parse_quantity
from archcount.printed.settings import SETTINGS, parse_setting

__all__ = [
    "NUMBERS",
    "SETTINGS",
    "Bound",
    "CheckedColumn",
    "Claim",
    "Connections",
    "Convention",
    "DeclaredReading",
    "Erratum",
    "Interval",
    "PaperSource",
    "Patch",
    "PrintedCell",
    "PrintedRow",
    "PrintedTable",
    "Quantity",
    "Reference",
    "Training",
    "channels_first",
    "grid_and_channels",
    "joined_by_x",
    "parse_bound",
    "parse_duration",
    "parse_output",
    "parse_patch",
    "parse_percent",
    "parse_product",
    "parse_quantity",
    "parse_ratio",
    "parse_setting",
    "parse_share",
    "parse_size",
]
