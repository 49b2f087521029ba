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
    "Output": "format output append",
    "Others": "tables version install-completion show-completion help",
}
"""The options of each heading by name, in the order of help; SHOWN has all that none names."""

_PANEL_OF = {name: panel for panel, names in PANELS.items() for name in names.split()}


def panel_of(options: list[str]) -> str:
    """Return the heading under which an option stands, by its names.

    >>> panel_of(["-o", "--output"]), panel_of(["--row"])
    ('Output', 'What is shown')
    """
    names = [option.lstrip("-") for option in options]
    return next((_PANEL_OF[name] for name in names if name in _PANEL_OF), SHOWN)
