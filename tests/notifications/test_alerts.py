"""The admins hear of deliveries that keep failing, and not too often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from accounts.models import User
from notifications.alerts import tell_admins
from notifications.models import OutboxMessage
from tests.notifications.support import written
from tests.notifications.test_delivery import make_event, make_mail

NOW = datetime(2026, 12, 7, 19, 30, tzinfo=UTC)
URL = "https://hook.exemple.com/secret-du-crochet"


def test_a_mail_says_what_fails_without_the_secret_address(db: None, admin: User, editor: User) -> None:
    make_event(URL, attempts=10, dead_at=NOW, last_status=500, last_error="panne <b>")
    make_event(URL, attempts=6, available_at=NOW + timedelta(hours=1))
    make_event(URL, attempts=5, available_at=NOW + timedelta(hours=1))
    make_mail()
    ticket = make_event(URL, attempts=9, available_at=NOW + timedelta(hours=1))
    OutboxMessage.objects.filter(pk=ticket.pk).update(type="ticket.created")
    assert tell_admins(now=NOW) == 1
    (mail,) = written(OutboxMessage.objects.get(type="admin.failures"), now=NOW)
    assert (mail.to, mail.subject) == ("direction@exemple.ca", "3 envois échouent")
    text, html = mail.text, mail.html
    assert "- signup → hook.exemple.com\xa0: 1 en attente, 1 abandonné (500 panne <b>)\n" in text
    assert "- ticket.created → hook.exemple.com\xa0: 1 en attente\n" in text
    assert "http://127.0.0.1:8000/admin/snippets/notifications/outboxmessage/" in text
    assert "panne &lt;b&gt;" in html
    assert "secret-du-crochet" not in text + html


def test_not_twice_within_six_hours(db: None, admin: User) -> None:
    make_event(URL, attempts=6)
    assert tell_admins(now=NOW) == 1
    assert tell_admins(now=NOW + timedelta(hours=5)) == 0
    assert tell_admins(now=NOW + timedelta(hours=7)) == 1


def test_nothing_is_said_of_a_hiccup_or_of_long_ago(db: None, admin: User) -> None:
    make_event(URL, attempts=5)
    make_event(URL, attempts=10, dead_at=NOW - timedelta(hours=7))
    make_event(URL, attempts=7, delivered_at=NOW)
    assert tell_admins(now=NOW) == 0


def test_what_goes_again_before_the_mail_does_is_not_told(db: None, admin: User) -> None:
    event = make_event(URL, attempts=6)
    assert tell_admins(now=NOW) == 1
    OutboxMessage.objects.filter(pk=event.pk).update(delivered_at=NOW)
    assert written(OutboxMessage.objects.get(type="admin.failures"), now=NOW) == []


def test_an_alert_that_fails_raises_no_alert(db: None, admin: User) -> None:
    make_event(URL, attempts=7, available_at=NOW - timedelta(days=1))
    OutboxMessage.objects.update(type="admin.failures")
    assert tell_admins(now=NOW) == 0
