"""The names that reports used before `encoding` had them."""

from archcount.reporting.encoding import Value
from archcount.reporting.encoding import csv_text as to_csv
from archcount.reporting.encoding import json_text as to_json

__all__ = ["Value", "to_csv", "to_json"]
