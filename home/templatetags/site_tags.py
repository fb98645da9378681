"""The frame of the site, what its pages tell those who link to them, their blocks and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.template import Context
from django.utils.safestring import SafeString, mark_safe
from wagtail.models import Page

from home.chrome import Chrome, frame_of
from home.live import live
from home.pictures import Picture, pictures, wanted_in
from home.sharing import Drawn, sharing_of
from home.structured import Node

register = template.Library()


@register.simple_tag(takes_context=True)
def site_chrome(context: Context) -> Chrome:
    """Brand, menu and foot; plain ones when an e-mail or an error page is drawn without a request."""
    request = context.get("request")
    return frame_of(request).chrome if request is not None else Chrome()


@register.simple_tag(takes_context=True)
def site_messages(context: Context) -> str:
    """What this visitor is told at the top of the page."""
    request = context.get("request")
    return live(request, "messages") if request is not None else ""


@register.inclusion_tag("includes/sharing.html", takes_context=True)
def sharing(
    context: Context,
    *,
    picture: Drawn | None = None,
    number: int = 1,
    narrowed: object = None,
    facts: Node | Sequence[Node | None] | None = None,
) -> dict[str, Any]:
    """What goes into the head for those who list or share the page; of what is no page of an editor's (a
    cart, a log-in, an error), only that it is not to be listed.
    """
    request, page = context.get("request"), context.get("page")
    if request is None or not isinstance(page, Page):
        return {"sharing": None}
    frame = frame_of(request)
    shared = sharing_of(
        page,
        request,
        frame,
        picture=picture,
        number=number,
        narrowed=bool(narrowed),
        facts=[facts] if facts is None or isinstance(facts, dict) else facts,
    )
    return {"sharing": shared, "brand": frame.chrome.brand}


@register.simple_tag
def show_picture(picture: Picture, **options: Any) -> SafeString:
    """A picture as `<picture>`; `class`, `sizes`, `alt` and `first` as `Picture.html` says."""
    return picture.html(css_class=options.pop("class"), **options)


@register.simple_tag(takes_context=True)
def page_blocks(context: Context, body: Any) -> SafeString:
    """The blocks of a page. One query for the pictures of all of them, if they have any and the page has not
    read them itself.
    """
    around: Any = context.flatten()
    if "drawn" not in around:
        around["drawn"] = pictures(wanted_in(body))
    return mark_safe("".join(block.render(around) for block in body))  # noqa: S308  # drawn by templates


@register.simple_tag(takes_context=True)
def block_picture(context: Context, value: Any, **options: Any) -> SafeString | str:
    """The image of a block, with the words that were written beside it; empty without one.

    No query inside of `page_blocks`, one elsewhere.
    """
    image = value["image"]
    if image is None:
        return ""
    wanted = (image.pk, value.block.meta.picture_size)
    picture = (context.get("drawn") or {}).get(wanted) or pictures([wanted]).get(wanted)
    alt = "" if image.decorative else image.contextual_alt_text
    options = {"alt": alt, **options}
    return picture.html(css_class=options.pop("class"), **options) if picture else ""
