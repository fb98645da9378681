"""Where events go, in the Wagtail admin: whether it works, a test by hand, and going on after a 410."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages

from notifications import webhooks
from notifications.models import FailingDestination, StoppedDestination, host_of
from notifications.resending import BelowTheList
from notifications.rules import Answer
from notifications.services import resume_destination
from notifications.wire import utc

PING = "test.ping"
"""A type that no event has, so that a scenario can let it pass; see docs/webhooks.md."""
AT_ONCE = 8

DESTINATIONS_URL = "wagtailsnippets_notifications_outboxmessage:destinations"


@dataclass(frozen=True)
class Destination:
    """An address and the settings that name it. `name` is the first of them: the address may be a secret."""

    url: str
    variables: list[str]
    failing_since: datetime | None
    stopped: StoppedDestination | None

    @property
    def name(self) -> str:
        return self.variables[0] if self.variables else ""

    @property
    def where(self) -> str:
        return host_of(self.url)


@dataclass(frozen=True)
class Tested:
    destination: Destination
    answer: Answer
    seconds: float


def destinations() -> list[Destination]:
    """Those that are configured, and those that said that they are gone."""
    variables: dict[str, list[str]] = {}
    for name, url in settings.MAKE_WEBHOOK_URLS.items():
        if url:
            variables.setdefault(url, []).append(f"MAKE_{name}_WEBHOOK_URL")
    stopped = {each.url: each for each in StoppedDestination.objects.all()}
    failing = dict(FailingDestination.objects.values_list("destination", "since"))
    return [
        Destination(url, variables.get(url, []), failing.get(url), stopped.get(url))
        for url in (*variables, *(url for url in stopped if url not in variables))
    ]


def ping(these: Sequence[Destination], *, now: datetime) -> list[Tested]:
    """Send each a signed test, as an event is sent, several at a time. RuntimeError in a transaction."""
    with transaction.atomic(durable=True):
        pass  # Django itself refuses to begin one inside another
    with ThreadPoolExecutor(AT_ONCE) as several:
        return list(several.map(partial(_ping, now=now), these))


def _ping(destination: Destination, *, now: datetime) -> Tested:
    began = time.monotonic()
    answer = webhooks.send(
        url=destination.url,
        event_id=str(uuid.uuid4()),
        type=PING,
        payload={"site_url": settings.SITE_URL, "timestamp": utc(now)},
        now=now,
    )
    return Tested(destination, answer, time.monotonic() - began)


class DestinationsView(BelowTheList):
    template_name = "notifications/admin/destinations.html"
    page_title = gettext_lazy("Destinations")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        tested = {each.destination.url: each for each in kwargs.pop("tested", [])}
        shown = [(each, tested.get(each.url)) for each in destinations()]
        return super().get_context_data(
            **kwargs, destinations=shown, signed=bool(settings.MAKE_WEBHOOK_SECRET.split())
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        if "reprendre" in request.POST:
            return self._resume(request)
        wanted = request.POST.get("tester", "")
        these = [each for each in destinations() if wanted in {"tout", each.name} and each.name]
        if not these:
            messages.warning(request, _("Cette destination n’est plus configurée."))
        tested = ping(these, now=timezone.now())
        return self.render_to_response(self.get_context_data(tested=tested))

    def _resume(self, request: HttpRequest) -> HttpResponse:
        pk = request.POST["reprendre"]
        stopped = StoppedDestination.objects.filter(pk=pk).first() if pk.isdecimal() else None
        if stopped is None or not request.user.is_authenticated:
            messages.warning(request, _("Cette destination n’est plus arrêtée."))
        else:
            count = resume_destination(stopped=stopped, user=request.user, now=timezone.now())
            said = ngettext(
                "Les envois reprennent : %(count)d attend.",
                "Les envois reprennent : %(count)d attendent.",
                count,
            )
            messages.success(request, said % {"count": count})
        return redirect(DESTINATIONS_URL)
