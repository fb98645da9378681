"""Work for the queue: pictures, drawn before the first visitor needs them."""

from __future__ import annotations

from functools import partial
from typing import Any

import dramatiq
from django.db import transaction
from wagtail.models import Page

from home.pictures import pictures


@dramatiq.actor(queue_name="slow", max_retries=2, max_age=60 * 60 * 1000)
def draw_pictures(page_id: int) -> None:
    """Make every size that a page shows; those that are there already cost nothing. Lost or late, the page
    draws them itself.
    """
    page = Page.objects.filter(pk=page_id).first()
    if page is not None and hasattr(page.specific, "wanted_pictures"):
        pictures(page.specific.wanted_pictures())


def draw_after_commit(instance: Page, **_signal: Any) -> None:
    """For the signal of a published page. Without Redis, publishing goes on."""
    transaction.on_commit(partial(draw_pictures.send, instance.pk), robust=True)
