"""The table file: read, validated, every problem located; and the catalogue of shipped tables."""

from archcount.spec.catalogue import find_table, shipped_tables
from archcount.spec.json_schema import json_schema
from archcount.spec.load import load_table
from archcount.spec.loaded import LoadedTable
from archcount.spec.rereading import Rereading
from archcount.spec.schema import SCHEMA_VERSION

__all__ = [
    "SCHEMA_VERSION",
    "LoadedTable",
    "Rereading",
    "find_table",
    "json_schema",
    "load_table",
    "shipped_tables",
]
