"""The frame of the site, for base.html."""

from __future__ import annotations

from django import template
from django.template import Context

from home.chrome import Chrome, frame_of

register = template.Library()


@register.simple_tag(takes_context=True)
def site_chrome(context: Context) -> Chrome:
    """Brand, menu and foot; plain ones when an e-mail or an error page is drawn without a request."""
    request = context.get("request")
    return frame_of(request).chrome if request is not None else Chrome()
