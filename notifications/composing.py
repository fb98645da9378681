"""What a mail says is decided when it is sent: by then the lesson may be off, and the reminder no use.

The row in the outbox only names the kind of mail, who gets it, and what it is about. The app that owns the
subject composes it:

    @mail_kind("lesson.cancelled", label=_("Cours annulé"))
    def cancelled(occasion: Occasion) -> Letter | None:
        lesson = Appointment.objects.get(pk=occasion.about["lesson"])
        ...

A composer reads the state as it is, and returns None for what is no longer to be said. It runs outside any
transaction, in the school's language. The module is imported by its app's `ready()`, so that each process
knows all kinds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import override

from accounts.brand import brand
from accounts.mail_topics import refusal_url, wants
from accounts.models import User

# What a header can't hold; a non-breaking space it can.
BREAKS = re.compile(r"[ \t\r\n\v\f\x85\u2028\u2029]+")


class MailKindError(LookupError):
    """No app composes mails of this kind: a mistake of the caller."""


@dataclass(frozen=True)
class Attachment:
    """A file in a mail. Text is sent as UTF-8."""

    name: str
    content: bytes
    mimetype: str


@dataclass(frozen=True)
class Occasion:
    """Why a mail is to be written: `about` are the ids and facts that were recorded, as JSON has them.

    `person` is the account that gets it, None where only an address is known.
    """

    person: User | None
    address: str
    about: Mapping[str, Any]
    now: datetime


@dataclass(frozen=True)
class Letter:
    """What a composer gives: `templates/<template>.txt` and `.html` are rendered with `context`, beside which
    they find `subject`, `name` (the first name that is greeted, may be empty), `refusal_url`, `site_url` (no
    slash at the end), `dashboard_url`, `site_name` and `brand`.
    """

    subject: str
    template: str
    context: Mapping[str, Any]
    attachments: Sequence[Attachment] = ()


@dataclass(frozen=True)
class Mail:
    """A mail ready to be handed to the server."""

    to: str
    subject: str
    text: str
    html: str
    attachments: Sequence[Attachment] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    secret: bool = False


Composer = Callable[[Occasion], Letter | None]


@dataclass(frozen=True)
class MailKind:
    name: str
    label: str | Promise
    compose: Composer
    topic: str
    secret: bool


_KINDS: dict[str, MailKind] = {}


def mail_kind(
    name: str, *, label: str | Promise, topic: str = "", secret: bool = False
) -> Callable[[Composer], Composer]:
    """Register the composer of a kind of mail; `label` is what the admin calls it.

    A mail of a `topic` (see `accounts.mail_topics`) is not sent to who refused it, and bears a link to do so.
    Of a `secret` one no word is kept: whoever reads it can do what its reader may.
    """

    def register(composer: Composer) -> Composer:
        if name in _KINDS:
            raise MailKindError(f"two composers for {name}")
        _KINDS[name] = MailKind(name, label, composer, topic, secret)
        return composer

    return register


def kind_of(name: str) -> MailKind:
    """Raises MailKindError."""
    try:
        return _KINDS[name]
    except KeyError:
        raise MailKindError(f"nobody composes {name}") from None


def label_of(name: str) -> str:
    """What people call a kind of mail; the name itself of one that no app composes any more."""
    return str(_KINDS[name].label) if name in _KINDS else name


def compose(*, kind: str, to: str, payload: Mapping[str, Any], now: datetime) -> Mail | None:
    """Write the mail of an outbox row as things stand; None when it is no longer to be said.

    No mail of a topic is written to who refused it or whose account is closed. An account's mail goes to the
    address that it has today. Raises MailKindError, whatever the composer raises, and RuntimeError inside a
    transaction: rendering must never make others wait for a lock.
    """
    with transaction.atomic(durable=True):
        pass  # Django itself refuses to begin one inside another
    found = kind_of(kind)
    person = User.objects.filter(pk=payload["user"]).first() if payload["user"] else None
    address = person.email if person else to
    refusal = ""
    if found.topic:
        if person is None or not wants(user=person, topic=found.topic):
            return None
        refusal = refusal_url(user=person, topic=found.topic)
    with override(settings.LANGUAGE_CODE):
        letter = found.compose(Occasion(person, address, payload["about"], now))
        if letter is None:
            return None
        painted = brand()
        site_url = settings.SITE_URL.rstrip("/")
        subject = BREAKS.sub(" ", str(letter.subject)).strip()
        context = {
            "subject": subject,
            "name": person.first_name if person else "",
            "site_url": site_url,
            "dashboard_url": site_url + reverse("dashboard"),
            "site_name": painted.name,
            "brand": painted,
            "refusal_url": refusal,
            **letter.context,
        }
        text, html = (
            render_to_string(f"{letter.template}.{end}", context).strip() + "\n" for end in ("txt", "html")
        )
    return Mail(address, subject, text, html, letter.attachments, _one_click(refusal), found.secret)


def _one_click(refusal: str) -> dict[str, str]:
    """By these a mail program offers to unsubscribe, and does so by itself (RFC 8058)."""
    if not refusal:
        return {}
    return {"List-Unsubscribe": f"<{refusal}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
