"""`archcount schema`: the JSON Schema of a table file."""

from __future__ import annotations

import json

from archcount.cli.options import Output
from archcount.cli.output import destination
from archcount.spec.json_schema import json_schema


def show_schema(output: Output = None) -> None:
    """Print the JSON Schema of a table file, for editors.

    Examples:
        archcount schema -o archcount.schema.json
    """
    with destination(output) as write:
        write(json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n")
