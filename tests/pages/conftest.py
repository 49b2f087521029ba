"""One browser for all tests of pages: Debian's Chromium, which Playwright drives."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

SWITCHES = """
    --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
    --disable-component-update --disable-sync
""".split()
NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = "no Chromium is installed: apt-get install chromium"


@pytest.fixture(scope="session")
def browser():
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None and os.environ.get("CI"):
        pytest.fail(MISSING)
    if program is None:
        pytest.skip(MISSING)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Playwright gives it a folder of its own, and removes it.
        browser = playwright.chromium.launch(executable_path=program, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser):
    """A function that opens a file as a reader would, and has no patience with what is wrong."""
    contexts, troubles = [], []

    def open_page(file: Path, *, width: int = 1400, scheme: str = "light", scripts: bool = True):
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=scripts,
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: troubles.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: troubles.append(f"error: {error}"))
        page.on(
            "dialog",
            lambda dialog: (troubles.append(f"dialog: {dialog.message}"), dialog.dismiss()),
        )
        page.on("request", lambda request: requests.append(request.url))
        page.goto(file.as_uri(), wait_until="load")
        return page

    requests: list[str] = []
    open_page.requests = requests
    yield open_page
    for context in contexts:
        context.close()
    assert troubles == []
    assert not [url for url in requests if not url.startswith(("file:", "data:"))]
