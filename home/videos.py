"""The addresses of videos, as people copy them, and where to play them without being followed."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

# Where a page may open a frame, and only after somebody asked for it (settings: frame-src).
PLAYERS = ("https://www.youtube-nocookie.com", "https://player.vimeo.com")
_YOUTUBE, _VIMEO = PLAYERS


class Video(NamedTuple):
    host: str
    """Who shows it, by name."""
    address: str
    """Its page there."""
    player: str
    """What a frame loads: it plays at once, and sets no cookie before that."""


def read_video(address: str) -> Video | None:
    """The video of a page of YouTube or Vimeo; None for any other address."""
    parts = urlsplit(address.strip())
    host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    if parts.scheme not in ("http", "https"):
        return None
    if host in ("youtube.com", "youtube-nocookie.com", "youtu.be"):
        return _of_youtube(host, parts.path, parse_qs(parts.query))
    if host in ("vimeo.com", "player.vimeo.com"):
        return _of_vimeo(parts.path, parse_qs(parts.query))
    return None


def _of_youtube(host: str, path: str, query: dict[str, list[str]]) -> Video | None:
    if host == "youtu.be":
        found = re.fullmatch(r"/([\w-]{11})/?", path)
    elif path == "/watch":
        found = re.fullmatch(r"([\w-]{11})", query.get("v", [""])[0])
    else:
        found = re.fullmatch(r"/(?:embed|shorts|live)/([\w-]{11})/?", path)
    if found is None:
        return None
    key = found[1]
    player = f"{_YOUTUBE}/embed/{key}?autoplay=1&rel=0&hl=fr&cc_lang_pref=fr"
    return Video("YouTube", f"https://www.youtube.com/watch?v={key}", player)


def _of_vimeo(path: str, query: dict[str, list[str]]) -> Video | None:
    """An unlisted video has a second part, without which it is not shown."""
    found = re.fullmatch(r"/(?:video/)?(\d{6,12})(?:/([0-9a-f]{8,12}))?/?", path)
    if found is None:
        return None
    key, secret = found[1], found[2] or query.get("h", [""])[0]
    if secret and not re.fullmatch(r"[0-9a-f]{8,12}", secret):
        return None
    player = f"{_VIMEO}/video/{key}?autoplay=1&dnt=1" + (f"&h={secret}" if secret else "")
    return Video("Vimeo", f"https://vimeo.com/{key}" + (f"/{secret}" if secret else ""), player)
