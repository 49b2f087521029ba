from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["pytester"]

# Tests run in as many processes as there are cores: with more threads than one each, and in the
# processes that they start, torch's threads would wait for one another most of the time.
os.environ.setdefault("OMP_NUM_THREADS", "1")

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


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("slow tests")
    group.addoption("--slow", type=float, default=0, metavar="SHARE", help="the share that is run")
    group.addoption("--slow-seed", default="", metavar="TEXT", help="selects the sample; any text")


def pytest_report_header(config: pytest.Config) -> str:
    return f"slow tests: --slow {config.option.slow:g} --slow-seed {config.option.slow_seed!r}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the slow tests outside the sample, which depends on the seed and their names alone."""

    def is_left_out(item: pytest.Item) -> bool:
        drawn = Random(f"{config.option.slow_seed} {item.nodeid}").random()
        return item.get_closest_marker("slow") is not None and drawn >= config.option.slow

    left_out = [item for item in items if is_left_out(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if not is_left_out(item)]


DATA = Path(__file__).parent / "data"
# The libraries of data would be imported under the names of the real ones; helpers have no examples,
# and would be imported twice.
collect_ignore = ["data", "helpers", "fuzz/driver.py"]  # what fuzzes needs another extra


@pytest.fixture(scope="session")
def data() -> Path:
    return DATA


@pytest.fixture
def toy_text() -> str:
    return (DATA / "toy.yaml").read_text()


@pytest.fixture
def libraries(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let small libraries stand where torchvision, timm and transformers would be imported from."""

    def imported() -> list[str]:
        known = ("torchvision", "timm", "transformers", "light_worker")
        return [name for name in sys.modules if name.split(".")[0] in known]

    for name in imported():
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(DATA / "libraries")
    yield
    for name in imported():
        del sys.modules[name]
