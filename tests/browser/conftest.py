"""Pictures of pages, in both widths and both themes, for people to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Page

SCREENSHOTS = Path(__file__).parents[2] / "var" / "screenshots"


class Screenshot(Protocol):
    def __call__(self, page: Page, name: str, *, full_page: bool = True) -> None: ...


def _load_all_images(page: Page) -> None:
    """Those below the fold are fetched when they come near; a picture of the whole page needs them all."""
    page.eval_on_selector_all("img[loading=lazy]", "all => all.forEach(one => { one.loading = 'eager' })")
    # Not `wait_for_function`, which takes an eval that our CSP refuses.
    page.evaluate("Promise.all(Array.from(document.images, one => one.decode().catch(() => null)))")


@pytest.fixture
def screenshot() -> Screenshot:
    """Write var/screenshots/NAME-1280-light.png and its three siblings; the page is left as it was."""

    def take(page: Page, name: str, *, full_page: bool = True) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        size = page.viewport_size
        _load_all_images(page)
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            for theme in ("light", "dark"):
                page.emulate_media(color_scheme=theme)
                path = SCREENSHOTS / f"{name}-{width}-{theme}.png"
                # Hiding the caret would take an inline style, which our CSP refuses.
                page.screenshot(path=path, full_page=full_page, caret="initial")
        page.emulate_media(color_scheme="null")
        if size:
            page.set_viewport_size(size)

    return take
