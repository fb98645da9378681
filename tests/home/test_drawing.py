"""Pictures: kinds and widths, what small or lost originals give, and who draws them when."""

from __future__ import annotations

import re
from typing import Any

import dramatiq
import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks
from wagtail.images import get_image_model
from wagtail.images.models import Image

from courses.models import CoursePage
from home.models import ContentPage, HomePage
from home.pictures import FIGURE, pictures
from home.tasks import draw_pictures
from tests.courses.support import make_course_page, make_image
from tests.factories import make_course

pytestmark = pytest.mark.django_db


def described(text: str) -> Image:
    image = make_image(text)
    image.decorative, image.contextual_alt_text = False, text
    return image


def drawn() -> int:
    return int(get_image_model().get_rendition_model().objects.count())


def test_no_width_is_offered_twice_of_a_small_image() -> None:
    image = make_image("Une équerre")  # 40 pixels wide, narrower than every size
    html = pictures([(image.pk, FIGURE)])[image.pk, FIGURE].html(css_class="figure-image", sizes="92vw")

    assert re.findall(r'type="(image/\w+)" srcset="\S+ (\d+w)" sizes="92vw"', html) == [("image/avif", "40w")]
    assert re.search(r'<img class="figure-image" src="\S+\.webp" srcset="\S+ 40w"', html)
    assert 'width="40" height="40" alt="Une équerre" loading="lazy"' in html


def test_an_original_that_is_lost_leaves_no_broken_picture(client: Client) -> None:
    image = described("Une équerre")
    image.file.storage.delete(image.file.name)
    page = ContentPage(title="Essai", slug="essai", body=[("figure", {"image": image, "caption": "Fig. 1"})])
    HomePage.objects.get().add_child(instance=page)

    assert pictures([(image.pk, FIGURE)]) == {}
    html = client.get("/essai/").content.decode()
    assert "<figure" not in html
    assert "not-found" not in html


def test_all_the_pictures_of_a_page_take_one_query(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    home = HomePage.objects.get()
    for number in (1, 4):
        blocks = [("figure", {"image": described(f"Image {n}"), "caption": ""}) for n in range(number)]
        home.add_child(instance=ContentPage(title=f"Essai {number}", slug=f"essai-{number}", body=blocks))
        client.get(f"/essai-{number}/")
        # The page (4), its images, and what was drawn of them.
        with django_assert_num_queries(6):
            assert client.get(f"/essai-{number}/").content.count(b"<picture>") == number


def test_a_published_pages_pictures_are_drawn_before_anybody_comes(
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    queued: list[Any] = []
    monkeypatch.setattr(dramatiq.get_broker(), "enqueue", lambda message, **_: queued.append(message))
    page = make_course_page(make_course("Chimie"), image=make_image("Une fiole"), live=False)
    page.body = [("figure", {"image": described("Un ballon"), "caption": ""})]
    with django_capture_on_commit_callbacks(execute=True):
        page.save_revision().publish()
    assert [(one.actor_name, one.args) for one in queued] == [("draw_pictures", (page.pk,))]

    assert drawn() == 0
    for _ in range(2):  # twice is as good as once
        draw_pictures(page.pk)
        # Three widths of two kinds for the head and for the block, and one to be shared.
        assert drawn() == 13
    assert client.get(CoursePage.objects.get().url).status_code == 200
    assert drawn() == 13


def test_a_page_that_is_gone_is_nothing_to_draw() -> None:
    draw_pictures(0)
    assert drawn() == 0
