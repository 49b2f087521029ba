from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "sample",
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "exhaustive",
    max_examples=2000,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "sample"))

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def data() -> Path:
    return DATA


@pytest.fixture
def toy_text() -> str:
    return (DATA / "toy.yaml").read_text()


def with_inputs(text: str, inputs: dict[str, str]) -> str:
    """Add a column of printed input sizes to a table file."""
    sizes = {"row": "input", **inputs}
    lines = []
    for line in text.splitlines():
        name = line.split("|")[0].strip()
        lines.append(f"{line} | {sizes[name]}" if "|" in line and name in sizes else line)
    return "\n".join(lines)
