"""Print how many modules each command imports: of archcount by room, and in all."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter

COMMANDS = {
    "help": ["--help"],
    "table": ["table", "--engine", "formula"],
    "table --compare-paper": ["table", "--engine", "formula", "--compare-paper"],
    "count nn.ReLU": "count torch.nn:ReLU --input 4".split(),
    "diff": "diff mobilenet_v1@0.25-224 mobilenet_v1@0.25-224".split(),
    "sweep": "sweep --input 224".split(),
    "formula": ["formula"],
    "explain": "explain googlenet inception_5a".split(),
    "check": "check --engine formula".split(),
    "infer": "infer googlenet".split(),
    "list": ["list"],
    "list --totals": ["list", "--totals"],
    "schema": ["schema"],
    "env": ["env"],
}
_CODE = """
import json, sys
from archcount.cli import main
try:
    main()
except SystemExit:
    pass
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def imported(arguments: list[str]) -> list[str]:
    """Return the names of the modules that a command has imported when it ends."""
    result = subprocess.run(
        [sys.executable, "-c", _CODE, *arguments], capture_output=True, text=True, check=True
    )
    names: list[str] = json.loads(result.stderr.splitlines()[-1])
    return names


def main() -> None:
    """Print a Markdown table."""
    sys.stdout.write("| command | of archcount | in all | rooms |\n")
    sys.stdout.write("|:---|---:|---:|:---|\n")
    for label, arguments in COMMANDS.items():
        names = imported(arguments)
        own = [name for name in names if name.partition(".")[0] == "archcount"]
        rooms = Counter(name.split(".")[1] for name in own if name.count(".") > 1)
        shown = ", ".join(f"{room} {number}" for room, number in sorted(rooms.items()))
        sys.stdout.write(f"| {label} | {len(own)} | {len(names)} | {shown} |\n")


if __name__ == "__main__":
    main()
