"""What a course page makes a browser fetch, counted from what the page names."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime
from html import unescape
from io import BytesIO
from pathlib import Path

import pytest
import time_machine
from django.contrib.staticfiles import finders
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from PIL import Image as Canvas
from PIL import ImageFilter, ImageOps
from wagtail.images import get_image_model
from wagtail.images.models import Image

from tests.courses.support import make_course_page, make_tutor_page
from tests.factories import make_course, make_tutor

KILO = 1000
NOW = datetime(2027, 1, 11, 15, 0, tzinfo=UTC)
CSS, JS, ALL = 25 * KILO, 60 * KILO, 400 * KILO


def photograph() -> Image:
    """As heavy as a photograph: soft shapes in colour, with grain."""
    size = (1200, 900)
    shapes = [
        Canvas.effect_noise((40, 30), 120).resize(size, Canvas.Resampling.BICUBIC) for _channel in range(3)
    ]
    grain = Canvas.effect_noise(size, 14).filter(ImageFilter.GaussianBlur(0.8))
    picture = Canvas.merge("RGB", [Canvas.blend(ImageOps.autocontrast(one), grain, 0.35) for one in shapes])
    file = BytesIO()
    picture.save(file, "JPEG", quality=90)
    image: Image = get_image_model().objects.create(
        title="Photo", description="Une photo", file=ContentFile(file.getvalue(), name="photo.jpg")
    )
    return image


def transferred(address: str) -> bytes:
    """A file of ours, as it is sent: style and script compressed, pictures as they are."""
    if address.startswith("/media/"):
        with default_storage.open(address.removeprefix("/media/")) as file:
            return bytes(file.read())
    path = finders.find(address.removeprefix("/static/"))
    assert isinstance(path, str), address
    content = Path(path).read_bytes()
    return content if path.endswith((".jpg", ".png", ".webp")) else gzip.compress(content, 9)


def stylesheets(address: str) -> list[str]:
    """The sheet and those that it imports."""
    path = finders.find(address.removeprefix("/static/"))
    assert isinstance(path, str), address
    folder = address.rpartition("/")[0]
    imported = re.findall(r'@import url\("([^"]+)"\)', Path(path).read_text())
    return [address, *(sheet for name in imported for sheet in stylesheets(f"{folder}/{name}"))]


def shown_width(sizes: str, window: int) -> float:
    """What `sizes` comes to, in CSS pixels."""
    for part in sizes.split(","):
        condition, _, length = part.strip().rpartition(") ")
        least = re.search(r"min-width: ([\d.]+)rem", condition)
        if least is None or window >= float(least[1]) * 16:
            number, unit = re.fullmatch(r"([\d.]+)(rem|vw)", length).groups()  # type: ignore[union-attr]
            return float(number) * (16 if unit == "rem" else window / 100)
    raise AssertionError(sizes)


def chosen(picture: str, window: int, density: int) -> str:
    """The address that a browser takes of a `<picture>`: AVIF, the narrowest that is wide enough."""
    found = re.search(r'<source type="image/avif" srcset="([^"]+)" sizes="([^"]+)"', picture)
    assert found, picture
    candidates = [one.split() for one in unescape(found[1]).split(", ")]
    wanted = shown_width(unescape(found[2]), window) * density
    wide = [address for address, width in candidates if int(width[:-1]) >= wanted]
    return wide[0] if wide else candidates[-1][0]


@pytest.mark.django_db
def test_a_course_page_is_light(client: Client) -> None:
    photo = photograph()
    courses = [make_course(title) for title in ("Chimie", "Physique", "Algèbre", "Calcul")]
    pages = [make_course_page(course, image=photo) for course in courses]
    for name in ("Maude", "Karim", "Amélie"):
        tutor = make_tutor(name, courses=courses)
        tutor.photo = photo
        tutor.save()
        make_tutor_page(tutor)
    with time_machine.travel(NOW, tick=False):
        html = client.get(pages[0].url).content.decode()

    sheets = [
        sheet
        for first in re.findall(r'<link rel="stylesheet" href="([^"]+)"', html)
        for sheet in stylesheets(first)
    ]
    scripts = re.findall(r'<script src="([^"]+)"', html)
    pictures = re.findall(r"<picture>.*?</picture>", html, re.S)
    css, js = (sum(len(transferred(one)) for one in files) for files in (sheets, scripts))
    assert (len(sheets) > 5, len(scripts), len(pictures)) == (True, 3, 4 + 3 + 9)
    assert css < CSS, css
    assert js < JS, js

    rest = len(gzip.compress(html.encode())) + css + js + len(transferred("/static/img/favicon.svg"))
    for window, density in ((1280, 1), (1280, 2), (390, 3)):
        files = [transferred(chosen(picture, window, density)) for picture in pictures]
        total = rest + sum(map(len, files))
        assert total < ALL, (window, density, total)

    # Measured before they come, so that nothing moves; late but for the one on top.
    images = re.findall(r"<img [^>]*>", html)
    assert len(images) == len(pictures)
    assert [image for image in images if not re.search(r' width="\d+" height="\d+"', image)] == []
    assert ["high" in image for image in images] == [True] + [False] * 15
    assert [image for image in images if ('loading="lazy"' in image) == ("fetchpriority" in image)] == []
