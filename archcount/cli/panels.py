"""The groups of options in help: which names stand together, and under which heading."""

from __future__ import annotations

SHOWN = "What is shown"

PANELS = {
    "Network and input": "variant input inputs let classes arg batch prefill decode aux model map "
    "expect all from",
    "Method": "engine device train attention dtype in multiple mode amp tf32 channels-last compile "
    "optimizer threads seed",
    "Measurement": "precision budget warm-up repeat on-oom tune allow",
    "Several processes": "nproc nnodes rdzv-endpoint",
    "Several models": "jobs timeout",
    "Exit code": "fail-on max strict force",
    SHOWN: "",
    "Output": "format output append guide",
    "Other options": "tables version install-completion show-completion help",
}
"""The options of each heading by name, in the order of help; SHOWN has all that none names."""

COMMON = "Common options"
_COMMON = {
    "count": "input depth sort max output",
    "table": "compare-paper model variant row output",
    "bench": "batch mode device budget output",
}
"""The options of the commands with many that stand first, on the first screen."""

_PANEL_OF = {name: panel for panel, names in PANELS.items() for name in names.split()}


def panel_of(options: list[str], command: str = "") -> str:
    """Return the heading under which an option of a command stands, by its names.

    >>> panel_of(["-o", "--output"]), panel_of(["--row"])
    ('Output', 'What is shown')
    >>> panel_of(["-o", "--output"], "count")
    'Common options'
    """
    names = [option.lstrip("-") for option in options]
    if {*names} & {*_COMMON.get(command, "").split()}:
        return COMMON
    return next((_PANEL_OF[name] for name in names if name in _PANEL_OF), SHOWN)
