"""Pytest plugin: a real Chromium for the tests marked `browser`; `python -m tests.chromium` installs one.

`page` is a tab in French, in Montréal's time. A test fails when its page's script raises or breaks the CSP.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route
    from pytest_django.live_server_helper import LiveServer

SHELL = "chromium-headless-shell"  # the same engine without a window's machinery: half of the work for a page
NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
PATIENCE = 20  # seconds
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@cache
def find_chromium() -> str | None:
    """The path of a Chromium or Chrome of this machine, or the one Playwright has downloaded."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    downloads = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    downloaded = sorted(downloads.glob("chromium-*/chrome-linux*/chrome"))
    return str(downloaded[-1] if downloaded else MAC) if downloaded or MAC.exists() else None


def install_chromium() -> bool:
    """Debian's own packages, when we are root there. Whether there is one now."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _apt("update")
        _apt("install", "-y", SHELL)
        find_chromium.cache_clear()
        if find_chromium() is None:
            _apt("install", "-y", "chromium")
            find_chromium.cache_clear()
    return find_chromium() is not None


def _apt(*arguments: str) -> None:
    subprocess.run(  # noqa: S603
        ["apt-get", "-q", "-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=15", *arguments],  # noqa: S607
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        capture_output=True,
        check=False,
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if find_chromium() is None:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    # Playwright's loop runs in this thread: Django would take the test's own queries for asynchronous ones.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser, live_server: LiveServer) -> Iterator[BrowserContext]:
    """A visitor: cookies of its own. More than one tab or width? Take this and open pages yourself."""
    with visitor(chromium, live_server.url) as context:
        yield context


@contextmanager
def visitor(chromium: Browser, url: str) -> Iterator[BrowserContext]:
    """A visitor of the site at `url`, who complains at the end of what the console said."""
    context = chromium.new_context(
        base_url=url,
        locale="fr-CA",
        timezone_id="America/Toronto",
        viewport={"width": 1280, "height": 900},
    )
    context.set_default_timeout(10_000)
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("console", lambda message: complaints.extend(_complaint(message)))
    yield context
    context.close()
    assert complaints == []


def show_media(context: BrowserContext) -> None:
    """Answer for pictures from the storage of the tests, which is in memory and which no address serves."""
    from django.core.files.storage import default_storage

    def answer(route: Route) -> None:
        name = unquote(urlsplit(route.request.url).path).removeprefix("/media/")
        if default_storage.exists(name):
            with default_storage.open(name) as file:
                route.fulfill(body=file.read(), content_type=guess_type(name)[0])
        else:
            route.fulfill(status=404)

    context.route("**/media/**", answer)


def _complaint(message: ConsoleMessage) -> list[str]:
    # A refusal (422, 409) is logged by Chromium as a failure to load; the test looks at the page instead.
    # Wagtail's checker writes what it found into the console as an error, beside showing it.
    expected = message.text.startswith(("Failed to load resource", "axe.run results"))
    return [message.text] if message.type == "error" and not expected else []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def wait_until(page: Page, condition: str) -> None:
    """Until a JavaScript expression is true of a page. Playwright's `wait_for_function` takes an eval that a
    CSP refuses, as soon as there is something to wait for.
    """
    stop = time.monotonic() + PATIENCE
    while not page.evaluate(condition):
        assert time.monotonic() < stop, f"never true: {condition}"
        page.wait_for_timeout(20)


Barriers = Callable[..., list[str]]


@pytest.fixture
def barriers() -> Barriers:
    """Ask axe what keeps people out of a page as it stands, by all rules or `only` one; best: nothing."""
    from axe_playwright_python.sync_playwright import Axe

    def find(page: Page, only: str = "") -> list[str]:
        # Preloading would fetch the style sheets again and put them inline, which our CSP refuses.
        options: dict[str, Any] = {"resultTypes": ["violations"], "preload": False}
        found = Axe().run(page, options=options | ({"runOnly": [only]} if only else {}))
        return [
            f"{rule['id']}: {node['target']}"
            for rule in found.response["violations"]
            for node in rule["nodes"]
        ]

    return find


if __name__ == "__main__":
    if not shutil.which(SHELL) and not install_chromium():
        sys.stdout.write(
            "Chromium is missing and could not be installed: the browser tests will be skipped.\n"
        )
