"""Each block says to an editor what it is for, and is shown before it is chosen."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from wagtail.blocks import Block

from accounts.models import User
from courses.models import Subject
from home.blocks import BODY_BLOCKS, HOME_BLOCKS
from home.models import HomePage
from tests.courses.support import make_course_page, make_image, make_tutor_page
from tests.factories import make_course, make_tutor

GROUPS = {"Texte", "Images et vidéos", "Confiance", "Cours et réservation"}
# Labels that are the same words in both languages.
SAME_IN_BOTH = {"Image", "Page", "Question"}
# A word of each preview that only its own template writes around its sample.
SHOWN = {
    "hero": 'class="hero-title"',
    "rich_text": "Avant la première rencontre",
    "cards": 'class="steps"',
    "figure": 'class="figure-image"',
    "image_and_text": 'class="beside-image"',
    "video": 'class="video-frame"',
    "testimonials": 'class="testimonial"',
    "numbers": 'class="number"',
    "questions": 'class="question"',
    "subjects": 'class="card subject"',
    "course_showcase": "course-card",
    "tutor_showcase": "tutor-card",
    "slot_picker": 'class="picker-times"',
    "call_to_action": 'class="call-to-action"',
}


def test_each_block_has_words_an_icon_a_group_and_a_template() -> None:
    for name, block in HOME_BLOCKS:
        meta = block.meta
        assert (name, meta.group in GROUPS) == (name, True)
        assert meta.icon != "placeholder", name
        assert len(str(meta.label)) >= 5, name
        assert str(meta.description).endswith("."), name
        assert meta.template, name
        assert block.is_previewable, name
    assert {name for name, _ in HOME_BLOCKS} == set(SHOWN)
    assert "hero" not in dict(BODY_BLOCKS)


def test_every_field_inside_has_a_french_label() -> None:
    def walk(block: Block, path: str) -> None:
        for name, child in getattr(block, "child_blocks", {}).items():
            label = str(child.meta.label)
            # Wagtail makes one of the field's English name where none is given.
            assert label != name.replace("_", " ").capitalize() or label in SAME_IN_BOTH, f"{path}.{name}"
            walk(child, f"{path}.{name}")
        if hasattr(block, "child_block"):
            walk(block.child_block, f"{path}[]")

    for name, block in HOME_BLOCKS:
        walk(block, name)


@pytest.mark.django_db
def test_an_editor_sees_each_block_as_the_site_draws_it(client: Client, editor: User) -> None:
    course = make_course("Chimie")
    course.subject = Subject.objects.create(name="Sciences", slug="sciences")
    course.save()
    make_course_page(course, image=make_image("Une fiole"))
    make_tutor_page(make_tutor("Maude Gagnon", courses=[course]))
    client.force_login(editor)
    body = HomePage._meta.get_field("body")
    for name, block in body.stream_block.child_blocks.items():
        answer = client.get(reverse("wagtailadmin_block_preview"), {"id": block.definition_prefix})
        html = answer.content.decode()
        assert (name, answer.status_code, SHOWN[name] in html) == (name, 200, True)
        assert "/static/css/site.css" in html
