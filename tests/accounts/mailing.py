"""Do what the queue holds, here and now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dramatiq
from django.core import mail
from django.core.mail import EmailMultiAlternatives


@contextmanager
def delivered_mails() -> Iterator[list[EmailMultiAlternatives]]:
    """The mails that the tasks queued inside send, once it ends."""
    broker = dramatiq.get_broker()
    broker.flush("default")
    mails: list[EmailMultiAlternatives] = []
    yield mails
    already = len(mail.outbox)
    consumer = broker.consume("default", timeout=100)
    while message := next(consumer):
        broker.get_actor(message.actor_name)(*message.args, **message.kwargs)
        consumer.ack(message)
    mails.extend(sent for sent in mail.outbox[already:] if isinstance(sent, EmailMultiAlternatives))
