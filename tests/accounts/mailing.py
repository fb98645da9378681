"""Send what waits in the outbox, here and now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from tests.notifications.support import drain_outbox


@contextmanager
def delivered_mails() -> Iterator[list[EmailMultiAlternatives]]:
    """The mails that what is done inside sends, once it ends."""
    mails: list[EmailMultiAlternatives] = []
    yield mails
    already = len(mail.outbox)
    drain_outbox(now=timezone.now())
    mails.extend(sent for sent in mail.outbox[already:] if isinstance(sent, EmailMultiAlternatives))
