"""Videos: which addresses are understood, and that nothing is loaded before somebody asks."""

from __future__ import annotations

import re

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from home.blocks import VideoBlock
from home.models import ContentPage, HomePage
from home.videos import read_video
from tests.courses.support import make_image

YOUTUBE = "https://www.youtube-nocookie.com/embed/aqz-KE-bpKQ?autoplay=1&rel=0&hl=fr&cc_lang_pref=fr"
VIMEO = "https://player.vimeo.com/video/76979871?autoplay=1&dnt=1"


@pytest.mark.parametrize(
    ("address", "player"),
    [
        ("https://www.youtube.com/watch?v=aqz-KE-bpKQ&t=42s", YOUTUBE),
        ("http://m.youtube.com/watch?list=PL1&v=aqz-KE-bpKQ", YOUTUBE),
        ("https://youtu.be/aqz-KE-bpKQ?si=abc", YOUTUBE),
        ("https://www.youtube.com/shorts/aqz-KE-bpKQ", YOUTUBE),
        ("https://www.youtube-nocookie.com/embed/aqz-KE-bpKQ", YOUTUBE),
        (" https://vimeo.com/76979871 ", VIMEO),
        ("https://player.vimeo.com/video/76979871", VIMEO),
        ("https://vimeo.com/76979871/0a1b2c3d4e", f"{VIMEO}&h=0a1b2c3d4e"),
        ("https://player.vimeo.com/video/76979871?h=0a1b2c3d4e", f"{VIMEO}&h=0a1b2c3d4e"),
    ],
)
def test_an_address_is_understood_as_it_is_copied(address: str, player: str) -> None:
    video = read_video(address)
    assert video is not None
    assert video.player == player


@pytest.mark.parametrize(
    "address",
    [
        "https://www.youtube.com/@fanal",
        "https://www.youtube.com/watch?v=court",
        "https://youtube.com.example/watch?v=aqz-KE-bpKQ",
        "https://example.com/watch?v=aqz-KE-bpKQ",
        "javascript://youtube.com/watch?v=aqz-KE-bpKQ",
        'https://youtu.be/aqz-KE-bpK"',
        "https://vimeo.com/channels/staffpicks",
        "https://vimeo.com/76979871?h=<script>",
    ],
)
def test_anything_else_is_refused_in_the_form_with_what_to_do(address: str) -> None:
    assert read_video(address) is None
    block = VideoBlock()
    with pytest.raises(ValidationError) as refused:
        block.clean(block.to_python({"url": address, "title": "Une rencontre", "caption": ""}))
    assert "url" in refused.value.block_errors  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_a_page_loads_nothing_from_elsewhere_and_links_there(client: Client) -> None:
    waiting = make_image("Un écran")
    waiting.decorative, waiting.contextual_alt_text = False, "Un écran"
    video = {
        "url": "https://youtu.be/aqz-KE-bpKQ",
        "title": "Une <rencontre>",
        "image": waiting,
        "caption": "",
    }
    page = ContentPage(title="Essai", slug="essai", body=[("video", video)])
    HomePage.objects.get().add_child(instance=page)
    answer = client.get("/essai/")
    html = answer.content.decode()

    assert "<iframe" not in html
    assert re.findall(r'(?:src|srcset|href)="(https?://[^"]*you[^"]*)"', html) == [
        "https://www.youtube.com/watch?v=aqz-KE-bpKQ"
    ]
    assert 'data-title="Une &lt;rencontre&gt;"' in html
    assert "La voir sur YouTube" in html
    policy = {
        name: sources
        for name, *sources in (part.split() for part in answer.headers["Content-Security-Policy"].split(";"))
    }
    players = {"https://www.youtube-nocookie.com", "https://player.vimeo.com"}
    assert players <= set(policy.pop("frame-src"))
    assert players.isdisjoint({source for sources in policy.values() for source in sources})
